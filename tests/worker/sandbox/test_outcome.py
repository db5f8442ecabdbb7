"""The outcome: the worker's own observations, then the runner's facts, and never what the code says."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.model import load_policy
from worker.sandbox.end_frame import End
from worker.sandbox.outcome import Signals, judge

POLICY = load_policy("default")


def ended(status: str, **facts: Any) -> End:
    return End.model_validate({"status": status, **facts})


@pytest.mark.parametrize(
    ("signals", "outcome"),
    [
        (Signals(ended("ok")), "ok"),
        (Signals(ended("error"), "KeyError", "'x'"), "code_error"),
        (Signals(ended("timeout")), "timeout"),
        (Signals(ended("oom")), "oom"),
        (Signals(ended("output_limit")), "output_limit"),
        (Signals(ended("killed", signal=9)), "code_error"),
        (Signals(ended("killed", exit_code=0)), "code_error"),
        (Signals(ended("killed", hung_up=True)), "code_error"),
        (Signals(ended("error", oom_kills=1), "RuntimeError", "my child died"), "oom"),
        (Signals(ended("killed", signal=9, oom_kills=2)), "oom"),
        (Signals(ended("error", disk_full=["/work"]), "OSError", "[Errno 28] No space left"), "disk_limit"),
        (Signals(ended("error", disk_full=["/tmp"]), "duckdb.IOException", "no room"), "disk_limit"),
        (Signals(ended("killed", signal=7, disk_full=["/dev/shm"])), "disk_limit"),
        (Signals(ended("error", pids_refused=9), "BlockingIOError", "[Errno 11]"), "code_error"),
        (Signals(ended("error", files_full=True), "OSError", "[Errno 24]"), "code_error"),
        (Signals(ended("error"), "ProxyError", "403", refused=("x.example: not listed",)), "policy_denied"),
        (Signals(ended("ok"), refused=("x.example: not listed",)), "ok"),
        (Signals(ended("timeout"), refused=("x.example: not listed",)), "timeout"),
        (Signals(ended("error"), "PolicyError", "policy_denied"), "code_error"),
        (Signals(), "runner_lost"),
        (Signals(container_oom=True), "oom"),
        (Signals(clock_ended=True), "timeout"),
        (Signals(protocol_error="a frame's mac is wrong"), "runner_lost"),
        (Signals(over_bytes="more files came"), "output_limit"),
    ],
)
def test_outcome(signals: Signals, outcome: str) -> None:
    assert judge(signals, POLICY).outcome == outcome


STATUSES = ("ok", "error", "timeout", "oom", "output_limit", "killed", None)
FACTS: tuple[dict[str, Any], ...] = (
    {},
    {"oom_kills": 1},
    {"disk_full": ["/work"]},
    {"oom_kills": 1, "disk_full": ["/work"]},
    {"pids_refused": 3, "files_full": True, "hung_up": True},
)
OWN: tuple[dict[str, Any], ...] = (
    {},
    {"over_bytes": "much"},
    {"protocol_error": "bad"},
    {"clock_ended": True},
    {"container_oom": True},
    {"clock_ended": True, "container_oom": True},
)


def expected(status: str | None, facts: dict[str, Any], own: dict[str, Any]) -> str:
    """The order of docs/architecture.md in the plainest words."""
    if "over_bytes" in own:
        return "output_limit"
    if "protocol_error" in own:
        return "runner_lost"
    if status is None:
        return "oom" if own.get("container_oom") else "timeout" if own.get("clock_ended") else "runner_lost"
    if status not in ("error", "killed"):
        return status
    if facts.get("oom_kills"):
        return "oom"
    return "disk_limit" if facts.get("disk_full") else "code_error"


@pytest.mark.parametrize("loading", [False, True])
@pytest.mark.parametrize(("facts", "own"), list(itertools.product(FACTS, OWN)))
def test_every_combination(facts: dict[str, Any], own: dict[str, Any], loading: bool) -> None:
    for status in STATUSES:
        end = None if status is None else ended(status, **facts)
        verdict = judge(Signals(end, "ValueError", "no", loading=loading, **own), POLICY)
        assert verdict.outcome == expected(status, facts, own), status
        assert bool(verdict.message) == (verdict.outcome != "ok")


WORDS = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "MemoryError",
            "OSError",
            "[Errno 28] No space left on device",
            "[Errno 27] File too large",
            "TimeoutError",
            "oom",
            "output_limit",
            "Killed",
            "std::bad_alloc",
            "KeyboardInterrupt",
            "runner_lost",
        ]
    ),
)


@given(name=st.none() | WORDS, message=WORDS, loading=st.booleans())
def test_what_the_code_says_is_never_a_verdict(name: str | None, message: str, loading: bool) -> None:
    for status, facts in itertools.product(("error", "killed"), ({}, FACTS[-1])):
        signals = Signals(ended(status, **facts), name, message, loading=loading)
        assert judge(signals, POLICY).outcome == "code_error"
    for status in ("ok", "timeout", "oom", "output_limit"):
        assert judge(Signals(ended(status), name, message, loading=loading), POLICY).outcome == status
    for status, facts in itertools.product(("error", "killed"), FACTS[1:4]):
        spoken = judge(Signals(ended(status, **facts), name, message), POLICY).outcome
        assert spoken == judge(Signals(ended(status, **facts)), POLICY).outcome


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        (Signals(ended("timeout")), ["30 s", "'default'"]),
        (Signals(ended("timeout"), loading=True), ["180 s", "file", "'default'"]),
        (Signals(ended("oom")), ["1024 MiB", "'default'"]),
        (Signals(ended("output_limit", flooded="stderr")), ["64 MiB", "stderr", "'default'"]),
        (Signals(ended("output_limit", flooded="messages")), ["messages"]),
        (Signals(ended("error"), "KeyError", "'Revenue'"), ["KeyError: 'Revenue'"]),
        (Signals(ended("killed", signal=11)), ["signal 11"]),
        (Signals(ended("killed", exit_code=3)), ["exit status 3"]),
        (Signals(ended("killed", signal=9, hung_up=True)), ["connection", "another program"]),
        (Signals(ended("killed", signal=11), loading=True), ["reader", "11"]),
        (
            Signals(ended("error", disk_full=["/work"]), "OSError", "[Errno 28] x"),
            ["256 MiB", "'default'", "OSError: [Errno 28] x"],
        ),
        (Signals(ended("error", disk_full=["/dev/shm"]), "OSError", "x"), ["/dev/shm", "write to /work"]),
        (Signals(ended("error", pids_refused=12), "BlockingIOError", "x"), ["128 processes", "12 more"]),
        (Signals(ended("error", files_full=True), "OSError", "x"), ["1024 open files", "'default'"]),
        (Signals(ended("error"), "MemoryError", "Unable to allocate 7 TiB"), ["7 TiB", "1024 MiB"]),
        (Signals(ended("error"), "OutOfMemoryException", "could not allocate"), ["1024 MiB", "'default'"]),
        (Signals(ended("error"), "OSError", "[Errno 27] File too large"), ["[Errno 27]", "256 MiB"]),
        (Signals(over_bytes="more files came than policy 'default' lets out (20)"), ["More files", "(20)"]),
    ],
)
def test_message_names_the_limit_and_the_policy_or_the_error(signals: Signals, words: list[str]) -> None:
    message = judge(signals, POLICY).message
    assert [word for word in words if word not in message] == [], message


@pytest.mark.parametrize(
    ("name", "said"),
    [("RuntimeError", "can't start new thread"), ("BlockingIOError", "[Errno 11] Resource temporarily")],
)
def test_where_no_refusal_is_counted_the_limit_of_processes_is_named_by_the_words(
    name: str, said: str
) -> None:
    signals = Signals(ended("error"), name, said)
    verdict = judge(signals, load_policy("strict"))
    assert (verdict.outcome, "'strict' allows 64 processes" in verdict.message) == ("code_error", True)
    assert "processes" not in judge(signals, POLICY).message
