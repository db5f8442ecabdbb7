"""How is a text file read row by row: any encoding, ragged rows, stray quotes? Everything odd is counted."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from .above import Above
from .dialect import Dialect, is_blank
from .errors import NOT_A_TABLE, TOO_LARGE, BadFileError
from .header_rows import count_filled, is_commented
from .limits import MAX_CELL_CHARACTERS
from .staging import TextStage
from .tail import TAIL_ROWS, TailRow, find_ending

_MODES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {"strict": True}),
    ("stray quotes read leniently", {"strict": False}),
    ("a quote is left open: quotes read as ordinary characters", {"quoting": csv.QUOTE_NONE}),
)


class RowStage(Protocol):
    """Where the rows of data go."""

    width: int
    """Of the widest so far."""
    rows: int

    def __enter__(self) -> object: ...

    def __exit__(self, *failure: Any) -> None: ...

    def add(self, row: Sequence[str | None]) -> None:
        """Take one row, of any length."""


@dataclass
class Reading:
    """One file on its way into the stage."""

    path: Path
    name: str
    dialect: Dialect
    stage_dir: Path
    short: int = 0
    long: int = 0
    blank: int = 0
    comments: int = 0
    again: int = 0
    quotes: str = ""
    above: Above = field(default_factory=Above)
    stage: RowStage = field(init=False)
    options: dict[str, Any] = field(default_factory=dict)
    """How the quotes were to be taken, once `run` is through."""
    last: deque[TailRow] = field(default_factory=lambda: deque(maxlen=TAIL_ROWS))

    def run(self) -> None:
        """Read the file; with stray quotes, again with a more lenient idea of quotes."""
        for number, (said, options) in enumerate(_MODES):
            self.quotes = said
            try:
                self.read_into(self._new_stage(number), options)
            except csv.Error as error:
                if number + 1 == len(_MODES):
                    raise self._unreadable(error) from None
                continue
            self.options = options
            return

    def read_into(self, stage: RowStage, options: dict[str, Any]) -> None:
        """Read the file once, in one of the ways to take quotes. Raises: csv.Error."""
        self.short = self.long = self.blank = self.comments = self.again = 0
        self.above = Above()
        self.last.clear()
        self.stage = stage
        with stage:
            self._read(options)

    def _new_stage(self, number: int) -> RowStage:
        return TextStage(self.stage_dir / str(number), self.name)

    def names(self) -> list[str]:
        """The header, as wide as the widest row."""
        names = self.above.names(self.dialect.layout)
        width = max(self.stage.width, len(names), self.dialect.layout.width)
        return names + [""] * (width - len(names))

    def tail(self) -> list[TailRow]:
        """The last rows of data."""
        return list(self.last)

    def report(self) -> list[dict[str, Any]]:
        """What was odd, counted."""
        names = self.above.names(self.dialect.layout)
        ending = find_ending(self.tail(), max(self.stage.width, len(names)))
        # What is left out below the table is no row that is too short.
        self.short -= sum(len(row.cells) < self.dialect.layout.width for row in ending.notes)
        width = len(names) if self.above.header else "the usual"
        found = [
            (f"short rows filled with missing cells (fewer than {width} cells)", self.short),
            ("long rows: their extra cells are in columns of their own", self.long),
            ("blank lines skipped", self.blank),
            ("the header, printed again inside the table, left out", self.again),
            ("comment lines inside the table left out", self.comments),
            (self.quotes, 1 if self.quotes else 0),
        ]
        odd = [{"column": None, "what": what, "cells": count} for what, count in found if count]
        return self.above.report(self.dialect.layout) + odd

    def _unreadable(self, error: csv.Error) -> BadFileError:
        if "field limit" in str(error):
            return BadFileError(
                TOO_LARGE,
                f"{self.name} has a cell of more than {MAX_CELL_CHARACTERS:,} characters. "
                "Shorten it, or look for a quote that is left open.",
            )
        return BadFileError(NOT_A_TABLE, f"{self.name} cannot be read as rows: {error}.")

    def _read(self, options: dict[str, Any]) -> None:
        layout, encoding = self.dialect.layout, self.dialect.encoding
        width = layout.width
        commented = False
        position, after_blank = 0, False
        with self.path.open(encoding=encoding.name, errors=encoding.errors, newline="") as file:
            for row in self._rows(islice(file, self.dialect.skip_lines, None), options):
                if is_blank(row):
                    self.blank += 1
                    after_blank = True
                    continue
                position += 1
                if position <= layout.first:
                    commented = commented or is_commented(row)
                    self.above.add(position - 1, row, layout)
                elif commented and len(row) != width and is_commented(row):
                    self.comments += 1
                else:
                    self._keep(_without_tail(row, width), width, after_blank)
                after_blank = False

    def _keep(self, row: list[str], width: int, after_blank: bool) -> None:
        if len(self.above.header) == 1 and row == self.above.header[0] and len(row) > 1:
            self.again += 1
            return
        self.last.append(TailRow(row, after_blank))
        self.stage.add(row)
        if not count_filled(row):
            return
        self.short += len(row) < width
        self.long += len(row) > width

    def _rows(self, file: Iterator[str], options: dict[str, Any]) -> Iterator[list[str]]:
        # NUL bytes, and the mark by which DOS ended files.
        lines = (line.replace("\0", "").replace("\x1a", "") for line in file)
        watched = lines if options.get("strict", True) else _closing_quotes(lines, self.dialect.quote)
        return self.dialect.rows(watched, **options)


def _closing_quotes(lines: Iterator[str], quote: str) -> Iterator[str]:
    """Pass lines on, and raise at the end if a quote was opened and never closed."""
    odd = 0
    for line in lines:
        odd ^= line.count(quote) & 1
        yield line
    if odd:
        raise csv.Error("a quote is left open")


def _without_tail(row: list[str], width: int) -> list[str]:
    """Drop empty cells beyond the table's width (a delimiter at the end of each line)."""
    end = len(row)
    while end > width and not row[end - 1]:
        end -= 1
    return row[:end]
