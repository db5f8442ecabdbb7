"""Which tables are in a workbook?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from .errors import EMPTY_FILE, NOT_A_TABLE, TOO_LARGE, BadFileError
from .header import Layout, find_layout
from .limits import MAX_SHEETS, LoadLimits
from .names import table_name, unique_columns
from .read_as import ReadAs
from .staging import TextStage, TextTable

_SAMPLE_ROWS = 400
_MAX_BLANK_ROWS = 1_048_576
ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")
)

UNSTORED_FORMULAS = "formulas without a stored value -> missing"

Row = list[str | None]


class Sheet(Protocol):
    """A worksheet as the loader wants it."""

    @property
    def name(self) -> str:
        """Its title."""

    @property
    def hidden(self) -> bool:
        """Whether a person would not see it."""

    def rows(self) -> Iterator[Row]:
        """Its rows as text, of any length; an error cell is one of `ERRORS`."""

    def unstored_formulas(self) -> int:
        """How many of its cells are formulas whose value the file does not hold."""


def load_excel(
    path: Path,
    name: str,
    file_format: str,
    stage_dir: Path,
    taken: set[str],
    limits: LoadLimits,
    wanted: ReadAs,
) -> list[TextTable]:
    """Read every visible sheet that holds something as a table of text.

    Raises:
        BadFileError: Encrypted, damaged, no workbook, without a visible table, or over a cap.
    """
    with _open(path, name, file_format, limits) as sheets:
        visible = [sheet for sheet in sheets if not sheet.hidden]
        hidden = [sheet.name for sheet in sheets if sheet.hidden]
        if len(visible) > MAX_SHEETS:
            raise BadFileError(
                TOO_LARGE,
                f"{name} has {len(visible)} sheets; at most {MAX_SHEETS} are read. Split the workbook.",
            )
        if not visible:
            raise BadFileError(NOT_A_TABLE, f"{name} has hidden sheets only. Unhide the one with the table.")
        found = [_Reading(name, stage_dir / f"sheet{i}") for i in range(len(visible))]
        filled = [
            (sheet, reading) for sheet, reading in zip(visible, found, strict=True) if reading.run(sheet)
        ]
        if not filled:
            raise BadFileError(EMPTY_FILE, f"{name} holds no table: its visible sheets are empty.")
        several = len(filled) > 1
        tables = [
            reading.table(table_name(name, taken, sheet.name if several else None), sheet.name, file_format)
            for sheet, reading in filled
        ]
    tables[0].coercions += [
        {"column": None, "what": f'hidden sheet "{sheet}" skipped', "cells": 1} for sheet in hidden
    ]
    return tables


def _open(
    path: Path, name: str, file_format: str, limits: LoadLimits
) -> AbstractContextManager[Sequence[Sheet]]:
    if file_format == "xlsx":
        from .xlsx import open_xlsx

        return open_xlsx(path, name, limits)
    from .xls import open_xls

    return open_xls(path, name, limits)


@dataclass
class _Reading:
    """One sheet on its way into the stage."""

    file: str
    folder: Path
    blank: int = 0
    unstored: int = 0
    header: Row = field(default_factory=list)
    layout: Layout = field(default_factory=lambda: Layout(None, 0, 0))
    first_row: int = 0
    used: set[int] = field(default_factory=set)
    errors: dict[int, int] = field(default_factory=dict)
    stage: TextStage = field(init=False)

    def run(self, sheet: Sheet) -> bool:
        """Stage the sheet's rows; false if there is nothing in it."""
        self.stage = TextStage(self.folder, self.file)
        rows = self._filled_rows(sheet)
        first = list(islice(rows, _SAMPLE_ROWS))
        if not first:
            return False
        left = min(i for row in first for i, cell in enumerate(row) if cell)
        self.layout = find_layout([row[left:] for row in first], header_rows=1)
        with self.stage:
            for position, row in enumerate(chain(first, rows)):
                if position == self.layout.header:
                    self.header = row
                elif position >= self.layout.first:
                    self._keep(row)
        self.unstored = sheet.unstored_formulas()
        return True

    def table(self, name: str, sheet: str, file_format: str) -> TextTable:
        """The staged sheet; columns with neither a name nor a cell are no columns."""
        named = {i for i, cell in enumerate(self.header) if cell}
        kept = sorted(named | self.used)
        header = [self.header[i] if i < len(self.header) else None for i in kept]
        columns, report = unique_columns(header, self.file)
        report += [
            {"column": column, "what": "error cells -> missing", "cells": self.errors[i]}
            for i, column in zip(kept, columns, strict=True)
            if i in self.errors
        ]
        if self.unstored:
            report.append({"column": None, "what": UNSTORED_FORMULAS, "cells": self.unstored})
        if self.blank:
            report.append({"column": None, "what": "blank rows skipped", "cells": self.blank})
        read_as: dict[str, Any] = {"format": file_format, "sheet": sheet, "header_row": self.layout.header}
        return TextTable(name, self.file, columns, self.stage.scan_of(kept), read_as, self.stage.rows, report)

    def _filled_rows(self, sheet: Sheet) -> Iterator[Row]:
        """Rows without the empty cells at their ends; blank ones are counted if something follows."""
        blank, begun = 0, False
        for row in sheet.rows():
            end = len(row)
            while end and not (row[end - 1] or "").strip():
                end -= 1
            if not end:
                blank += 1
                if blank > _MAX_BLANK_ROWS:
                    raise BadFileError(
                        TOO_LARGE, f"{self.file}: sheet {sheet.name} has more rows than Excel allows."
                    )
                continue
            self.blank += blank if begun else 0
            blank, begun = 0, True
            yield row[:end]

    def _keep(self, row: Row) -> None:
        for i, cell in enumerate(row):
            if not cell:
                continue
            self.used.add(i)
            if cell in ERRORS:
                self.errors[i] = self.errors.get(i, 0) + 1
                row[i] = None
        self.stage.add(row)
