"""Is a file what its name says: the extension against the first bytes. Nothing is parsed here."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from typing import Literal, cast

from gateway.errors import InvalidRequestError, UnsupportedTypeError, printable
from gateway.limits import MAX_FILE_NAME_CHARACTERS

Format = Literal["csv", "tsv", "txt", "json", "xlsx", "xls", "gz", "zip"]
FORMATS: tuple[str, ...] = ("csv", "tsv", "txt", "json", "xlsx", "xls", "gz", "zip")
PACKED: tuple[str, ...] = ("csv", "tsv", "txt", "json")
"""What may be in a gz: its name says which, as in sales.csv.gz."""
SNIFF_BYTES = 64 << 10

_OLE2 = "an OLE2 document (old Excel, or a password-protected workbook)"
_ZIP = "a zip archive (as xlsx is)"
_GZIP = "gzip data"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"PK\x07\x08", _ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE2),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b\x08", _GZIP),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"FEA1", "Feather"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
)
_TEXT_MAGIC = (b"PAR1", b"ARROW1", b"FEA1")
"""Magic that is also plain text: it counts only where bytes that are no text follow."""
_BIFF = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
"""Excel before OLE2."""
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_NOT_TEXT = bytes(set(range(32)) - {9, 10, 12, 13})
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream that a password-protected xlsx holds inside its OLE2 document."""
_MARKUP = (b"<html", b"<!doctype html", b"<?xml", b"<table")
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def display_name(raw: str) -> str:
    """A file's name as it may be shown: no control or direction characters. It is never used as a path.

    Raises:
        InvalidRequestError: Nothing is left, or too much.
    """
    kept = (
        char
        for char in raw
        if char not in _BIDI and unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
    )
    name = "".join(kept).strip()
    if not name:
        raise InvalidRequestError("a file has no name; send it with a file name such as sales.csv")
    if len(name) > MAX_FILE_NAME_CHARACTERS:
        raise InvalidRequestError(
            f"a file name has {len(name)} characters; {MAX_FILE_NAME_CHARACTERS} are allowed"
        )
    return name


def format_of(name: str) -> Format:
    """The format that the extension names.

    Raises:
        UnsupportedTypeError: None of those.
    """
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        shown = f".{suffix}" if suffix else "a name without extension"
        raise UnsupportedTypeError(
            f"{printable(name)}: {shown} is not supported; supported are {', '.join(FORMATS)}"
        )
    if suffix == "gz":
        inner = PurePosixPath(PurePosixPath(name.replace("\\", "/")).stem).suffix.lower().removeprefix(".")
        if inner not in PACKED:
            raise UnsupportedTypeError(
                f"{printable(name)}: a .gz says in its name what is in it, one of {', '.join(PACKED)}, "
                "such as sales.csv.gz"
            )
    return cast(Format, suffix)


def check_content(name: str, file_format: Format, head: bytes) -> None:
    """Hold the first bytes against the extension.

    Raises:
        UnsupportedTypeError: They disagree; both are named.
    """
    found = _found(head)
    if file_format in ("xlsx", "zip") and found == _ZIP:
        return
    if file_format == "gz" and found == _GZIP:
        return
    if file_format == "xls" and (found == _OLE2 or head.startswith(_BIFF)):
        return
    if file_format == "xlsx" and found == _OLE2 and _ENCRYPTED in head:
        raise UnsupportedTypeError(
            f"{printable(name)}: the workbook is password-protected; send it without a password",
            code="password_protected",
        )
    if file_format in ("xlsx", "xls", "gz", "zip"):
        raise _mismatch(name, file_format, found or _text_kind(head))
    if found is not None:
        raise _mismatch(name, file_format, found)
    if b"\x00" in head and not head.startswith(_WIDE_BOMS) and not _is_unmarked_utf16(head):
        raise _mismatch(name, file_format, "binary data")


def _found(head: bytes) -> str | None:
    for magic, what in _MAGIC:
        if head.startswith(magic):
            plain = magic in _TEXT_MAGIC and head.translate(None, _NOT_TEXT) == head
            return None if plain else what
    return None


def _is_unmarked_utf16(head: bytes) -> bool:
    """Whether every other byte is mostly zero, as in western text that the loaders read as UTF-16."""
    pairs = len(head) // 2
    few, many = sorted((head[0::2].count(0), head[1::2].count(0)))
    return pairs >= 2 and many > pairs * 0.4 and few < pairs * 0.05


def _text_kind(head: bytes) -> str:
    if head.lstrip()[:20].lower().startswith(_MARKUP):
        return "HTML or XML text"
    return "binary data" if b"\x00" in head else "text"


def _mismatch(name: str, file_format: str, found: str) -> UnsupportedTypeError:
    return UnsupportedTypeError(
        f"{printable(name)}: the name says .{file_format}, the content is {found}; "
        "send it under its true extension, as one of " + ", ".join(FORMATS),
        code="type_mismatch",
    )
