"""In which encoding is a text file?"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from .errors import UNREADABLE_FILE, BadFileError
from .legacy_encoding import guess

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
_SAMPLE_BYTES = 64 << 10
# A byte that is no UTF-8 is damage where this many letters that are stand against it.
_WHOLE_FOR_ONE_BAD = 2


@dataclass(frozen=True)
class Encoding:
    """What was found; `name` is Python's."""

    name: str
    bad: int = 0
    """Bytes that are nothing in it: they become U+FFFD."""
    guessed: bool = False
    """Nothing in the file says so: its letters look right in it."""

    @property
    def errors(self) -> str:
        """For `open`."""
        return "replace" if self.bad else "strict"

    @property
    def said(self) -> str:
        """The name as it is reported."""
        return "utf-8" if self.name == "utf-8-sig" else self.name


def find_encoding(path: Path, name: str) -> Encoding:
    """By its mark, else UTF-8 if (nearly) all bytes are, else what its letters look right in.

    Raises:
        BadFileError: The bytes are no text.
    """
    with path.open("rb") as file:
        head = file.read(64 << 10)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return Encoding(encoding, _marked_damage(path, name, encoding))
    unmarked = _unmarked_utf16(head)
    if unmarked and decodes(path, unmarked):
        return Encoding(unmarked)
    _check_text(head, name)
    if decodes(path, "utf-8"):
        return Encoding("utf-8")
    bad, whole = _utf8_damage(path)
    if whole >= _WHOLE_FOR_ONE_BAD * bad:
        return Encoding("utf-8", bad)
    for encoding in guess(_foreign_lines(path)):
        if decodes(path, encoding):
            return Encoding(encoding, guessed=True)
    return Encoding(_fallback(path), guessed=True)


def asked_encoding(path: Path, name: str, wanted: str) -> Encoding:
    """The encoding that a person named; what is nothing in it is counted.

    Raises:
        BadFileError: Python knows no such encoding of text.
    """
    try:
        known = codecs.lookup(wanted)
        if not getattr(known, "_is_text_encoding", True):
            raise LookupError
    except (LookupError, ValueError):
        raise BadFileError(
            UNREADABLE_FILE,
            f"{name}: read_as.encoding {wanted[:60]!r} is not known. Name one such as utf-8, cp1252, "
            "shift_jis or gb18030.",
        ) from None
    bad = 0 if decodes(path, known.name) else max(1, _damage(path, known.name))
    return Encoding(known.name, bad)


def has_nul(path: Path) -> bool:
    """Whether a NUL byte is anywhere in the file."""
    with path.open("rb") as file:
        return any(b"\0" in block for block in iter(lambda: file.read(_BLOCK), b""))


def decodes(path: Path, encoding: str) -> bool:
    """Whether all of the file is text in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            for block in iter(lambda: file.read(_BLOCK), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _fallback(path: Path) -> str:
    return "cp1252" if decodes(path, "cp1252") else "latin-1"


def _unmarked_utf16(head: bytes) -> str | None:
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > pairs * 0.4 and even < pairs * 0.05:
        return "utf-16-le"
    if even > pairs * 0.4 and odd < pairs * 0.05:
        return "utf-16-be"
    # Japanese or Chinese has few zero bytes: its line ends and delimiters, of which each is a pair.
    if len(head) % 2 == 0 or pairs > 1 << 14:
        for encoding, ends in (("utf-16-le", b"\n\0"), ("utf-16-be", b"\0\n")):
            if head.count(b"\0") > pairs * 0.1 and head.count(ends) and _reads_as_text(head, encoding):
                return encoding
    return None


def _reads_as_text(head: bytes, encoding: str) -> bool:
    text = head[: len(head) & ~1].decode(encoding, "replace")
    return "\n" in text and "\ufffd" not in text[:-1] and "\0" not in text


def _check_text(head: bytes, name: str) -> None:
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
    if controls > max(2, len(head) * _MAX_CONTROL_SHARE):
        raise BadFileError(
            UNREADABLE_FILE,
            f"{name} is not text: {controls:,} of its first {len(head):,} bytes are control bytes. "
            "Export the table again as .csv (UTF-8) or .xlsx.",
        )


def _marked_damage(path: Path, name: str, encoding: str) -> int:
    if decodes(path, encoding):
        return 0
    bad, whole = _utf8_damage(path) if encoding == "utf-8-sig" else (1, 0)
    if whole < bad:
        raise BadFileError(
            UNREADABLE_FILE,
            f"{name} begins with the mark of {encoding} but is not valid {encoding}: it is damaged or "
            "cut off. Export it again.",
        )
    return bad


def _utf8_damage(path: Path) -> tuple[int, int]:
    """How many bytes are no UTF-8, and how many letters beyond ASCII are."""
    bad = whole = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            text = decoder.decode(block)
            found = text.count("\ufffd")
            bad += found
            whole += len(text) - found - len(text.encode("ascii", "ignore"))
    bad += decoder.decode(b"", final=True).count("\ufffd")
    return bad, whole


def _damage(path: Path, encoding: str) -> int:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return sum(block.count("\ufffd") for block in iter(lambda: file.read(_BLOCK), ""))


def _foreign_lines(path: Path) -> bytes:
    """The first lines that hold bytes beyond ASCII."""
    found = bytearray()
    with path.open("rb") as file:
        while len(found) < _SAMPLE_BYTES and (line := file.readline(_SAMPLE_BYTES)):
            if not line.isascii():
                found += line
    return bytes(found)
