"""What is asked of a file: hidden columns are nowhere, one table is read again under its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sandbox_image.loaders import Asked, BadFileError, LoadLimits, load_file

LIMITS = LoadLimits(memory_bytes=1 << 30, threads=1)
TEXT = "name,secret,secret,n\nAnn,-,s1,1\nBob,7,s2,2\n"
TABLES = json.dumps({"a": [{"x": 1}, {"x": 2}], "b": [{"y": 3}, {"y": 4}]})


def read(tmp_path: Path, text: str, name: str, asked: Asked, taken: set[str] | None = None) -> Any:
    path = tmp_path / "upload"
    path.write_text(text)
    return load_file(path, name, name.rsplit(".", 1)[1], tmp_path, taken or set(), LIMITS, asked)


@pytest.mark.parametrize(
    "asked",
    [
        Asked(hidden=frozenset({"secret", "secret_2"})),
        Asked(hidden=frozenset({"secret"}), hidden_of={"d": frozenset({"secret_2"})}),
    ],
)
def test_hidden_columns_are_nowhere(tmp_path: Path, asked: Asked) -> None:
    (profile,) = read(tmp_path, TEXT, "d.csv", asked)
    assert pd.read_parquet(tmp_path / "d.parquet").to_dict("list") == {"name": ["Ann", "Bob"], "n": [1, 2]}
    assert "secret" not in json.dumps(profile)
    assert "s1" not in json.dumps(profile)


def test_columns_hidden_in_another_table_stay(tmp_path: Path) -> None:
    (profile,) = read(tmp_path, TEXT, "d.csv", Asked(hidden_of={"other": frozenset({"n"})}))
    assert len(profile["columns"]) == 4


def test_a_table_of_hidden_columns_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="all columns of d are hidden"):
        read(tmp_path, "a\n1\n", "d.csv", Asked(hidden=frozenset({"a"})))


def test_one_table_is_read_again_under_its_name(tmp_path: Path) -> None:
    taken = {"other"}
    path = tmp_path / "upload"
    path.write_text(TABLES)
    asked = Asked(only={"key": "b"}, name="mine")
    (profile,) = load_file(path, "d.json", "json", tmp_path, taken, LIMITS, asked)
    assert profile["name"] == "mine"
    assert taken == {"other", "mine"}
    assert pd.read_parquet(tmp_path / "mine.parquet")["y"].tolist() == [3, 4]


def test_a_table_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match='d.json has no table key "c"; there are: a, b'):
        read(tmp_path, TABLES, "d.json", Asked(only={"key": "c"}))


def test_case_and_spaces_do_not_bring_a_hidden_column_back(tmp_path: Path) -> None:
    (profile,) = read(tmp_path, "n,E Mail\n1,a\n", "d.csv", Asked(hidden=frozenset({" e  mail"})))
    assert [column["name"] for column in profile["columns"]] == ["n"]
    assert profile["read_as"]["hidden"] == 1


def test_a_report_of_the_whole_table_does_not_name_a_hidden_column(tmp_path: Path) -> None:
    text = "# the ssn is 111-22-3333\nn,ssn\n1,111-22-3333\n2,222-33-4444\n"
    (profile,) = read(tmp_path, text, "d.csv", Asked(hidden=frozenset({"ssn"})))
    assert "ssn" not in json.dumps(profile)
    assert "111-22" not in json.dumps(profile)
    assert {"column": None, "what": "a report that names a hidden column", "cells": 1} in profile["coercions"]
