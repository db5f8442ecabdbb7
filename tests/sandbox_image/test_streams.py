"""Streams: the head live, the tail at the end, every byte counted."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox_image.streams import Capture


@given(st.lists(st.binary(max_size=300), max_size=30), st.integers(2, 200))
def test_head_and_tail_are_those_of_the_whole(parts, cap):
    capture = Capture(cap)
    live = b"".join(capture.feed(part) for part in parts)
    whole = b"".join(parts)
    head = cap // 2
    assert live == bytes(capture.head) == whole[:head]
    assert capture.tail() == whole[head:][-(cap - head) :]
    assert capture.total_bytes == len(whole)
    assert capture.truncated == (len(whole) > cap)
