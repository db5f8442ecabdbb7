"""Is a follow-up answered by one sure change of the question before, and declined where there is none?"""

from __future__ import annotations

import pytest

from store.records import Mode
from tests.questions.agreement import disagreement, invented
from tests.questions.asked_follow_ups import FOLLOWED, UNSURE_NEXT, Followed
from tests.questions.asked_joined import JOINS
from tests.questions.rows import rows_of
from tests.questions.running import Answered, ask

ASKED = [(one, question) for one in FOLLOWED for question in one.questions]
NEXT = [(file, earlier, question) for file, earlier, questions in UNSURE_NEXT for question in questions]


def asked_next(one: Followed, question: str, mode: Mode) -> Answered | str:
    history = tuple((earlier, "an answer") for earlier in one.earlier)
    return ask(question, *one.files, mode=mode, history=history, joins=JOINS)


@pytest.mark.parametrize("mode", ["pandas", "sql"])
@pytest.mark.parametrize(
    ("one", "question"), ASKED, ids=[f"{one.earlier[-1]} > {question}" for one, question in ASKED]
)
def test_a_follow_up_is_answered_truly(one: Followed, question: str, mode: Mode) -> None:
    answer = asked_next(one, question, mode)
    assert isinstance(answer, Answered), answer
    assert invented(answer.words, answer.result, answer.plan.understood) == []
    wrong = disagreement(answer.result, one.truth(rows_of(one.files[0])))
    assert not wrong, f"{wrong}\n{answer.plan.understood}\n{answer.plan.code}"
    assert f'going on with "{one.earlier[-1]}"' in answer.plan.understood


@pytest.mark.parametrize(("file", "earlier", "question"), NEXT)
def test_a_follow_up_is_not_guessed(file: str, earlier: str, question: str) -> None:
    answer = ask(question, file, history=((earlier, "an answer"),))
    assert isinstance(answer, str), f"guessed: {answer.plan.understood}"


def test_a_whole_question_does_not_go_on_with_the_one_before() -> None:
    answer = ask("average tip by day", "tips.csv", history=(("total tip for women", "an answer"),))
    assert isinstance(answer, Answered)
    assert "going on" not in answer.plan.understood
    assert "Female" not in answer.plan.code


def test_nothing_goes_on_with_a_question_about_tables_that_are_gone() -> None:
    answer = ask("and by day?", "tips.csv", history=(("total amount by segment", "an answer"),))
    assert isinstance(answer, str)
    assert "cannot read over these tables" in answer


@pytest.mark.parametrize(
    "question", ["correlation between tip and total_bill", "how many rows with tip between 2 and 5"]
)
def test_a_whole_question_that_ends_with_two_names_stands_alone(question: str) -> None:
    """The question before had several parts, which the rules read one by one only."""
    before = "What is the average tip by day? Also show the distribution of tip."
    answer = ask(question, "tips.csv", history=((before, "an answer"),))
    assert isinstance(answer, Answered), answer
    assert "going on" not in answer.plan.understood


@pytest.mark.parametrize(
    ("file", "before", "question", "code"),
    [
        ("tips.csv", "average tip by sex", "average tip", 'df["tip"].mean()'),
        ("tips.csv", "average tip by sex", "The average tip?", 'df["tip"].mean()'),
        ("tips.csv", "average tip by sex", "max tip", 'df["tip"].max()'),
        ("tips.csv", "average tip for women", "average total_bill", 'df["total_bill"].mean()'),
        ("tips.csv", "average tip for women", "number of rows", "len(df)"),
        ("shop_orders.csv", "total quantity by region", "total quantity", 'df["quantity"].sum()'),
        ("stocks.csv", "average price by symbol", "what is the average price?", 'df["price"].mean()'),
    ],
)
def test_a_short_question_that_says_function_and_column_stands_alone(
    file: str, before: str, question: str, code: str
) -> None:
    answer = ask(question, file, history=((before, "an answer"),))
    assert isinstance(answer, Answered), answer
    assert answer.plan.code.strip() == f"result = {code}"
    assert "going on" not in answer.plan.understood


@pytest.mark.parametrize("before", ["average price by symbol", "average price by symbol of all my dreams"])
@pytest.mark.parametrize(
    "question", ["maximum", "the average", "what is the maximum?", "what is the average?", "and the average?"]
)
def test_a_function_without_its_column_is_not_taken_for_one_of_the_whole_table(
    before: str, question: str
) -> None:
    """The table has one column of numbers, so alone it is sure what is meant."""
    answer = ask(question, "stocks.csv", history=((before, "an answer"),))
    assert isinstance(answer, str), f"guessed: {answer.plan.understood}"
    alone = ask(question.removeprefix("and "), "stocks.csv")
    assert isinstance(alone, Answered), alone


@pytest.mark.parametrize("question", ["as a chart", "plot it", "as a bar chart", "show it as a bar chart"])
def test_the_answer_before_can_be_drawn(question: str) -> None:
    answer = ask(question, "tips.csv", history=(("average tip by day", "an answer"),))
    assert isinstance(answer, Answered)
    assert 'chart("bar"' in answer.plan.code
    declined = ask(question, "tips.csv", mode="sql", history=(("average tip by day", "an answer"),))
    assert isinstance(declined, str)
    assert "SQL draws no charts" in declined
