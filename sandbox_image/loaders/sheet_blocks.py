"""Which separate tables stand on one sheet? Split only where it is sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .cell_kinds import BLANK, TEXT
from .sheet import Row

_MAX_LINES_ABOVE = 12
_MAX_TITLE_CHARACTERS = 60
_MAX_TITLE_LINES = 5

UNSURE_COLUMNS = "an empty column divides the sheet; it is not sure that these are two tables: read as one"
UNSURE_ROWS = "a line of words after a blank row may head a second table; not sure: read as one"


@dataclass(frozen=True)
class Block:
    """Rows that belong together, and the columns in which they stand."""

    rows: list[Row]
    left: int
    right: int
    blank: int = 0
    """Blank rows between them."""
    above: list[str] = field(default_factory=list)
    """Lines above the table that are no part of it."""
    below: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)

    @property
    def title(self) -> str | None:
        """The one line above the header, if there is one."""
        lines, header = split_titles(self.rows)
        if header is None or len(lines) != 1:
            return None
        said = next(text for text in lines[0].texts if text)
        return said if len(said) <= _MAX_TITLE_CHARACTERS else None


def find_blocks(rows: Sequence[Row], is_value: Callable[[str], bool]) -> list[Block]:
    """The tables of a sheet, in reading order. `is_value`: a character of a kind that is no word."""
    blocks: list[Block] = []
    for segment in _segments(rows):
        parts = _side_by_side(segment, is_value)
        if not blocks:
            blocks = parts
        elif len(parts) > 1:
            if not _has_rows(blocks[-1]):
                parts[0] = replace(parts[0], above=_said(blocks.pop().rows))
            blocks += parts
        else:
            place = _above(blocks, parts[0])
            gap = parts[0].rows[0].number - blocks[place].rows[-1].number - 1
            blocks[place : place + 1] = _joined(blocks[place], parts[0], gap, is_value)
    return blocks


def split_titles(rows: Sequence[Row]) -> tuple[list[Row], Row | None]:
    """Lines of a single text at the start, and the row after them if it is all words."""
    for position, row in enumerate(rows):
        filled = len(row.codes) - row.codes.count(BLANK)
        if filled > 1:
            words = set(row.codes) <= {TEXT, BLANK}
            return list(rows[:position]), row if words else None
        if TEXT not in row.codes:
            return list(rows[:position]), None
    return list(rows), None


def _above(blocks: Sequence[Block], part: Block) -> int:
    """Which block a part belongs to: the last of those that it shares most columns with."""
    shared = [min(block.right, part.right) - max(block.left, part.left) for block in blocks]
    return max(range(len(blocks)), key=lambda place: (shared[place], place))


def _said(rows: Sequence[Row]) -> list[str]:
    return [": ".join(text for text in row.texts if text) for row in rows]


def _segments(rows: Sequence[Row]) -> list[list[Row]]:
    found: list[list[Row]] = []
    for row in rows:
        if found and row.number == found[-1][-1].number + 1:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _block(rows: list[Row]) -> Block:
    left = min(_first(row.codes) for row in rows)
    return Block(rows, left, max(len(row.codes) for row in rows) - 1)


def _first(codes: str) -> int:
    return len(codes) - len(codes.lstrip(BLANK))


def _side_by_side(segment: list[Row], is_value: Callable[[str], bool]) -> list[Block]:
    whole = _block(segment)
    used = {place for row in segment for place, code in enumerate(row.codes) if code != BLANK}
    groups: list[tuple[int, int]] = []
    for place in sorted(used):
        if groups and groups[-1][1] == place - 1:
            groups[-1] = (groups[-1][0], place)
        else:
            groups.append((place, place))
    if len(groups) < 2:
        return [whole]
    parts = [_cut(segment, left, right) for left, right in groups]
    if all(_is_table(part, is_value) for part in parts):
        if _are_apart(parts):
            return parts
        return [replace(whole, unsure=[UNSURE_COLUMNS])]
    return [whole]


def _cut(rows: Sequence[Row], left: int, right: int) -> Block:
    found = []
    for row in rows:
        codes = (BLANK * left + row.codes[left : right + 1]).rstrip(BLANK)
        if codes:
            texts: list[str | None] = [None] * left
            found.append(Row(row.number, (texts + row.texts[left : right + 1])[: len(codes)], codes))
    return Block(found, left, right)


def _is_table(block: Block, is_value: Callable[[str], bool]) -> bool:
    """Whether it has a row of names over every one of its columns, and rows below."""
    titles, header = split_titles(block.rows)
    if header is None or block.right == block.left:
        return False
    below = block.rows[len(titles) + 1 :]
    return header.codes[block.left :] == TEXT * (block.right - block.left + 1) and bool(below)


def _are_apart(parts: Sequence[Block]) -> bool:
    # One table with a narrow empty column to look at has the same rows on both sides.
    dense = all(part.rows[-1].number - part.rows[0].number + 1 == len(part.rows) for part in parts)
    spans = {(part.rows[0].number, part.rows[-1].number) for part in parts}
    if dense and len(spans) > 1:
        return True
    names = [_names(part) for part in parts]
    return any(one & other for number, one in enumerate(names) for other in names[number + 1 :]) or all(
        part.title for part in parts
    )


def _names(block: Block) -> set[str]:
    _, header = split_titles(block.rows)
    return {text.strip().casefold() for text in header.texts if text} if header else set()


def _joined(previous: Block, part: Block, gap: int, is_value: Callable[[str], bool]) -> list[Block]:
    """The block above and the one below a gap: two tables, or one with what stands around it."""
    if not _has_rows(previous):
        return [_append(previous, part, gap)]
    lines, header = split_titles(part.rows)
    if header is None and len(lines) == len(part.rows) and previous.right > previous.left:
        if all(_is_note(row, previous.left) for row in lines):
            return [_with_notes(previous, lines, gap)]
    if header is None or len(part.rows) < len(lines) + 2:
        return [_append(previous, part, gap)]
    if _is_second(previous, part, header, part.rows[len(lines) + 1 :], is_value):
        if _is_preamble(previous, part, is_value):
            return [replace(part, above=previous.above + _said(previous.rows))]
        return [previous, part]
    joined = _append(previous, part, gap)
    if len(header.codes) - _first(header.codes) == header.codes.count(TEXT) and _breaks(
        previous, header, is_value
    ):
        joined = replace(joined, unsure=[*joined.unsure, UNSURE_ROWS])
    return [joined]


def _is_note(row: Row, left: int) -> bool:
    """A line of words at the left; whether a lone word is one is judged with the totals."""
    text = next(text for text in row.texts if text).strip()
    return _first(row.codes) <= left + 1 and (" " in text or ":" in text or not text[0].isalnum())


def _append(previous: Block, part: Block, gap: int) -> Block:
    return replace(
        previous,
        rows=previous.rows + part.rows,
        left=min(previous.left, part.left),
        right=max(previous.right, part.right),
        blank=previous.blank + gap,
        unsure=previous.unsure + part.unsure,
    )


def _with_notes(previous: Block, lines: Sequence[Row], gap: int) -> Block:
    said = [next(text for text in row.texts if text) for row in lines]
    return replace(previous, below=previous.below + said, blank=previous.blank + gap)


def _has_rows(block: Block) -> bool:
    filled = [len(row.codes) - row.codes.count(BLANK) for row in block.rows]
    if block.left < block.right:
        return sum(count > 1 for count in filled) > 1
    words = all(row.codes[block.left :] == TEXT for row in block.rows)
    return len(filled) > (_MAX_TITLE_LINES if words else 1)


def _is_second(
    previous: Block, part: Block, header: Row, below: Sequence[Row], is_value: Callable[[str], bool]
) -> bool:
    """Whether a row after a blank one surely names the columns of another table."""
    first = _first(header.codes)
    if header.codes[first:] != TEXT * (len(header.codes) - first):
        return False
    _, above = split_titles(previous.rows)
    if above is not None and _words(above) == _words(header):
        return True
    extent = (first, len(header.codes) - 1)
    if any(_is_typed(below, place, is_value) for place in range(first, len(header.codes))):
        # With the same columns as above, words in one of them may be a gap in the data: `sold out`.
        enough = 1 if extent != (previous.left, previous.right) or part.title else 2
        return _breaks(previous, header, is_value) >= enough
    return (
        len(below) > 1
        and extent != (previous.left, previous.right)
        and all((_first(row.codes), len(row.codes) - 1) == extent for row in below)
    )


def _words(row: Row) -> list[tuple[int, str]]:
    return [(place, text.strip().casefold()) for place, text in enumerate(row.texts) if text]


def _is_typed(rows: Sequence[Row], place: int, is_value: Callable[[str], bool]) -> bool:
    codes = [row.codes[place] for row in rows if place < len(row.codes) and row.codes[place] != BLANK]
    return bool(codes) and all(is_value(code) for code in codes)


def _breaks(previous: Block, header: Row, is_value: Callable[[str], bool]) -> int:
    """In how many columns words stand where the table above has values only, or no column."""
    titles, above = split_titles(previous.rows)
    body = previous.rows[len(titles) + (above is not None) :]
    found = 0
    for place, code in enumerate(header.codes):
        outside = not previous.left <= place <= previous.right
        found += code == TEXT and (outside or _is_typed(body, place, is_value))
    return found


def _is_preamble(previous: Block, part: Block, is_value: Callable[[str], bool]) -> bool:
    """Labels with their values above a table: `Region: | North`."""
    if len(previous.rows) > _MAX_LINES_ABOVE or previous.right - previous.left > 1:
        return False
    if part.right - part.left < 2:
        return False
    labels = [row.texts[previous.left] or "" for row in previous.rows if previous.left < len(row.texts)]
    _, header = split_titles(previous.rows)
    return header is None or sum(label.rstrip().endswith(":") for label in labels) * 2 > len(labels)
