"""In which encoding is a text file?"""

from __future__ import annotations

import codecs
from pathlib import Path

from .errors import UNREADABLE_FILE, BadFileError

_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters that text files hold: tab, line ends, form feed, DOS end of file.
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1a\x0b")
_MAX_CONTROL_SHARE = 0.02


def detect_encoding(path: Path, name: str) -> str:
    """Python's name of the encoding: by its mark, else UTF-8 if all bytes are, else cp1252, else Latin-1.

    Raises:
        BadFileError: The bytes are no text in any of them.
    """
    with path.open("rb") as file:
        head = file.read(64 << 10)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            _check_decodes(path, name, encoding)
            return encoding
    unmarked = _unmarked_utf16(head)
    if unmarked:
        return unmarked
    _check_text(head, name)
    if _decodes(path, "utf-8"):
        return "utf-8"
    return "cp1252" if _decodes(path, "cp1252") else "latin-1"


def has_nul(path: Path) -> bool:
    """Whether a NUL byte is anywhere in the file."""
    with path.open("rb") as file:
        return any(b"\0" in block for block in iter(lambda: file.read(_BLOCK), b""))


def _unmarked_utf16(head: bytes) -> str | None:
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > pairs * 0.4 and even < pairs * 0.05:
        return "utf-16-le"
    if even > pairs * 0.4 and odd < pairs * 0.05:
        return "utf-16-be"
    return None


def _check_text(head: bytes, name: str) -> None:
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
    if controls > max(2, len(head) * _MAX_CONTROL_SHARE):
        raise BadFileError(
            UNREADABLE_FILE,
            f"{name} is not text: {controls:,} of its first {len(head):,} bytes are control bytes. "
            "Export the table again as .csv (UTF-8) or .xlsx.",
        )


def _check_decodes(path: Path, name: str, encoding: str) -> None:
    if not _decodes(path, encoding):
        raise BadFileError(
            UNREADABLE_FILE,
            f"{name} begins with the mark of {encoding} but is not valid {encoding}: it is damaged or "
            "cut off. Export it again.",
        )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            for block in iter(lambda: file.read(_BLOCK), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True
