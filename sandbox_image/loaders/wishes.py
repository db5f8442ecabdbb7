"""What did a person say about the values of a table's columns?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import duckdb

from .dates import date_hypotheses
from .errors import UNREADABLE_FILE, BadFileError
from .hypotheses import TEXT, Hypothesis, boolean_hypotheses, is_missing, trimmed
from .numbers import number_hypotheses
from .read_as import ReadAs
from .staging import TextTable

_KINDS = ("text", "number", "date", "boolean")
SHOWN_WORDS = 20
_PARTS = {
    "number": re.compile(
        r"[(+$€£¥\u2212-]{0,3} *[0-9][0-9 .,'\u00a0\u202f]*(?:[eE][+-]?[0-9]+)? *[)%$€£¥-]{0,3}"
    ),
    "date": re.compile(r".*[0-9].*"),
    "boolean": re.compile(r".*"),
}
_MAKERS: dict[str, Callable[[set[str]], list[Hypothesis]]] = {
    "number": number_hypotheses,
    "date": date_hypotheses,
    "boolean": boolean_hypotheses,
}


class Wishes:
    """`ReadAs`, column by column."""

    def __init__(self, wanted: ReadAs, table: TextTable) -> None:
        self._wanted = wanted
        self._table = table
        self._check()

    @cached_property
    def text(self) -> Hypothesis:
        """Text, with the words that mean missing."""
        return self._with_nulls(TEXT)

    def is_forced(self, index: int) -> bool:
        """Whether its type was said, and some of its cells may not be so."""
        return self._kind(index) not in (None, "text")

    def offered(
        self, index: int, sample: set[str], candidates: Callable[[set[str]], list[Hypothesis]]
    ) -> list[Hypothesis]:
        """The readings that the cells and the person allow."""
        kind = self._kind(index)
        cells = {cell for cell in sample if not self._is_missing(cell)}
        if kind == "text":
            return [self.text]
        if kind is not None:
            return [self._with_nulls(self._forced(kind, cells))]
        found = [each for each in candidates(cells) if self._allows(each)]
        return [self._with_nulls(each) for each in found] or [self.text]

    def dropped(
        self, engine: duckdb.DuckDBPyConnection, index: int, hypothesis: Hypothesis
    ) -> dict[str, int]:
        """The cells that are not what was said, with their counts; beyond some words together."""
        none = f"NOT {hypothesis.missing('t')} AND ({hypothesis.value.replace('{t}', 't')}) IS NULL"
        rows = engine.execute(
            f"SELECT t, count(*) AS n FROM (SELECT {trimmed(f'c{index}')} AS t FROM {self._table.scan}) "  # noqa: S608
            f"WHERE t IS NOT NULL AND {none} GROUP BY t ORDER BY n DESC, t"
        ).fetchall()
        found = {str(word): int(count) for word, count in rows[:SHOWN_WORDS]}
        rest = sum(int(count) for _, count in rows[SHOWN_WORDS:])
        return found | ({f"{len(rows) - SHOWN_WORDS} other texts": rest} if rest else {})

    def _kind(self, index: int) -> str | None:
        return self._wanted.types.get(self._table.columns[index])

    def _forced(self, kind: str, cells: set[str]) -> Hypothesis:
        """The reading that most cells of the sample allow; what it does not hold for is missing."""
        likely = {cell for cell in cells if _PARTS[kind].fullmatch(cell)}
        found = [each for each in _MAKERS[kind](likely) if self._allows(each)]
        if not found:
            found = self._most(kind, likely)
        if not found:
            raise BadFileError(
                UNREADABLE_FILE,
                f"{self._table.file}: read_as.types asks for a {kind} in a column where no cell is one. "
                "Leave it out, or say text.",
            )
        best = (
            found[-1] if kind == "number" and found[0].sql_type == "BIGINT" and len(found) > 1 else found[0]
        )
        value = f"CASE WHEN {best.holds('{t}')} THEN {best.value} END"
        return replace(best, key=f"forced:{best.key}", pattern="(?s).*", value=value, check="true")

    def _most(self, kind: str, cells: set[str]) -> list[Hypothesis]:
        """Of all readings of single cells the one that fits the most cells."""
        offered: dict[str, Hypothesis] = {}
        for cell in sorted(cells)[:200]:
            offered |= {each.key: each for each in _MAKERS[kind]({cell}) if self._allows(each)}
        ranked = sorted(offered.values(), key=lambda each: -sum(each.fits(cell) for cell in cells))
        return ranked[:1]

    def _allows(self, hypothesis: Hypothesis) -> bool:
        decimal, order = self._wanted.decimal, self._wanted.date_order
        if hypothesis.kind == "number" and decimal and hypothesis.decimal not in ("", decimal):
            return False
        return not (order and hypothesis.order and hypothesis.order != order)

    def _is_missing(self, cell: str) -> bool:
        words = self._wanted.nulls
        return is_missing(cell) if words is None else cell in words or not cell

    def _with_nulls(self, hypothesis: Hypothesis) -> Hypothesis:
        words = self._wanted.nulls
        if words is None or hypothesis.nulls:
            return hypothesis
        pattern = "|".join(re.escape(word) for word in ("", *words))
        return replace(hypothesis, nulls=f"(?:{pattern})")

    def _check(self) -> None:
        wanted = self._wanted
        for field, value, known in (
            ("decimal", wanted.decimal, (".", ",")),
            ("date_order", wanted.date_order, ("dmy", "mdy", "ymd")),
            ("totals", wanted.totals, ("keep", "drop")),
            *((f"types of {column}", kind, _KINDS) for column, kind in wanted.types.items()),
        ):
            if value is not None and value not in known:
                said = f"read_as.{field} {str(value)[:40]!r} is not known"
                raise BadFileError(
                    UNREADABLE_FILE, f"{self._table.file}: {said}. Say one of {', '.join(known)}."
                )
