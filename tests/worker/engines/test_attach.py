import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engines.attach import Demultiplexer

pieces = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=100)), max_size=10)


@given(pieces, st.integers(1, 50))
def test_streams_are_taken_apart_whatever_the_cuts(sent: list[tuple[int, bytes]], step: int) -> None:
    data = b"".join(struct.pack(">BxxxL", kind, len(piece)) + piece for kind, piece in sent)
    demultiplexer = Demultiplexer()
    out = b"".join(demultiplexer.feed(data[at : at + step]) for at in range(0, len(data), step))
    assert out == b"".join(piece for kind, piece in sent if kind == 1)
    assert demultiplexer.stderr == b"".join(piece for kind, piece in sent if kind == 2)


def test_stderr_is_bounded() -> None:
    demultiplexer = Demultiplexer()
    for _ in range(100):
        demultiplexer.feed(struct.pack(">BxxxL", 2, 1000) + bytes(1000))
    assert len(demultiplexer.stderr) <= 8 << 10


def test_another_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="stream type"):
        Demultiplexer().feed(b"HTTP/1.1 200 OK\r\n")
