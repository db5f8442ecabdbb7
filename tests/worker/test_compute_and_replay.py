"""Compute and replay jobs from claim to end, over the dummy engine: what runs, what is compared and said."""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import pytest

from store.records import Artifact, Job, Stream
from tests.worker.asking import TENANT, asked, found, one, queued, script, with_session, worked
from worker.engines.dummy import DummyEngine, echo
from worker.models.settings import ModelSettings
from worker.runtime import Runtime
from worker.sandbox.frames import Frame
from worker.settings import Settings

RIGHT = "SELECT avg(revenue) FROM sales"
WRONG = "SELECT max(revenue) FROM sales"


class Peer:
    """A sandbox that knows the averages, fails on demand, and answers what a test puts into `says`."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.says: dict[str, dict[str, Any]] = {}
        self.prints = b""

    def __call__(self, frame: Frame) -> Iterable[Frame]:
        if frame.type != "run":
            yield from echo(frame)
            return
        code, attempt = frame.header["code"], frame.header["attempt"]
        self.ran.append(code)
        status = "error" if "fails" in code else "ok"
        if status == "error":
            error = {"name": "BinderException", "message": "it fails", "traceback": "it fails"}
            yield Frame({"type": "error", "attempt": attempt, **error})
        else:
            value = 7.5 if "avg(" in code else 99
            table = {"type": "table", "value": {"columns": ["v"], "rows": [[value]]}, "shape": [1, 1]}
            yield Frame({"type": "result", "attempt": attempt, "result": self.says.get(code, table)})
        if self.prints:
            yield Frame({"type": "stdout", "attempt": attempt, "tail": False}, self.prints)
        end = {"type": "end", "attempt": attempt, "status": status, "stderr_bytes": 0}
        yield Frame({**end, "stdout_bytes": len(self.prints)})


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
async def runtime(settings: Settings, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, peer))
    opened = Runtime(settings.model_copy(update={"standby": 0}))
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


async def computed(runtime: Runtime, session: str | None = None, **request: Any) -> Job:
    wanted = {"column": "revenue", "operation": "average", "question": None, "mode": "sql", **request}
    return await asked(runtime, session or await with_session(runtime), kind="compute", **wanted)


async def test_without_a_model_the_predefined_sql_runs_and_is_shown(runtime: Runtime, peer: Peer) -> None:
    job = await computed(runtime)
    assert (job.state, job.planner, job.language) == ("succeeded", "builtin", "sql")
    assert job.result == {"type": "scalar", "value": 7.5}
    assert peer.ran == [job.code]
    assert 'avg("revenue")' in (job.code or "")
    assert "7.5" in (job.answer or "")
    assert list(job.receipt["data"]) == ["sales"]


async def test_a_models_sql_runs_and_is_held_against_the_predefined_one(runtime: Runtime, peer: Peer) -> None:
    job = await computed(runtime, model=script(RIGHT, "The average is 7.5."))
    assert (job.state, job.planner, job.code, job.notes) == ("succeeded", "scripted", RIGHT, [])
    assert job.result == {"type": "scalar", "value": 7.5}
    assert len(peer.ran) == 2


async def test_a_models_sql_that_gives_another_value_is_not_believed(runtime: Runtime) -> None:
    job = await computed(runtime, model=script(WRONG, "The average is 99."))
    assert (job.state, job.planner) == ("succeeded", "builtin")
    assert job.result == {"type": "scalar", "value": 7.5}
    assert any(WRONG in note and "scripted" in note for note in job.notes)
    assert "99" not in (job.answer or "")


@pytest.mark.parametrize("lines", [["SELECT fails()"] * 9, ["I cannot do that."] * 9, []])
async def test_where_the_model_gives_none_the_predefined_sql_runs_visibly(
    runtime: Runtime, lines: list[str]
) -> None:
    job = await computed(runtime, model=script(*lines))
    assert (job.state, job.planner) == ("succeeded", "builtin")
    assert job.result == {"type": "scalar", "value": 7.5}
    assert any("predefined SQL" in note for note in job.notes)


async def test_an_average_of_text_runs_nothing_and_shows_sql_and_reason(runtime: Runtime, peer: Peer) -> None:
    job = await computed(runtime, column="category")
    assert (job.state, job.outcome, job.result, peer.ran) == ("failed", "not_answerable", None, [])
    assert 'avg("category")' in (job.code or "")
    assert job.error is not None
    assert job.error.code == "incompatible"
    assert "category in sales is text (such as 'Toys')" in job.error.message


async def test_an_unknown_column_is_named_with_near_ones(runtime: Runtime) -> None:
    job = await computed(runtime, column="Revenu")
    assert job.error is not None
    assert (job.error.code, "'revenue'" in job.error.message) == ("unknown_column", True)


async def test_a_computed_value_is_kept_for_the_next_who_asks(runtime: Runtime, peer: Peer) -> None:
    session = await with_session(runtime)
    first = await computed(runtime, session)
    again = await computed(runtime, session)
    assert (again.cached_from, again.result) == (first.task_id, first.result)
    assert not (await computed(runtime, session, operation="median")).cached
    assert not (await computed(runtime, session, by="category")).cached
    assert len(peer.ran) == 3


async def test_sql_waits_for_its_approval_too_and_no_other_runs_beside_it(
    runtime: Runtime, peer: Peer
) -> None:
    job = await computed(runtime, approve=True, model=script(RIGHT, "It is 7.5."))
    assert (job.state, job.code, peer.ran) == ("awaiting_approval", RIGHT, [])
    assert job.approval is not None
    assert job.awaiting_since is not None
    approval = job.approval.model_copy(update={"state": "approved"})
    await runtime.store.approve_job(TENANT, job.task_id, job.awaiting_since, approval)
    done = await worked(runtime, job)
    assert (done.state, done.code, peer.ran) == ("succeeded", RIGHT, [RIGHT])


async def replayed(runtime: Runtime, source: Job, **fields: Any) -> Job:
    return await asked(
        runtime, source.session_id, kind="replay", question=None, replay_of=source.task_id, **fields
    )


async def test_a_replay_of_the_same_is_the_same(runtime: Runtime, peer: Peer) -> None:
    source = await asked(runtime, await with_session(runtime))
    job = await replayed(runtime, source)
    assert (job.state, job.outcome, job.code) == ("succeeded", "ok", source.code)
    assert job.replay is not None
    assert (job.replay.of, job.replay.same, job.replay.differences) == (source.task_id, True, [])
    assert peer.ran == [source.code] * 2
    assert "same result" in (job.answer or "")
    assert job.receipt["data"] == source.receipt["data"]
    assert job.receipt["sandbox"] != source.receipt["sandbox"]


@pytest.mark.parametrize("kind", ["execute", "compute"])
async def test_code_of_other_jobs_is_replayed_too(runtime: Runtime, kind: str) -> None:
    session = await with_session(runtime)
    source = (
        await computed(runtime, session)
        if kind == "compute"
        else await asked(runtime, session, kind="execute", code="1", question=None)
    )
    job = await replayed(runtime, source)
    assert job.replay is not None
    assert job.replay.same, job.replay.differences


async def test_another_result_is_not_the_same(runtime: Runtime, peer: Peer) -> None:
    source = await asked(runtime, await with_session(runtime), kind="execute", code="x", question=None)
    peer.says["x"] = {"type": "scalar", "value": 100}
    job = await replayed(runtime, source)
    assert job.replay is not None
    assert job.state == "succeeded"
    assert (job.replay.same, job.replay.differences) == (False, ["the result is 100 in place of 99"])


async def test_the_last_digits_are_said_to_be_that(runtime: Runtime, peer: Peer) -> None:
    peer.says["x"] = {"type": "scalar", "value": 0.1 + 0.2}
    source = await asked(runtime, await with_session(runtime), kind="execute", code="x", question=None)
    again = (await replayed(runtime, source)).replay
    assert again is not None
    assert again.same
    peer.says["x"] = {"type": "scalar", "value": 0.3}
    job = await replayed(runtime, source)
    assert job.replay is not None
    assert (job.replay.same, "last digits only" in job.replay.differences[0]) == (False, True)


async def test_other_print_outs_are_a_difference(runtime: Runtime, peer: Peer) -> None:
    peer.prints = b"1\n"
    source = await asked(runtime, await with_session(runtime), kind="execute", code="x", question=None)
    peer.prints = b"2\n"
    job = await replayed(runtime, source)
    assert job.replay is not None
    assert job.replay.differences == ["what was printed differs from line 1 on"]


async def test_a_print_out_of_another_length_is_a_difference_where_its_ends_are_the_same(
    runtime: Runtime, peer: Peer
) -> None:
    peer.prints = b"x"
    source = await asked(runtime, await with_session(runtime))
    printed = {"text": "x", "bytes": 9_000_000, "truncated": True}
    await runtime.store.insert_job(source.model_copy(update={"task_id": "cut", "stdout": Stream(**printed)}))
    job = await replayed(runtime, await found(runtime, source.model_copy(update={"task_id": "cut"})))
    assert job.replay is not None
    assert (job.replay.same, job.replay.differences[0]) == (
        False,
        "what was printed is 1 bytes in place of 9,000,000",
    )
    assert "only the beginning" in job.replay.differences[1]


async def test_what_parts_printed_is_compared_too(runtime: Runtime, peer: Peer) -> None:
    question = "What is the total of revenue? And what is the average of revenue by category?"
    source = await asked(runtime, await with_session(runtime), question=question)
    assert len(source.parts) == 2
    peer.prints = b"new\n"
    job = await replayed(runtime, source)
    assert job.replay is not None
    assert job.replay.differences == ["what was printed differs from line 1 on"]


async def test_code_that_fails_by_now_is_a_difference(runtime: Runtime, peer: Peer) -> None:
    session = await with_session(runtime)
    failed = await asked(runtime, session, kind="execute", code="fails", question=None)
    job = await replayed(runtime, failed)
    assert job.replay is not None
    assert job.replay.same, "it failed before, too"


async def test_data_that_changed_or_went_is_said_and_nothing_runs(runtime: Runtime, peer: Peer) -> None:
    session = await with_session(runtime)
    source = await asked(runtime, session)
    (table,) = await runtime.store.list_tables(TENANT, session)
    await runtime.store.upsert_table(table.model_copy(update={"sha256": "0" * 64}))
    job = await replayed(runtime, source)
    assert (job.outcome, job.replay) == ("not_answerable", None)
    assert job.error is not None
    assert (job.error.code, "sales holds other data" in job.error.message) == ("data_changed", True)
    assert len(peer.ran) == 1


async def test_another_image_or_policy_is_said_where_the_result_is_the_same(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await asked(runtime, await with_session(runtime))
    monkeypatch.setattr("worker.engines.dummy.DIGEST", "sha256:" + "1" * 64)
    monkeypatch.setattr("worker.replay.policy_digest", lambda policy: "another")
    job = await replayed(runtime, source)
    assert job.replay is not None
    assert job.replay.same
    assert [words.partition(" ")[0] for words in job.replay.differences] == ["the", "the"]
    assert "image" in job.replay.differences[0]
    assert "policy default" in job.replay.differences[1]


async def test_a_figure_that_does_not_come_out_again_is_a_difference(runtime: Runtime) -> None:
    source = await asked(runtime, await with_session(runtime), kind="execute", code="x", question=None)
    size, sha256 = await runtime.blobs.put("t/figure", one(b"\x89PNG"), 10)
    figure = Artifact(
        tenant_id=TENANT, task_id="anew", name="plot.png", role="figure", mime="image/png",
        size_bytes=size, sha256=sha256, blob_key="t/figure",
    )  # fmt: skip
    await runtime.store.insert_artifact(figure)
    row = {"artifact_id": figure.artifact_id, "name": "plot.png", "mime": "image/png"}
    drew = source.model_copy(update={"task_id": "anew", "artifacts": [row]})
    await runtime.store.insert_job(drew)
    job = await replayed(runtime, drew)
    assert job.replay is not None
    assert job.replay.differences == ["plot.png did not come out again"]


async def test_a_figure_that_looks_the_same_hides_no_other_file_that_begins_with_its_name(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def same_marks(*_: Any) -> list[str]:
        return ["a.png"]

    monkeypatch.setattr("worker.replay._other_marks", same_marks)
    monkeypatch.setattr("worker.replay._digests_of", lambda _: {"a.png": "2", "a.png b.csv": "2"})

    async def before(*_: Any) -> dict[str, str]:
        return {"a.png": "1", "a.png b.csv": "1"}

    monkeypatch.setattr("worker.replay._digests", before)
    job = await replayed(runtime, await asked(runtime, await with_session(runtime)))
    assert job.replay is not None
    assert (job.replay.same, job.replay.differences[0]) == (False, "a.png b.csv is another file")


async def test_each_part_is_replayed(runtime: Runtime, peer: Peer) -> None:
    source = await asked(runtime, await with_session(runtime), kind="execute", code="x", question=None)
    part = {"question": "?", "outcome": "ok", "result": {"type": "scalar", "value": 99}, "language": "python"}
    parts = [{**part, "code": "x"}, {**part, "code": "y"}]
    both = Job.model_validate({**source.model_dump(), "task_id": "both", "parts": parts})
    await runtime.store.insert_job(both)
    peer.ran.clear()
    job = await replayed(runtime, both)
    assert peer.ran == ["x", "y"]
    assert job.replay is not None
    assert job.replay.same, job.replay.differences
    peer.says["y"] = {"type": "scalar", "value": 1}
    job = await replayed(runtime, both)
    assert job.replay is not None
    assert job.replay.differences == ["part 2: the result is 1 in place of 99"]
    fails = {**part, "code": "fails", "outcome": "code_error", "result": None}
    half = Job.model_validate({**source.model_dump(), "task_id": "half", "parts": [parts[0], fails]})
    await runtime.store.insert_job(half)
    job = await replayed(runtime, half)
    assert job.replay is not None
    assert job.replay.same, job.replay.differences


async def test_a_task_that_was_deleted_meanwhile_is_said(runtime: Runtime) -> None:
    job = await queued(runtime, None, kind="replay", question=None, replay_of="gone")
    done = await worked(runtime, job)
    assert done.error is not None
    assert done.error.code == "task_deleted"
    assert (await found(runtime, job)).outcome == "not_answerable"


async def test_an_answer_from_the_store_is_replayed_by_its_code(runtime: Runtime) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    stored = await asked(runtime, session)
    assert stored.cached
    job = await replayed(runtime, stored)
    assert job.replay is not None
    assert (job.replay.same, job.replay.of) == (True, stored.task_id)
