"""What can it mean to say of a whole column that it is numbers, dates or truth values?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .engine import quote

Kind = Literal["number", "date", "boolean", "text"]

# What pandas takes for missing; letters' case matters, as a text column may hold a person called Nan.
TEXT_NULLS = (
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NULL", "null", "NaN", "nan", "-nan", "-NaN", "None",
    "\\N",
)  # fmt: skip
# Missing as well where all other cells are numbers, dates or truth values; in lower case.
VALUE_NULLS = (
    "", "na", "n/a", "#n/a", "#na", "<na>", "null", "nan", "-nan", "none", "n.a.", "nil", "-", "--", "---",
    "\u2013", "\u2014", "?", ".", "..", "...", "missing", "unknown", "not available", "(blank)",
    "tbd", "#null!",
    "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#n/v", "#wert!", "#bezug!", "\\n", ":", "*", "**",
    "***",
    "\u2026", "n/v", "n.v.", "k.a.", "k. a.", "k.a", "n.d.", "nd", "s/d", "n.s.", "n/d", "(d)", "(na)", "(x)",
    "keine angabe", "no data", "not applicable", "not reported", "not recorded", "no value", "void", "empty",
    "\u65e0", "\u6682\u65e0", "\u306a\u3057", "\u4e0d\u660e", "\u2015", "\u2212", "\uff0d",
)  # fmt: skip
_TEXT_NULL_PATTERN = "|".join(re.escape(word) for word in TEXT_NULLS)
# Accounting: `$ -` and `- €`.
_DASHED_CURRENCY = "[$€£¥] *[-–]+|[-–]+ *[$€£¥]"
_VALUE_NULL_PATTERN = f"(?i:{'|'.join(re.escape(word) for word in VALUE_NULLS)}|{_DASHED_CURRENCY})"
_DASHED = re.compile(_DASHED_CURRENCY)
_SPACES = " \t\r\n\f\v\u00a0\u200b\ufeff"


def trimmed(column: str) -> str:
    """SQL: the cell without white space around it."""
    # A look at both ends first: `trim` with a set of characters costs five times as much.
    ends = (f"ascii({end}) BETWEEN 33 AND 159" for end in (column, f"right({column}, 1)"))
    return f"CASE WHEN {' AND '.join(ends)} THEN {column} ELSE trim({column}, {quote(_SPACES)}) END"


def trim(cell: str) -> str:
    """The same in Python."""
    return cell.strip(_SPACES)


@dataclass(frozen=True)
class Hypothesis:
    """One reading of a column. `{t}` in `check` and `value` stands for the trimmed cell in SQL."""

    key: str
    kind: Kind
    sql_type: str
    pattern: str
    """What every cell matches in full, in the syntax that Python and RE2 share."""
    value: str
    check: str = "true"
    """SQL that must hold beyond the pattern: the value exists and fits its type."""
    note: str = ""
    """What the reading changed, for the report; empty where the cell is what it says."""
    decimal: str = ""
    """The decimal separator that it implies, if any."""
    order: str = ""
    """`dmy`, `mdy` or `ymd`, for dates that can be read in several ways."""
    nulls: str = ""
    """What is missing, as a pattern, where a person said so."""

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.ASCII)

    def fits(self, cell: str) -> bool:
        """Whether a trimmed cell has the form; SQL checks the value."""
        return self._regex.fullmatch(cell) is not None

    def missing(self, t: str) -> str:
        """SQL: the trimmed cell `t` says that there is no value."""
        # Not `IN`: of each long list DuckDB makes a join, which costs memory by the column.
        pattern = self.nulls or (_TEXT_NULL_PATTERN if self.kind == "text" else _VALUE_NULL_PATTERN)
        return f"regexp_full_match({t}, {quote(pattern)})"

    def holds(self, t: str) -> str:
        """SQL: the trimmed cell `t` is as the hypothesis says."""
        if self.kind == "text":
            return "false" if self.key == "empty" else "true"
        check = self.check.replace("{t}", t)
        return f"(regexp_full_match({t}, {quote(self.pattern)}) AND coalesce({check}, false))"

    def expression(self, raw: str, t: str, words: bool) -> str:
        """SQL: the typed value of a cell; NULL where it is missing. `words`: some are missing by a word."""
        value = raw if self.key in ("text", "empty") else self.value.replace("{t}", t)
        missing = self.missing(t) if words else f"({t}) = ''"
        return f"CASE WHEN {missing} THEN NULL ELSE {value} END::{self.sql_type}"


TEXT = Hypothesis("text", "text", "VARCHAR", ".*", "{t}")
# No cell of the sample holds anything: to be looked at again if another cell does.
# How some programs keep a workbook from making a number of an id: ="00123".
_IN_FORMULA = '="[^"]*"'
IN_FORMULA = Hypothesis(
    "in_formula",
    "text",
    "VARCHAR",
    _IN_FORMULA,
    f"CASE WHEN regexp_full_match({{t}}, '{_IN_FORMULA}') THEN {{t}}[3:-2] ELSE {{t}} END",
    note='="..." read as the text in it',
)
EMPTY = Hypothesis("empty", "text", "VARCHAR", "", "{t}")

_BOOL_WORDS = (
    ("true", "false", False), ("yes", "no", False), ("y", "n", True), ("t", "f", True), ("ja", "nein", False),
    ("j", "n", True), ("oui", "non", False), ("sí", "no", True), ("si", "no", True),
    ("wahr", "falsch", False),
    ("vrai", "faux", False), ("да", "нет", False), ("是", "否", False), ("はい", "いいえ", False),
)  # fmt: skip


def boolean_hypotheses(sample: set[str]) -> list[Hypothesis]:
    """Pairs of words; the one-letter pairs only where both letters are there (a lone `F` may be a sex)."""
    found = {cell.lower() for cell in sample}
    return [
        Hypothesis(
            key=f"bool_{yes}",
            kind="boolean",
            sql_type="BOOLEAN",
            pattern=f"(?i:{yes}|{no})",
            value=f"(lower({{t}}) = '{yes}')",
            note="" if yes == "true" else f'"{yes}"/"{no}" -> true/false',
        )
        for yes, no, both in _BOOL_WORDS
        if found <= {yes, no} and (not both or found == {yes, no})
    ]


def is_missing(cell: str) -> bool:
    """Whether a trimmed cell means missing in a column of values."""
    return cell.lower() in VALUE_NULLS or _DASHED.fullmatch(cell) is not None
