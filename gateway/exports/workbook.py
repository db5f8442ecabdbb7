"""How does a conversation become an Excel workbook in which nothing is a formula or a link?"""

from __future__ import annotations

import io
import re
from typing import Any

import xlsxwriter

from gateway.exports.conversation import PNG, Conversation, Turn
from gateway.exports.grid import Grid, as_grid, plain_text, shown

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "\n")
_CELL_CHARACTERS = 32_000
_ROWS, _COLUMNS = 1_048_000, 16_000
_EXACT = 2**53
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FIRST_COLUMNS = ("No.", "Question", "Answer", "Result", "Code", "Computed by", "Asked at (UTC)", "Sheet")
_WIDTHS = (5, 45, 60, 30, 60, 16, 20, 12)


def workbook(conversation: Conversation) -> bytes:
    """One sheet of questions and answers, and one for each table, series or figure that came out."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True})
        first = book.add_worksheet("Questions")
        for place, (name, width) in enumerate(zip(_FIRST_COLUMNS, _WIDTHS, strict=True)):
            first.write_string(0, place, name, bold)
            first.set_column(place, place, width, wrapped)
        first.freeze_panes(1, 0)
        row = 1
        for turn in conversation.turns:
            row = _turn(book, first, row, turn, bold)
        for note in conversation.left_out:
            first.write_string(row, 1, harmless(note))
            row += 1
    return buffer.getvalue()


def _turn(book: Any, first: Any, row: int, turn: Turn, bold: Any) -> int:
    grids = [grid for step in turn.steps if step.ok and (grid := as_grid(step.result)) is not None]
    pictures = [figure.content for figure in turn.figures if figure.mime == PNG]
    sheet = f"Q{turn.number}" if grids or pictures else ""
    code = "\n\n".join(step.code for step in turn.steps)
    results = "\n".join(plain_text(step.result) for step in turn.steps if step.ok and step.result)
    asked = turn.asked_at.strftime("%Y-%m-%d %H:%M:%S")
    cells = (turn.title, turn.trouble or turn.answer, results[:500], code, turn.planner, asked, sheet)
    first.write_number(row, 0, turn.number)
    for place, text in enumerate(cells, 1):
        _write(first, row, place, text or None)
    if sheet:
        _details(book.add_worksheet(sheet), turn, grids, pictures, bold)
    return row + 1


def _details(page: Any, turn: Turn, grids: list[Grid], pictures: list[bytes], bold: Any) -> None:
    page.write_string(0, 0, harmless(turn.title), bold)
    row = 2
    for grid in grids:
        for place, name in enumerate(grid.columns[:_COLUMNS]):
            page.write_string(row, place, harmless(name), bold)
        for cells in grid.rows[: _ROWS - row]:
            row += 1
            for place, cell in enumerate(cells[:_COLUMNS]):
                _write(page, row, place, cell)
        if grid.rows_total > len(grid.rows):
            row += 1
            note = (
                f"the first {len(grid.rows):,} of {grid.rows_total:,} rows; all are an artifact of the task"
            )
            page.write_string(row, 0, note)
        row += 2
    for picture in pictures:
        page.insert_image(row, 0, "figure.png", {"image_data": io.BytesIO(picture)})
        row += 26


def _write(page: Any, row: int, place: int, cell: Any) -> None:
    if isinstance(cell, bool):
        page.write_boolean(row, place, cell)
    elif isinstance(cell, int | float) and abs(cell) <= _EXACT:
        page.write_number(row, place, cell)
    elif cell is not None:
        # Whole numbers that a spreadsheet's floats would change stay text.
        page.write_string(row, place, harmless(shown(cell)))


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula, now or saved as CSV later (ASVS 1.2.10)."""
    kept = _NOT_IN_XML.sub("", text)
    marked = f"'{kept}" if text.startswith(_FORMULA) or kept.startswith(_FORMULA) else kept
    return marked[:_CELL_CHARACTERS]
