"""Is every answer of the builtin planner true, and are enough plain questions answered?"""

from __future__ import annotations

from typing import Any

import pytest

from store.records import Mode
from tests.questions.agreement import disagreement, invented
from tests.questions.asked import Asked
from tests.questions.asked_bounded import COMPARED
from tests.questions.asked_charts import CHARTS
from tests.questions.asked_numbers import NUMBERS
from tests.questions.asked_people import PEOPLE
from tests.questions.asked_public import TABLES_1
from tests.questions.asked_public_more import TABLES_2
from tests.questions.asked_relations import RELATIONS
from tests.questions.asked_said import NOT_SAID, SAID
from tests.questions.asked_shop import SHOP
from tests.questions.asked_statistics import STATISTICS
from tests.questions.asked_time import TIMES
from tests.questions.asked_years import YEARS
from tests.questions.refused import REFUSED, Refused
from tests.questions.refused_more import REFUSED_MORE
from tests.questions.rows import FILES, rows_of
from tests.questions.running import Answered, ask, loaded

CORPUS: list[Asked] = [*SHOP, *PEOPLE, *TIMES, *NUMBERS, *COMPARED, *TABLES_1, *TABLES_2]
CORPUS += [*CHARTS, *STATISTICS, *RELATIONS, *SAID, *YEARS]
SURE = [(one, question) for one in CORPUS for question in one.questions]
DOUBTFUL: list[Refused] = [*REFUSED, *REFUSED_MORE, *NOT_SAID]
LEAST_ANSWERED = 0.85


def _named(pairs: list[tuple[Asked, str]]) -> list[Any]:
    return [pytest.param(one, question, id=f"{one.file}: {question}") for one, question in pairs]


def _wrong(answer: Answered, truth: Any) -> str:
    """Return what is wrong with the numbers or with the words, or nothing."""
    made_up = invented(answer.words, answer.result, answer.plan.understood)
    if made_up:
        return f"the words say {made_up}, the result does not: {answer.words}"
    return disagreement(answer.result, truth)


@pytest.mark.parametrize("mode", ["pandas", "sql"])
@pytest.mark.parametrize(("one", "question"), _named(SURE))
def test_no_answer_is_wrong(one: Asked, question: str, mode: Mode) -> None:
    answer = ask(question, one.file, mode=mode)
    if isinstance(answer, str):
        return
    wrong = _wrong(answer, one.truth(rows_of(one.file)))
    assert not wrong, f"{wrong}\n{answer.plan.understood}\n{answer.plan.code}"
    unsaid = [word for word in one.named.split() if word.lower() not in answer.plan.understood.lower()]
    assert not unsaid, f"{unsaid} is not in what was understood: {answer.plan.understood}"


@pytest.mark.parametrize(
    ("files", "question", "truth"),
    DOUBTFUL,
    ids=[f"{files[0]}: {question}" for files, question, _ in DOUBTFUL],
)
def test_what_is_not_sure_is_declined_or_right(files: tuple[str, ...], question: str, truth: Any) -> None:
    answer = ask(question, *files)
    if isinstance(answer, str):
        assert answer.endswith(".")
        return
    assert truth is not None, f"guessed: {answer.plan.understood}\n{answer.plan.code}\n{answer.words}"
    wrong = _wrong(answer, truth(rows_of(files[0])))
    assert not wrong, f"{wrong}\n{answer.plan.understood}\n{answer.plan.code}"


def test_most_plain_questions_are_answered() -> None:
    declined = [
        f"{one.file}: {question}" for one, question in SURE if isinstance(ask(question, one.file), str)
    ]
    answered = 1 - len(declined) / len(SURE)
    assert answered >= LEAST_ANSWERED, f"only {answered:.0%} are answered; declined:\n" + "\n".join(declined)


@pytest.mark.parametrize("file", FILES)
def test_the_truth_reads_the_same_table_as_the_sandbox(file: str) -> None:
    view, _ = loaded(file)
    rows = rows_of(file)
    assert view.profile["rows"] == len(rows)
    for column in view.profile["columns"]:
        empty = sum(row[column["name"]] is None for row in rows)
        assert column["nulls"] == empty, column["name"]


def test_the_corpus_is_large_enough() -> None:
    assert len(FILES) >= 10
    assert len({(one.file, question) for one, question in SURE}) >= 300
    assert len({(files, question) for files, question, _ in DOUBTFUL}) >= 150
