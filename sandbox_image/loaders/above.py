"""What stands in a text file above its data?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .header import Layout
from .header_rows import LABELS, joined

_SHOWN_CHARACTERS = 80


@dataclass
class Above:
    """The rows above the data, as they were read."""

    header: list[list[str]] = field(default_factory=list)
    skipped: list[list[str]] = field(default_factory=list)
    """Titles, comments, facts about the file."""
    following: list[str] = field(default_factory=list)
    """The first row of data."""
    lines: int = 0
    """How many lines of the file they are, blank ones with them."""

    def add(self, position: int, row: list[str], layout: Layout) -> None:
        """Keep a row above the data."""
        if layout.header is not None and layout.header <= position:
            self.header.append(row)
        else:
            self.skipped.append(row)

    def names(self, layout: Layout) -> list[str]:
        """What the columns are called; empty where there is no header."""
        if not self.header:
            return [""] * layout.width
        two = layout.second not in ("", LABELS)
        names = joined(self.header[0], self.header[1], layout.second) if two else self.header[0]
        end = len(names)
        while end > layout.width and not names[end - 1]:
            end -= 1
        # A header may be a comment: `# time temp`.
        first = names[0].lstrip("#/%").lstrip() if names[0][:2] in ("# ", "% ", "//") else names[0]
        return [*([""] if layout.row_names else []), first, *names[1:end]]

    def report(self, layout: Layout) -> list[dict[str, Any]]:
        """What was not read as data."""
        found = []
        if self.skipped:
            said = " ".join(cell for cell in self.skipped[0] if cell)[:_SHOWN_CHARACTERS]
            what = f'title and comment lines above the table left out, first: "{said}"'
            found.append({"column": None, "what": what, "cells": len(self.skipped)})
        if layout.row_names:
            what = "one name less than cells in a row: the first column has none (row names of R)"
            found.append({"column": None, "what": what, "cells": 1})
        if layout.second == LABELS:
            what = "rows of labels under the header left out"
            found.append({"column": None, "what": what, "cells": len(self.header) - 1})
        elif len(self.header) > 1:
            found.append({"column": None, "what": "two header rows joined into one", "cells": 2})
        return found
