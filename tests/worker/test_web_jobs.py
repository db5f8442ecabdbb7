"""Web requests from the pipe to the job's record, over the dummy engine: whatever way the job ends."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from policies.model import load_policy
from store.records import Job, Request
from tests.certificates import shared_authority
from tests.worker.sandbox.web import connect, get
from worker.engines.dummy import DummyEngine
from worker.jobs import run_job
from worker.runtime import Runtime
from worker.sandbox.frames import Frame
from worker.sandbox.standby import Maker
from worker.settings import Settings

TENANT = "t"
EVIL = connect("evil.example:443")
ERROR = {"type": "error", "name": "ProxyError", "message": "Tunnel failed", "traceback": ""}


class Peer:
    """A sandbox whose code opens one connection, says `request`, and ends as the test says."""

    def __init__(self, request: bytes, *last: dict[str, Any], opens: int = 1) -> None:
        self.request = request
        self.last = last
        self.opens = opens
        self.run: dict[str, Any] = {}
        self.put: dict[str, bytes] = {}
        self.said = b""
        self._ended = 0

    def __call__(self, frame: Frame) -> Iterable[Frame]:
        if frame.type == "put":
            self.put[frame.header["name"]] = frame.blob
        elif frame.type == "run":
            self.run = frame.header
            yield from self._open(frame.header["attempt"])
        elif frame.type == "net_data":
            self.said += frame.blob
        elif frame.type == "net_end":
            self._ended += 1
            if self._ended == self.opens:
                yield from (Frame({"attempt": self.run["attempt"], **one}) for one in self.last)

    def _open(self, attempt: int) -> Iterable[Frame]:
        for conn in range(1, self.opens + 1):
            yield Frame({"type": "net_open", "attempt": attempt, "conn": conn})
            yield Frame({"type": "net_data", "conn": conn}, self.request)
            yield Frame({"type": "net_end", "conn": conn})


def end(status: str) -> dict[str, Any]:
    return {"type": "end", "status": status, "stdout_bytes": 0, "stderr_bytes": 0}


@pytest.fixture(autouse=True)
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir()
    ca_file = folder / "authority.pem"
    ca_file.write_bytes(shared_authority().certificate)
    (folder / "lab.toml").write_text(
        'name = "lab"\nnetwork = "allow-list"\n[egress]\nhosts = ["api.example.org"]\nat_once = 4\n'
        f'ca_file = "{ca_file}"\n[limits]\ncode_wall_seconds = 1\ngrace_seconds = 0.5\n'
    )
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(folder))
    return folder


class Stage:
    """Which peer plays the sandbox."""

    peer: Peer


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    found = Stage()
    monkeypatch.setattr(
        "worker.engines.connect.DummyEngine", partial(DummyEngine, lambda frame: found.peer(frame))
    )
    return found


@pytest.fixture
async def runtime(settings: Settings, stage: Stage) -> AsyncIterator[Runtime]:
    opened = Runtime(settings)
    await opened.open()
    yield opened
    await opened.close()


async def ended(runtime: Runtime, stage: Stage, peer: Peer, policy: str = "lab", cancel: bool = False) -> Job:
    stage.peer = peer
    job = Job(tenant_id=TENANT, kind="execute", request=Request(code="x", policy=policy))
    await runtime.store.insert_job(job)
    async with asyncio.timeout(20):
        running = asyncio.create_task(run_job(runtime, TENANT, job.task_id))
        if cancel:
            while b"403" not in peer.said:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)
            await runtime.store.request_cancel(TENANT, job.task_id)
        await running
    found = await runtime.store.get_job(TENANT, job.task_id)
    assert found is not None
    return found


async def test_a_run_that_fails_after_a_refusal_is_policy_denied(runtime: Runtime, stage: Stage) -> None:
    peer = Peer(EVIL, ERROR, end("error"))
    job = await ended(runtime, stage, peer)
    assert job.outcome == "policy_denied"
    assert job.error is not None
    for part in ("'lab'", "evil.example", "api.example.org", "operator", "ProxyError"):
        assert part in job.error.message
    assert [(r.host, r.port, r.allowed, r.attempt) for r in job.egress] == [("evil.example", 443, False, 1)]
    assert b"HTTP/1.1 403 Sandglass: policy 'lab' refuses evil.example:443" in peer.said


async def test_the_runner_is_told_how_many_at_once_and_given_the_authorities(
    runtime: Runtime, stage: Stage
) -> None:
    peer = Peer(EVIL, end("ok"))
    job = await ended(runtime, stage, peer)
    assert job.outcome == "ok"
    assert peer.run["net"] == {"at_once": 4, "ca": "ca.pem"}
    assert peer.put == {"ca.pem": shared_authority().certificate}
    assert [r.allowed for r in job.egress] == [False]


async def test_words_of_the_code_alone_never_make_it_policy_denied(runtime: Runtime, stage: Stage) -> None:
    lie = {**ERROR, "name": "PolicyError", "message": "policy_denied: 403 policy 'lab' refuses"}
    peer = Peer(b"", lie, end("error"))
    job = await ended(runtime, stage, peer)
    assert (job.outcome, job.egress) == ("code_error", [])


async def test_the_audit_is_written_when_the_job_times_out(runtime: Runtime, stage: Stage) -> None:
    job = await ended(runtime, stage, Peer(EVIL))
    assert job.outcome == "timeout"
    assert [r.host for r in job.egress] == ["evil.example"]


async def test_the_audit_is_written_when_the_job_is_cancelled(runtime: Runtime, stage: Stage) -> None:
    job = await ended(runtime, stage, Peer(EVIL), cancel=True)
    assert job.outcome == "cancelled"
    assert [r.host for r in job.egress] == ["evil.example"]


async def test_the_audit_is_written_when_the_sandbox_breaks_the_protocol(
    runtime: Runtime, stage: Stage
) -> None:
    job = await ended(runtime, stage, Peer(EVIL, {"type": "net_data", "conn": 99}))
    assert job.outcome == "runner_lost"
    assert job.error is not None
    assert "never opened" in job.error.message
    assert [r.host for r in job.egress] == ["evil.example"]


async def test_without_an_allow_list_a_connection_breaks_the_protocol(runtime: Runtime, stage: Stage) -> None:
    peer = Peer(get("http://api.example.org/"), end("ok"))
    job = await ended(runtime, stage, peer, policy="default")
    assert (job.outcome, job.egress) == ("runner_lost", [])
    assert "net" not in peer.run


async def test_an_authority_file_that_went_bad_denies_the_job(
    runtime: Runtime, stage: Stage, policies: Path
) -> None:
    (policies / "authority.pem").write_text("gone")
    job = await ended(runtime, stage, Peer(EVIL, end("ok")))
    assert job.outcome == "policy_denied"
    assert job.error is not None
    assert "sandglass doctor" in job.error.message
    assert str(policies) not in job.error.message


class _Leaver(Peer):
    """Ends the attempt with a connection left half open."""

    def __call__(self, frame: Frame) -> Iterable[Frame]:
        if frame.type == "run":
            attempt = frame.header["attempt"]
            yield Frame({"type": "net_open", "attempt": attempt, "conn": attempt})
            yield Frame({"type": "net_data", "conn": attempt}, b"CONNECT api.exa")
            yield Frame({"attempt": attempt, **end("ok")})


async def test_no_connection_outlives_its_attempt(tmp_path: Path) -> None:
    maker = Maker(DummyEngine(_Leaver(b"")), "image", "stack", "owner", tmp_path, 60)
    sandbox = await maker.make(load_policy("lab"), "t")
    before = asyncio.all_tasks()
    for attempt in (1, 2):
        assert (await sandbox.run("x", "python", attempt)).outcome == "ok"
        assert asyncio.all_tasks() <= before
    await sandbox.destroy()
