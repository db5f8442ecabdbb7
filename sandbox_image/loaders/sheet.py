"""What is a worksheet, whichever file format it comes from?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .cell_kinds import CellKinds


class Row(NamedTuple):
    """One row that holds something."""

    number: int
    """From 1, as a person sees it."""
    texts: list[str | None]
    codes: str
    """The kind of each cell (`CellKinds`)."""


class Area(NamedTuple):
    """Merged cells: rows from 1, columns from 0, both ends inside."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class SheetFacts:
    """What is known of a sheet once its rows were read."""

    hidden_columns: set[int] = field(default_factory=set)
    hidden_rows: int = 0
    disordered_rows: int = 0
    disordered_cells: int = 0


class Sheet(Protocol):
    """A worksheet as the loader wants it."""

    @property
    def name(self) -> str:
        """Its title."""

    @property
    def state(self) -> str:
        """`visible`, `hidden` or `veryHidden`; or `chart`: it has no cells."""

    @property
    def facts(self) -> SheetFacts:
        """What was found while the rows were read."""

    @property
    def kinds(self) -> CellKinds:
        """What the characters in `Row.codes` mean."""

    def merged(self) -> list[Area]:
        """Its merged areas."""

    def rows(self) -> Iterator[Row]:
        """Its rows that hold something, in order."""
