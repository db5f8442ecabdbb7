"""Which numbers does an English text spell out?"""

from __future__ import annotations

import re

_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_POWERS = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SMALL = "|".join([*_ONES, *_TENS])
_WORD = "|".join([*_ONES, *_TENS, *_POWERS])
_SPELLED = re.compile(rf"\b(?:{_SMALL})(?:(?:[\s-]|\sand\s){{1,3}}(?:{_WORD})\b)*(?!\w)", re.IGNORECASE)


def spelled_numbers(text: str) -> list[tuple[int, str, int]]:
    """`(position, words, value)` of each; a lone `one` is a pronoun and is left out."""
    found = [(match.start(), match.group(), _value(match.group())) for match in _SPELLED.finditer(text)]
    return [item for item in found if item[1].lower() != "one"]


def _value(words: str) -> int:
    total = current = 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _ONES or word in _TENS:
            current += _ONES.get(word, 0) or _TENS.get(word, 0)
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _POWERS:
            total += (current or 1) * _POWERS[word]
            current = 0
    return total + current
