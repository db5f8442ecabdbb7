"""What are the words, numbers, quotes, dates and signs of a question, and where do they stand?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from worker.models.builtin.lexicon import ABBREVIATIONS

TokenKind = Literal["word", "number", "quoted", "date", "sign", "name"]

_PATTERN = re.compile(
    r"""
    (?P<quoted>"[^"]*"|“[^”]*”|`[^`]*`|(?<!\w)'[^']*'(?!\w)|(?<!\w)‘[^’]*’(?!\w))
  | (?P<date>(?<![\w-])\d{4}-\d{2}(?:-\d{2})?(?![\w-]))
  | (?P<number>(?<![\w.-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]|\.\d|,\d))
  | (?P<sign><=|>=|!=|<>|==|[<>=,;:?!.()%$€£¥+*/&\#@~^|\\{}\[\]_-])
  | (?P<word>[^\W_]+(?:['’][^\W_]+)*)
  | (?P<rest>\S)
    """,
    re.VERBOSE,
)
_CAMEL = re.compile(r"(?<=[a-zß-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_MADE_UP = re.compile(r"column_\d+(_\d+)?|unnamed:? ?\d+|\.\.\.\d+", re.IGNORECASE)
_SHORT_PLURAL = re.compile(r"[A-Z]{2,}s")
"""The plural of a word in capitals (`SUVs`), which is one word."""
_IDENTIFIER = re.compile(r"(?<![\w\"'`“‘])\w+(?![\w\"'`”’])")
_CONTRACTIONS = {
    "what's": "what is",
    "whats": "what is",
    "which's": "which is",
    "who's": "who is",
    "how's": "how is",
    "i'd": "i would",
    "isn't": "is not",
    "aren't": "are not",
    "wasn't": "was not",
    "weren't": "were not",
    "don't": "do not",
    "doesn't": "does not",
    "let's": "let us",
}


@dataclass(frozen=True)
class Token:
    """One word or sign; `norm` is what is compared, `start` and `end` are where it stands in the text."""

    norm: str
    kind: TokenKind
    start: int
    end: int
    raw: str


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of `text` in order; no visible character is dropped but hyphens and `_` in words."""
    tokens: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "rest"
        raw, start, end = match.group(), match.start(), match.end()
        if kind == "word":
            tokens.extend(_words(raw, start))
        elif kind == "quoted":
            tokens.append(Token(raw[1:-1].strip().casefold(), "quoted", start, end, raw[1:-1].strip()))
        elif kind == "sign" and raw in "-_" and _joins(text, start):
            continue
        elif kind == "date" or kind == "number":
            tokens.append(Token(raw.replace(",", ""), kind, start, end, raw))  # type: ignore[arg-type]
        else:
            tokens.append(Token(raw, "sign", start, end, raw))
    return tuple(tokens)


def with_names(text: str, tokens: tuple[Token, ...], names: frozenset[str]) -> tuple[Token, ...]:
    """Return `tokens` with each word of `text` that is one of `names` (in lower case) made one token.

    A name such as `total_price` then cannot be read as the words `total` and `price`.
    """
    made = list(tokens)
    for match in _IDENTIFIER.finditer(text):
        inside = [t for t in made if match.start() <= t.start and t.end <= match.end()]
        if len(inside) < 2 or match.group().casefold() not in names or {t.kind for t in inside} != {"word"}:
            continue
        at = made.index(inside[0])
        raw = match.group()
        made[at : at + len(inside)] = [Token(raw.casefold(), "name", match.start(), match.end(), raw)]
    return tuple(made)


def _joins(text: str, at: int) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    return before.isalnum() and after.isalnum() or text[at] == "_"


def _words(raw: str, start: int) -> list[Token]:
    lowered = raw.casefold().replace("’", "'")
    if lowered in _CONTRACTIONS:
        return [Token(part, "word", start, start + len(raw), raw) for part in _CONTRACTIONS[lowered].split()]
    found: list[Token] = []
    at = 0
    for part in [raw] if _SHORT_PLURAL.fullmatch(raw) else _CAMEL.split(raw):
        found.append(Token(part.casefold(), "word", start + at, start + at + len(part), part))
        at += len(part)
    return found


UNINFLECTED = frozenset({"species", "series"})
"""Words that are their own plural."""


def is_plural(word: str) -> bool:
    """Whether a word may be a plural, by its ending only."""
    return bool(word) and (word in UNINFLECTED or word != stem(word))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the singular of an English word, by its ending only, and short forms in full."""
    if word in UNINFLECTED:
        return word
    if word in ABBREVIATIONS:
        return ABBREVIATIONS[word]
    if len(word) > 3 and word.endswith(("ies", "ie")):
        return word[: word.rindex("ie")] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a column's or table's name, lower case: `Avg_Price` is `avg`, `price`."""
    return tuple(token.norm for token in tokenize(name.replace("_", " ")) if token.kind != "sign")


def is_made_up(column: str) -> bool:
    """Return whether a program named the column by its place, as pandas and R do where it has no name."""
    return _MADE_UP.fullmatch(column) is not None
