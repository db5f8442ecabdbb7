"""What belongs to a stored answer's key, and what code may be stored: pure functions."""

import pytest

from worker.answers import changes_by_itself, plain_question, planner_version


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("result = df[df.day > pd.Timestamp.now() - pd.Timedelta('7D')]", True),
        ("SELECT count(*) FROM t WHERE day > current_date - 7", True),
        ("SELECT now() - max(day) FROM t", True),
        ("result = df.sample(10)", True),
        ("import random; result = random.choice([1, 2])", True),
        ("import time\nresult = time.time()", True),
        ("from datetime import date\nresult = date.today()", True),
        ("result = df['known'].sum()", False),
        ("result = df['time'].max()", False),
        ("SELECT sum(snow) FROM weather", False),
    ],
)
def test_code_that_reads_a_clock_or_draws_lots(code: str, changes: bool) -> None:
    assert changes_by_itself(code) is changes


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        (" total  of\n x ", "total of x", True),
        ('rows where name is "a  b"', 'rows where name is "a b"', False),
        ("rows  where `a  b` is 1", "rows where `a  b` is 1", True),
        ("total of x", "total of X", False),
    ],
)
def test_spaces_between_words_do_not_count(text: str, other: str, same: bool) -> None:
    assert (plain_question(text) == plain_question(other)) is same


def test_the_planners_version_is_computed_once_from_their_source() -> None:
    assert planner_version() is planner_version()
    assert len(planner_version()) == 64
