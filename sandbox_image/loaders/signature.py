"""What is a file really, whatever its name says?"""

from __future__ import annotations

import re
from pathlib import Path

from .errors import EMPTY_FILE, ENCRYPTED_FILE, WRONG_FORMAT, BadFileError

ZIP = "zip"
OLE = "ole"
TEXT = "text"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF8", "a GIF picture", ""),
    (b"%PDF", "a PDF document", "Copy its table into a spreadsheet and save that as .xlsx or .csv."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and send the file inside."),
    (b"BZh", "a bzip2 archive", "Unpack it and send the file inside."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it and send the file inside."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and send the file inside."),
    (b"Rar!", "a RAR archive", "Unpack it and send the file inside."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it and send the file inside."),
    (b"PAR1", "a Parquet file", "Export it as .csv."),
    (b"ARROW1", "an Arrow file", "Export it as .csv."),
    (b"SQLite format 3", "a SQLite database", "Export the table as .csv."),
    (b"\x7fELF", "a program", ""),
    (b"MZ\x90", "a program", ""),
    (b"{\\rtf", "an RTF document", "Save its table as .csv."),
)
_JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"[^"\n]*"\s*:')
_EXCEL_FIX = {ZIP: "an .xlsx workbook", OLE: "an .xls workbook"}


def read_head(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(size)


def check_signature(path: Path, name: str, file_format: str) -> None:
    """Refuse a file whose bytes cannot be the format that its name says.

    Raises:
        BadFileError: Empty, or something else than its name says (named, with the way to mend it).
    """
    head = read_head(path)
    if not head:
        raise BadFileError(EMPTY_FILE, f"{name} is empty (0 bytes). Export it again and check its size.")
    for magic, what, fix in _MAGIC:
        if head.startswith(magic):
            raise BadFileError(WRONG_FORMAT, f"{name} is {what}, not a table.{' ' + fix if fix else ''}")
    _refuse_markup(head, name)
    actual = _container(head)
    wanted = {"xlsx": ZIP, "xls": OLE}.get(file_format, TEXT)
    if actual == OLE:
        _refuse_encrypted(path, name)
    if wanted == TEXT and actual != TEXT:
        kind = "xlsx" if actual == ZIP else "xls"
        raise BadFileError(
            WRONG_FORMAT,
            f"{name} is not .{file_format}: it looks like {_EXCEL_FIX[actual]} or another "
            f"{'zip archive' if actual == ZIP else 'Office document'}. "
            f"If it is a workbook, rename it to .{kind}; if not, unpack it or export it as .csv.",
        )
    if wanted == TEXT and file_format != "json" and _JSON_START.match(head):
        raise BadFileError(
            WRONG_FORMAT,
            f"{name} is not .{file_format}: it holds JSON. Rename it to .json.",
        )
    if wanted != TEXT and actual != wanted:
        _refuse_workbook(name, file_format, actual, head)


def _container(head: bytes) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    # BIFF2-4 sheets have no OLE container; xlrd reads them.
    if head.startswith(OLE_MAGIC) or head[:4] in (
        b"\x09\x00\x04\x00",
        b"\x09\x02\x06\x00",
        b"\x09\x04\x06\x00",
    ):
        return OLE
    return TEXT


def _refuse_markup(head: bytes, name: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:400].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<table", b"<body", b"<script")):
        raise BadFileError(
            WRONG_FORMAT,
            f"{name} is a web page (HTML), not a table. If it came from an export, open it in a spreadsheet "
            "and save it as .xlsx or .csv; if it is a log-in or error page, download the file again.",
        )
    if start.startswith((b"<?xml", b"<?mso")):
        raise BadFileError(
            WRONG_FORMAT, f"{name} is an XML document. Open it in a spreadsheet and save it as .xlsx or .csv."
        )


def _refuse_encrypted(path: Path, name: str) -> None:
    # An .xlsx with a password is an OLE container with a stream of this name (UTF-16).
    with path.open("rb") as file:
        tail = file.read(1 << 20)
        file.seek(max(0, path.stat().st_size - (1 << 20)))
        tail += file.read()
    if "EncryptedPackage".encode("utf-16-le") in tail:
        raise BadFileError(
            ENCRYPTED_FILE, f"{name} is protected with a password. Save it without one and send it again."
        )


def _refuse_workbook(name: str, file_format: str, actual: str, head: bytes) -> None:
    if actual == ZIP:
        raise BadFileError(
            WRONG_FORMAT,
            f"{name} is a zip archive, most likely an .xlsx workbook. Rename it to .xlsx and send it again.",
        )
    if actual == OLE:
        raise BadFileError(
            WRONG_FORMAT, f"{name} is an old .xls workbook, not .xlsx. Rename it to .xls and send it again."
        )
    printable = sum(byte >= 32 or byte in b"\t\r\n" for byte in head) / len(head)
    if printable > 0.95:
        raise BadFileError(
            WRONG_FORMAT,
            f"{name} is not an .{file_format} workbook: it holds plain text. "
            "If it is a table with delimiters, rename it to .csv (or .json) and send it again.",
        )
    raise BadFileError(
        WRONG_FORMAT,
        f"{name} is not an .{file_format} workbook, and not a known format. "
        "Export it again as .xlsx or .csv.",
    )
