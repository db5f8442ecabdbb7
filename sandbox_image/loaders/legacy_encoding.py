"""In which encoding from before Unicode do the letters of some lines look right?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from .frequent_letters import CHINESE, JAPANESE, KOREAN, LATIN, SYMBOLS, TAIWANESE

_SURE = 0.75
# Below so many letters beyond ASCII an encoding other than the usual one would be a bet.
_LEAST_LETTERS = 3
_WORD = re.compile(r"[^\W\d_]+")
_HALFWIDTH = re.compile("[\uff66-\uff9f]{2,}")
_WIDE_MARKS = frozenset(
    "、。・「」『』（）：；，．％￥－ー～〜！？／＋＆＝　［］【】《》“”‘’…—·℃№①②③④⑤㈱々〇"
)


def guess(lines: bytes) -> list[str]:
    """Encodings in which these lines look right, the best first; none where that would be a bet."""
    scores = []
    for rank, (encoding, score) in enumerate(_JUDGES):
        try:
            text = lines.decode(encoding)
        except UnicodeDecodeError as error:
            # The sample may end within a letter.
            if error.start < len(lines) - 3:
                continue
            text = lines[: error.start].decode(encoding)
        found = score(text)
        if found >= _SURE:
            scores.append((-round(found, 2), rank, encoding))
    return [encoding for _, _, encoding in sorted(scores)]


def _latin(*languages: str, least: int = _LEAST_LETTERS) -> Callable[[str], float]:
    """Of a single-byte encoding: the share of its letters that one of its languages has, in fitting words."""
    alphabets = [frozenset(LATIN[language] + LATIN[language].upper()) for language in languages]

    def score(text: str) -> float:
        letters: Counter[str] = Counter()
        wrong = 0
        for word in _WORD.findall(text):
            foreign = [letter for letter in word if not letter.isascii()]
            # A word of Latin letters has plain ones, too; and no capital after a small letter.
            odd = len(word) > 3 and len(foreign) > 0.76 * len(word)
            odd = odd or any(
                a.islower() and b.isupper() and not b.isascii() for a, b in zip(word, word[1:], strict=False)
            )
            if odd:
                wrong += len(foreign)
            else:
                letters.update(foreign)
        marks = [match for match in re.finditer(r"[^\w\s\x00-\x7f]|[²³¹¼½¾ªº]", text)]
        good_marks = sum(_is_plain_mark(text, match.start()) for match in marks)
        total = sum(letters.values()) + wrong + len(marks)
        if sum(letters.values()) + wrong < least and least:
            return 0.0
        best = max(
            (sum(n for letter, n in letters.items() if letter in each) for each in alphabets), default=0
        )
        return (best + good_marks) / total if total else 0.0

    return score


def _is_plain_mark(text: str, at: int) -> bool:
    if text[at] not in SYMBOLS:
        return False
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not (before.isalpha() and after.isalpha()) or text[at] in "’‘·-"


def _cyrillic(text: str) -> float:
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = sum(len(word) for word in words)
    if letters < _LEAST_LETTERS:
        return 0.0
    good = 0
    for word in words:
        plain = all("а" <= letter <= "я" or letter in "ёіїєґ" for letter in word.lower())
        cased = word.islower() or word.isupper() or word.istitle()
        good += len(word) if plain and cased else 0
    others = [letter for letter in text if not letter.isascii() and not letter.isalpha()]
    good += sum(letter in SYMBOLS for letter in others)
    # Small letters are the most of any text: KOI8 and Windows read each other's as capitals.
    small = sum(word[1:].islower() for word in words if len(word) > 1)
    long = sum(len(word) > 1 for word in words)
    return good / (letters + len(others)) * (1.0 if not long or small >= long / 2 else 0.8)


def _greek(text: str) -> float:
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = sum(len(word) for word in words)
    if letters < 2 * _LEAST_LETTERS:
        return 0.0
    good = sum(len(w) for w in words if all("Ά" <= letter <= "ώ" for letter in w) and not w[1:].isupper())
    return good / letters


def _east_asian(
    codec: str, common: frozenset[str], first: int, last: int, kana: bool
) -> Callable[[str], float]:
    """The share of letters that are everyday ones: in the list, or in the first plane of the national set."""

    def score(text: str) -> float:
        counts = Counter(letter for letter in text if not letter.isascii())
        total = sum(counts.values())
        if total < 2:
            return 0.0
        got = sum(_worth(letter) * number for letter, number in counts.items())
        if kana:
            got += sum(len(run) for run in _HALFWIDTH.findall(text)) * 0.95
        return got / total

    def _worth(letter: str) -> float:
        if letter in common or letter in _WIDE_MARKS or "\uff01" <= letter <= "\uff5e":
            return 1.0
        if "\u3041" <= letter <= "\u30fe":
            return 1.0 if kana else 0.0
        if "\uac00" <= letter <= "\ud7a3":
            return 0.82
        try:
            lead = letter.encode(codec)[0]
        except UnicodeEncodeError:
            return 0.0
        return 0.8 if first <= lead <= last and letter >= "\u4e00" else 0.0

    return score


# The order decides between those that look equally right.
_JUDGES: tuple[tuple[str, Callable[[str], float]], ...] = (
    (
        "cp1252",
        _latin(
            "german", "french", "spanish", "portuguese", "italian", "nordic", "icelandic", "dutch", least=0
        ),
    ),
    ("cp932", _east_asian("euc_jp", JAPANESE, 0xB0, 0xCF, kana=True)),
    ("gb18030", _east_asian("gb2312", CHINESE, 0xB0, 0xD7, kana=False)),
    ("big5", _east_asian("big5", TAIWANESE, 0xA4, 0xC6, kana=False)),
    ("euc_kr", _east_asian("euc_kr", KOREAN, 0xB0, 0xC8, kana=False)),
    ("euc_jp", _east_asian("euc_jp", JAPANESE, 0xB0, 0xCF, kana=True)),
    ("cp1250", _latin("polish", "czech", "slovak", "hungarian", "romanian", "croatian")),
    ("cp1251", _cyrillic),
    ("koi8_r", _cyrillic),
    ("cp1253", _greek),
    ("cp1254", _latin("turkish")),
    ("cp850", _latin("german", "french", "spanish", "nordic")),
    ("mac_roman", _latin("german", "french", "spanish", "nordic")),
)
