"""What do merged cells mean: a group of columns in the header, a label of several rows in the body?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .cell_kinds import BLANK, CellKinds
from .sheet import Area, Row


class _Label(NamedTuple):
    text: str | None
    code: str
    bottom: int


class Merges:
    """The merged areas of one table, by the row in which they begin."""

    def __init__(self, areas: Iterable[Area], kinds: CellKinds, left: int, right: int) -> None:
        self._kinds = kinds
        self._left, self._right = left, right
        self._by_top: dict[int, list[Area]] = defaultdict(list)
        for area in areas:
            if left <= area.left <= right and (area.bottom > area.top or area.right > area.left):
                self._by_top[area.top].append(area)
        self._open: dict[int, _Label] = {}
        self.filled: Counter[int] = Counter()
        """By column: cells that got the label of the merged cells they are in."""
        self.unfilled: Counter[int] = Counter()
        """By column: amounts merged over several rows, which stand in the first only."""
        self.wide = 0
        """Cells merged across columns: the value stands in the first."""

    def __bool__(self) -> bool:
        return bool(self._by_top)

    def groups(self, number: int) -> list[Area]:
        """Areas that begin in a row and span columns, but not the whole table: names of groups."""
        return [
            area
            for area in self._by_top.get(number, ())
            if area.right > area.left and not (area.left <= self._left and area.right >= self._right)
        ]

    def depth(self, number: int) -> int:
        """The last row of the areas over one column that begin in a row; the row itself if there are none."""
        tall = [area.bottom for area in self._by_top.get(number, ()) if area.left == area.right]
        return max(tall, default=number)

    def spread(self, row: Row) -> list[str | None]:
        """A header row with the names of groups in each of their columns."""
        texts = list(row.texts)
        for area in self._by_top.get(row.number, ()):
            if area.left < len(row.texts) and row.texts[area.left]:
                last = min(area.right, self._right)
                texts.extend([None] * (last + 1 - len(texts)))
                for place in range(area.left, last + 1):
                    texts[place] = row.texts[area.left]
        return texts

    def fill(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows of the body; labels are repeated in each row that they are merged over."""
        for row in rows:
            if self._open:
                row = self._filled(row)
            areas = self._by_top.get(row.number)
            if areas:
                self._begin(row, areas)
            yield row

    def _begin(self, row: Row, areas: Sequence[Area]) -> None:
        tall = {area.left for area in areas if area.bottom > area.top}
        leading = set()
        place = self._left
        while place in tall or place in self._open:
            leading.add(place)
            place += 1
        for area in areas:
            if area.left >= len(row.codes) or row.codes[area.left] == BLANK:
                continue
            self.wide += area.right > area.left
            if area.bottom == area.top:
                continue
            text, code = row.texts[area.left], row.codes[area.left]
            if self._is_label(text, code, area.left in leading):
                self._open[area.left] = _Label(text, code, area.bottom)
            else:
                self.unfilled[area.left] += 1

    def _is_label(self, text: str | None, code: str, leading: bool) -> bool:
        base = self._kinds.base(code)
        if base == "number":
            # An amount repeated would be counted several times; a number that leads its rows is a name.
            return leading and text is not None and text.lstrip("-").isdecimal()
        return base in ("text", "date", "boolean")

    def _filled(self, row: Row) -> Row:
        self._open = {place: label for place, label in self._open.items() if label.bottom >= row.number}
        if not self._open:
            return row
        width = max(len(row.codes), max(self._open) + 1)
        texts = row.texts + [None] * (width - len(row.texts))
        codes = list(row.codes.ljust(width, BLANK))
        for place, label in self._open.items():
            if codes[place] == BLANK:
                texts[place], codes[place] = label.text, label.code
                self.filled[place] += 1
        return Row(row.number, texts, "".join(codes))
