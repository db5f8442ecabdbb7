"""Does the prompt hold what a question needs, of many and wide tables, within its budget and in time?"""

import re
import time
from typing import Any

import pytest

from tests.worker.analysis.many_tables import QUESTIONS, joins, many_tables
from worker.analysis.contract import Question, TableView
from worker.analysis.profile_text import profile_text
from worker.analysis.sizes import tokens_of
from worker.analysis.subschema import choose_named, rank

TABLES, JOINS = many_tables(), joins()
BUDGET = 4000


def told(text: str, tables: Any = TABLES, tokens_max: int = BUDGET, **fields: Any) -> str:
    return profile_text(rank(Question(text, tables, joins=JOINS, **fields)), tokens_max).text


def columns_of(text: str) -> set[str]:
    """`table.column` for each column that is named in its table's block."""
    found = set()
    for block in text.split("\n\n"):
        if head := re.match(r"table (\S+)[^\n]*: ", block):
            body = block.partition("first rows")[0]
            described = re.findall(r'^- "([^"]+)"', body, re.MULTILINE)
            named = re.findall(r"^other columns, by name only: (.*)$", body, re.MULTILINE)
            found |= {f"{head[1]}.{name}" for name in [*described, *re.findall(r'"([^"]+)"', "".join(named))]}
    return found


@pytest.mark.parametrize(("text", "needed"), QUESTIONS, ids=[text for text, _ in QUESTIONS])
@pytest.mark.parametrize("budget", [BUDGET, 2000])
def test_all_columns_that_a_question_needs_are_told(text: str, needed: str, budget: int) -> None:
    said = told(text, tokens_max=budget)
    assert set(needed.split()) <= columns_of(said)
    assert tokens_of(said) <= budget


def test_the_tables_are_as_many_and_as_wide_as_they_should_be() -> None:
    assert len(TABLES) == 200
    assert {len(view.profile["columns"]) for view in TABLES} == {50}
    assert len({view.name for view in TABLES}) == 200
    assert len(QUESTIONS) == 40


def test_it_takes_no_time() -> None:
    started = time.process_time()
    for text, _ in QUESTIONS[:5]:
        told(text)
    assert (time.process_time() - started) / 5 < 1


def test_what_is_left_out_is_said_with_names_while_there_is_room() -> None:
    said = told("What is the total amount of orders?")
    count, names = re.findall(r"\((\d+) further tables are not shown, only by name: (.*)\)$", said)[0]
    assert int(count) + said.count("\ntable ") + said.startswith("table ") == 200
    assert len(names.split(", ")) > 20
    tight = told("What is the total amount of orders?", tokens_max=500)
    assert re.search(r"further tables are not shown", tight)
    assert tokens_of(tight) <= 500


def test_joins_are_told_and_the_table_between_two_comes_along() -> None:
    said = told("refunds by product category")
    assert "- returns.order_id -> orders.order_id, many to one, 100% of its values found there" in said
    assert "- order_items.product_id -> products.product_id, many to one" in said
    assert "table order_items:" in said


def test_of_few_tables_all_joins_are_told() -> None:
    views = [view for view in TABLES if view.name in ("orders", "customers", "returns")]
    said = told("How many?", views, 20_000)
    assert said.count(" -> ") == 2


def test_a_table_of_an_earlier_question_is_told_for_a_follow_up() -> None:
    history = (("average vibration of machines per plant", "It is 3."),)
    assert "sensor_readings.vibration" in columns_of(told("and the maximum?", history=history))
    assert "sensor_readings.vibration" not in columns_of(told("What is the total refund?", history=history))


def test_few_tables_go_in_whole_and_in_their_order() -> None:
    said = told("How many?", TABLES[:2], 10_000)
    assert "further" not in said
    assert said.index(f"table {TABLES[0].name} (also df)") < said.index(f"table {TABLES[1].name}:")
    assert len(columns_of(said)) == 100


def test_a_value_finds_its_column() -> None:
    assert "insurance_claims.peril" in columns_of(told("How many for Flood?"))


def test_a_name_as_it_is_written_finds_its_column() -> None:
    said = told("What is the mean of fuel_attr_7?")
    assert "fuel_logs.fuel_attr_7" in columns_of(said)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("umsatz", ""),
        ("Show qty", "order_items.quantity"),
        ("wages by dept", "employees.salary"),
        ("how long until a shipment was delivered", "shipments.delivered_on"),
        ("box-office takings", "films.box_office"),
    ],
)
def test_synonyms_abbreviations_and_kin_words_are_seen(text: str, column: str) -> None:
    assert not column or column in columns_of(told(text))


def test_words_that_say_nothing_are_not_sure_and_named_tables_are_taken() -> None:
    vague = Question("Is it going well?", TABLES, joins=JOINS)
    assert not rank(vague).sure
    chosen = choose_named(vague, ["flights", "nonsense", "airports"])
    assert [table.name for table in chosen.chosen] == ["flights", "airports"]
    assert rank(Question(QUESTIONS[0][0], TABLES)).sure


def test_one_table_of_5000_columns_names_the_one_that_is_asked_for() -> None:
    columns = [{"name": f"reading_{at}", "dtype": "float64", "unique": 9} for at in range(5000)]
    columns[4711]["name"] = "barometer"
    view = TableView("wide", {"name": "wide", "rows": 9, "columns": columns, "sample": []})
    said = told("What is the mean barometer?", (view,))
    assert '- "barometer": float64' in said
    assert "further columns are not shown; df.columns has all names" in said
    assert tokens_of(said) <= BUDGET


def test_names_that_are_hostile_or_huge_keep_within_the_budget() -> None:
    views = tuple(
        TableView("表" * 300 + str(at), {"columns": [{"name": "列" * 500}] * 50}) for at in range(200)
    )
    for tokens_max in (400, 4000):
        assert tokens_of(told("列", views, tokens_max)) <= tokens_max
