"""The same question of the same data is answered from the store; anything else is asked anew."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from store.records import Artifact, Job, Session, Table, utc_now
from tests.worker.asking import (
    PROFILE,
    QUESTION,
    TENANT,
    asked,
    failing_or_echo,
    found,
    one,
    queued,
    script,
    with_session,
    with_table,
    worked,
)
from worker import answers
from worker.analyze import tables_of
from worker.context import JobContext
from worker.engines.dummy import DummyEngine
from worker.models.settings import ModelSettings
from worker.runtime import Runtime
from worker.sandbox.standby import Standby
from worker.settings import Settings


@pytest.fixture
async def runtime(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, failing_or_echo))
    opened = Runtime(settings.model_copy(update={"standby": 0}))
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


def refuse_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("a sandbox was taken")

    monkeypatch.setattr(Runtime, "take_sandbox", never)


async def test_the_second_asking_is_the_stored_answer_and_takes_no_sandbox(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await with_session(runtime)
    first = await asked(runtime, session)
    assert (first.state, first.cached) == ("succeeded", False)
    refuse_to_run(monkeypatch)
    second = await asked(runtime, session, question=f"  {QUESTION.replace(' ', '   ')}\n")
    assert (second.cached, second.cached_from) == (True, first.task_id)
    assert second.task_id != first.task_id
    same = ("state", "outcome", "answer", "result", "code", "language", "receipt", "understood", "planner")
    assert [getattr(second, name) for name in same] == [getattr(first, name) for name in same]
    third = await asked(runtime, session)
    assert (third.cached, third.cached_from) == (True, first.task_id), "the origin, not the copy"


async def test_a_stored_answer_does_not_wait_for_a_sandbox_to_be_warm(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    async def note(standby: Standby, seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(Standby, "wait_warm", note)
    session = await with_session(runtime)
    await asked(runtime, session)
    await runtime.wait_warm()
    assert len(waited) == 1
    assert (await asked(runtime, session)).cached
    await runtime.wait_warm()
    assert len(waited) == 1


async def test_cache_false_runs_anew_and_its_answer_replaces_the_stored_one(runtime: Runtime) -> None:
    session = await with_session(runtime)
    first = await asked(runtime, session)
    anew = await asked(runtime, session, cache=False)
    assert (anew.cached, anew.state) == (False, "succeeded")
    third = await asked(runtime, session)
    assert (third.cached_from, anew.task_id == first.task_id) == (anew.task_id, False)


OTHER_PROFILE = {**PROFILE, "read_as": {**PROFILE["read_as"], "delimiter": ";"}}


@pytest.mark.parametrize(
    "other",
    [
        {"data": b"PAR2"},
        {"name": "sold", "profile": {**PROFILE, "name": "sold"}},
        {"profile": OTHER_PROFILE},
    ],
    ids=["one byte", "another name", "read otherwise"],
)
async def test_other_data_is_a_miss(runtime: Runtime, other: dict[str, Any]) -> None:
    await asked(runtime, await with_session(runtime))
    assert not (await asked(runtime, await with_session(runtime, **other))).cached


async def test_the_same_data_in_another_session_is_a_hit(runtime: Runtime) -> None:
    first = await asked(runtime, await with_session(runtime))
    assert (await asked(runtime, await with_session(runtime))).cached_from == first.task_id


async def test_what_could_not_be_read_beside_it_is_each_sessions_own_matter(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of_files(context: JobContext) -> list[Table]:
        context.notes += notes
        return await tables_of(context)

    monkeypatch.setattr("worker.analyze.tables_of", of_files)
    notes = ["not read: a.csv: it is empty", "left out: a figure"]
    assert (await asked(runtime, await with_session(runtime))).notes == notes
    notes = ["not read: b.csv: it is empty"]
    second = await asked(runtime, await with_session(runtime))
    assert (second.cached, second.notes) == (True, ["not read: b.csv: it is empty", "left out: a figure"])


async def test_another_table_beside_it_is_a_miss(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    kept = await runtime.store.get_session(TENANT, session)
    assert kept is not None
    await with_table(runtime, kept, name="more", position=1, profile={**PROFILE, "name": "more"})
    question = f"{QUESTION[:-1]} in sales?"
    assert not (await asked(runtime, session, question=question)).cached


async def test_another_order_of_the_tables_is_a_miss(runtime: Runtime) -> None:
    model = script("result = 1", "It is result = 1.")  # `df` is the first table
    cached = []
    for position in (1, 1, -1):
        session = await with_session(runtime)
        kept = await runtime.store.get_session(TENANT, session)
        assert kept is not None
        await with_table(runtime, kept, name="more", position=position, profile={**PROFILE, "name": "more"})
        cached.append((await asked(runtime, session, model=model)).cached)
    assert cached == [False, True, False]


async def test_hidden_columns_are_a_miss(runtime: Runtime) -> None:
    await asked(runtime, await with_session(runtime))
    hiding = Session(tenant_id=TENANT, hidden={"sales": ["read without it"]})
    await runtime.store.insert_session(hiding)
    await with_table(runtime, hiding)
    again = await asked(runtime, hiding.session_id)
    assert (again.state, again.cached) == ("succeeded", False)


@pytest.mark.parametrize("other", [{"question": "What is the average of revenue?"}, {"mode": "sql"}])
async def test_another_question_or_mode_is_a_miss(runtime: Runtime, other: dict[str, Any]) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    again = await asked(runtime, session, **other)
    assert (again.state, again.cached) == ("succeeded", False)


async def test_another_model_is_a_miss_and_so_is_a_script_that_says_other_words(
    runtime: Runtime, tmp_path: Path
) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    file = tmp_path / "script.json"
    model = f"scripted:{file}"
    file.write_text('["result = 1", "It is result = 1."]')
    assert not (await asked(runtime, session, model=model)).cached
    assert (await asked(runtime, session, model=model)).cached
    file.write_text('["result = 2", "It is result = 2."]')
    changed = await asked(runtime, session, model=model)
    assert (changed.cached, changed.code) == (False, "result = 2")


@pytest.mark.parametrize(
    "other", [{"openai_url": "http://127.0.0.1:9"}, {"schema_tokens": 500}, {"max_output_tokens": 100}]
)
async def test_another_address_or_room_of_the_model_is_a_miss(
    runtime: Runtime, other: dict[str, Any]
) -> None:
    session = await with_session(runtime)
    model = script("result = 1", "It is result = 1.")
    await asked(runtime, session, model=model)
    assert (await asked(runtime, session, model=model)).cached
    by_rules = await asked(runtime, session)
    runtime.models = runtime.models.model_copy(update=other)
    assert not (await asked(runtime, session, model=model)).cached
    assert (await asked(runtime, session)).cached_from == by_rules.task_id


async def test_facts_that_are_found_later_make_no_other_question(runtime: Runtime) -> None:
    session = await with_session(runtime)
    first = await asked(runtime, session)
    await runtime.store.update_session(TENANT, session, {"joins": [{"left_table": "sales"}]})
    assert (await asked(runtime, session)).cached_from == first.task_id


async def test_another_policy_is_a_miss(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    lab = tmp_path / "lab.toml"
    lab.write_text('name = "lab"\n')
    session = await with_session(runtime)
    await asked(runtime, session)
    assert not (await asked(runtime, session, policy="lab")).cached
    assert (await asked(runtime, session, policy="lab")).cached
    lab.write_text('name = "lab"\n[limits]\ncode_wall_seconds = 29\n')
    assert not (await asked(runtime, session, policy="lab")).cached


async def test_another_image_or_planner_is_a_miss(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    monkeypatch.setattr("worker.runtime.IMAGE_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr("worker.engines.dummy.DIGEST", "sha256:" + "1" * 64)
        assert not (await asked(runtime, session)).cached
    assert (await asked(runtime, session)).cached
    monkeypatch.setattr(answers, "planner_version", lambda: "another")
    assert not (await asked(runtime, session)).cached


async def test_no_answer_crosses_tenants(runtime: Runtime) -> None:
    await asked(runtime, await with_session(runtime))
    theirs = await with_session(runtime, tenant="other")
    assert not (await asked(runtime, theirs, tenant_id="other")).cached


async def test_what_failed_or_was_declined_is_asked_anew(runtime: Runtime) -> None:
    session = await with_session(runtime)
    model = script("fails()", "fails()", "fails()", "fails()", "fails()")
    for _ in range(2):
        failed = await asked(runtime, session, model=model)
        assert (failed.outcome, failed.cached, failed.answer_key) == ("code_error", False, None)
    for _ in range(2):
        declined = await asked(runtime, session, question="What is the total of unicorns?")
        assert (declined.outcome, declined.cached) == ("not_answerable", False)


async def test_a_follow_up_depends_on_the_turns_before(runtime: Runtime) -> None:
    model = script("result = 1", "It is result = 1.")
    one_session, other_session = await with_session(runtime), await with_session(runtime)
    await asked(runtime, one_session, question="What is the total of revenue?")
    await asked(runtime, other_session, question="What is the average of revenue?")
    follow_up = "and what about those by category?"
    assert not (await asked(runtime, one_session, question=follow_up, model=model)).cached
    assert not (await asked(runtime, other_session, question=follow_up, model=model)).cached
    third = await with_session(runtime)
    await asked(runtime, third, question="What is the total of revenue?")
    assert (await asked(runtime, third, question=follow_up, model=model)).cached


@pytest.mark.parametrize("model", ["builtin", script("result = 1", "It is result = 1.")])
async def test_a_follow_up_without_a_word_that_points_back_depends_on_them_too(
    runtime: Runtime, model: str
) -> None:
    session = await with_session(runtime)
    follow_up = "split by category"
    await asked(runtime, session, question="What is the total of revenue?")
    first = await asked(runtime, session, question=follow_up, model=model)
    assert (first.state, first.cached) == ("succeeded", False)
    assert (await asked(runtime, session, question=follow_up, model=model)).cached_from == first.task_id
    await asked(runtime, session, question="What is the average of revenue?")
    second = await asked(runtime, session, question=follow_up, model=model)
    assert (second.state, second.cached) == ("succeeded", False)


async def test_a_question_that_stands_alone_is_a_hit_after_any_others(runtime: Runtime) -> None:
    model = script("result = 1", "It is result = 1.")
    two = "What is the total of revenue? And what is the average of revenue by category?"
    first = await asked(runtime, await with_session(runtime), model=model)
    parts = await asked(runtime, await with_session(runtime), question=two)
    session = await with_session(runtime)
    await asked(runtime, session, question="What is the maximum of revenue?")
    assert (await asked(runtime, session, model=model)).cached_from == first.task_id
    assert (await asked(runtime, session, question=two)).cached_from == parts.task_id


async def test_a_policy_with_hosts_is_never_answered_from_the_store(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    text = 'name = "web"\nnetwork = "allow-list"\n[egress]\nhosts = ["data.example.org"]\n'
    (tmp_path / "web.toml").write_text(text)
    session = await with_session(runtime)
    for _ in range(2):
        answered = await asked(runtime, session, policy="web")
        assert (answered.state, answered.cached, answered.answer_key) == ("succeeded", False, None)


async def test_an_approved_question_is_not_answered_from_the_store(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    assert (await asked(runtime, session, approve=True)).state == "awaiting_approval"


async def test_what_changes_by_itself_is_asked_anew(runtime: Runtime) -> None:
    session = await with_session(runtime)
    model = script("result = pd.Timestamp.now()", "It is result = pd.Timestamp.now().")
    for _ in range(2):
        assert not (await asked(runtime, session, model=model)).cached


async def test_words_that_the_model_owed_are_not_kept_for_the_next(runtime: Runtime) -> None:
    session = await with_session(runtime)
    model = script("result = 1")  # and no words
    for _ in range(2):
        answered = await asked(runtime, session, model=model)
        assert (answered.state, answered.cached) == ("succeeded", False)
        assert "answer_note" in answered.usage


async def with_figure(runtime: Runtime, job: Job) -> Artifact:
    """`job`'s answer, as if it had drawn a figure."""
    key = f"{job.tenant_id}/{job.session_id}/{job.task_id}/0-plot.png"
    size, sha256 = await runtime.blobs.put(key, one(b"\x89PNG"), 100)
    figure = Artifact(
        tenant_id=job.tenant_id,
        task_id=job.task_id,
        name="plot.png",
        role="figure",
        mime="image/png",
        size_bytes=size,
        sha256=sha256,
        blob_key=key,
    )
    await runtime.store.insert_artifact(figure)
    row = figure.model_dump(include={"artifact_id", "name", "role", "mime", "size_bytes"})
    result = {"type": "chart", "artifact_id": figure.artifact_id, "value": "plot.png"}
    anew = await queued(runtime, job.session_id)
    await runtime.store.claim_job(TENANT, anew.task_id, "w", utc_now() + timedelta(seconds=9))
    changes = {"state": "succeeded", "outcome": "ok", "answer_key": job.answer_key, "result": result}
    await runtime.store.finish_job(TENANT, anew.task_id, "w", {**changes, "artifacts": [row]})
    return figure


async def test_figures_outlive_the_session_that_they_were_drawn_in(runtime: Runtime) -> None:
    first = await with_session(runtime)
    figure = await with_figure(runtime, await asked(runtime, first))
    second = await with_session(runtime)
    copy = await asked(runtime, second)
    assert copy.cached
    (row,) = copy.artifacts
    assert (row["name"], row["artifact_id"] == figure.artifact_id) == ("plot.png", False)
    assert copy.result == {"type": "chart", "artifact_id": row["artifact_id"], "value": "plot.png"}
    for key in await runtime.store.delete_session(TENANT, first) or []:
        await runtime.blobs.delete(key)
    kept = await runtime.store.get_artifact(TENANT, row["artifact_id"])
    assert kept is not None
    assert [chunk async for chunk in runtime.blobs.get(kept.blob_key)] == [b"\x89PNG"]
    third = await asked(runtime, await with_session(runtime))
    assert third.cached_from == copy.task_id, "the origin is gone; its copy serves on"


async def test_in_one_session_a_figure_is_the_same_artifact(runtime: Runtime) -> None:
    session = await with_session(runtime)
    figure = await with_figure(runtime, await asked(runtime, session))
    assert (await asked(runtime, session)).artifacts[0]["artifact_id"] == figure.artifact_id


async def test_an_answer_that_lost_its_figure_is_asked_anew(runtime: Runtime) -> None:
    session = await with_session(runtime)
    figure = await with_figure(runtime, await asked(runtime, session))
    await runtime.blobs.delete(figure.blob_key)
    assert not (await asked(runtime, await with_session(runtime))).cached


async def test_many_at_once_are_all_answered(runtime: Runtime) -> None:
    session = await with_session(runtime)
    jobs = [await queued(runtime, session) for _ in range(6)]
    done = await asyncio.gather(*(worked(runtime, job) for job in jobs))
    assert {job.state for job in done} == {"succeeded"}
    assert len({str(job.result) for job in done}) == 1
    assert (await found(runtime, jobs[0])).answer_key is not None
