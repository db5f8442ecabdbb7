"""How does a text file write its rows: which delimiter, which quotes, where is the header?"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .header import Layout, find_layout
from .limits import MAX_CELL_CHARACTERS

_SAMPLE_CHARACTERS = 256 << 10
_SAMPLE_ROWS = 400
_NAMES = {" ": "spaces"}
# Where two are equally regular the rarer mark wins: a comma stands in plain prose and numbers, too.
_DELIMITERS = {"csv": "\t;|,", "tsv": "\t;|,", "txt": "\t;|, "}
_LEAST_REGULAR = 0.6
_GAP = re.compile(r" {2,}|\t+")
_SPACES = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class Dialect:
    """What was decided from the beginning of the file."""

    encoding: str
    delimiter: str
    """Empty: one column. A space: runs of them."""
    skip_space: bool
    """White space after a delimiter is no part of the cell."""
    layout: Layout

    @property
    def said(self) -> str:
        """The delimiter as it is reported."""
        return _NAMES.get(self.delimiter, self.delimiter)


def detect_dialect(path: Path, file_format: str, encoding: str) -> Dialect:
    """Decide by the first part of the file; the reader checks it on the rest."""
    # Of the whole process: the sample is parsed many times below, and the reader parses the rest.
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        text = file.read(_SAMPLE_CHARACTERS).replace("\0", "")
        if file.read(1):
            text = _whole_lines(text)
    delimiter = _delimiter(text, _DELIMITERS[file_format])
    skip_space = delimiter not in ("", " ") and _space_follows(text, delimiter)
    rows = sample_rows(text, delimiter, skip_space)
    return Dialect(encoding, delimiter, skip_space, find_layout(rows))


def sample_rows(text: str, delimiter: str, skip_space: bool = False) -> list[list[str]]:
    """The rows of a piece of text; blank lines are none."""
    rows: list[list[str]] = []
    for row in read_rows(io.StringIO(text, newline=""), delimiter, skip_space):
        if not is_blank(row):
            rows.append(row)
        if len(rows) >= _SAMPLE_ROWS:
            break
    return rows


def read_rows(lines: Iterator[str] | io.TextIOBase, delimiter: str, skip_space: bool) -> Iterator[list[str]]:
    """Rows in the given dialect, quotes read leniently."""
    if delimiter == " ":
        return (split_spaces(line) for line in lines)
    return csv.reader(lines, delimiter=delimiter or "\x1f", skipinitialspace=skip_space)


def split_spaces(line: str) -> list[str]:
    """The cells of a line whose columns stand apart by spaces; quoted cells may hold some."""
    line = line.strip()
    if not line:
        return []
    if '"' in line:
        return next(csv.reader([_SPACES.sub(" ", line)], delimiter=" ", skipinitialspace=True))
    return (_GAP if _GAP.search(line) else _SPACES).split(line)


def is_blank(row: Sequence[str]) -> bool:
    """A blank line: no cell, or one of white space."""
    return not row or (len(row) == 1 and not row[0].strip())


def _whole_lines(text: str) -> str:
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end >= 0 else text


def _delimiter(text: str, choices: str) -> str:
    best, best_score = "", 0.0
    for delimiter in choices:
        score = _regularity(sample_rows(text, delimiter))
        if delimiter == " ":
            # Prose has spaces, too: only what is regular throughout is a table.
            score = score if score > 0.95 else 0.0
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best if best_score >= _LEAST_REGULAR or best == "" else _fallback(text, best)


def _regularity(rows: list[list[str]]) -> float:
    widths = Counter(len(row) for row in rows)
    widths.pop(1, None)
    return max(widths.values()) / len(rows) if widths else 0.0


def _fallback(text: str, delimiter: str) -> str:
    # Irregular rows, but the first line has the delimiter: a table with ragged rows.
    rows = sample_rows(text, delimiter)
    return delimiter if delimiter != " " and len(rows[0]) > 1 else ""


def _space_follows(text: str, delimiter: str) -> bool:
    rows = sample_rows(text, delimiter)
    later = [cell for row in rows for cell in row[1:] if cell]
    return bool(later) and all(cell[0] == " " for cell in later)
