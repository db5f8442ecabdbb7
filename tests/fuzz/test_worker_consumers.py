"""Whatever a sandbox says under its genuine mac, the worker ends the job with an outcome it can store."""

import asyncio
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.render import result_view
from policies.model import load_policy
from store.records import Outcome, StoredFile, utc_now
from tests.fuzz.values import headers, profiles, results, shaped, values
from worker.analysis.contract import Plan, Question, RunResult, TableView
from worker.analysis.grounding import ungrounded_numbers
from worker.analysis.profile_text import profile_text
from worker.analysis.subschema import rank
from worker.analysis.wording import template_words
from worker.artifacts import with_chart
from worker.engines.base import EngineUnavailableError
from worker.engines.dummy import DummyEngine
from worker.left_out import left_out
from worker.models.builtin.wording import word
from worker.sandbox.frames import HEADER_LIMIT_BYTES, Frame
from worker.sandbox.results import BadResultError, check_result
from worker.sandbox.run import FileToLoad
from worker.sandbox.standby import Maker
from worker.tables import _judge_loaded, doubts

POLICY = load_policy("default")
OUTPUT = POLICY.output
SPOKEN = ("stdout", "stderr", "result", "error", "file", "profile", "end", "ready", "net_data", "put")
END = {"type": "end", "attempt": 1, "status": "ok", "stdout_bytes": 0, "stderr_bytes": 0}
blobs = st.sampled_from([b"", b"", b"x", b"\xff\x1b[2J" * 300, bytes(40_000)])
run_frames = st.lists(
    st.tuples(
        headers(SPOKEN, attempt=1, result={"type": "scalar", "value": 1}, last=True, tail=False), blobs
    ),
    max_size=4,
)
slow = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
many = settings(slow, max_examples=1200)


@pytest.fixture(scope="module")
def spool() -> Iterator[Path]:
    # The worker logs each sandbox that broke its protocol: hundreds of lines here.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
    structlog.reset_defaults()


def keepable(value: Any) -> bool:
    """Whether both stores and JSON can hold it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    return "\0" not in text


async def _run(spool: Path, frames: Iterable[tuple[dict[str, Any], bytes]]) -> RunResult:
    sent = [Frame(header, blob) for header, blob in frames]
    engine = DummyEngine(lambda asked: sent if asked.type == "run" else ())
    sandbox = await Maker(engine, "image", "stack", "owner", spool, 60).make(POLICY, "t")
    try:
        return await asyncio.wait_for(sandbox.run("code", "python", 1), 20)
    finally:
        await sandbox.destroy()


@slow
@given(run_frames)
def test_a_run_has_an_outcome_whatever_frames_come(
    spool: Path, frames: list[tuple[dict[str, Any], bytes]]
) -> None:
    ran = asyncio.run(_run(spool, [*frames, (END, b"")]))
    assert ran.outcome in get_args(Outcome)
    assert keepable([ran.message, ran.traceback, ran.result, ran.facts, left_out(ran)])
    for stream, limit in ((ran.stdout, OUTPUT.stdout_bytes), (ran.stderr, OUTPUT.stderr_bytes)):
        assert keepable(stream.text)
        assert 0 <= stream.bytes < 1 << 63
        assert len(stream.text) <= limit + 100
    assert len(ran.produced) <= OUTPUT.artifact_count + 1 + len(frames)
    assert len(ran.message) <= 5000
    assert all(keepable([one.name, one.mime, one.role]) and "/" not in one.name for one in ran.produced)


@slow
@given(headers(("end",), attempt=1, status="ok", stdout_bytes=0, stderr_bytes=0, dropped=[]))
def test_a_run_has_an_outcome_whatever_its_end_says(spool: Path, end: dict[str, Any]) -> None:
    ran = asyncio.run(_run(spool, [({"type": "stdout", "attempt": 1, "tail": False}, b"said"), (end, b"")]))
    assert ran.outcome in get_args(Outcome)
    assert keepable([ran.message, ran.traceback, ran.result, ran.facts, left_out(ran)])
    assert len(ran.message) <= 5000
    assert 0 <= ran.stdout.bytes < 1 << 63
    assert 0 <= ran.stderr.bytes < 1 << 63


@many
@given(results | values, st.sampled_from([{}, {"kind": "trend"}, {"kind": "unique"}, {"kind": "mode"}]))
def test_a_result_that_is_taken_can_be_said_shown_and_kept(result: Any, template: dict[str, Any]) -> None:
    try:
        checked = check_result(result, OUTPUT.result_bytes)
    except BadResultError:
        return
    assert keepable(checked)
    assert check_result(checked, OUTPUT.result_bytes) == checked
    assert keepable(template_words(checked, ""))
    assert keepable(ungrounded_numbers("5 of 10", checked, "5"))
    plan = Plan(code="", language="python", planner="builtin", template=template)
    assert keepable(word(plan, checked))
    with_chart(checked, [])
    result_view(json.loads(json.dumps(checked)))


async def _load(spool: Path, frames: Iterable[dict[str, Any]]) -> Any:
    sent = [Frame(header, b"parquet" if header["type"] == "file" else b"") for header in frames]
    engine = DummyEngine(lambda asked: sent if asked.type == "load" else ())
    sandbox = await Maker(engine, "image", "stack", "owner", spool, 60).make(POLICY, "t")
    try:
        return await asyncio.wait_for(sandbox.load([FileToLoad("f", "sales.csv", "csv", "p")], []), 20)
    finally:
        await sandbox.destroy()


PROFILE_FRAME = {"type": "profile", "attempt": 0, "file_id": "f"}
profile_frames = st.one_of(
    profiles.map(lambda table: {**PROFILE_FRAME, "tables": [table]}),
    profiles.map(lambda table: {**PROFILE_FRAME, "tables": [table]}),
    values.map(lambda tables: {**PROFILE_FRAME, "tables": tables}),
    values.map(lambda error: {**PROFILE_FRAME, "error": error}),
    shaped({**PROFILE_FRAME, "error": {"code": "empty_file", "message": "sales.csv is empty"}}),
)


@many
@given(profile_frames)
def test_a_profile_that_is_taken_can_be_used_as_one(spool: Path, said: Any) -> None:
    if not isinstance(said, dict) or not isinstance(said.get("type"), str):
        return
    table = {"type": "file", "attempt": 0, "role": "table", "name": "sales.parquet", "last": True, "index": 0}
    promised = [table] if isinstance(said.get("tables"), list) else []
    loaded = asyncio.run(_load(spool, [said, *promised, {**END, "attempt": 0}]))
    stored = StoredFile(
        tenant_id="t",
        session_id="s",
        file_id="f",
        name="sales.csv",
        format="csv",
        size_bytes=1,
        sha256="0" * 64,
        blob_key="k",
        created_at=utc_now(),
    )
    outcome = _judge_loaded(stored, loaded)
    if isinstance(outcome, str):
        assert keepable(outcome)
        assert len(outcome) < 5000
        return
    for profile, _ in outcome:
        assert keepable(profile)
        view = TableView(name=profile["name"], profile=profile)
        assert keepable(profile_text(rank(Question("How many?", (view,))), 4000).text)
        assert all(column["name"] + column["dtype"] is not None for column in profile["columns"])
        assert keepable(doubts([_Table(profile["name"], profile)]))  # type: ignore[list-item]
        assert f"{profile['rows']:,}"


class _Table:
    def __init__(self, name: str, profile: dict[str, Any]) -> None:
        self.name, self.profile = name, profile


@slow
@given(headers(("ready", "end", "stdout"), version=1, facts={"uid": 65532}))
def test_a_greeting_is_taken_or_the_sandbox_is_removed(spool: Path, greeting: dict[str, Any]) -> None:
    engine = DummyEngine()

    async def make() -> None:
        try:
            sandbox = await Maker(_Greets(greeting, engine), "i", "s", "o", spool, 60).make(POLICY, "t")
        except EngineUnavailableError:
            assert engine.containers == {}
            return
        assert greeting["type"] == "ready"
        assert type(greeting["version"]) is int
        assert isinstance(sandbox.facts, dict)
        await sandbox.destroy()

    asyncio.run(make())


class _Greets:
    """An engine whose sandboxes greet in a way of their own."""

    def __init__(self, greeting: dict[str, Any], engine: DummyEngine) -> None:
        self._greeting, self._engine = greeting, engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def start(self, container_id: str) -> Any:
        pipe: Any = await self._engine.start(container_id)
        encode = pipe._encoder.encode
        pipe._encoder.encode = lambda header, blob=b"": encode(
            self._greeting if header["type"] == "ready" else header, blob
        )
        return pipe


def test_facts_of_megabytes_are_refused(spool: Path) -> None:
    greeting = {"type": "ready", "version": 1, "facts": {"libraries": "x" * (HEADER_LIMIT_BYTES - 100)}}
    with pytest.raises(EngineUnavailableError, match="facts"):
        asyncio.run(Maker(_Greets(greeting, DummyEngine()), "i", "s", "o", spool, 60).make(POLICY, "t"))


@pytest.mark.parametrize("type_", [["scalar"], {"a": 1}, None, 1, True])
def test_a_result_s_type_may_be_anything_and_is_refused(type_: Any) -> None:
    with pytest.raises(BadResultError):
        check_result({"type": type_, "value": 1}, 1000)


@pytest.mark.parametrize(
    "result",
    [
        {"type": "table", "value": {"columns": [1], "rows": []}},
        {"type": "table", "value": {"columns": [], "rows": []}, "shape": {"a": 1}},
        {"type": "table", "value": {"columns": [], "rows": []}, "shape": [-1]},
        {"type": "scalar", "value": 1, "truncated": "yes"},
        {"type": "series", "value": {"name": ["n"], "index": [], "values": []}},
        {"type": "scalar"},
    ],
)
def test_a_result_with_a_wrong_part_is_refused(result: dict[str, Any]) -> None:
    with pytest.raises(BadResultError):
        check_result(result, 1000)


def test_what_is_no_part_of_a_result_is_not_kept() -> None:
    said = {"type": "scalar", "value": 1, "artifact_id": "another's", "plotly": {"a": 1}}
    assert check_result(said, 1000) == {"type": "scalar", "value": 1}
