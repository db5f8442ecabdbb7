import pytest

from policies.model import load_policy
from worker.sandbox.outcome import Signals, judge

POLICY = load_policy("default")


@pytest.mark.parametrize(
    ("signals", "outcome"),
    [
        (Signals(status="ok"), "ok"),
        (Signals(status="error", error_name="KeyError", error_message="'x'"), "code_error"),
        (Signals(status="timeout"), "timeout"),
        (Signals(status="oom"), "oom"),
        (Signals(status="output_limit"), "output_limit"),
        (Signals(status="killed", signal=9), "code_error"),
        (Signals(status="killed", exit_code=0), "code_error"),
        (
            Signals(status="error", error_name="OSError", error_message="[Errno 28] No space left"),
            "disk_limit",
        ),
        (Signals(), "runner_lost"),
        (Signals(container_oom=True), "oom"),
        (Signals(clock_ended=True), "timeout"),
        (Signals(protocol_error="a frame's mac is wrong"), "runner_lost"),
        (Signals(over_bytes=True), "output_limit"),
        # The worker's own observation goes before the runner's word.
        (Signals(status="ok", protocol_error="bad"), "runner_lost"),
        (Signals(status="ok", over_bytes=True), "output_limit"),
        # What the code says is never a verdict of the platform.
        (Signals(status="error", error_name="timeout", error_message="oom"), "code_error"),
        (Signals(status="nonsense"), "code_error"),
    ],
)
def test_outcome(signals: Signals, outcome: str) -> None:
    assert judge(signals, POLICY).outcome == outcome


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        (Signals(status="timeout"), ["30 s", "default"]),
        (Signals(status="timeout", loading=True), ["180 s", "file"]),
        (Signals(status="oom"), ["1024 MiB"]),
        (Signals(status="output_limit"), ["64 MiB"]),
        (Signals(status="error", error_name="KeyError", error_message="'Revenue'"), ["KeyError: 'Revenue'"]),
        (Signals(status="killed", signal=11), ["signal 11"]),
        (Signals(status="killed", exit_code=3), ["exit status 3"]),
    ],
)
def test_message_names_the_limit_or_the_error(signals: Signals, words: list[str]) -> None:
    message = judge(signals, POLICY).message
    assert all(word in message for word in words)
