"""What do the small parts of an .xlsx workbook say: its sheets, its texts, its number formats?"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass
from typing import IO

from .cell_kinds import CellKinds
from .number_formats import NumberFormat, builtin_format
from .xlsx_markup import Attributes, is_true, run

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class SheetPart:
    """A worksheet as the workbook lists it."""

    title: str
    state: str
    """`visible`, `hidden` or `veryHidden`."""
    part: str
    """Its name in the archive; empty for a chart's sheet."""


class Package:
    """The archive; names of parts are found whatever their case and slashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}

    def open(self, part: str) -> IO[bytes]:
        """A part's bytes.

        Raises:
            KeyError: There is no such part.
        """
        return self._archive.open(self._names[_plain(part)])

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and target of every relation of a part, by id."""
        folder, file = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: Attributes) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                # The strict form of the format has other addresses, which end alike.
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = attributes.get("Target", "").replace("\\", "/")
                path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                found[attributes.get("Id", "")] = (kind, posixpath.normpath(path))

        try:
            with self.open(f"{folder}/_rels/{file}.rels".lstrip("/")) as source:
                run(source, start)
        except KeyError:
            return {}
        return found


@dataclass(frozen=True)
class Workbook:
    """What all sheets share."""

    sheets: list[SheetPart]
    strings: list[str]
    formats: list[NumberFormat]
    kinds: CellKinds


def read_workbook(package: Package) -> Workbook:
    """Read all parts but the sheets.

    Raises:
        KeyError: A part that is named is not there.
        ValueError: A part is broken.
    """
    roots = [target for kind, target in package.related("").values() if kind == "officeDocument"]
    book = roots[0] if roots else "xl/workbook.xml"
    related = package.related(book)
    sheets, is_1904 = _sheets(package, book, related)
    kinds = CellKinds()
    parts = {kind: target for kind, target in related.values()}
    strings, formats = [], [NumberFormat("General", kinds, is_1904)]
    if "sharedStrings" in parts:
        with package.open(parts["sharedStrings"]) as source:
            strings = read_strings(source)
    if "styles" in parts:
        with package.open(parts["styles"]) as source:
            formats = _formats(source, kinds, is_1904) or formats
    return Workbook(sheets, strings, formats, kinds)


def read_strings(source: IO[bytes]) -> list[str]:
    """The shared texts; what says how to pronounce them is no part of them."""
    found: list[str] = []
    pieces: list[str] = []
    chunks: list[str] = []
    spoken = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal spoken
        if name == "si":
            pieces.clear()
        elif name == "t":
            chunks.clear()
        spoken += name == "rPh"

    def end(name: str) -> None:
        nonlocal spoken
        if name == "t" and not spoken:
            pieces.append("".join(chunks))
        elif name == "si":
            found.append(unescape("".join(pieces)))
        spoken -= name == "rPh"

    run(source, start, end, chunks.append)
    return found


def unescape(text: str) -> str:
    """Characters that XML cannot hold are written as _x000D_."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _sheets(package: Package, book: str, related: dict[str, tuple[str, str]]) -> tuple[list[SheetPart], bool]:
    sheets: list[SheetPart] = []
    is_1904 = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal is_1904
        if name == "workbookPr":
            is_1904 = is_true(attributes.get("date1904"))
        elif name == "sheet":
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            kind, target = related.get(link, ("", ""))
            part = target if kind == "worksheet" else ""
            state = attributes.get("state", "visible")
            state = state if state in ("visible", "veryHidden") else "hidden"
            sheets.append(SheetPart(unescape(attributes.get("name", "")), state, part))

    with package.open(book) as source:
        run(source, start)
    return sheets, is_1904


def _formats(source: IO[bytes], kinds: CellKinds, is_1904: bool) -> list[NumberFormat]:
    patterns: dict[int, str] = {}
    used: list[int] = []
    inside = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "numFmt":
            patterns.setdefault(int(attributes.get("numFmtId", "0")), attributes.get("formatCode", ""))
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            used.append(int(attributes.get("numFmtId", "0")))

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and name != "cellXfs"

    run(source, start, end)
    made: dict[str, NumberFormat] = {}
    for number in used:
        pattern = patterns.get(number) or builtin_format(number)
        made.setdefault(pattern, NumberFormat(pattern, kinds, is_1904))
    return [made[patterns.get(number) or builtin_format(number)] for number in used]


def _plain(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").casefold()
