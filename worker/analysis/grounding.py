"""Do the numbers in a model's words stand in the result?"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from store.text import normalized
from worker.analysis.number_words import spelled_numbers

_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "trillion": 1e12, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_GROUPED = r"\d{1,3}(?:[,'\ ]\d{3})+(?:\.\d+)?"
_EUROPEAN = r"\d{1,3}(?:\ \d{3})+,\d{1,2}(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+"
_COMMA_DECIMAL = r"\d+,\d{1,2}(?![\d,])"
_NUMBER = re.compile(
    rf"""(?<![\d.,])(?P<sign>(?<![\w)])[-−+])?
    (?P<digits>{_EUROPEAN}|{_GROUPED}|{_COMMA_DECIMAL}|\d+(?:\.\d+)?)
    (?P<exponent>[eE][-+]?\d{{1,3}})?
    (?:\s?(?P<scale>thousand|million|billion|trillion|lakh|crore|mn|bn|[kKmMbB])(?![A-Za-z]))?
    (?P<percent>\s?(?:%|percent\b|per\ cent\b))?
    (?P<ordinal>(?:st|nd|rd|th)\b)?""",
    re.VERBOSE,
)
_RANK_BEFORE = re.compile(
    r"(?:\b(?:top|first|last|bottom|highest|lowest|leading|rank(?:ed)?|number)|#)\s*$", re.I
)
_DIGITS_IN_TEXT = re.compile(r"\d+(?:[.,]\d+)*")
_SOURCES_MAX = 500_000


@dataclass(frozen=True)
class Claim:
    """A number as the words give it, with half of the last digit that they show."""

    text: str
    value: float
    slack: float = 0.0
    percent: bool = False
    rank: bool = False
    """`top 3`, `2nd`: a place in a list, not a quantity."""


def ungrounded_numbers(words: str, result: dict[str, Any] | None, *texts: str) -> list[str]:
    """The numbers in `words` that are neither in `result` nor in `texts` (the question, what was printed).

    Rounding, thousands separators, units, scales (`1.2 million`) and percentages of a share are seen
    through. Counts of what the result shows (rows, columns), and places up to them (`top 3`), are known.
    """
    values, longest = _known_values(result, texts)
    known = sorted(value for value in set(values) if math.isfinite(value))
    strangers = [
        claim.text
        for claim in claims(words)
        if not (claim.rank and claim.value <= longest) and not _is_known(claim, known)
    ]
    return list(dict.fromkeys(strangers))


def claims(words: str) -> list[Claim]:
    """All numbers that `words` state, written in digits or spelled out."""
    text = normalized("NFKC", words)
    found = [_claim(match) for match in _NUMBER.finditer(text)]
    for at, spelled, value in spelled_numbers(text):
        found.append(Claim(spelled, _number(value), rank=_stands_for_rank(text, at)))
    return found


def _claim(match: re.Match[str]) -> Claim:
    plain = _plain(match["digits"])
    scale = _SCALES[match["scale"].lower()] if match["scale"] else 1.0
    exponent = match["exponent"] or ""
    factor = scale * _number(f"1{exponent}")
    decimals = len(plain.partition(".")[2])
    # `45,700` is 45,678 rounded to the hundred; `2000` rather is a year or a count.
    zeros = len(plain) - len(plain.rstrip("0")) if not decimals and len(plain.rstrip("0")) >= 2 else 0
    value = _number(plain + exponent) * scale
    slack = 0.5 * 10.0 ** (zeros - min(decimals, 300)) * factor
    if zeros or match["scale"]:
        slack = min(slack, value * (0.05 if match["scale"] else 0.01))
    rank = bool(match["ordinal"]) or _stands_for_rank(match.string, match.start())
    signed = -value if match["sign"] in ("-", "−") else value
    return Claim(match.group().strip(), signed, slack, bool(match["percent"]), rank)


def _stands_for_rank(text: str, at: int) -> bool:
    return bool(_RANK_BEFORE.search(text[max(0, at - 20) : at]))


def _plain(digits: str) -> str:
    """`1,234.5`, `1 234.5`, `1.234,5` and `12,5` as Python writes them."""
    if re.fullmatch(_EUROPEAN, digits):
        return re.sub(r"[. ]", "", digits).replace(",", ".")
    if re.fullmatch(r"\d+,\d{1,2}", digits):
        return digits.replace(",", ".")
    return re.sub(r"[,' ]", "", digits)


def _is_known(claim: Claim, known: list[float]) -> bool:
    forms = [(claim.value, claim.slack)]
    if claim.percent:
        forms.append((claim.value / 100, claim.slack / 100))
    # "fell by 12" is said of -12; "-12" is not said of 12.
    forms += [(-value, slack) for value, slack in forms if value > 0]
    return any(_has_near(known, value, slack) for value, slack in forms)


def _has_near(known: list[float], value: float, slack: float) -> bool:
    if not math.isfinite(value):
        return False
    reach = slack * (1 + 1e-9) + abs(value) * 1e-9
    return bisect_left(known, value - reach) < bisect_right(known, value + reach)


def _known_values(result: dict[str, Any] | None, texts: Iterable[str]) -> tuple[list[float], int]:
    """All numbers that there are, and the length of the longest list in the result."""
    values: list[float] = []
    longest = 0
    stack: list[Any] = [result]
    while stack and len(values) + len(stack) < _SOURCES_MAX:
        item = stack.pop()
        if isinstance(item, str):
            values += _in_text(item)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            values.append(_number(item))
        elif isinstance(item, list):
            values.append(float(len(item)))
            longest = max(longest, len(item))
            stack += item
        elif isinstance(item, dict):
            stack += [*item.values(), *(str(key) for key in item)]
    for text in texts:
        values += _in_text(text)
    return values, longest


def _in_text(text: str) -> Iterator[float]:
    text = normalized("NFKC", text[:100_000])
    for match in _NUMBER.finditer(text):
        yield _claim(match).value
    # Dates, times, names such as `Q3`: each run of digits counts by itself.
    for match in _DIGITS_IN_TEXT.finditer(text):
        yield from (_number(part) for part in re.split(r"[.,]", match.group()))
    for _, _, value in spelled_numbers(text):
        yield _number(value)


def _number(text: str | float) -> float:
    try:
        return float(text)
    except (OverflowError, ValueError):
        return math.inf
