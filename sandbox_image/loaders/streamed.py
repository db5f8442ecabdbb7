"""How is a delimited file of any size read within a fixed memory, with the result that a small one has?

The file comes block by block and can be sent again. The types are guessed by its beginning, the typed cells
leave as Parquet at once, and every cell is tested: a column that a later cell speaks against is read again,
alone, with what was learned (docs/decisions/0012).
"""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import pyarrow as pa

from .budget import fit
from .cut import IrregularError
from .decide import sampled_cells
from .ending import doubtful_ending
from .engine import open_engine
from .errors import EMPTY_FILE, TOO_LARGE, UNREADABLE_FILE, BadFileError
from .fed import FedFile, Restart, unpacked
from .limits import LoadLimits
from .names import table_name, unique_columns
from .parts import Part, Parts, Send, by_dictionary
from .profile import dtype_of, finished, keys_of, shown_cell
from .read_as import FIRST_READING, Asked, ReadAs
from .room import room_for
from .selection import check_types, without_hidden
from .signature import check_signature
from .spread import add_spread
from .staging import TextTable
from .streamed_column import StreamedColumn, file_style
from .streamed_profile import ColumnFigures, EvenRows, value_hashes
from .streamed_rows import CarefulRows, QuickRows
from .tail import TAIL_ROWS
from .typed import EXACT_IN_FLOAT, INEXACT, report_of
from .wishes import Wishes

_PASSES = 9
_UNPACKED_BYTES = 16 << 20
_SAMPLE_ROWS = 5


def load_streamed(
    restart: Restart,
    send: Send,
    name: str,
    format: str,
    out_dir: Path,
    taken: set[str],
    limits: LoadLimits,
    asked: Asked = FIRST_READING,
) -> list[dict[str, Any]]:
    """Read the file that `restart` gives as one table, whose columns leave by `send`.

    Returns:
        Its profile as of `load_file`, with `parts`: which column is in which part.

    Raises:
        BadFileError: It is no table, or over a cap.
    """
    before = set(taken)
    try:
        with room_for(name), tempfile.TemporaryDirectory(dir=out_dir, prefix=".stage-") as folder:
            with open_engine(limits, Path(folder) / "spill") as engine:
                if format != "gz":
                    return [_read(engine, FedFile(restart), name, format, send, taken, asked)]
                inner = name[:-3] if name.lower().endswith(".gz") else name
                file = FedFile(unpacked(restart, _UNPACKED_BYTES))
                said = PurePosixPath(inner).suffix.lower().removeprefix(".")
                profile = _read(engine, file, inner, said, send, taken, asked)
                profile["read_as"]["compression"] = "gzip"
                return [profile | {"file": name}]
    except (EOFError, zlib.error) as failure:
        error = BadFileError(UNREADABLE_FILE, f"{name} is damaged or cut off: {failure}. Send it again.")
    except BadFileError as failure:
        error = failure
    taken &= before
    raise error


def _read(
    engine: duckdb.DuckDBPyConnection,
    file: FedFile,
    name: str,
    format: str,
    send: Send,
    taken: set[str],
    asked: Asked,
) -> dict[str, Any]:
    path: Any = file
    check_signature(path, name, format)
    table = table_name(name, taken)
    if asked.only is not None and asked.name:
        taken.discard(table)
        table = asked.name
        taken.add(table)
    try:
        rows: QuickRows | CarefulRows = QuickRows(file, name, format, asked.read_as)
        profile = _Streamed(engine, rows, _shown(rows, table, name, asked), asked.read_as, send).read()
    except IrregularError:
        rows = CarefulRows(file, name, format, asked.read_as)
        profile = _Streamed(engine, rows, _shown(rows, table, name, asked), asked.read_as, send).read()
    fit([profile])
    return profile


def _shown(rows: QuickRows | CarefulRows, table: str, name: str, asked: Asked) -> TextTable:
    """The table as it is to be seen, of which the cells are still to come. Raises: BadFileError."""
    columns, renamed = unique_columns(rows.header, name)
    shown = TextTable(table, name, columns, "first_piece", dict(rows.read_as), 0, rows.report + renamed)
    check_types([shown], asked, name)
    return without_hidden(shown, asked)


class _Streamed:
    """One table, pass by pass."""

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        rows: QuickRows | CarefulRows,
        table: TextTable,
        wanted: ReadAs,
        send: Send,
    ) -> None:
        self._engine = engine
        self._rows = rows
        self._table = table
        self._wanted = wanted
        self.names = table.columns
        places = {name: place for place, name in enumerate(unique_columns(rows.header, table.file)[0])}
        self._kept = [places[name] for name in self.names]
        self._delimiter = str(table.read_as["delimiter"])
        self._parts = Parts(table.name, self.names, send)
        self._columns: list[StreamedColumn] = []
        self._figures: list[ColumnFigures] = []
        self._even = EvenRows()
        self._due: list[Part] = list(self._parts.parts)
        self._kinds: list[str] = [""] * len(self.names)
        self._sample: list[list[Any]] = [[] for _ in self.names]
        self._count = 0
        self._first: list[str | None] = []
        self._last: list[list[str | None]] = []

    def read(self) -> dict[str, Any]:
        """Pass over the file until every column is written as what it is. Raises: BadFileError."""
        for number in range(_PASSES + 1):
            self._begin(last=number == _PASSES)
            self._count, self._even = 0, EvenRows()
            self._rows.run(self._take)
            for part in self._due:
                part.finish()
            if self._settle():
                return self._profile()
        raise BadFileError(TOO_LARGE, f"{self._table.file} cannot be read: its columns could not be settled.")

    def _begin(self, *, last: bool) -> None:
        for part in self._due:
            part.begin()
            for place in part.places:
                if self._columns:
                    self._columns[place].begin_pass()
                    if last:
                        self._columns[place].give_up()
        if self._columns:
            self._guess()

    def _guess(self) -> None:
        style = file_style(self._columns, self._delimiter)
        for place in self._due_places():
            column = self._columns[place]
            column.written = column.guess(style)
            self._kinds[place] = column.written.kind

    def _due_places(self) -> list[int]:
        return [place for part in self._due for place in part.places]

    def _take(self, piece: Any) -> None:
        piece = pa.table(
            [piece.column(place) for place in self._kept], [f"c{i}" for i in range(len(self._kept))]
        )
        first = self._count == 0
        if not self._columns:
            self._columns = self._new_columns(piece)
        found = {}
        for place in self._due_places():
            cells = piece.column(place).combine_chunks()
            found[place] = self._columns[place].test(self._engine, cells)
        if first:
            self._guess()
            self._figures = self._figures or [ColumnFigures("") for _ in self.names]
            for place in self._due_places():
                self._figures[place] = ColumnFigures(self._kinds[place])
        arrays: list[Any] = [None] * len(self.names)
        for place, examined in found.items():
            column = self._columns[place]
            typed = column.typed(self._engine, piece.column(place).combine_chunks(), examined)
            arrays[place] = by_dictionary(typed)
            if typed is None:
                column.written = None
            elif self._count < _SAMPLE_ROWS:
                kept = [] if first else self._sample[place]
                self._sample[place] = kept + typed.slice(0, _SAMPLE_ROWS - self._count).to_pylist()
        self._add_figures(arrays, len(piece))
        self._parts.write(arrays, self._due)
        self._count += len(piece)
        if first:
            self._first = [column[0].as_py() for column in piece.columns]
        last = piece.slice(max(0, len(piece) - TAIL_ROWS))
        self._last = list(map(list, zip(*last.to_pydict().values(), strict=True)))

    def _add_figures(self, arrays: list[Any], count: int) -> None:
        drawn = self._even.choose(self._count, count)
        types = {}
        for place, typed in enumerate(arrays):
            if typed is None:
                continue
            figures = self._figures[place]
            if as_type := figures.hashed_as(typed):
                types[f"c{place}"] = as_type
            figures.add(self._engine, typed, drawn)
        hashes = value_hashes(self._engine, {name: arrays[int(name[1:])] for name in types}, types)
        for name, found in hashes.items():
            self._figures[int(name[1:])].add_hashes(found)

    def _new_columns(self, piece: Any) -> list[StreamedColumn]:
        self._engine.register("first_piece", piece)
        self._table.scan = "first_piece"
        wishes = Wishes(self._wanted, self._table)
        columns = [
            StreamedColumn(place, self.names[place], sample, wishes)
            for place, sample in enumerate(sampled_cells(self._engine, self._table))
        ]
        self._engine.unregister("first_piece")
        for column in columns:
            column.begin_pass()
        return columns

    def _settle(self) -> bool:
        """Decide; the parts that are not yet as decided are due for another pass."""
        if not self._columns:
            raise BadFileError(
                EMPTY_FILE, f"{self._table.file} holds no rows below its header. Export it again."
            )
        style = file_style(self._columns, self._delimiter)
        for place, column in enumerate(self._columns):
            decision = column.decide(style)
            figures = self._figures[place]
            if column.settled and decision.hypothesis.sql_type == "BIGINT" and figures.nulls:
                if figures.high is not None and max(abs(figures.low), abs(figures.high)) > EXACT_IN_FLOAT:
                    column.forced = INEXACT
                    column.decide(style)
        self._due = [
            part
            for part in self._parts.parts
            if not part.written or not all(self._columns[place].settled for place in part.places)
        ]
        return not self._due

    def _profile(self) -> dict[str, Any]:
        columns = []
        for column, figures in zip(self._columns, self._figures, strict=True):
            assert column.decision is not None  # noqa: S101 - `_settle` has just set it
            figures.finish(self._engine)
            found = figures.figures(self._count)
            name, dtype = self.names[column.index], dtype_of(column.decision, found["nulls"])
            columns.append({"name": name, "dtype": dtype, "kind": figures.kind, **found})
            self._table.coercions += report_of(name, column.decision)
        self._table.coercions += doubtful_ending(self._first, self._last, len(self.names), self._count)
        self._add_spread(columns)
        columns = [
            finished(column, self._count, figures.sketch)
            for column, figures in zip(columns, self._figures, strict=True)
        ]
        return {
            "name": self._table.name,
            "file": self._table.file,
            "rows": self._count,
            "columns": columns,
            "keys": keys_of(columns, self._count),
            "sample": [[shown_cell(cell) for cell in row] for row in zip(*self._sample, strict=True)],
            "read_as": self._table.read_as,
            "coercions": self._table.coercions,
            "parts": self._parts.described(),
        }

    def _add_spread(self, columns: list[dict[str, Any]]) -> None:
        """Quantiles of the drawn rows, and standard deviations of all."""
        still = pa.array(self._even.still())
        drawn = {
            column["name"]: pa.chunked_array(figures.drawn).filter(still)
            for column, figures in zip(columns, self._figures, strict=True)
            if figures.drawn
        }
        if drawn:
            self._engine.register("drawn", pa.table(drawn))
        add_spread(self._engine, "drawn", columns, 0)
        for column, figures in zip(columns, self._figures, strict=True):
            column["std"] = figures.deviation() if column["quantiles"] else None
            if column["quantiles"] and not self._even.all_kept:
                column["approximate"].append("quantiles")
