"""What a column is, decided by all of its cells."""

from __future__ import annotations

from typing import Any

import pytest

ISO = "2024-01-0{}T00:00:00"


def column(load: Any, cells: list[str], name: str = "d.tsv", extra: str = "x") -> Any:
    return load("v\tother\n" + "".join(f"{cell}\t{extra}\n" for cell in cells), name)


@pytest.mark.parametrize(
    ("cells", "dtype", "truth"),
    [
        (["1", "2", "-3"], "int64", [1, 2, -3]),
        (["+1", "0", "2"], "int64", [1, 0, 2]),
        (["1", "", "3"], "float64", [1, None, 3]),
        (["1", "-", "3"], "float64", [1, None, 3]),
        (["1", "n/a", "NULL"], "float64", [1, None, None]),
        (["1", "2.5"], "float64", [1, 2.5]),
        (["1e3", ".5", "5."], "float64", [1000, 0.5, 5]),
        (["007", "012"], "object", ["007", "012"]),
        (["7", "012"], "object", ["7", "012"]),
        (["9223372036854775807", "1"], "int64", [2**63 - 1, 1]),
        (["9223372036854775808", "1"], "object", ["9223372036854775808", "1"]),
        (["123456789012345678901234567890", "1"], "object", ["123456789012345678901234567890", "1"]),
        (["9007199254740993", ""], "object", ["9007199254740993", None]),
        (["1", "abc"], "object", ["1", "abc"]),
        (["1e999", "1"], "object", ["1e999", "1"]),
        (["0x1F", "1"], "object", ["0x1F", "1"]),
        (["1_000", "1"], "object", ["1_000", "1"]),
        (["inf", "1"], "object", ["inf", "1"]),
        (["1,234", "12", "1,234,567"], "int64", [1234, 12, 1234567]),
        (["1,234.50", "0.25"], "float64", [1234.5, 0.25]),
        (["1.234,50", "0,25"], "float64", [1234.5, 0.25]),
        (["1,5", "2,25"], "float64", [1.5, 2.25]),
        (["1 234,5", "12,25"], "float64", [1234.5, 12.25]),
        (["1'234.5", "12.25"], "float64", [1234.5, 12.25]),
        (["1,23,456", "2"], "int64", [123456, 2]),
        (["12,34", "1,23,456"], "object", ["12,34", "1,23,456"]),
        (["$1,200.50", "-$3", "$0.5"], "float64", [1200.5, -3, 0.5]),
        (["($5)", "$7"], "int64", [-5, 7]),
        (["5 €", "7,50 €"], "float64", [5, 7.5]),
        (["$5", "€7"], "object", ["$5", "€7"]),
        (["$5", "7"], "int64", [5, 7]),
        (["12-", "3"], "int64", [-12, 3]),
        (["\u22125.5", "3"], "float64", [-5.5, 3]),
        (["(1,234.50)", "- 2", "$ -"], "float64", [-1234.5, -2, None]),
        (["1,5e3", "2,5"], "float64", [1500, 2.5]),
        (["+4930123456", "+4930123457"], "object", ["+4930123456", "+4930123457"]),
        (["192.168.100.200", "10.100.200.250"], "object", ["192.168.100.200", "10.100.200.250"]),
        (["12%", "3.5%"], "float64", [12, 3.5]),
        (["12%", "3"], "object", ["12%", "3"]),
        (["(1,234)", "5"], "int64", [-1234, 5]),
        (["true", "False", "TRUE"], "bool", [True, False, True]),
        (["yes", "No"], "bool", [True, False]),
        (["Y", "N"], "bool", [True, False]),
        (["ja", "Nein"], "bool", [True, False]),
        (["oui", "non"], "bool", [True, False]),
        (["F", "F"], "object", ["F", "F"]),
        (["true", "", "false"], "object", [True, None, False]),
        (["true", "maybe"], "object", ["true", "maybe"]),
        (["-", "a"], "object", ["-", "a"]),
        (["NA", "a"], "object", [None, "a"]),
        (["Nan", "Ann"], "object", ["Nan", "Ann"]),
        (["", ""], "object", [None, None]),
    ],
)
def test_values(load: Any, cells: list[str], dtype: str, truth: list[Any]) -> None:
    table = column(load, cells)
    assert table.dtypes[0] == dtype
    assert [row[0] for row in table.cells] == truth


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-01", "2024-01-02"],
        ["2024/01/01", "2024/01/02"],
        ["01.01.2024", "02.01.2024"],
        ["1 Jan 2024", "2 January 2024"],
        ["01-Jan-24", "02-Jan-24"],
        ["Jan 1, 2024", "January 2, 2024"],
        ["2024-01-01T00:00:00Z", "2024-01-02T02:00:00+02:00"],
        ["2024-01-01 00:00", "2024-01-02"],
    ],
)
def test_dates(load: Any, cells: list[str]) -> None:
    table = column(load, cells)
    assert table.dtypes[0] == "datetime64[ns]"
    assert [row[0] for row in table.cells] == [ISO.format(1), ISO.format(2)]


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["03/04/2024", "13/04/2024"], "2024-04-03T00:00:00"),
        (["03/04/2024", "04/13/2024"], "2024-03-04T00:00:00"),
        (["03/04/24", "13/04/24"], "2024-04-03T00:00:00"),
    ],
)
def test_day_and_month_by_evidence(load: Any, cells: list[str], first: str) -> None:
    table = column(load, cells)
    assert table.cells[0][0] == first
    assert not any("ambiguous" in what for _, what, _ in table.said())


def test_evidence_may_come_after_a_million_cells_of_sample(load: Any) -> None:
    table = column(load, ["03/04/2024"] * 30_000 + ["25/04/2024"])
    assert table.cells[0][0] == "2024-04-03T00:00:00"


def test_ambiguous_dates_are_reported(load: Any) -> None:
    table = column(load, ["03/04/2024", "05/06/2024"])
    assert table.dtypes[0] == "datetime64[ns]"
    assert table.cells[0][0] == "2024-03-04T00:00:00"
    assert ("v", "ambiguous dates read month first (assumed: no cell has a day over 12)", 2) in table.said()


def test_ambiguous_dates_follow_the_files_other_dates(load: Any) -> None:
    table = load("a,b\n03/04/2024,25/12/2024\n05/06/2024,26/12/2024\n")
    assert table.cells[0] == ["2024-04-03T00:00:00", "2024-12-25T00:00:00"]


@pytest.mark.parametrize(
    "cells",
    [["30/02/2024", "01/02/2024"], ["9999-12-31", "2024-01-01"], ["10:30", "11:45"], ["1.2.10", "1.2.11"]],
)
def test_no_dates(load: Any, cells: list[str]) -> None:
    table = column(load, cells)
    assert table.dtypes[0] == "object"
    assert [row[0] for row in table.cells] == cells


def test_clock_times_are_kept(load: Any) -> None:
    table = column(load, ["2024-01-01 10:20:30.5", "2024-01-02 1:05 PM"])
    assert [row[0] for row in table.cells] == ["2024-01-01T10:20:30.500000", "2024-01-02T13:05:00"]
    assert table.profile["columns"][0]["max"] == "2024-01-02T13:05:00"


def test_ambiguous_commas_stay_text_in_a_file_of_semicolons(load: Any) -> None:
    table = load("a;b\n1,234;x\n2,500;y\n")
    assert table.cells[0][0] == "1,234"
    assert any("commas may be decimal marks" in what for _, what, _ in table.said())


def test_ambiguous_commas_follow_the_files_other_numbers(load: Any) -> None:
    table = load("a;b\n1,234;0,5\n2,500;7,25\n")
    assert table.cells == [[1.234, 0.5], [2.5, 7.25]]


def test_one_bad_cell_at_the_end_keeps_the_column_text(load: Any) -> None:
    table = column(load, [str(i) for i in range(40_000)] + ["oops"])
    assert table.dtypes[0] == "object"
    assert table.cells[0][0] == "0"
    assert table.cells[-1][0] == "oops"


def test_null_words_are_counted_by_word(load: Any) -> None:
    table = column(load, ["1", "-", "-", "N/A", "n/a", "4"])
    assert [item for item in table.said() if item[0] == "v"] == [
        ("v", '"-" -> missing', 2),
        ("v", '"N/A" -> missing', 1),
        ("v", '"n/a" -> missing', 1),
    ]


def test_profile_of_text_and_numbers(load: Any) -> None:
    table = load("item,n\nb,1\na,4\nb,\n")
    text, number = table.profile["columns"]
    assert text["values"] == ["a", "b"]
    assert text["top"] == [["b", 2], ["a", 1]]
    assert (text["kind"], number["kind"]) == ("text", "number")
    assert (number["min"], number["max"], number["mean"], number["nulls"]) == (1, 4, 2.5, 1)
    assert table.profile["sample"] == [["b", 1], ["a", 4], ["b", None]]


def test_values_are_left_out_where_they_are_many_or_long(load: Any) -> None:
    many = load("t,u\n" + "".join(f"w{i},{'x' * 81}\n" for i in range(201)))
    assert [item["values"] for item in many.profile["columns"]] == [None, None]
    assert len(many.profile["columns"][0]["top"]) == 20
