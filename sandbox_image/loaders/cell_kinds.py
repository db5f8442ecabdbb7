"""What was a cell in the file, before it became text: a number, a word, a date, and how was it shown?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .decide import Decision

Base = Literal["blank", "text", "number", "date", "boolean", "missing"]

BLANK, TEXT, NUMBER, DATE, TRUTH = " ", "s", "n", "d", "b"
_FIRST_OWN = 0xE000
_SAID = {"number": "numbers", "date": "dates", "boolean": "truth values"}


@dataclass(frozen=True)
class CellKind:
    """One kind of cell."""

    base: Base
    note: str = ""
    """What is said of such cells, for the report."""
    currency: str = ""


class CellKinds:
    """Gives each kind a character, so that the kinds of a whole row are one short string."""

    def __init__(self) -> None:
        self._kinds = {
            BLANK: CellKind("blank"),
            TEXT: CellKind("text"),
            NUMBER: CellKind("number"),
            DATE: CellKind("date"),
            TRUTH: CellKind("boolean"),
        }
        self._codes: dict[CellKind, str] = {kind: code for code, kind in self._kinds.items()}

    def code(self, base: Base, note: str = "", currency: str = "") -> str:
        """The character of a kind."""
        kind = CellKind(base, note, currency)
        found = self._codes.get(kind)
        if found is None:
            found = chr(_FIRST_OWN + len(self._codes))
            self._codes[kind] = found
            self._kinds[found] = kind
        return found

    def base(self, code: str) -> Base:
        """What a cell with that character is."""
        return self._kinds[code].base

    def __getitem__(self, code: str) -> CellKind:
        return self._kinds[code]


class KindCounts:
    """How many cells of each kind a table's columns have: rows alike are counted together."""

    def __init__(self, kinds: CellKinds, places: Sequence[int] | None = None) -> None:
        self._kinds = kinds
        self._rows: Counter[str] = Counter()
        self._cells: dict[int, Counter[str]] = {}
        self.places = places
        """Which cells of a row the table's columns are; None: all, in order."""

    def add(self, codes: str) -> None:
        """Count one row, by the characters of its cells."""
        self._rows[codes] += 1

    def add_cells(self, place: int, code: str, cells: int) -> None:
        """Count cells of one column."""
        self._cells.setdefault(place, Counter())[code] += cells

    def has_cells(self, place: int) -> bool:
        """Whether any cell of one column was counted that is not blank."""
        return any(code != BLANK for code in self._cells.get(place, ()))

    def keep(self, columns: Sequence[int]) -> None:
        """Forget all but some of the table's columns."""
        self.places = list(columns) if self.places is None else [self.places[place] for place in columns]

    def columns(self, width: int) -> list[Counter[str]]:
        """The counts of each column."""
        places = list(range(width)) if self.places is None else list(self.places)
        found = [Counter(self._cells.get(place, {})) for place in places]
        for codes, rows in self._rows.items():
            for counter, place in zip(found, places, strict=True):
                if place < len(codes):
                    counter[codes[place]] += rows
        return found

    def report(self, names: Sequence[str], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
        """What became of cells that were something else than their column is."""
        counted = self.columns(len(names))
        found = []
        for decision in decisions:
            name = names[decision.index]
            for what, cells in self._column(counted[decision.index], decision):
                found.append({"column": name, "what": what, "cells": cells})
        return found

    def _column(self, counts: Counter[str], decision: Decision) -> list[tuple[str, int]]:
        notes: Counter[str] = Counter()
        bases: Counter[str] = Counter()
        currencies: set[str] = set()
        for code, cells in counts.items():
            kind = self._kinds[code]
            bases[kind.base] += cells
            if kind.note:
                notes[kind.note] += cells
            if kind.base == "number":
                currencies.add(kind.currency)
        found = sorted(notes.items())
        if len(currencies - {""}) > 1:
            said = ", ".join(sorted(currencies - {""}))
            found.append((f"amounts in several currencies ({said}) stand in one column", bases["number"]))
        return found + _changed(bases, decision)


def _changed(bases: Counter[str], decision: Decision) -> list[tuple[str, int]]:
    kind = decision.hypothesis.kind
    if kind == "text":
        others = [(base, bases[base]) for base in _SAID if bases[base]]
        if not others or (len(others) == 1 and not bases["text"]):
            return []
        return [(f"{_SAID[base]} kept as text, as the column is mixed", cells) for base, cells in others]
    words = decision.present - bases[kind]
    if words > 0 and bases["text"] and (kind == "number" or bases[kind]):
        return [(f"text read as {_SAID[kind]}", min(words, bases["text"]))]
    return []
