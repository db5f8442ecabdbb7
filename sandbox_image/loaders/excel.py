"""Which tables are in a workbook?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from .errors import EMPTY_FILE, NOT_A_TABLE, TOO_LARGE, BadFileError
from .limits import MAX_SHEETS, LoadLimits
from .names import table_name
from .read_as import ReadAs
from .sheet import Sheet
from .sheet_reading import Found, read_sheet
from .staging import TextTable


def load_excel(
    path: Path,
    name: str,
    file_format: str,
    stage_dir: Path,
    taken: set[str],
    limits: LoadLimits,
    wanted: ReadAs,
) -> list[TextTable]:
    """Read every table of every visible sheet as a table of text.

    Raises:
        BadFileError: Encrypted, damaged, no workbook, without a visible table, or over a cap.
    """
    with _open(path, name, file_format, limits) as sheets:
        found = [
            (sheet, read_sheet(sheet, name, stage_dir / f"sheet{number}", wanted))
            for number, sheet in enumerate(_visible(sheets, name))
        ]
        found = [(sheet, blocks) for sheet, blocks in found if blocks]
        if not found:
            raise BadFileError(EMPTY_FILE, f"{name} holds no table: its visible sheets are empty.")
        several = len(found) > 1
        tables = [
            block.table(_name(name, taken, sheet.name if several else None, block, blocks), file_format)
            for sheet, blocks in found
            for block in blocks
        ]
        _report_skipped(tables[0], sheets)
    return tables


def _visible(sheets: Sequence[Sheet], name: str) -> list[Sheet]:
    visible = [sheet for sheet in sheets if sheet.state == "visible"]
    if len(visible) > MAX_SHEETS:
        raise BadFileError(
            TOO_LARGE,
            f"{name} has {len(visible)} sheets; at most {MAX_SHEETS} are read. Split the workbook.",
        )
    if not visible:
        raise BadFileError(NOT_A_TABLE, f"{name} has hidden sheets only. Unhide the one with the table.")
    return visible


def _name(file: str, taken: set[str], sheet: str | None, block: Found, blocks: Sequence[Found]) -> str:
    titles = [each.title for each in blocks]
    said = block.title if len(blocks) > 1 and all(titles) else None
    parts = [part for part in (sheet, said) if part]
    return table_name(file, taken, "_".join(parts) if parts else None)


def _report_skipped(table: TextTable, sheets: Sequence[Sheet]) -> None:
    said = {"hidden": "hidden sheet", "veryHidden": "very hidden sheet", "chart": "sheet without cells"}
    table.coercions += [
        {
            "column": None,
            "what": f'{said.get(sheet.state, "hidden sheet")} "{sheet.name}" skipped',
            "cells": 1,
        }
        for sheet in sheets
        if sheet.state != "visible"
    ]


def _open(
    path: Path, name: str, file_format: str, limits: LoadLimits
) -> AbstractContextManager[Sequence[Sheet]]:
    if file_format == "xlsx":
        from .xlsx import open_xlsx

        return open_xlsx(path, name, limits)
    from .xls import open_xls

    return open_xls(path, name, limits)
