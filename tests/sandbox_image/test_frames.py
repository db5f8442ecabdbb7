"""Frames: what is written comes back, and nothing else is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_image.frames import (
    FROM_SANDBOX,
    FROM_WORKER,
    MAX_BLOB_BYTES,
    FrameError,
    FrameReader,
    FrameWriter,
)

KEY = bytes(range(32))
headers = st.dictionaries(st.text(max_size=8), st.integers() | st.text() | st.none(), max_size=4).map(
    lambda fields: fields | {"type": "x"}
)


@given(st.lists(st.tuples(headers, st.binary(max_size=200)), max_size=5), st.integers(1, 50))
def test_frames_come_back_however_they_are_cut(messages, step):
    writer, reader = FrameWriter(FROM_SANDBOX, KEY), FrameReader(FROM_SANDBOX, KEY)
    data = b"".join(writer.encode(header, blob) for header, blob in messages)
    got = []
    for start in range(0, len(data), step):
        reader.feed(data[start : start + step])
        while (frame := reader.next()) is not None:
            got.append(frame)
    assert got == messages


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_one_changed_bit_is_never_taken(position, bit):
    data = bytearray(FrameWriter(FROM_SANDBOX, KEY).encode({"type": "result", "value": 1}, b"blob"))
    data[position % len(data)] ^= 1 << bit
    reader = FrameReader(FROM_SANDBOX, KEY)
    reader.feed(bytes(data))
    try:
        assert reader.next() is None  # the lengths now promise more
    except FrameError:
        pass


@pytest.mark.parametrize(("key", "direction"), [(bytes(32), FROM_SANDBOX), (KEY, FROM_WORKER)])
def test_a_frame_of_another_key_or_direction_is_refused(key, direction):
    reader = FrameReader(FROM_SANDBOX, KEY)
    reader.feed(FrameWriter(direction, key).encode({"type": "end"}))
    with pytest.raises(FrameError, match="mac"):
        reader.next()


def test_a_replayed_frame_is_refused():
    data = FrameWriter(FROM_SANDBOX, KEY).encode({"type": "end"})
    reader = FrameReader(FROM_SANDBOX, KEY)
    reader.feed(data + data)
    assert reader.next() == ({"type": "end"}, b"")
    with pytest.raises(FrameError, match="mac"):
        reader.next()


def test_too_long_a_blob_is_refused_on_both_sides():
    with pytest.raises(FrameError, match="too long"):
        FrameWriter(FROM_SANDBOX, KEY).encode({"type": "file"}, bytes(MAX_BLOB_BYTES + 1))
    reader = FrameReader(FROM_SANDBOX, KEY)
    reader.feed(b"\xff" * 8)
    with pytest.raises(FrameError, match="too long"):
        reader.next()


def test_a_header_without_a_type_is_refused():
    reader = FrameReader(FROM_SANDBOX, KEY)
    reader.feed(FrameWriter(FROM_SANDBOX, KEY).encode({"kind": "end"}))
    with pytest.raises(FrameError, match="type"):
        reader.next()
