"""Listeners: what a lying process may say, and what of it is passed on."""

import pytest

from sandbox_image.artifacts import Budget
from sandbox_image.feed import Feed
from sandbox_image.frames import MAX_BLOB_BYTES, FrameError
from sandbox_image.listeners import LoadListener, RunListener
from sandbox_image.streams import Capture
from tests.sandbox_image.test_artifacts import RecordingPipe

OUTPUT = {"result_bytes": 1000}


def _figure(name="figure-1.png", size=3, last=True, role="figure"):
    return {"type": "file", "role": role, "name": name, "mime": "text/html", "size": size, "last": last}


@pytest.fixture
def pipe():
    return RecordingPipe()


@pytest.fixture
def listener(pipe):
    return RunListener(pipe, 7, OUTPUT, Budget(2, 10))


def test_one_result_is_passed_on_with_the_runner_s_attempt(listener, pipe):
    listener.hear({"type": "result", "attempt": 99, "result": {"type": "scalar", "value": 1}}, b"")
    assert pipe.sent == [({"type": "result", "result": {"type": "scalar", "value": 1}, "attempt": 7}, b"")]
    with pytest.raises(FrameError, match="not in order"):
        listener.hear({"type": "result", "result": {"type": "scalar", "value": 2}}, b"")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "end", "status": "ok"},
        {"type": "stdout"},
        {"type": "profile", "file_id": "x", "tables": []},
        {"type": "result", "result": {"type": "html"}},
        {"type": "result"},
        {"type": "error", "name": 3, "message": "", "traceback": ""},
        _figure(role="table"),
        _figure(name="../../x.png"),
        _figure(size=-1),
        _figure(size=True),
        _figure(size=2),
        _figure(last=False),
    ],
)
def test_what_a_run_may_not_say_is_refused(listener, pipe, message):
    with pytest.raises(FrameError):
        listener.hear(message, b"abc")
    assert pipe.sent == []


def test_a_figure_has_the_type_of_its_name_and_counts(listener, pipe):
    listener.hear(_figure(), b"abc")
    listener.hear(_figure(name="figure-2.png", size=9), b"123456789")
    assert [(header["name"], header["mime"]) for header, _ in pipe.sent] == [("figure-1.png", "image/png")]


def test_printed_text_is_the_result_of_last_resort(listener, pipe):
    capture = Capture(100)
    capture.feed(b"line\n")
    listener.finish(capture)
    assert pipe.sent[0][0]["result"] == {"type": "text", "value": "line"}


def _load(pipe, tmp_path):
    return LoadListener(pipe, 1, [{"file_id": "f", "path": "p"}], tmp_path)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "profile", "file_id": "other", "tables": []},
        {"type": "profile", "file_id": "f", "tables": [{"name": "../x"}]},
        {"type": "profile", "file_id": "f", "tables": ["x"]},
        {"type": "profile", "file_id": "f"},
        {"type": "result", "result": {"type": "scalar", "value": 1}},
    ],
)
def test_what_a_load_may_not_say_is_refused(pipe, tmp_path, message):
    with pytest.raises(FrameError):
        _load(pipe, tmp_path).hear(message, b"")
    assert pipe.sent == []


def test_a_table_that_is_a_link_is_not_sent(pipe, tmp_path):
    (tmp_path / "t.parquet").symlink_to("/etc/passwd")
    with pytest.raises(FrameError, match="cannot be read"):
        _load(pipe, tmp_path).hear({"type": "profile", "file_id": "f", "tables": [{"name": "t"}]}, b"")
    assert [header["type"] for header, _ in pipe.sent] == ["profile"]


def test_figures_end_at_the_count_of_messages_not_at_their_number(pipe):
    listener = RunListener(pipe, 7, OUTPUT, Budget(2, 1 << 20))
    for number in range(1, 20_001):
        listener.hear(_figure(f"figure-{number}.png"), b"png")
    with pytest.raises(FrameError, match="more than 20000 messages"):
        listener.hear(_figure("figure-20001.png"), b"png")
    assert listener.flooded


def _fed(pipe, tmp_path):
    feed = Feed(pipe, 1, tmp_path, {"f"}, lambda _: None)
    return LoadListener(pipe, 1, [{"file_id": "f", "path": "p", "fed": True}], tmp_path, feed)


def _part(**said):
    return {"type": "part", "file_id": "f", "name": "t.p0.parquet", "first": True, "last": True} | said


@pytest.mark.parametrize(
    "message",
    [
        _part(file_id="other"),
        _part(name="t.parquet"),
        _part(name="../t.p0.parquet"),
        _part(name="t.p100.parquet"),
        _part(last=False),
        _part(name=None),
        {"type": "feed_used", "bytes": 1},
        {"type": "feed_used", "bytes": True},
        {"type": "feed_start", "file_id": "f", "round": 7},
    ],
)
def test_what_a_load_of_a_fed_file_may_not_say_is_refused(pipe, tmp_path, message):
    with pytest.raises(FrameError):
        _fed(pipe, tmp_path).hear(message, b"few")
    assert pipe.sent == []


def test_chunks_of_parts_are_numbered_by_the_runner(pipe, tmp_path):
    listener = _fed(pipe, tmp_path)
    listener.hear(_part(last=False, index=9), bytes(MAX_BLOB_BYTES))
    listener.hear(_part(name="t.p1.parquet"), b"x")
    listener.hear(_part(first=False), b"x")
    listener.hear(_part(), b"again")
    sent = [(header["name"], header["index"], header["last"]) for header, _ in pipe.sent]
    first, second = "t.p0.parquet", "t.p1.parquet"
    assert sent == [(first, 0, False), (second, 0, True), (first, 1, True), (first, 0, True)]


def test_a_load_of_no_fed_file_sends_no_parts(pipe, tmp_path):
    with pytest.raises(FrameError, match="not in order"):
        _load(pipe, tmp_path).hear(_part(), b"x")
