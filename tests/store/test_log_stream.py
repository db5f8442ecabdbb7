"""A log on a full disk."""

import errno
import io

from store.log_stream import LogStream


class _FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_lines_are_written() -> None:
    target = io.StringIO()
    stream = LogStream(target)
    assert stream.write("one\n") == 4
    stream.flush()
    assert target.getvalue() == "one\n"


def test_a_full_disk_is_borne() -> None:
    stream = LogStream(_FullDisk())
    assert stream.write("lost\n") == 5
    stream.flush()
