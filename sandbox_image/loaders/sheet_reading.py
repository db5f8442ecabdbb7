"""How do the rows of a sheet become tables of text, with a report of what was done?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from .cell_kinds import BLANK, KindCounts
from .names import unique_columns
from .read_as import ReadAs
from .sheet import Row, Sheet
from .sheet_blocks import Block, find_blocks
from .sheet_header import SheetHeader, find_header
from .sheet_merges import Merges
from .staging import TextStage, TextTable
from .tail import TAIL_ROWS, TailRow

# A sheet with more cells is read as one table: what is to be looked at as a whole must fit into memory.
_WHOLE_CELLS = 300_000
_SAMPLE_ROWS = 400
_LETTERS = 26


def read_sheet(sheet: Sheet, file: str, folder: Path, wanted: ReadAs) -> list[Found]:
    """Stage every table of a sheet; none if it is empty.

    Raises:
        BadFileError: The sheet is damaged or over a cap.
    """
    areas = sheet.merged()
    rows = iter(sheet.rows())
    head, cells = [], 0
    for row in rows:
        head.append(row)
        cells += len(row.codes)
        if cells >= _WHOLE_CELLS:
            break
    if not head:
        return []
    rest = next(rows, None)
    blocks = _blocks(head, sheet) if rest is None else [_one(head)]
    found: list[Found] = []
    for number, block in enumerate(blocks):
        place = _range(block) if len(blocks) > 1 else None
        merges = Merges(areas, sheet.kinds, block.left, block.right)
        more = iter(()) if rest is None else chain([rest], rows)
        reading = Found(sheet, file, folder / str(number), block, merges, place, not found)
        reading.run(more, wanted)
        found.append(reading)
    return found


def _one(rows: list[Row]) -> Block:
    left = min(len(row.codes) - len(row.codes.lstrip(BLANK)) for row in rows)
    return Block(rows, left, max(len(row.codes) for row in rows) - 1)


def _blocks(rows: list[Row], sheet: Sheet) -> list[Block]:
    kinds = sheet.kinds
    return find_blocks(rows, lambda code: kinds.base(code) in ("number", "date", "boolean"))


@dataclass
class Found:
    """One table of a sheet on its way into the stage."""

    sheet: Sheet
    file: str
    folder: Path
    block: Block
    merges: Merges
    place: str | None
    """The cells that it takes, where the sheet has several tables."""
    is_first: bool = True
    blank: int = 0
    header: SheetHeader = field(default_factory=lambda: SheetHeader(None, 0, []))
    used: set[int] = field(default_factory=set)
    last: deque[Row] = field(default_factory=lambda: deque(maxlen=TAIL_ROWS))
    counts: KindCounts = field(init=False)
    stage: TextStage = field(init=False)

    @property
    def title(self) -> str | None:
        """The line above the table, if there is just one."""
        return self.block.title

    def run(self, more: Iterable[Row], wanted: ReadAs) -> None:
        """Stage the rows: those of the block, then `more`."""
        rows = self.block.rows
        self.header = find_header(
            rows[:_SAMPLE_ROWS], self.block.left, self.merges, wanted.header_row, wanted.header_rows
        )
        self.counts = KindCounts(self.sheet.kinds)
        self.stage = TextStage(self.folder, self.file)
        body = self._counting_blanks(chain(rows, more))
        with self.stage:
            for row in self.merges.fill(body) if self.merges else body:
                self._keep(row)

    def table(self, name: str, file_format: str) -> TextTable:
        """The staged table; columns with neither a name nor a cell are no columns."""
        names = self.header.names
        named = {i for i, cell in enumerate(names) if cell}
        kept = sorted(named | self.used)
        columns, report = unique_columns([names[i] if i < len(names) else None for i in kept], self.file)
        report += self._column_report(dict(zip(kept, columns, strict=True)))
        report += [{"column": None, "what": what, "cells": count} for what, count in self._table_report()]
        read_as: dict[str, Any] = {
            "format": file_format,
            "sheet": self.sheet.name,
            "header_row": self.header.start,
        }
        if self.header.start is not None and self.header.first - self.header.start > 1:
            read_as["header_rows"] = self.header.first - self.header.start
        if self.place is not None:
            read_as["cells"] = self.place
        self.counts.places = kept
        scan = self.stage.scan_of(kept)
        table = TextTable(name, self.file, columns, scan, read_as, self.stage.rows, report)
        table.kinds = self.counts
        table.tail = self._tail(kept)
        return table

    def _counting_blanks(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows of the body; blank ones between them are counted."""
        last = None
        for position, row in enumerate(rows):
            if last is not None:
                self.blank += max(0, row.number - last - 1)
            last = row.number
            if position >= self.header.first:
                yield row

    def _keep(self, row: Row) -> None:
        self.counts.add(row.codes)
        if len(self.used) < len(row.codes):
            self.used.update(place for place, code in enumerate(row.codes) if code != BLANK)
        self.stage.add(row.texts)
        self.last.append(row)

    def _tail(self, kept: Sequence[int]) -> list[TailRow]:
        """The last rows, where totals are looked for, with the columns that the table has."""
        found = []
        before = None
        for row in self.last:
            cells = [row.texts[place] if place < len(row.texts) else None for place in kept]
            found.append(TailRow(cells, before is not None and row.number > before + 1))
            before = row.number
        return found

    def _column_report(self, columns: dict[int, str]) -> list[dict[str, Any]]:
        said = (
            ("merged cells: the label is repeated in every row", self.merges.filled),
            ("merged cells: the amount stands in the first row only", self.merges.unfilled),
            ("hidden column: read as the others", dict.fromkeys(self.sheet.facts.hidden_columns, 1)),
        )
        return [
            {"column": column, "what": what, "cells": cells[place]}
            for what, cells in said
            for place, column in columns.items()
            if cells.get(place)
        ]

    def _table_report(self) -> list[tuple[str, int]]:
        facts = self.sheet.facts
        found = [
            ("blank rows skipped", self.blank),
            ("cells merged across columns: the value stands in the first", self.merges.wide),
            ("rows whose number repeats or goes back: read in the file's order", facts.disordered_rows),
            ("cells written twice: the later one was taken", facts.disordered_cells),
            ("hidden rows: read as the others", facts.hidden_rows),
        ]
        if not self.is_first:
            found = found[:2]  # the others are said once for the whole sheet
        found += self._lines()
        found += [(what, 1) for what in self.block.unsure]
        return [(what, count) for what, count in found if count]

    def _lines(self) -> list[tuple[str, int]]:
        above = [*self.block.above, *_texts(self.block.rows[: self.header.start or 0])]
        return [
            *((f'line above the table left out: "{text[:200]}"', 1) for text in above),
            *((f'note below the table left out: "{text[:200]}"', 1) for text in self.block.below),
        ]


def _texts(rows: Sequence[Row]) -> list[str]:
    return [" ".join(text for text in row.texts if text) for row in rows]


def _range(block: Block) -> str:
    first, last = block.rows[0].number, block.rows[-1].number
    return f"{_column(block.left)}{first}:{_column(block.right)}{last}"


def _column(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, _LETTERS)
        letters = chr(65 + rest) + letters
    return letters
