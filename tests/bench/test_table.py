"""Is the table aligned, and does it say what was not measured?"""

import pytest

from bench.samples import Sample
from bench.table import HEADINGS, Row, align, duration, ratio, render


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.0413, "41.3 ms"), (0.9999, "999.9 ms"), (1.0, "1.00 s"), (7.257, "7.26 s")],
)
def test_a_time_is_shown_in_the_unit_that_people_use(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_ratio_needs_a_warm_median() -> None:
    assert ratio(6.0, 0.05) == "120.0x"
    assert ratio(6.0, None) == "-"


def test_the_first_column_is_left_and_the_others_right() -> None:
    assert align([("what", "n"), ("a", "100")]) == ["what    n", "a     100"]


def test_all_that_was_measured_stands_in_its_row() -> None:
    text = render([Row("warm", Sample((0.02,) * 60, wall_seconds=6))], 0.01)
    row = text.splitlines()[2]
    assert row.split() == ["warm", "60", "20.0", "ms", "20.0", "ms", "20.0", "ms", "10.0", "2.0x"]


def test_every_heading_stands_above() -> None:
    first = render([Row("warm", Sample((0.02,)))], 0.02).splitlines()[0]
    assert [heading for heading in HEADINGS if heading in first] == list(HEADINGS)


def test_what_was_not_measured_says_so_and_why() -> None:
    text = render([Row("llm-sandbox", None, "no package index answers")], 0.01)
    assert "not measured" in text
    assert "llm-sandbox [1]" in text
    assert text.splitlines()[-1] == "[1] no package index answers"


def test_notes_are_numbered_in_the_order_of_the_rows() -> None:
    sample = Sample((1.0,))
    text = render([Row("a", sample, "first"), Row("b", sample), Row("c", sample, "second")], None)
    assert text.splitlines()[-2:] == ["[1] first", "[2] second"]
    assert "c [2]" in text
