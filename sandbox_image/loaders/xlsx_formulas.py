"""How many formulas of a sheet have no stored value, because no spreadsheet has ever computed them?

openpyxl, asked for values, gives None for such a cell, as for an empty one.
"""

from __future__ import annotations

import re
from typing import IO

_CHUNK_BYTES = 1 << 20
# A cell's XML is short; a formula has 8,192 characters at most.
_OVERLAP_BYTES = 64 << 10
_UNSTORED = re.compile(
    rb"<c\b[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>",
)


def count_unstored(source: IO[bytes]) -> int:
    """Count the formulas without a value in a sheet's XML, read as a stream."""
    found, rest = 0, b""
    while chunk := source.read(_CHUNK_BYTES):
        text = rest + chunk
        end = 0
        for match in _UNSTORED.finditer(text):
            found, end = found + 1, match.end()
        rest = text[max(end, len(text) - _OVERLAP_BYTES) :]
    return found
