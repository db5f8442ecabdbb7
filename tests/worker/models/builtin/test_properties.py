"""What holds for every question and every table, whatever its words?"""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worker.models.builtin.asking import planned, run
from tests.worker.models.builtin.profiles import view
from tests.worker.models.builtin.test_truth_others import CASES as OTHER_CASES
from tests.worker.models.builtin.test_truth_sales import CASES as SALES_CASES
from tests.worker.models.builtin.worlds import WORLDS, frame_of, view_of
from worker.analysis.contract import Decline, Plan, Question, TableView
from worker.models.builtin import plan, suggest, word

ANSWERED = [("sales", question) for question, _ in SALES_CASES] + [(table, q) for table, q, _ in OTHER_CASES]
MEANINGFUL = [
    "profitable", "cancelled", "online", "expensive", "quickly", "never", "domestic", "discounted", "urgent",
    "blue",
    "without", "unless", "forecast", "weekend", "twice", "approximately", "yesterday", "competitor",
    "median-ish",
]  # fmt: skip

NAMES = st.sampled_from(
    ["revenue", "unit price", "Order_ID", "date", "Ship Date", "month", "count", "total", "mean", "class",
        "naïve",
     "a'b", 'say "x"', "kaffee\\n", "x]", "price_usd", "by", "top 5", "İstanbul", "价格", "A", "if", "rows",
     "year"]
)  # fmt: skip
CELLS = {
    "number": st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False)),
    "int": st.integers(-1000, 3000),
    "text": st.one_of(
        st.none(), st.sampled_from(["Yes", "no", "total", "by", "2023", "North", "north ", "it's", "价"])
    ),
    "date": st.integers(0, 900).map(lambda days: pd.Timestamp(date(2022, 1, 1) + timedelta(days=days))),
    "flag": st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    size = draw(st.integers(0, 8))
    made: dict[str, Any] = {}
    for name in names:
        kind = draw(st.sampled_from(sorted(CELLS)))
        cells = draw(st.lists(CELLS[kind], min_size=size, max_size=size))
        dtype = {
            "number": "float64",
            "int": "int64",
            "text": "object",
            "date": "datetime64[ns]",
            "flag": "bool",
        }[kind]
        made[name] = pd.Series(cells, dtype=dtype)
    return pd.DataFrame(made)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables())
def test_every_suggestion_is_answered_and_runs(frame: pd.DataFrame) -> None:
    seen = view("things", frame)
    for suggestion in suggest((seen,)):
        made = plan(Question(suggestion, (seen,)))
        assert isinstance(made, Plan), (suggestion, made)
        result = run(made, {"things": frame})
        assert word(made, result)


@pytest.mark.parametrize("table", sorted(WORLDS))
def test_there_are_three_suggestions_for_each_table(table: str) -> None:
    assert len(suggest((view_of(table),))) == 3


def test_suggestions_for_several_tables_are_answered() -> None:
    names = ("cities", "sales", "weather")
    views = tuple(view_of(name) for name in names)
    for suggestion in suggest(views):
        planned(suggestion, *names)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(categories=["Ll"]), min_size=4, max_size=10).map(lambda w: "q" + w + "zx"),
        min_size=1,
        max_size=8,
    )
)
def test_junk_never_makes_a_plan(words: list[str]) -> None:
    assert isinstance(plan(Question(" ".join(words), (view_of("sales"),))), Decline)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(WORLDS)))
def test_no_text_breaks_it(text: str, table: str) -> None:
    assert isinstance(plan(Question(text, (view_of(table),))), Plan | Decline)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ANSWERED), st.sampled_from(MEANINGFUL), st.randoms(use_true_random=False))
def test_a_word_more_that_has_a_meaning_makes_it_decline(
    asked: tuple[str, str], extra: str, draw: Any
) -> None:
    table, question = asked
    words = question.split()
    at = draw.randint(0, len(words))
    changed = " ".join([*words[:at], extra, *words[at:]])
    made = plan(Question(changed, (view_of(table),)))
    if isinstance(made, Plan):
        assert any(mark in question for mark in "\"'`"), (changed, made.understood)
        assert extra in made.code


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ANSWERED), st.randoms(use_true_random=False))
def test_a_word_less_never_gives_code_that_fails(asked: tuple[str, str], draw: Any) -> None:
    table, question = asked
    words = question.split()
    del words[draw.randrange(len(words))]
    made = plan(Question(" ".join(words), (view_of(table),)))
    if isinstance(made, Plan):
        run(made, {table: frame_of(table)})


@pytest.mark.parametrize(("table", "question"), ANSWERED[::3])
def test_every_plan_says_what_it_understood_and_can_be_stored(table: str, question: str) -> None:
    made = planned(question, table)
    assert made.planner == "builtin"
    assert made.understood
    assert json.loads(json.dumps(made.template)) == made.template


@pytest.mark.parametrize(("table", "question"), ANSWERED[::2])
def test_case_and_politeness_change_nothing(table: str, question: str) -> None:
    if any(mark in question for mark in "\"'`"):
        pytest.skip("quoted names and values keep their case")
    made = planned(question, table)
    for other in (f"Please {question.lower()}", f"{question.upper()} please"):
        changed = plan(Question(other, (view_of(table),)))
        assert isinstance(changed, Decline) or changed.code == made.code, other


def test_many_wide_tables_are_read_soon() -> None:
    """Planning over 200 tables of 50 columns takes well under a second on a quiet machine."""
    columns = [
        {"name": f"{'abcdefghij'[at % 10]}_{at}", "kind": "number", "unique": 900, "min": 0.5, "max": 9}
        for at in range(50)
    ]
    many = tuple(TableView(f"part_{at}", {"rows": 1000, "columns": columns}) for at in range(199))
    asked = Question("total revenue by category", (*many, view_of("sales")))
    begun = time.process_time()
    made = plan(asked)
    declined = plan(Question("what is the weather", asked.tables))
    seconds = time.process_time() - begun
    assert isinstance(made, Plan)
    assert isinstance(declined, Decline)
    assert declined.suggestions
    assert seconds < 3
