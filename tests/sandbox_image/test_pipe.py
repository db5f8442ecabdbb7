"""The runner's end of the pipe, against a monitor that is one thread, as the engines have them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from sandbox_image.frames import FROM_SANDBOX, FROM_WORKER, FrameReader, FrameWriter
from sandbox_image.pipe import Pipe, PipeClosed

BLOB = b"x" * (1 << 20)


@pytest.fixture
def ends() -> Iterator[tuple[Pipe, int, int]]:
    """The pipe, where the worker writes to it, and where the worker reads from it."""
    to_read, write = os.pipe()
    read, to_write = os.pipe()
    yield Pipe(to_read, to_write), write, read
    for descriptor in (to_read, write, read, to_write):
        os.close(descriptor)


def test_what_comes_is_read_while_nobody_reads_what_is_sent(ends):
    pipe, write, read = ends
    got, frame = bytearray(), ({"type": "net_data", "conn": 1}, BLOB)

    def write_all_then_read() -> None:
        """A monitor that waits until the runner has read, and only then reads what it wrote."""
        writer = FrameWriter(FROM_WORKER)
        for number in range(4):
            left = memoryview(writer.encode({"type": "net_data", "conn": number}, BLOB))
            while left:
                left = left[os.write(write, left) :]
        while len(got) < len(FrameWriter(FROM_SANDBOX).encode(*frame)):
            got.extend(os.read(read, 1 << 16))

    threads = [
        threading.Thread(target=work, daemon=True)
        for work in (write_all_then_read, lambda: pipe.send(*frame))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive(), "each waits for the other"
    pipe.read()  # the last of it may have come after the last write
    assert [header["conn"] for header, _ in pipe.arrived()] == [0, 1, 2, 3]
    reader = FrameReader(FROM_SANDBOX)
    reader.feed(bytes(got))
    assert reader.next() == frame


def test_the_end_is_noticed_while_sending(ends):
    pipe, write, _ = ends
    spare = os.open(os.devnull, os.O_WRONLY)
    os.dup2(spare, write)
    os.close(spare)
    with pytest.raises(PipeClosed):
        pipe.send({"type": "stdout"}, BLOB)
