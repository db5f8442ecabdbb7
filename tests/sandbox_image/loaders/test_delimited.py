"""Text files: encodings, delimiters, quotes, ragged rows, headers."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox_image.loaders.hypotheses import TEXT_NULLS

CITY = "stadt,n\nKöln,1\nMünchen,2\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(load: Any, encoding: str, said: str) -> None:
    table = load(CITY.encode(encoding))
    assert table.columns == ["stadt", "n"]
    assert table.cells == [["Köln", 1], ["München", 2]]
    assert table.profile["read_as"]["encoding"] == said
    guessed = [(None, "encoding cp1252 is a guess: nothing in the file says so", 1)]
    assert table.said() == (guessed if encoding == "cp1252" else [])


def test_latin1_where_cp1252_has_no_such_byte(load: Any) -> None:
    table = load(b"a,b\nx\x81,\xe9\n")
    assert table.cells == [["x\x81", "é"]]
    assert table.profile["read_as"]["encoding"] == "latin-1"


@pytest.mark.parametrize(
    ("name", "delimiter", "said"),
    [
        ("d.csv", ",", ","),
        ("d.csv", ";", ";"),
        ("d.csv", "\t", "\t"),
        ("d.csv", "|", "|"),
        ("d.tsv", "\t", "\t"),
        ("d.tsv", ",", ","),
        ("d.txt", "\t", "\t"),
        ("d.txt", ";", ";"),
        ("d.txt", "|", "|"),
        ("d.txt", ",", ","),
        ("d.txt", "   ", "spaces"),
        ("d.txt", " ", "spaces"),
    ],
)
def test_delimiters(load: Any, name: str, delimiter: str, said: str) -> None:
    rows = [["name", "qty", "price"], ["Toy", "3", "4.5"], ["Book", "12", "7.25"]]
    table = load("\n".join(delimiter.join(row) for row in rows) + "\n", name)
    assert table.cells == [["Toy", 3, 4.5], ["Book", 12, 7.25]]
    assert table.dtypes == ["object", "int64", "float64"]
    assert table.profile["read_as"]["delimiter"] == said


def test_spaces_align_columns_whose_cells_hold_a_space(load: Any) -> None:
    table = load("name        qty\nTeddy bear  3\nBook        12\n", "d.txt")
    assert table.cells == [["Teddy bear", 3], ["Book", 12]]


def test_semicolons_with_decimal_commas(load: Any) -> None:
    table = load("a;b\n1,5;2,5\n10,25;3,75\n")
    assert table.cells == [[1.5, 2.5], [10.25, 3.75]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(load: Any, end: str) -> None:
    table = load(f'a,b{end}1,"x{end}y"{end}2,z{end}')
    assert table.cells == [[1, f"x{end}y"], [2, "z"]]


def test_mixed_line_ends(load: Any) -> None:
    assert load("a,b\r\n1,x\n2,y\r\n").cells == [[1, "x"], [2, "y"]]


def test_quotes_delimiters_and_line_breaks_inside_quotes(load: Any) -> None:
    table = load('id,text\n1,"say ""hi"", twice"\n2,"two\nlines"\n3,"a,b"\n')
    assert table.cells == [[1, 'say "hi", twice'], [2, "two\nlines"], [3, "a,b"]]


def test_stray_quote_is_text(load: Any) -> None:
    table = load('id,size\n1,3" pipe\n2,"4"" pipe"\n3,5\n')
    assert table.cells == [[1, '3" pipe'], [2, '4" pipe'], [3, "5"]]


def test_text_after_a_closing_quote_is_kept_and_reported(load: Any) -> None:
    table = load('id,t\n1,"x"z\n2,y\n')
    assert table.cells == [[1, "xz"], [2, "y"]]
    assert (None, "stray quotes read leniently", 1) in table.said()


def test_quote_left_open_loses_no_row(load: Any) -> None:
    table = load('id,t\n1,"open\n2,y\n3,z\n')
    assert table.cells == [[1, '"open'], [2, "y"], [3, "z"]]
    assert (None, "a quote is left open: quotes read as ordinary characters", 1) in table.said()


def test_short_rows_are_filled_and_counted(load: Any) -> None:
    table = load("a,b,c\n1,2,3\n4\n5,6\n7,8,9\n")
    assert table.cells == [[1, 2, 3], [4, None, None], [5, 6, None], [7, 8, 9]]
    assert (None, "short rows filled with missing cells (fewer than 3 cells)", 2) in table.said()


def test_long_rows_get_columns_of_their_own(load: Any) -> None:
    table = load("a,b\n1,2\n3,4,extra\n5,6\n")
    assert table.columns == ["a", "b", "column_3"]
    assert table.cells == [[1, 2, None], [3, 4, "extra"], [5, 6, None]]
    assert (None, "long rows: their extra cells are in columns of their own", 1) in table.said()


def test_ragged_beyond_the_sample(load: Any) -> None:
    body = "".join(f"{i},x{i}\n" for i in range(60_000))
    table = load("a,b\n" + body + "60000,x,late\n60001\n")
    assert table.profile["rows"] == 60_002
    assert table.cells[-2:] == [[60000, "x", "late"], [60001, None, None]]
    assert table.cells[0] == [0, "x0", None]


def test_a_delimiter_at_the_end_of_each_line_is_no_column(load: Any) -> None:
    table = load("a,b\n1,2,\n3,4,\n")
    assert table.columns == ["a", "b"]
    assert table.cells == [[1, 2], [3, 4]]


def test_a_space_after_each_delimiter_is_no_part_of_the_cells(load: Any) -> None:
    table = load('name, city\nAnn, "Rome, Italy"\nBob, Bonn\n')
    assert table.columns == ["name", "city"]
    assert table.cells == [["Ann", "Rome, Italy"], ["Bob", "Bonn"]]


def test_blank_lines_are_skipped(load: Any) -> None:
    assert load("\n\na,b\n\n1,2\n   \n3,4\n\n").cells == [[1, 2], [3, 4]]


def test_nul_bytes_are_removed_and_reported(load: Any) -> None:
    table = load(b"a,b\n1,x\0y\n2,z\n")
    assert table.cells == [[1, "xy"], [2, "z"]]
    assert (None, "NUL bytes removed", 1) in table.said()


def test_duplicate_and_empty_names_are_made_unique_and_reported(load: Any) -> None:
    table = load("x,,x,X, y \n1,2,3,4,5\n")
    assert table.columns == ["x", "column_2", "x_2", "X_3", "y"]
    assert ("x_2", 'repeated column name "x" -> "x_2"', 1) in table.said()
    assert ("column_2", 'empty column name -> "column_2"', 1) in table.said()


def test_no_header(load: Any) -> None:
    table = load("1,Toy,4.5\n2,Book,7.25\n3,Pen,1.0\n")
    assert table.columns == ["column_1", "column_2", "column_3"]
    assert table.cells[0] == [1, "Toy", 4.5]
    assert table.profile["read_as"]["header_row"] is None


def test_years_as_names(load: Any) -> None:
    table = load("country,2019,2020\nFrance,1.5,2.5\nSpain,3.5,4.5\n")
    assert table.columns == ["country", "2019", "2020"]
    assert table.profile["rows"] == 2


def test_title_and_comment_lines_above_the_header(load: Any) -> None:
    table = load("Sales report\n# made by hand\n\nname,qty,price\nToy,1,2\nPen,3,4\n")
    assert table.columns == ["name", "qty", "price"]
    assert table.cells == [["Toy", 1, 2], ["Pen", 3, 4]]


def test_header_only_is_a_table_of_no_rows(load: Any) -> None:
    table = load("a,b,c\n")
    assert table.columns == ["a", "b", "c"]
    assert table.profile["rows"] == 0


def test_one_column(load: Any) -> None:
    table = load("name\nAnn\nBob\nAnn\n")
    assert table.cells == [["Ann"], ["Bob"], ["Ann"]]


def test_no_newline_at_the_end(load: Any) -> None:
    assert load("a,b\n1,2\n3,4").cells == [[1, 2], [3, 4]]


def test_rows_keep_their_order(load: Any) -> None:
    body = "".join(f"{i},{(i * 7919) % 100_003}\n" for i in range(150_000))
    table = load("i,v\n" + body)
    assert table.frame["i"].tolist() == list(range(150_000))


def test_many_columns(load: Any) -> None:
    names = [f"c{i}" for i in range(500)]
    table = load(",".join(names) + "\n" + ",".join(str(i) for i in range(500)) + "\n")
    assert table.cells == [list(range(500))]


_cell = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"])
    | st.sampled_from('\n",;|'),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_cell, _cell), min_size=1, max_size=12))
def test_text_survives_a_round_trip(load: Any, rows: list[tuple[str, str]]) -> None:
    # A letter in front keeps the cells text and the delimiter plain to see.
    body = [(f"a{first}", f"b{second}") for first, second in rows]
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("left", "right"), *body])
    table = load(file.getvalue())
    assert table.columns == ["left", "right"]
    assert table.cells == [[_expected(first), _expected(second)] for first, second in body]


def _expected(cell: str) -> str | None:
    return None if cell.strip() in TEXT_NULLS else cell


def test_large_file_stays_small_in_memory(tmp_path: Path, load_path: Any) -> None:
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("id,word,price\n")
        for i in range(200_000):
            file.write(f"{i},word {i % 1000},{i / 4}\n")
    (table,) = load_path(path)
    assert table.profile["rows"] == 200_000
    assert table.profile["columns"][0]["unique"] == 200_000
    assert table.profile["columns"][2]["mean"] == pytest.approx(sum(range(200_000)) / 4 / 200_000)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_longer_than_the_csv_modules_own_limit_is_read(load: Any, quote: str) -> None:
    long = "x" * 200_000
    loaded = load(f"a,b\n1,{quote}{long}{quote}\n2,y\n")
    assert loaded.frame["b"].tolist() == [long, "y"]


def test_a_column_is_called_what_can_be_seen_of_its_name(load: Any) -> None:
    loaded = load("\u200eprice\u202e\x1b[31m,\ufeffname\x00\n1,a\n2,b\n", "d.csv")
    assert [column["name"] for column in loaded.profile["columns"]] == ["price[31m", "name"]


@pytest.mark.parametrize("mark", ["#{}", "{}) cut", "[{}]", "Page {}", "// {}"])
def test_a_last_row_that_begins_as_rows_with_values_do_is_no_note(load: Any, mark: str) -> None:
    ids = [mark.format(number) for number in (1, 2, 3)]
    table = load(f"step,n\n{ids[0]},1\n{ids[1]},2\n{ids[2]},\n")
    assert table.cells == [[ids[0], 1], [ids[1], 2], [ids[2], None]]


def test_a_note_that_is_also_a_row_between_the_others_takes_no_row_with_it(load: Any) -> None:
    table = load("a,b\nx,1\nPage 1,\ny,2\nPage 1,\n")
    assert table.cells == [["x", 1], ["Page 1", None], ["y", 2], ["Page 1", None]]


def test_totals_that_stand_there_twice_are_kept_and_said(load: Any) -> None:
    table = load("city,n\na,1\nb,2\nTotal,3\nTotal,3\n")
    assert len(table.cells) == 4
    assert table.profile["read_as"]["totals"] == "keep"
    assert 'row 4 is called "Total"' in table.said()[-1][1]
