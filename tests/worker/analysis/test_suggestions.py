"""Suggestions are of different kinds, each is surely answered, and none was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_image.loaders import load_file
from tests.questions.running import LIMITS, Answered, ask, loaded
from worker.analysis.contract import Plan, Question, TableView
from worker.analysis.joins import find_joins
from worker.analysis.suggestions import suggest
from worker.models import builtin

TABLES = sorted(path.name for path in Path("tests/questions/tables").glob("*.csv"))
JOINED = ("purchases.csv", "buyers.csv", "items.csv", "item_groups.csv")


def views(*files: str) -> tuple[TableView, ...]:
    return tuple(loaded(file)[0] for file in files)


@pytest.mark.parametrize("file", TABLES)
def test_the_first_five_about_a_real_table_are_answered(file: str) -> None:
    found = suggest(views(file))[:5]
    assert len(found) == 5
    assert len(set(found)) == 5
    for question in found:
        assert isinstance(ask(question, file), Answered), question


def test_they_are_of_different_kinds() -> None:
    found = suggest(views("shop_orders.csv"))[:5]
    for words in (" by customer", " by month of ", "distribution of ", "How many rows", "median of "):
        assert len([question for question in found if words in question]) >= 1, words


def test_a_join_has_a_question_of_its_own_that_is_planned_over_it() -> None:
    tables = views(*JOINED)
    joins = find_joins(tables)
    assert {(join.left_column, join.right_table) for join in joins} >= {
        ("buyer_id", "buyers"),
        ("item_id", "items"),
        ("group_id", "item_groups"),
    }
    joined = [
        question
        for question in suggest(tables, joins)[:5]
        if isinstance(builtin.plan(Question(question, tables, joins=joins)), Plan)
        and not isinstance(builtin.plan(Question(question, tables)), Plan)
    ]
    assert joined


def test_what_was_asked_is_not_suggested_again() -> None:
    tables = views("shop_orders.csv")
    first = suggest(tables)
    again = suggest(tables, asked=[first[0].upper(), f"  {first[1].rstrip('?')} "])
    assert not set(first[:2]) & set(again)
    assert again[0] == next(question for question in again if question not in first[:2])
    assert len(again) >= 5


def test_without_tables_there_is_nothing_to_ask() -> None:
    assert suggest(()) == ()


def test_a_name_that_is_no_plain_word_is_quoted_or_left_out() -> None:
    profile = {
        "rows": 9,
        "columns": [
            {"name": "a`b?", "kind": "number", "unique": 9, "semantic": "amount"},
            {"name": "why? drop", "kind": "text", "unique": 3, "semantic": "category", "values": ["x"]},
        ],
    }
    tables = (TableView("t", profile),)
    for question in suggest(tables):
        assert isinstance(builtin.plan(Question(question, tables)), Plan)


def test_nothing_is_asked_of_row_numbers_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "cars.csv"
    rows = "".join(f'"{n * 3}","{"ab"[n % 2]}",{n * 7 % 31}\n' for n in range(1, 40))
    path.write_text(f'"","maker","speed"\n{rows}', encoding="utf-8")
    (profile,) = load_file(path, "cars.csv", "csv", tmp_path, set(), LIMITS)
    view = (TableView("cars", profile),)
    both = [*suggest(view), *builtin.suggest_questions(view)]
    assert "What is the average of speed by maker?" in both
    assert not [question for question in both if "column_1" in question]
