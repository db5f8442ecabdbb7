"""A file that is fed lies in blocks; what the process that reads it says of them is not believed."""

import errno

import pytest

from sandbox_image.fed_blocks import FedBlocks
from sandbox_image.feed import Feed
from sandbox_image.frames import FrameError
from tests.sandbox_image.test_artifacts import RecordingPipe

BLOCK = 1 << 20


@pytest.fixture
def pipe():
    return RecordingPipe()


@pytest.fixture
def told():
    return []


@pytest.fixture
def feed(pipe, told, tmp_path):
    made = Feed(pipe, 4, tmp_path, {"f"}, told.append)
    made.block_bytes = BLOCK
    return made


def _send(feed, number, data, last=True):
    feed.take({"type": "feed", "round": number, "last": False}, data)
    if last:
        feed.take({"type": "feed", "round": number, "last": True}, b"")


def test_bytes_come_in_blocks_and_the_worker_is_told_how_many_may_follow(feed, pipe, told, tmp_path):
    feed.start("f", 1)
    _send(feed, 1, bytes(BLOCK) + b"rest")
    assert pipe.sent[0][0] == {
        "type": "feed_start",
        "file_id": "f",
        "bytes": 2 * BLOCK,
        "attempt": 4,
        "round": 1,
    }
    assert [(tmp_path / each["name"]).stat().st_size for each in told] == [BLOCK, 4]
    assert [each["last"] for each in told] == [False, True]


def test_a_used_block_makes_room_for_one_more(feed, pipe):
    feed.start("f", 1)
    _send(feed, 1, bytes(BLOCK), last=False)
    feed.used(BLOCK)
    assert pipe.sent[-1][0] == {"type": "feed_credit", "bytes": BLOCK, "attempt": 4, "round": 1}


@pytest.mark.parametrize("size", [0, 1, BLOCK])
def test_more_than_was_sent_is_never_used(feed, pipe, size):
    feed.start("f", 1)
    with pytest.raises(FrameError, match="used"):
        feed.used(size)
    assert len(pipe.sent) == 1


@pytest.mark.parametrize("size", [-1, BLOCK + 1])
def test_a_block_holds_no_other_count_of_bytes(feed, size):
    feed.start("f", 1)
    _send(feed, 1, bytes(BLOCK), last=False)
    with pytest.raises(FrameError, match="used"):
        feed.used(size)


@pytest.mark.parametrize(("file_id", "number"), [("other", 1), ("f", 0), ("f", 2), ("f", None), ("f", "1")])
def test_a_round_is_of_a_file_that_is_fed_and_in_order(feed, pipe, file_id, number):
    with pytest.raises(FrameError, match="not in order"):
        feed.start(file_id, number)
    assert pipe.sent == []


def test_frames_of_another_round_or_behind_the_last_are_dropped(feed, told):
    _send(feed, 0, b"early")
    feed.start("f", 1)
    _send(feed, 2, b"never asked for")
    _send(feed, 1, b"all")
    _send(feed, 1, b"more")
    assert len(told) == 1


def test_a_file_that_has_no_room_is_told_and_leaves_nothing(feed, told, tmp_path):
    (tmp_path / "fed-1-1").mkdir()
    feed.start("f", 1)
    _send(feed, 1, b"x")
    assert told == [{"type": "fed", "round": 1, "errno": errno.EEXIST}]


def test_a_round_that_is_broken_off_leaves_no_open_block(feed, tmp_path):
    feed.start("f", 1)
    _send(feed, 1, b"half", last=False)
    feed.start("f", 2)
    assert list(tmp_path.iterdir()) == []


def test_the_reader_passes_over_blocks_of_a_round_that_it_broke_off(tmp_path):
    heard, said = [], []
    for number, data in ((1, b"old"), (2, b"new")):
        (tmp_path / f"fed-{number}-1").write_bytes(data)
        heard.append({"round": number, "name": f"fed-{number}-1", "last": True})
    blocks = FedBlocks(lambda header, _: said.append(header), lambda: heard.pop(0), tmp_path, "f", iter([2]))
    assert list(blocks.restart()) == [b"new"]
    assert [each["type"] for each in said] == ["feed_start", "feed_used"]
    assert list(tmp_path.iterdir()) == []


def test_the_reader_is_told_that_the_disk_is_full(tmp_path):
    blocks = FedBlocks(lambda *_: None, lambda: {"round": 1, "errno": errno.ENOSPC}, tmp_path, "f", iter([1]))
    with pytest.raises(OSError, match="No space left"):
        next(blocks.restart())
