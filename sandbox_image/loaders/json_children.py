"""How do the objects in a record's list become a table of their own?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .json_columns import RecordColumns
from .selection import plain_name

_KEYS = ("id", "_id", "key", "uuid")


class ChildRows:
    """The objects in the lists of one field, each a row with the number of the row it was in."""

    def __init__(
        self, field: str, folder: Path, file: str, record: dict[str, Any], hidden: frozenset[str]
    ) -> None:
        self.field = field
        self.several = False
        """Another field holds lists of objects, too: then none becomes a table."""
        self._key = next((key for key in record if _is_key(key) and plain_name(key) not in hidden), None)
        self.columns = RecordColumns(folder, file, hidden)

    def add(
        self, found: dict[str, list[tuple[int, list[Any]]]], records: Sequence[dict[str, Any]], first: int
    ) -> None:
        """Keep the objects of one batch."""
        self.several = self.several or bool(set(found) - {self.field})
        if self.several:
            return
        rows = []
        for number, items in found.get(self.field, ()):
            place: dict[str, Any] = {"\0row": number}
            if self._key is not None:
                place["\0key"] = records[number - first].get(self._key)
            rows += [{**place, **item} for item in items]
        if rows:
            self.columns.add(rows)

    def names(self, parent: str) -> list[str]:
        """The columns' names; those that lead to the parent begin with its name."""
        said = {"\0row": f"{parent}_row", "\0key": f"{parent}_{self._key}"}
        return [said.get(name, name) for name in self.columns.names]


def _is_key(name: str) -> bool:
    return name.casefold() in _KEYS or name.endswith("_id")
