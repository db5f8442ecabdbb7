"""What are tables and columns called?"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from .errors import TOO_LARGE, BadFileError
from .limits import MAX_COLUMNS

_MAX_TABLE_NAME = 60
# Control characters and marks of direction: nobody could type such a name, and some turn a terminal around.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Reserved in DuckDB: `select * from order` would not parse.
_SQL_RESERVED = frozenset(
    """all analyse analyze and any array as asc asymmetric both case cast check collate column constraint
    create default deferrable desc describe distinct do else end except false fetch for foreign from
    group having in initially intersect into lambda lateral leading limit not null offset on only or
    order pivot pivot_longer pivot_wider placing primary qualify references returning select show some
    summarize symmetric table then to trailing true union unique unpivot using variadic when where
    window with""".split()
)

# Written in digits, and no number: nobody adds them up, and leading zeros or trailing ones count.
_CODE = re.compile(
    r"(?:^|[ _.-])(?:zip ?(?:code)?|postal|postcode|plz|postleitzahl|cep|phone|telephone|tel|telefon"
    r"|mobile|handy|fax|fips|ean|gtin|isbn|iban|bic|blz|kontonummer|kontonr|ssn|siret|siren)"
    r"(?:[ _.-]?(?:code|number|no|nr|num|nummer))?[ _.-]?[0-9]?$|郵便番号|电话|電話|邮编",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:^|[ _.-])version(?:[ _.-]?(?:number|no|nr|num))?$", re.IGNORECASE)
_PHONE = re.compile("phone|tel|mobile|handy|fax", re.IGNORECASE)
_CODE_DIGITS, _PHONE_DIGITS = 4, 6
_NUMBER_OF_THINGS = re.compile(
    r"(?:^|[ _.-])(?:id|no|nr|num|number|key|code|sku|ref)(?:$|[ _.-])|Id$|ID$", re.IGNORECASE
)


def is_code(column: str, cells: Iterable[str]) -> bool:
    """Whether a column's name says that its digits are no number, and its cells may be what it says.

    Calls by phone, a share of mobile: numbers with few digits or a fraction are no codes.
    """
    if _VERSION.search(column):
        return True
    least = _PHONE_DIGITS if _PHONE.search(column) else _CODE_DIGITS
    named = _CODE.search(column) is not None
    return named and any(len(cell) >= least for cell in cells if cell.isdecimal())


def is_number_of_things(column: str) -> bool:
    """Whether a column's name says that its digits count or name things."""
    return _NUMBER_OF_THINGS.search(column) is not None


def table_name(file_name: str, taken: set[str], sheet: str | None = None) -> str:
    """A free table name made of the file's name (and the sheet's); it is added to `taken`."""
    stem = PurePosixPath(file_name.replace("\\", "/")).stem
    base = _identifier(f"{stem}_{sheet}" if sheet is not None else stem)
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _identifier(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_MAX_TABLE_NAME].rstrip("_")
    if not name:
        return "table_1"
    if name[0].isdigit():
        return f"t_{name}"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in _SQL_RESERVED:
        return f"{name}_table"
    return name


def unique_columns(header: Sequence[str | None], file_name: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Column names as in the file, stripped; empty and repeated ones get a name of their own.

    Raises:
        BadFileError: More columns than the cap.
    """
    check_width(len(header), file_name)
    stripped = [" ".join(_UNSEEN.sub("", cell or "").split()) for cell in header]
    # DuckDB, which reads the table later, takes names without regard to case: `A` and `a` would clash there.
    reserved = {name.casefold() for name in stripped if name}
    used: set[str] = set()
    names: list[str] = []
    report: list[dict[str, Any]] = []
    for position, wanted in enumerate(stripped, start=1):
        name = wanted or f"column_{position}"
        if name.casefold() in used or (not wanted and name.casefold() in reserved):
            name = _numbered(name, used | reserved)
        if name != wanted:
            what = (
                f'repeated column name "{wanted}" -> "{name}"' if wanted else f'empty column name -> "{name}"'
            )
            report.append({"column": name, "what": what, "cells": 1})
        used.add(name.casefold())
        names.append(name)
    return names, report


def check_width(width: int, file_name: str) -> None:
    """Refuse a table with more columns than the cap.

    Raises:
        BadFileError: It is too wide.
    """
    if width > MAX_COLUMNS:
        raise BadFileError(
            TOO_LARGE,
            f"{file_name} has {width:,} columns; at most {MAX_COLUMNS:,} are read. Split the table.",
        )


def _numbered(name: str, used: set[str]) -> str:
    number = 2
    while f"{name}_{number}".casefold() in used:
        number += 1
    return f"{name}_{number}"
