"""Which files are inside a compressed one, unpacked as a stream and within caps?"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from .errors import (
    EMPTY_FILE,
    ENCRYPTED_FILE,
    NOT_A_TABLE,
    TOO_LARGE,
    TRUNCATED_FILE,
    UNREADABLE_FILE,
    WRONG_FORMAT,
    BadFileError,
)
from .legacy_encoding import guess
from .limits import LoadLimits

ARCHIVES = ("gz", "zip")
TABLES = ("csv", "tsv", "txt", "json", "xlsx", "xls")
PACKED_ALONE = ("csv", "tsv", "txt", "json")
MAX_MEMBERS = 100
_BLOCK = 1 << 20
_SHARE_OF_MEMORY = 0.5
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_NO_TABLES = ("readme", "license", "licence", "copying", "changelog", "manifest", "notice")


@dataclass(frozen=True)
class Member:
    """A file that is to be read: at `path`, named `name`, of a format that is no archive."""

    path: Path
    name: str
    format: str
    read_as: Mapping[str, Any]
    """What is to be added to the `read_as` of its tables."""


def members(
    path: Path, name: str, file_format: str, stage_dir: Path, limits: LoadLimits, only: str | None
) -> Iterator[Member]:
    """The file itself, or what is in it, one after the other; each is deleted when the next is asked for.

    Raises:
        BadFileError: Not what its name says, damaged, encrypted, too large unpacked, or without tables.
    """
    if file_format == "gz":
        yield from _gzipped(path, name, stage_dir, limits)
    elif file_format == "zip":
        yield from _zipped(path, name, stage_dir, limits, only)
    else:
        yield Member(path, name, file_format, {})


def _gzipped(path: Path, name: str, stage_dir: Path, limits: LoadLimits) -> Iterator[Member]:
    inner = name[:-3] if name.lower().endswith(".gz") else name
    inner_format = _suffix(inner)
    if inner_format not in PACKED_ALONE:
        said = ", ".join(f".{each}.gz" for each in PACKED_ALONE)
        raise BadFileError(
            WRONG_FORMAT, f"{name}: its name does not say what is in it. Name it as one of {said}."
        )
    target = stage_dir / "unpacked"
    try:
        with gzip.open(path) as packed:
            _unpack(packed, target, name, limits)
    except gzip.BadGzipFile:
        raise BadFileError(WRONG_FORMAT, f"{name} is not gzip data, whatever its name says.") from None
    except EOFError:
        raise BadFileError(
            TRUNCATED_FILE, f"{name} is cut off: its gzip data ends too early. Send it again."
        ) from None
    except zlib.error:
        raise BadFileError(
            UNREADABLE_FILE, f"{name} is damaged: it cannot be unpacked. Send it again."
        ) from None
    yield Member(target, inner, inner_format, {"compression": "gzip"})
    target.unlink(missing_ok=True)


def _zipped(path: Path, name: str, stage_dir: Path, limits: LoadLimits, only: str | None) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise BadFileError(
            UNREADABLE_FILE, f"{name} is no zip archive, or damaged or cut off. Pack and send it again."
        ) from None
    with archive:
        found = _tables(archive, name)
        if only is not None:
            found = [(info, said) for info, said in found if said == only]
        if not found:
            raise BadFileError(
                NOT_A_TABLE,
                f"{name} has no table in it{f' called {only[:80]}' if only else ''}: it should hold files of "
                f"{', '.join(TABLES)}.",
            )
        room = limits.memory_bytes * _SHARE_OF_MEMORY
        if sum(info.file_size for info, _ in found) > 4 * room or any(
            info.file_size > room for info, _ in found
        ):
            raise _too_large(name, room)
        for number, (info, said) in enumerate(found):
            target = stage_dir / f"unpacked{number}"
            try:
                with archive.open(info) as packed:
                    _unpack(packed, target, f"{name}: {said}", limits)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                raise BadFileError(
                    UNREADABLE_FILE, f"{name}: {said[:80]} is damaged and cannot be unpacked. Send it again."
                ) from None
            shown = PurePosixPath(said).name
            yield Member(target, shown, _suffix(said), {"member": said})
            target.unlink(missing_ok=True)


def _tables(archive: zipfile.ZipFile, name: str) -> list[tuple[zipfile.ZipInfo, str]]:
    entries = [info for info in archive.infolist() if not info.is_dir()]
    if len(entries) > MAX_MEMBERS:
        raise BadFileError(
            TOO_LARGE, f"{name} has {len(entries):,} files in it; at most {MAX_MEMBERS} are read. Send fewer."
        )
    if any(info.filename == "xl/workbook.xml" for info in entries):
        raise BadFileError(
            WRONG_FORMAT, f"{name} is an .xlsx workbook. Rename it to .xlsx and send it again."
        )
    if any(info.flag_bits & _ENCRYPTED for info in entries):
        raise BadFileError(ENCRYPTED_FILE, f"{name} is protected with a password. Pack it without one.")
    if not entries:
        raise BadFileError(EMPTY_FILE, f"{name} is an empty archive. Pack the tables again.")
    said = [(info, _shown_name(info)) for info in entries]
    return [(info, shown) for info, shown in said if _is_table(shown)]


def _is_table(shown: str) -> bool:
    path = PurePosixPath(shown)
    hidden = path.name.startswith((".", "~$")) or "__MACOSX" in path.parts
    prose = path.suffix.lower() == ".txt" and path.stem.lower().startswith(_NO_TABLES)
    return _suffix(shown) in TABLES and not hidden and not prose


def _shown_name(info: zipfile.ZipInfo) -> str:
    """The name; packers that know no UTF-8 write that of their own country."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", *guess(raw)):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _suffix(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")


def _unpack(packed: IO[bytes] | gzip.GzipFile, target: Path, said: str, limits: LoadLimits) -> None:
    room = int(limits.memory_bytes * _SHARE_OF_MEMORY)
    written = 0
    with target.open("wb") as file:
        while block := packed.read(_BLOCK):
            written += len(block)
            if written > room:
                file.close()
                target.unlink()
                raise _too_large(said, room)
            file.write(block)


def _too_large(said: str, room: float) -> BadFileError:
    return BadFileError(
        TOO_LARGE,
        f"{said} is more than {int(room) >> 20:,} MiB when it is unpacked, more than this sandbox reads. "
        "Split it, or use a policy that allows more memory.",
    )
