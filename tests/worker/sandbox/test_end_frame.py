"""The frame that ends an attempt: nothing in it is believed that cannot be."""

from typing import Any

import pytest

from sandbox_image.attempt import end_frame
from worker.sandbox.end_frame import parse_end
from worker.sandbox.frames import FrameError


def test_what_the_runner_sends_is_read_as_it_is() -> None:
    sent = end_frame(3, "error") | {
        "signal": 9,
        "exit_code": None,
        "cpu_seconds": 1,
        "dropped": [{"name": "a", "reason": "a link"}],
        "dropped_count": 7,
        "oom_kills": 2,
        "pids_refused": 5,
        "files_full": True,
        "disk_full": ["/work", "/tmp"],
        "hung_up": True,
        "flooded": "stderr",
    }
    read = parse_end(sent).model_dump()
    assert {name: sent[name] for name in read} == read
    assert set(end_frame(1, "ok")) - {"type", "attempt"} == set(read), "each field is checked"


def test_an_older_runner_may_say_less() -> None:
    assert parse_end({"type": "end", "status": "ok"}).oom_kills == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "nonsense"},
        {"status": None},
        {"status": ["ok"]},
        {"stdout_bytes": -1},
        {"stdout_bytes": 1 << 80},
        {"stdout_bytes": True},
        {"stderr_bytes": "12"},
        {"stderr_bytes": 1.5},
        {"cpu_seconds": float("nan")},
        {"cpu_seconds": float("inf")},
        {"cpu_seconds": -1},
        {"signal": 4096},
        {"exit_code": "0"},
        {"oom_kills": -1},
        {"oom_kills": None},
        {"pids_refused": [1]},
        {"files_full": 1},
        {"hung_up": "yes"},
        {"flooded": "disk"},
        {"disk_full": ["/etc"]},
        {"disk_full": ["/work"] * 4},
        {"disk_full": "/work"},
        {"dropped": {}},
        {"dropped": [1]},
        {"dropped": [{"name": "a"}]},
        {"dropped": [{"name": "a" * 401, "reason": "b"}]},
        {"dropped": [{"name": "a", "reason": "b"}] * 201},
        {"dropped": [{"name": "\ud800", "reason": "b"}]},
    ],
    ids=str,
)
def test_a_field_that_cannot_be_ends_the_sandbox(wrong: dict[str, Any]) -> None:
    with pytest.raises(FrameError, match=next(iter(wrong))):
        parse_end({"type": "end", "status": "ok", **wrong})
