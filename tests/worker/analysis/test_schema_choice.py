"""Is a model asked for tables only where words do not tell, and does every prompt fit its context?"""

from collections.abc import Sequence

import pytest

from tests.worker.analysis.many_tables import joins, many_tables
from tests.worker.analysis.sandboxes import FixedSandbox
from tests.worker.analysis.test_answer import run
from worker.analysis.contract import Question, Turn
from worker.analysis.sizes import tokens_of
from worker.models.base import Message
from worker.models.scripted import Line

TABLES, JOINS = many_tables(), joins()
VAGUE = Question("Is it going well?", TABLES, joins=JOINS)
CLEAR = Question("What is the total amount of orders?", TABLES, joins=JOINS)
CODE = "result = len(tables)"
SCALAR = {"type": "scalar", "value": 3}


def sandbox() -> FixedSandbox:
    return FixedSandbox(result=SCALAR)


async def test_clear_words_cost_no_call_and_usage_says_how_tables_were_chosen() -> None:
    analysis, model, _ = await run([CODE, "It is 3."], sandbox(), CLEAR)
    assert len(model.asked) == 2
    schema = analysis.usage["schema"]
    assert (schema["of"], schema["chosen_by"]) == (200, "ranking")
    assert 1 <= schema["tables"] < 40


async def test_a_first_call_names_the_tables_where_words_do_not_tell() -> None:
    analysis, model, _ = await run(["- flights\n- `airports`, nonsense", CODE, "It is 3."], sandbox(), VAGUE)
    assert analysis.outcome == "ok"
    first, plan = model.asked[0], model.asked[1]
    assert "sensor_readings" in first[1].content
    assert "departure_delay" not in first[1].content
    assert "departure_delay" in plan[1].content
    assert "flights.destination -> airports.iata, many to one, 98%" in plan[1].content
    assert analysis.usage["schema"]["chosen_by"] == "model"
    assert analysis.usage["calls"] == 3


@pytest.mark.parametrize("reply", ["I do not know.", "", "all of them", Line(error="reply"), "x " * 100_000])
async def test_a_useless_choice_falls_back_to_the_ranking(reply: Line | str) -> None:
    analysis, model, _ = await run([reply, CODE, "It is 3."], sandbox(), VAGUE)
    assert analysis.outcome == "ok"
    assert analysis.usage["schema"]["chosen_by"] == "ranking"
    assert len(model.asked) == 3


async def test_few_tables_are_never_asked_for() -> None:
    analysis, model, _ = await run([CODE, "It is 3."], sandbox(), Question("Is it going well?", TABLES[:20]))
    assert len(model.asked) == 2
    assert analysis.outcome == "ok"


def size(messages: Sequence[Message]) -> int:
    return sum(tokens_of(message.content) for message in messages)


@pytest.mark.parametrize("context", [4096, 8192, 32_768])
@pytest.mark.parametrize("letter", ["q", "問"])
async def test_no_prompt_is_longer_than_the_context(context: int, letter: str) -> None:
    wide = {"type": "table", "value": {"columns": ["a"], "rows": [[letter * 5000]] * 50}}
    turns = tuple(Turn(letter * 9000, letter * 9000, wide, letter * 9000, "python") for _ in range(10))
    question = Question(letter * 100_000, TABLES, joins=JOINS, turns=turns)
    bad = Line(text=f"```python\nx = '{letter * 30_000}'\nraise KeyError(x)\n```")
    cut = Line(text=f"```python\nx = '{letter * 40_000}", finish="length")
    box = FixedSandbox("code_error", letter * 50_000)
    _, model, _ = await run(
        ["flights", bad, cut, "'\nresult = 1\n```", bad], box, question, openai_context_tokens=context
    )
    assert len(model.asked) == 5
    assert max(map(size, model.asked)) < context
