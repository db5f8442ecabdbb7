"""Whatever the worker or the code's process says to the runner: a FrameError, or it goes on."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox_image import layout
from sandbox_image.artifacts import Budget, safe_name
from sandbox_image.frames import FROM_SANDBOX, FrameError, FrameReader, FrameWriter
from sandbox_image.listeners import LoadListener, RunListener
from sandbox_image.pipe import Pipe
from sandbox_image.runner import Runner
from tests.fuzz.values import OUTPUT, RESULTS, RUN, headers, profiles, results, shaped, values

NET = {"net": {"at_once": 4, "ca": "ca.pem"}}
LOAD = {
    "type": "load",
    "attempt": 1,
    "files": [{"file_id": "f", "name": "sales.csv", "path": "p", "format": "csv"}],
    "taken": ["sales"],
    "wall_seconds": 1,
    "output": OUTPUT,
}
HELLO = {"type": "hello", "version": 1, "key": "00" * 32}
slow = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])


class Reached(Exception):  # noqa: N818 - not an error
    """The header was in order: the runner went on to do what it asks for."""


class NoZygote:
    """In place of the process that forks code: to be asked is all there is to see."""

    pid = 0

    def wait_ready(self) -> dict[str, Any]:
        raise Reached


def no_process(_zygote: NoZygote) -> None:
    raise Reached


class Wire:
    """A pipe to the worker that encodes, as the real one does, and keeps nothing."""

    def __init__(self) -> None:
        self._writer = FrameWriter(FROM_SANDBOX)
        self.sent = 0

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        self._writer.encode(header, blob)
        self.sent += 1


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IN_DIR", "OUT_DIR", "TMP_DIR"):
            (folder / name).mkdir()
            patch.setattr(layout, name, folder / name)
        patch.setattr("sandbox_image.listeners.IN_DIR", folder / "IN_DIR")
        patch.setattr("sandbox_image.runner.CodeProcess", no_process)
        patch.setattr("sandbox_image.carrier.Carrier.listen", lambda *_: None)
        yield folder


def serve(frames: list[tuple[Any, bytes]]) -> type[Exception] | None:
    """How the runner ends that gets these frames; the real one greets first."""
    asked_read, asked_write = os.pipe()
    said_read, said_write = os.pipe()
    writer = FrameWriter(b"W")
    try:
        fcntl.fcntl(asked_write, fcntl.F_SETPIPE_SZ, 1 << 20)
        data = b"".join(writer.encode(header, blob) for header, blob in frames)
        assert os.write(asked_write, data) == len(data)
        os.close(asked_write)
        runner = Runner(Pipe(asked_read, said_write), NoZygote())  # type: ignore[arg-type]
        runner._greet = lambda: None  # type: ignore[method-assign]
        if frames and frames[0][0].get("type") == "hello":
            del runner._greet
        try:
            runner.serve()
        except Exception as error:
            return type(error)
        return None
    finally:
        for left in layout.TMP_DIR.iterdir():
            left.rmdir()
        for descriptor in (asked_read, said_read, said_write):
            os.close(descriptor)


@pytest.mark.parametrize("header", [RUN, LOAD, HELLO], ids=["run", "load", "hello"])
def test_a_header_in_order_is_acted_on(work: Path, header: dict[str, Any]) -> None:
    assert serve([(header, b"")]) is Reached


@slow
@given(
    st.one_of(
        shaped(RUN), shaped(RUN | NET), shaped(LOAD), shaped(HELLO), headers(("run", "load", "put", "hello"))
    )
)
def test_a_wrong_header_of_the_worker_s_is_a_frame_error(work: Path, header: Any) -> None:
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        return
    ending = serve([(header, b"blob")])
    assert ending is not None
    assert ending.__name__ in ("FrameError", "Reached", "PipeClosed")


@pytest.mark.parametrize(
    "wrong",
    [
        *[{"attempt": value} for value in (True, -1, "1", 1.0, None, 10**400, [1])],
        *[{"wall_seconds": value} for value in (0, -1, True, "1", 1e300, 10**400, None, [])],
        *[
            {"output": value}
            for value in (None, [], {}, OUTPUT | {"stdout_bytes": -1}, OUTPUT | {"flood_bytes": "1"})
        ],
        *[{"tables": value} for value in (1, {"a": 1}, ["x"], [{"name": "x"}], [{"name": 1, "path": "x"}])],
        *[
            {"tables": [{"name": "x", "path": path}]}
            for path in ("../x", "", ".", "a/b", "x" * 129, "a\0", 1, ["x"])
        ],
        *[
            {"net": value}
            for value in (1, [], {}, {"at_once": 0}, {"at_once": 65}, {"at_once": 1, "ca": "../x"})
        ],
        *[{"code": value} for value in (None, 1, ["x"])],
        *[{"language": value} for value in (None, "bash", ["python"])],
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_each_wrong_field_of_a_run_is_refused(work: Path, wrong: dict[str, Any]) -> None:
    assert serve([(RUN | wrong, b"")]) is FrameError


run_messages = st.one_of(
    headers(
        ("file", "dropped", "error", "end", "stdout", "profile"),
        last=True,
        role="figure",
        name="figure-1.png",
        size=3,
    ),
    st.fixed_dictionaries({"type": st.just("result"), "result": results | values}),
)


@slow
@given(st.lists(st.tuples(run_messages, st.sampled_from([b"", b"abc"])), max_size=6))
def test_what_a_lying_run_says_is_passed_on_or_refused(messages: list[tuple[dict[str, Any], bytes]]) -> None:
    listener = RunListener(Wire(), 1, OUTPUT, Budget(2, 10))  # type: ignore[arg-type]
    for header, blob in messages:
        try:
            listener.hear(header, blob)
        except FrameError:
            return


@slow
@given(
    st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["profile", "profile", "error", "file"])},
            optional={
                "file_id": st.just("f") | values,
                "tables": st.lists(profiles, max_size=2) | values,
                "error": values,
                "name": values,
                "message": values,
                "traceback": values,
            },
        ),
        max_size=3,
    )
)
def test_what_a_lying_load_says_is_passed_on_or_refused(work: Path, messages: list[dict[str, Any]]) -> None:
    listener = LoadListener(Wire(), 1, [{"file_id": "f", "path": "p"}], work / "TMP_DIR")  # type: ignore[arg-type]
    for header in messages:
        try:
            listener.hear(header, b"")
        except (FrameError, OSError):  # both end the process that said it
            return


@pytest.mark.parametrize("type_", [["table"], {"a": 1}, None, 1, float("inf")])
def test_a_result_of_a_type_that_is_none_is_refused(type_: Any) -> None:
    with pytest.raises(FrameError):
        RunListener(Wire(), 1, OUTPUT, Budget(2, 10)).hear({"type": "result", "result": {"type": type_}}, b"")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [float("inf"), float("nan"), [[float("-inf")]]])
def test_a_result_that_no_json_holds_is_refused_and_does_not_end_the_runner(value: Any) -> None:
    listener = RunListener(Wire(), 1, OUTPUT, Budget(2, 10))  # type: ignore[arg-type]
    with pytest.raises(FrameError):
        listener.hear({"type": "result", "result": RESULTS[0] | {"value": value}}, b"")


@pytest.mark.parametrize("unit", ["x", "é", "\u0301\u0323", ".", "a.", "\ud800", "/", "\0", ".b" * 15])
def test_a_name_of_megabytes_is_cut_in_no_time(unit: str) -> None:
    name = unit * ((2 << 20) // len(unit.encode("utf-8", "surrogatepass")))
    started = time.process_time()
    for _ in range(20):
        assert len(safe_name(name).encode("utf-8", "replace")) <= 200
    assert time.process_time() - started < 2


@slow
@given(
    st.lists(
        st.binary(min_size=1, max_size=60)
        | headers(("put", "net_data", "net_end", "net_credit", "stop"), conn=1),
        max_size=4,
    )
)
def test_the_runner_s_channel_reader_takes_nothing_from_noise(parts: list[Any]) -> None:
    writer, reader = FrameWriter(FROM_SANDBOX), FrameReader(FROM_SANDBOX)
    genuine = 0
    for part in parts:
        if isinstance(part, dict):
            try:
                reader.feed(writer.encode(part))
            except FrameError:
                continue
            genuine += 1
        else:
            reader.feed(part)
        try:
            while reader.next() is not None:
                genuine -= 1
        except FrameError:
            return
    assert genuine >= 0
