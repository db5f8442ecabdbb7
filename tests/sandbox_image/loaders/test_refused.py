"""Files that are no table: each gets its own clear error."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sandbox_image.loaders import BadFileError, LoadLimits, load_file
from sandbox_image.loaders.names import table_name


@pytest.mark.parametrize(
    ("content", "name", "code", "word"),
    [
        (b"", "a.csv", "empty_file", "0 bytes"),
        (b"", "a.xlsx", "empty_file", "0 bytes"),
        (b"\n\n  \n", "a.csv", "empty_file", "blank lines"),
        (b"\xef\xbb\xbf", "a.csv", "empty_file", "blank lines"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a.csv", "wrong_format", "PNG"),
        (b"%PDF-1.7\n", "a.txt", "wrong_format", "PDF"),
        (b"\x1f\x8b\x08\x00", "a.csv", "wrong_format", "gzip"),
        (b"PAR1" + bytes(20), "a.csv", "wrong_format", "Parquet"),
        (b"<!DOCTYPE html><html></html>", "a.csv", "wrong_format", "web page"),
        (b"<?xml version='1.0'?><a/>", "a.csv", "wrong_format", "XML"),
        (bytes(range(256)) * 40, "a.csv", "unreadable_file", "control"),
        (b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8", "a.csv", "unreadable_file", "utf-16"),
        (b'[{"a": 1}]', "a.csv", "wrong_format", ".json"),
        (b'{"a": 1}\n{"a": 2}\n', "a.txt", "wrong_format", ".json"),
        (b"a,b\n1,2\n", "a.docx", "wrong_format", "docx"),
        (b",".join([b"x"] * 16_385) + b"\n", "a.csv", "too_large", "16,385"),
        (b"a,b\n1," + b"x" * (17 << 20) + b"\n", "a.csv", "too_large", "characters"),
    ],
)
def test_refused(refuse: Any, content: bytes, name: str, code: str, word: str) -> None:
    error = refuse(content, name)
    assert error.code == code
    assert word in error.message


def test_random_bytes_never_crash_the_loader(tmp_path: Path) -> None:
    for number, kind in enumerate(("csv", "tsv", "txt", "json", "xlsx", "xls") * 5):
        path = tmp_path / "noise"
        path.write_bytes(os.urandom(3_000 + number))
        try:
            load_file(path, f"noise.{kind}", kind, tmp_path, set(), LoadLimits(1 << 30, 1))
        except BadFileError as error:
            assert error.message  # noqa: PT017 - a table by luck is no fault


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Sales 2024.csv", "sales_2024"),
        ("2024-sales.csv", "t_2024_sales"),
        ("données.csv", "donnees"),
        ("売上.csv", "table_1"),
        ("class.csv", "class_table"),
        ("order.csv", "order_table"),
        ("../../etc/passwd.csv", "passwd"),
        ("a.b.csv", "a_b"),
    ],
)
def test_table_names(file: str, name: str) -> None:
    assert table_name(file, set()) == name


def test_taken_table_names_are_numbered() -> None:
    taken = {"sales", "sales_2"}
    assert table_name("sales.csv", taken) == "sales_3"
    assert "sales_3" in taken
