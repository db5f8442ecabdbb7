"""Text that was written to keep a reader busy is read, or refused, in a moment."""

import gzip
import time
import zipfile

import pytest

from sandbox_image.loaders.cell_kinds import CellKinds
from sandbox_image.loaders.fed import unpacked
from sandbox_image.loaders.lines import is_framed, unframed, without_rules
from sandbox_image.loaders.number_formats import NumberFormat
from sandbox_image.loaders.readings import candidates
from sandbox_image.loaders.tail import TailRow, find_ending
from sandbox_image.loaders.xlsx_rows import read_merged

LENGTH = 200_000
MARKS = [*"-= |(a$%'\"#", "+-", "1,", "1.", "1 ", "1:", "Jan ", "1e", "00"]


@pytest.fixture(autouse=True)
def _in_a_moment():
    started = time.process_time()
    yield
    assert time.process_time() - started < 5


@pytest.mark.parametrize("mark", MARKS)
def test_a_long_line(mark):
    line = mark * (LENGTH // len(mark)) + "x"
    assert not is_framed(line)
    assert without_rules(line) == line
    assert len(list(unframed([line]))) == 1


@pytest.mark.parametrize("mark", MARKS)
def test_a_long_cell(mark):
    cell = mark * (LENGTH // len(mark)) + "x"
    assert candidates({cell})[0].kind == "text"
    find_ending([TailRow(["a", "1"])] * 3 + [TailRow([cell, "1"]), TailRow([cell, ""])], 2)


@pytest.mark.parametrize("mark", ["[", '"', "[$", "\\", "_", "0,", "0-", "#"])
def test_a_long_format_of_a_workbook(mark):
    NumberFormat(mark * LENGTH, CellKinds(), False)


def test_many_merged_areas_without_an_end(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", "<sheetData/>" + "<mergeCell " * LENGTH)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive, archive.open("sheet.xml") as source:
        assert read_merged(source) == []


def test_a_gzip_file_of_many_members():
    data = gzip.compress(b"a,b\n") + gzip.compress(b"") * 100_000 + gzip.compress(b"1,2\n")
    blocks = unpacked(lambda: iter([data]), 1 << 20)()
    assert b"".join(blocks) == b"a,b\n1,2\n"


def test_a_rule_is_still_one():
    text = "| a | b |\n|---|:--|\n| 1 |  x |\n"
    assert list(unframed(text.splitlines())) == ["a|b\n", "1|x\n"]
    assert without_rules("a b\n-=- ==\n1 2\n- -\n") == "a b\n1 2\n- -\n"
