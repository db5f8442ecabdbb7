"""Are answers over several tables true, with no row counted twice, and are plain ones answered?"""

from __future__ import annotations

import pytest

from store.records import Mode
from tests.questions.agreement import disagreement, invented
from tests.questions.asked import Asked
from tests.questions.asked_flights import FLIGHT_FILES, FLIGHTS
from tests.questions.asked_joined import FILES, JOINED, JOINS, TWO_WAYS, UNSURE
from tests.questions.rows import rows_of
from tests.questions.running import ask, loaded
from worker.analysis.joins import find_joins

SURE = [(one, question) for one in JOINED for question in one.questions]
LEAST_ANSWERED = 0.9


@pytest.mark.parametrize("mode", ["pandas", "sql"])
@pytest.mark.parametrize(("one", "question"), SURE, ids=[question for _, question in SURE])
def test_no_answer_over_several_tables_is_wrong(one: Asked, question: str, mode: Mode) -> None:
    answer = ask(question, *FILES, mode=mode, joins=JOINS)
    if isinstance(answer, str):
        return
    assert invented(answer.words, answer.result, answer.plan.understood) == []
    wrong = disagreement(answer.result, one.truth(rows_of(one.file)))
    assert not wrong, f"{wrong}\n{answer.plan.understood}\n{answer.plan.code}"
    unsaid = [word for word in one.named.split() if word.lower() not in answer.plan.understood.lower()]
    assert not unsaid, f"{unsaid} is not in what was understood: {answer.plan.understood}"


def test_most_plain_questions_over_several_tables_are_answered() -> None:
    declined = [q for _, q in SURE if isinstance(ask(q, *FILES, joins=JOINS), str)]
    assert 1 - len(declined) / len(SURE) >= LEAST_ANSWERED, declined


@pytest.mark.parametrize("question", UNSURE)
def test_what_a_join_would_count_twice_is_declined(question: str) -> None:
    assert isinstance(ask(question, *FILES, joins=JOINS), str)


def test_two_ways_to_join_are_both_said() -> None:
    reason = ask("total amount by country", *FILES, joins=TWO_WAYS)
    assert isinstance(reason, str)
    assert "buyer_id" in reason
    assert "quantity" in reason


def test_rows_with_no_match_are_reported() -> None:
    answer = ask("total amount by segment", *FILES, joins=JOINS)
    assert not isinstance(answer, str)
    empty = sum(row["buyer_id"] is None for row in rows_of("purchases.csv"))
    assert f"{empty} rows of purchases have no buyer_id" in answer.plan.understood
    assert "no match in buyers" in answer.plan.understood


def test_the_order_of_the_tables_changes_nothing() -> None:
    first, second = (ask("total amount by department", *files, joins=JOINS) for files in (FILES, FILES[::-1]))
    assert not isinstance(first, str)
    assert not isinstance(second, str)
    assert first.result == second.result


@pytest.mark.parametrize("mode", ["pandas", "sql"])
@pytest.mark.parametrize(
    ("one", "question"),
    [(one, question) for one in FLIGHTS for question in one.questions],
    ids=[question for one in FLIGHTS for question in one.questions],
)
def test_joins_found_in_real_tables_give_true_answers(one: Asked, question: str, mode: Mode) -> None:
    joins = find_joins([loaded(file)[0] for file in FLIGHT_FILES])
    answer = ask(question, *FLIGHT_FILES, mode=mode, joins=joins)
    assert not isinstance(answer, str), answer
    wrong = disagreement(answer.result, one.truth(rows_of(one.file)))
    assert not wrong, f"{wrong}\n{answer.plan.understood}\n{answer.plan.code}"
