"""What jobs, sandboxes, models and sweeps say in numbers, over the dummy engine and a real store."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from store.records import Job, Request, utc_now
from tests.worker.asking import asked, failing_or_echo, queued, with_session, worked
from tests.worker.metrics.saying import Said, a_tally, heard, samples
from worker.engines.base import EngineRefusedError
from worker.engines.dummy import DummyEngine
from worker.metrics.names import DEFINITIONS
from worker.models.settings import ModelSettings
from worker.reaper import sweep_jobs
from worker.runtime import Runtime
from worker.settings import Settings


@pytest.fixture
async def runtime(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("worker.engines.connect.DummyEngine", partial(DummyEngine, failing_or_echo))
    opened = Runtime(settings.model_copy(update={"standby": 0}))
    opened.models = ModelSettings(models_allowed=("scripted:*",))
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[Said]:
    """All that is said; each number must be one that the tally takes."""
    # Tests before, in this process, may have left sandboxes of theirs to be swept by others.
    monkeypatch.setattr("worker.metrics.sandboxes._alive", set())
    tally = a_tally()
    with heard() as numbers:
        yield numbers
    for name, value, labels in numbers:
        tally.apply(1, name, value, labels)
    assert not [name for name, value in samples(tally).items() if "[other]" in name and value]


def told(said: Said, name: str) -> Counter[str]:
    """The values of a metric by its labels, in their order."""
    found: Counter[str] = Counter()
    order = next([label.name for label in one.labels] for one in DEFINITIONS if one.name == name)
    for metric, value, labels in said:
        if metric == name:
            found[" ".join(labels[label] for label in order)] += value  # type: ignore[assignment]
    return found


def last(said: Said, name: str) -> float:
    return [value for metric, value, _ in said if metric == name][-1]


def script(*lines: Any) -> str:
    return f"scripted:{json.dumps(list(lines))}"


async def test_a_job_says_its_wait_its_stages_its_sandbox_and_its_end(runtime: Runtime, said: Said) -> None:
    session = await with_session(runtime)
    await asked(runtime, session)
    assert told(said, "sandglass_jobs_claimed") == {"analyze": 1}
    assert told(said, "sandglass_jobs_finished") == {"analyze ok builtin": 1}
    assert 0 <= told(said, "sandglass_job_queue_seconds")[""] < 10
    stages = told(said, "sandglass_job_stage_seconds")
    assert set(stages) == {"preparing", "planning", "running", "interpreting"}
    whole = told(said, "sandglass_job_seconds")["analyze"]
    assert abs(whole - sum(stages.values()) - told(said, "sandglass_job_queue_seconds")[""]) < 1
    assert told(said, "sandglass_standby_takes") == {"default miss": 1}
    assert told(said, "sandglass_sandbox_starts") == {"dummy default ok": 1}
    assert told(said, "sandglass_answer_lookups") == {"miss": 1}
    assert told(said, "sandglass_code_attempts") == {"ok": 1}
    assert last(said, "sandglass_jobs_running") == 0
    await runtime.close()
    assert last(said, "sandglass_sandboxes_alive") == 0
    assert min(told(said, "sandglass_pipe_bytes").values()) > 50
    assert min(told(said, "sandglass_pipe_frames").values()) >= 2
    await runtime.open()


async def test_a_stored_answer_is_a_hit_and_counts_no_attempt_again(runtime: Runtime, said: Said) -> None:
    session = await with_session(runtime)
    for _ in range(3):
        await asked(runtime, session)
    await asked(runtime, session, cache=False)
    assert told(said, "sandglass_answer_lookups") == {"miss": 1, "hit": 2, "skipped": 1}
    assert told(said, "sandglass_code_attempts") == {"ok": 2}
    assert told(said, "sandglass_jobs_finished") == {"analyze ok builtin": 4}


async def test_a_model_says_its_calls_tokens_and_repairs(runtime: Runtime, said: Said) -> None:
    session = await with_session(runtime)
    lines = [
        {"text": "```python\nresult = 'fails'\n```", "input_tokens": 100, "output_tokens": 7},
        {"text": "```python\nresult = 1\n```", "input_tokens": 150, "output_tokens": 8},
        {"text": "It is one.", "input_tokens": 20, "output_tokens": 3},
    ]
    await asked(runtime, session, model=script(*lines))
    assert told(said, "sandglass_code_attempts") == {"code_error": 1, "ok": 1}
    assert told(said, "sandglass_code_repairs") == {"": 1}
    model = next(labels["model"] for name, _, labels in said if name == "sandglass_model_tokens")
    assert told(said, "sandglass_model_tokens") == {f"{model} input": 270, f"{model} output": 18}
    assert told(said, "sandglass_model_calls") == {f"{model} ok": 3}
    assert set(told(said, "sandglass_job_stage_seconds")) >= {"repairing", "interpreting"}
    await asked(runtime, session, model=script({"error": "refused"}), question="Total of revenue?")
    assert told(said, "sandglass_model_calls")[f"{model} refused"] == 1
    assert told(said, "sandglass_jobs_finished")["analyze model_unavailable scripted"] == 1


async def test_each_way_to_fail_is_its_own_outcome(
    runtime: Runtime, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await with_session(runtime)
    await asked(runtime, session, kind="execute", question=None, code="fails")
    await asked(runtime, session, kind="execute", question=None, code="1", policy="no-such")
    await asked(runtime, session, question="who is the president?")
    assert told(said, "sandglass_jobs_finished") == {
        "execute code_error user": 1,
        "execute policy_denied none": 1,
        "analyze not_answerable builtin": 1,
    }

    async def refuses(*_: Any) -> str:
        raise EngineRefusedError("no")

    monkeypatch.setattr(DummyEngine, "create", refuses)
    await asked(runtime, session, kind="execute", question=None, code="2")
    assert told(said, "sandglass_sandbox_starts")["dummy default refused"] == 1
    assert told(said, "sandglass_jobs_finished")["execute engine_error none"] == 1


async def test_a_parked_job_has_not_ended_and_a_lost_one_is_said(runtime: Runtime, said: Said) -> None:
    session = await with_session(runtime)
    await asked(runtime, session, approve=True)
    assert told(said, "sandglass_jobs_parked") == {"analyze": 1}
    assert told(said, "sandglass_jobs_finished") == {}
    lost = await queued(runtime, session)

    async def deleted(*_: Any) -> bool:
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime.store, "update_job", deleted)
        await worked(runtime, lost)
    assert told(said, "sandglass_leases_lost") == {"": 1}
    assert last(said, "sandglass_jobs_running") == 0


async def test_the_sweep_says_what_it_found(
    runtime: Runtime, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def published(*_: str) -> bool:
        return True

    monkeypatch.setattr("worker.reaper.publish", published)
    old = utc_now() - timedelta(seconds=runtime.settings.queued_seconds + 60)
    for fields in ({"created_at": old}, {"created_at": utc_now() - timedelta(seconds=60)}):
        await runtime.store.insert_job(
            Job(tenant_id="t", kind="execute", request=Request(code="1"), **fields)
        )
    await sweep_jobs(runtime.store, runtime.settings)
    assert told(said, "sandglass_swept") == {"expired": 1, "unpublished": 1}


async def test_nobody_listens_and_nothing_is_said(runtime: Runtime) -> None:
    session = await with_session(runtime)
    assert (await asked(runtime, session)).state == "succeeded"


def test_egress_is_counted_by_verdict_and_before_an_approval_only_once(said: Said) -> None:
    from store.records import Approval, WebRequest
    from worker.metrics.jobs import web_requests_made

    rows = [
        WebRequest(attempt=1, host="a", allowed=True, sent_bytes=5, received_bytes=7),
        WebRequest(attempt=1, host="b", allowed=False, reason="no"),
        WebRequest(attempt=1, host="c", allowed=True, reason="cut", received_bytes=1),
    ]
    approval = Approval(state="approved", code="1", language="python")
    before = Job(tenant_id="t", kind="execute", request=Request(code="1"), egress=rows[:1], approval=approval)
    web_requests_made(before, rows)
    assert told(said, "sandglass_egress_requests") == {"refused": 1, "failed": 1}
    web_requests_made(Job(tenant_id="t", kind="execute", request=Request(code="1")), rows)
    assert told(said, "sandglass_egress_requests") == {"refused": 2, "failed": 2, "allowed": 1}
    assert told(said, "sandglass_egress_bytes") == {"sent": 5, "received": 9}
