"""Are groups of years in order of time, charts of the kind that fits, and suggestions near the question?"""

from __future__ import annotations

import pytest

from tests.questions.rows import rows_of
from tests.questions.running import Answered, ask, loaded
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan

YEARS = sorted({row["year"] for row in rows_of("gapminder.csv")})


def _years(answer: Answered | str) -> list[int]:
    assert isinstance(answer, Answered), answer
    return [int(year) for year in answer.result["value"]["index"]]


@pytest.mark.parametrize("question", ["average lifeExp by year", "lifeExp over time", "total pop by year"])
def test_years_are_in_order_of_time(question: str) -> None:
    assert _years(ask(question, "gapminder.csv")) == YEARS


def test_years_of_a_follow_up_are_in_order_of_time() -> None:
    history = (("average lifeExp by continent", "an answer"),)
    assert _years(ask("and by year?", "gapminder.csv", history=history)) == YEARS


def test_another_order_of_years_can_be_asked_for() -> None:
    years = _years(ask("average lifeExp by year, largest first", "gapminder.csv"))
    assert years == YEARS[::-1]


def test_a_line_is_drawn_along_years() -> None:
    answer = ask("plot lifeExp over the years", "gapminder.csv")
    assert isinstance(answer, Answered)
    assert 'chart("line"' in answer.plan.code


def test_a_distribution_by_group_is_a_box_for_each() -> None:
    answer = ask("distribution of body_mass_g by species", "penguins.csv")
    assert isinstance(answer, Answered)
    assert 'chart("box"' in answer.plan.code
    assert {row[0]: row[1] for row in answer.result["value"]["rows"]} == {
        "Adelie": 151,
        "Chinstrap": 68,
        "Gentoo": 123,
    }


@pytest.mark.parametrize(
    ("file", "question", "near"),
    [
        ("gapminder.csv", "frobnicate gdpPercap by continent", ("gdpPercap", "continent")),
        ("gapminder.csv", "how do lifeExp and gdpPercap wobble", ("lifeExp", "gdpPercap")),
        ("penguins.csv", "wobble of body_mass_g on an island", ("body_mass_g", "island")),
    ],
)
def test_suggestions_are_near_what_was_asked(file: str, question: str, near: tuple[str, ...]) -> None:
    view, _ = loaded(file)
    made = plan(Question(question, (view,)))
    assert isinstance(made, Decline)
    assert all(name in made.suggestions[0] for name in near), made.suggestions
    for suggestion in made.suggestions:
        assert isinstance(plan(Question(suggestion, (view,))), Plan), suggestion


def test_suggestions_are_about_the_table_that_was_named() -> None:
    views = tuple(loaded(file)[0] for file in ("tips.csv", "penguins.csv"))
    made = plan(Question("wobble of the penguins", views))
    assert isinstance(made, Decline)
    assert all("in penguins" in suggestion for suggestion in made.suggestions), made.suggestions
