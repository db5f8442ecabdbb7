"""How does a text file write its rows: which delimiter, which quotes, where is the header?"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .encoding import Encoding
from .errors import UNREADABLE_FILE, BadFileError
from .header import Layout, find_layout
from .header_rows import is_value
from .limits import MAX_CELL_CHARACTERS
from .lines import GAP, is_framed, split_spaces, unescaped, unframed, without_comments, without_rules
from .read_as import ReadAs

_SAMPLE_CHARACTERS = 256 << 10
_SAMPLE_ROWS = 400
_NAMES = {" ": "spaces"}
# Where two are equally regular the rarer mark wins: a comma stands in plain prose and numbers, too.
_DELIMITERS = {"csv": "\t;|,", "tsv": "\t;|,", "txt": "\t;|, "}
# Taken only where they are regular throughout, and no other is.
_RARE = "^~:"
_LEAST_REGULAR = 0.6
# Where a mark stands in so many rows, the spaces are padding.
_MARKED = 0.7
# `1 234,5` under one name: a line of such a file is one number.
_ONE_NUMBER = re.compile(
    r"[-+(\u2212]?(?:\d{1,3}(?:[ .\u00a0\u202f'’]?\d{3})*(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)\)?\s?[%€]?",
    re.ASCII,
)
_BLOCK_ROWS = 3
_BLOCK_SHARE = 0.4
_SEP_LINE = re.compile(r'"?sep=(.)"?[;,\t ]*', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """What was decided from the beginning of the file."""

    encoding: Encoding
    delimiter: str
    """Empty: one column. A space: runs of them."""
    skip_space: bool
    """White space after a delimiter is no part of the cell."""
    layout: Layout
    quote: str = '"'
    backslash: bool = False
    """A quote inside quotes has a backslash before it."""
    framed: bool = False
    """Bars stand at both ends of each line, and lines of dashes between: a list printed as a picture."""
    header_again: bool = False
    """The header is printed again inside the table."""
    skip_lines: int = 0
    """1 where the first line says only which delimiter there is (`sep=;`)."""

    @property
    def said(self) -> str:
        """The delimiter as it is reported."""
        return _NAMES.get(self.delimiter, self.delimiter)

    def rows(
        self, lines: Iterable[str], strict: bool = False, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    ) -> Iterator[list[str]]:
        """The rows of lines that stand after `skip_lines`."""
        if self.delimiter == " ":
            return (split_spaces(line) for line in lines)
        if self.framed:
            lines = unframed(lines)
        if self.backslash:
            lines = (unescaped(line) for line in lines)
        return csv.reader(
            lines,
            delimiter=self.delimiter or "\x1f",
            quotechar=self.quote,
            skipinitialspace=self.skip_space,
            strict=strict,
            quoting=quoting,
        )


def detect_dialect(path: Path, file_format: str, encoding: Encoding, wanted: ReadAs, name: str) -> Dialect:
    """Decide by the first part of the file, as far as it is not said; the reader checks it on the rest.

    Raises:
        BadFileError: What is said does not fit the file.
    """
    # Of the whole process: the sample is parsed many times below, and the reader parses the rest.
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    with path.open(encoding=encoding.name, errors="replace", newline="") as file:
        text = file.read(_SAMPLE_CHARACTERS).replace("\0", "").replace("\x1a", "")
        if file.read(1):
            text = _whole_lines(text)
    first, _, rest = text.partition("\n") if "\n" in text else text.partition("\r")
    sep = _SEP_LINE.fullmatch(first.strip("\r\n\ufeff"))
    text = rest if sep else text
    delimiter = _asked_delimiter(wanted, name)
    if delimiter is None:
        delimiter = sep[1] if sep else _delimiter(without_comments(without_rules(text)), file_format)
    framed = delimiter == "|" and is_framed(text)
    plain = Dialect(encoding, delimiter, False, Layout(None, 0, 0), framed=framed, skip_lines=int(bool(sep)))
    dialect = _with_quotes(text, plain)
    rows = _sample_rows(text, dialect)
    if wanted.header_row is not None and wanted.header_row >= max(1, len(rows)):
        raise BadFileError(
            UNREADABLE_FILE,
            f"{name}: read_as.header_row {wanted.header_row} is beyond the {len(rows)} rows that are looked "
            "at for a header. Count from 0, without blank lines.",
        )
    layout = find_layout(rows, wanted.header_row, wanted.header_rows)
    again = layout.header is not None and rows[layout.header] in rows[layout.first :]
    return replace(dialect, layout=layout, header_again=again)


def is_blank(row: Sequence[str]) -> bool:
    """A blank line: no cell, or one of white space."""
    return not row or (len(row) == 1 and not row[0].strip())


def _asked_delimiter(wanted: ReadAs, name: str) -> str | None:
    said = {"spaces": " ", "\\t": "\t", "tab": "\t"}.get(wanted.delimiter or "", wanted.delimiter)
    if said is None or (len(said) == 1 and said not in '"\r\n\0'):
        return said
    raise BadFileError(
        UNREADABLE_FILE,
        f"{name}: read_as.delimiter {said[:20]!r} is not one character that can stand between cells. Name "
        "one such as , or ; or a tab; a space means runs of spaces.",
    )


def _sample_rows(text: str, dialect: Dialect) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in dialect.rows(io.StringIO(text, newline="")):
        if not is_blank(row):
            rows.append(row)
        if len(rows) >= _SAMPLE_ROWS:
            break
    return rows


def _split(text: str, delimiter: str) -> list[list[str]]:
    return _sample_rows(text, Dialect(Encoding("utf-8"), delimiter, False, Layout(None, 0, 0)))


def _whole_lines(text: str) -> str:
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end >= 0 else text


def _delimiter(text: str, file_format: str) -> str:
    if _is_one_column_of_numbers(text):
        return ""
    best, best_score = "", 0.0
    for delimiter in _DELIMITERS[file_format]:
        rows = _split(text, delimiter)
        score = _regularity(rows)
        if delimiter == " " and best_score >= _MARKED:
            continue
        if delimiter == " ":
            # R gives row names no name of their own.
            short = len(rows) > 2 and len(rows[0]) + 1 == len(rows[1]) > 2
            score = _regularity(rows[1:]) if short else score
            # Prose has spaces, too: only what is regular throughout, with values in it, is a table.
            score = score if score > 0.95 and _has_values(rows, text) else 0.0
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    if best_score >= _LEAST_REGULAR:
        return best
    return _rare(text) or (_fallback(text, best) if best else "")


def _is_one_column_of_numbers(text: str) -> bool:
    """Whether one name stands above numbers with commas: these are in the numbers, not between cells."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:_SAMPLE_ROWS]
    if len(lines) < 3 or "," in lines[0] or is_value(lines[0]):
        return False
    return any("," in line for line in lines) and all(_ONE_NUMBER.fullmatch(line) for line in lines[1:])


def _regularity(rows: list[list[str]]) -> float:
    widths = Counter(len(row) for row in rows)
    widths.pop(1, None)
    if not widths:
        return 0.0
    most = max(widths.values())
    share = most / len(rows)
    if share < _LEAST_REGULAR and most >= _BLOCK_ROWS and share >= _BLOCK_SHARE:
        # A short table between titles and notes.
        inner = [place for place, row in enumerate(rows) if len(row) > 1]
        block = rows[inner[0] : inner[-1] + 1]
        return most / len(block) if _valued(block, 0.5) else share
    return share


def _has_values(rows: list[list[str]], text: str) -> bool:
    if any(GAP.search(line.strip()) for line in text.splitlines()[:50]):
        return True
    return _valued(rows)


def _valued(rows: list[list[str]], share: float = 1.0) -> bool:
    """Whether a column holds values, in that share of its rows under the first."""
    last = rows[1:] or rows
    for place in range(max(len(row) for row in rows)):
        cells = [row[place].strip() for row in last if place < len(row)]
        if sum(is_value(cell) for cell in cells) >= share * len(last):
            return True
    return False


def _rare(text: str) -> str:
    """A mark that stands equally often in every line, names and values apart by it."""
    for delimiter in _RARE:
        rows = _split(text, delimiter)
        widths = {len(row) for row in rows}
        if len(rows) < 3 or len(widths) != 1 or widths == {1}:
            continue
        cells = [cell.strip() for row in rows for cell in row]
        if all(cell.isdigit() for cell in cells) or any(cell.startswith("//") for cell in cells):
            continue
        # A clock time under one name is one column.
        if delimiter == ":" and all(re.fullmatch("[0-9]{1,2}", row[-1][:2]) for row in rows[1:]):
            continue
        return delimiter
    return ""


def _fallback(text: str, delimiter: str) -> str:
    # Irregular rows, but the first line has the delimiter: a table with ragged rows.
    rows = _split(text, delimiter)
    return delimiter if delimiter != " " and len(rows[0]) > 1 else ""


def _with_quotes(text: str, dialect: Dialect) -> Dialect:
    if dialect.delimiter == " ":
        return dialect
    single = bool(dialect.delimiter) and _single_quoted(text, dialect.delimiter)
    quote = "'" if single else '"'
    backslash = not single and '\\"' in text and _backslash_escapes(text, dialect.delimiter)
    skip_space = bool(dialect.delimiter) and _space_follows(_sample_rows(text, dialect))
    return replace(dialect, skip_space=skip_space, quote=quote, backslash=backslash)


def _single_quoted(text: str, delimiter: str) -> bool:
    """Whether cells stand between apostrophes: every line has such ones, and none is left open."""
    if '"' in text:
        return False
    mark = re.escape(delimiter)
    cell = re.compile(rf"(?:^|{mark}) ?'(?:[^']|'')*'(?={mark}|$)")
    lines = [line for line in text.splitlines() if line.strip()][:_SAMPLE_ROWS]
    held = [line for line in lines if cell.search(line)]
    opened = sum(bool(re.search(rf"(?:^|{mark})'(?!(?:[^']|'')*'(?:{mark}|$))", line)) for line in lines)
    return len(held) >= max(2, 0.9 * (len(lines) - 1)) and not opened


def _backslash_escapes(text: str, delimiter: str) -> bool:
    """Whether a backslash makes a quote part of its cell: read so, the rows are more regular."""
    plain = Dialect(Encoding("utf-8"), delimiter, False, Layout(None, 0, 0))
    escaped = Dialect(Encoding("utf-8"), delimiter, False, Layout(None, 0, 0), backslash=True)
    return _strictness(text, escaped) > _strictness(text, plain)


def _strictness(text: str, dialect: Dialect) -> float:
    rows: list[list[str]] = []
    try:
        for row in dialect.rows(io.StringIO(text, newline=""), strict=True):
            rows.append(row)
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return 0.0
    return 1.0 + _regularity(rows)


def _space_follows(rows: list[list[str]]) -> bool:
    later = [cell for row in rows for cell in row[1:] if cell]
    return bool(later) and all(cell[0] == " " for cell in later)
