"""What does the record of a job hold whose question was several, or not about the data at all?"""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import pytest

from tests.worker.asking import asked, failing_or_echo, script, with_session
from worker.engines.dummy import DummyEngine
from worker.models.settings import ModelSettings
from worker.runtime import Runtime
from worker.sandbox.frames import Frame
from worker.settings import Settings

TWO = "What is the total revenue? Show the distribution of categories"


def drawing(frame: Frame) -> Iterable[Frame]:
    """Each run gives a figure of its own under the same name, and a file that stays there for the next."""
    if frame.type != "run" or "fails" in frame.header["code"]:
        yield from failing_or_echo(frame)
        return
    attempt = frame.header["attempt"]
    figure = {"type": "file", "role": "figure", "name": "figure-1.png", "mime": "image/png", "last": True}
    note = {"type": "file", "role": "file", "name": "note.txt", "mime": "text/plain", "last": True}
    yield Frame({**figure, "attempt": attempt}, b"PNG" + str(attempt).encode())
    yield Frame({"type": "result", "attempt": attempt, "result": {"type": "chart", "name": "figure-1.png"}})
    yield Frame({**note, "attempt": attempt}, b"the same")
    yield Frame({"type": "stdout", "attempt": attempt, "tail": False}, b"run\n")
    yield Frame({"type": "end", "attempt": attempt, "status": "ok", "stdout_bytes": 4, "stderr_bytes": 0})


@pytest.fixture
async def runtime(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, drawing))
    opened = Runtime(settings.model_copy(update={"standby": 0}))
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


async def test_each_part_keeps_its_own_figure_and_what_stays_is_kept_once(runtime: Runtime) -> None:
    session = await with_session(runtime)
    model = script("result = 1", "A chart.", "result = 2", "Another chart.")
    job = await asked(runtime, session, question=TWO, model=model)
    assert (job.state, [part.outcome for part in job.parts]) == ("succeeded", ["ok", "ok"])
    assert [row["name"] for row in job.artifacts] == ["figure-1.png", "note.txt", "figure-1_2.png"]
    ids = {row["name"]: row["artifact_id"] for row in job.artifacts}
    shown = [part.result["artifact_id"] for part in job.parts if part.result]
    assert shown == [ids["figure-1.png"], ids["figure-1_2.png"]]
    assert job.result == job.parts[0].result
    assert (job.stdout.text, job.stdout.bytes) == ("run\nrun", 8)
    assert [attempt.number for attempt in job.attempts] == [1, 2]
    assert job.code == (
        "# 1. What is the total revenue?\nresult = 1\n\n# 2. Show the distribution of categories\nresult = 2"
    )
    assert job.receipt["code_sha256"]
    assert job.answer == (
        "1. What is the total revenue: A chart.\n2. Show the distribution of categories: Another chart."
    )


async def test_a_part_that_fails_is_in_the_answer_and_the_notes_and_is_not_stored_for_others(
    runtime: Runtime,
) -> None:
    session = await with_session(runtime)
    model = script("fails()", "fails()", "fails()", "result = 2", "Another chart.")
    job = await asked(runtime, session, question=TWO, model=model)
    assert (job.state, job.outcome) == ("succeeded", "ok")
    assert [part.outcome for part in job.parts] == ["code_error", "ok"]
    assert "not answered" in (job.answer or "")
    assert any(note.startswith("part 1 was not answered") for note in job.notes)
    assert job.answer_key is None


async def test_parts_are_replayed_one_by_one(runtime: Runtime) -> None:
    session = await with_session(runtime)
    model = script("result = 1", "A chart.", "result = 2", "Another chart.")
    job = await asked(runtime, session, question=TWO, model=model)
    again = await asked(runtime, session, kind="replay", question=None, replay_of=job.task_id)
    assert again.replay is not None
    assert (again.replay.same, again.replay.differences) == (True, [])


async def test_with_approval_it_is_one_question(runtime: Runtime) -> None:
    session = await with_session(runtime)
    job = await asked(runtime, session, question=TWO, model=script("result = 1"), approve=True)
    assert (job.state, job.parts) == ("awaiting_approval", [])


async def test_what_is_not_about_the_data_takes_no_sandbox(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("a sandbox was taken")

    monkeypatch.setattr(Runtime, "take_sandbox", never)
    session = await with_session(runtime)
    rome = script("NOT_ABOUT_THE_DATA: Rome")
    for question, model in (("Tell me a joke", "builtin"), ("When did Rome fall?", rome)):
        job = await asked(runtime, session, question=question, model=model)
        assert (job.outcome, job.code, job.attempts) == ("not_answerable", None, [])
        assert job.error is not None
        assert len(job.error.suggestions) == 3
        assert "questions about the tables" in job.error.message


async def test_the_turns_before_are_there_with_their_results(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await with_session(runtime)
    for number in range(12):
        model = script(f"result = {number}", f"Chart {number}.".replace(str(number), ""))
        job = await asked(
            runtime, session, question=f"What is the total of revenue, take {number}", model=model
        )
        assert job.state == "succeeded"
    seen: list[Any] = []

    async def watched(question: Any, *given: Any, **fields: Any) -> Any:
        seen.append(question)
        return await real(question, *given, **fields)

    from worker import analyze

    real = analyze.answer_question
    monkeypatch.setattr(analyze, "answer_question", watched)
    await asked(runtime, session, question="and the median?", model=script("result = 1", "A chart."))
    assert [turn.code for turn in seen[0].turns] == [f"result = {number}" for number in range(2, 12)]
    assert seen[0].turns[-1].result["type"] == "chart"
    assert seen[0].history == tuple((turn.question, turn.answer) for turn in seen[0].turns)
