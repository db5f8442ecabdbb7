"""What is in a file that an operator names, whatever that turns out to be?"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class BadFileError(Exception):
    """It cannot be read as a file; the message says why, as half a sentence."""


def read_file(path: Path, limit_bytes: int) -> bytes:
    """The content of an ordinary file.

    Raises:
        BadFileError: It is none, is not there, may not be read, or holds more.
    """
    try:
        # Not blocking: a pipe to which nobody writes would keep a service from starting, without a word.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadFileError(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise BadFileError("cannot be read: its path holds a NUL character") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadFileError("cannot be read: it is no ordinary file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise BadFileError(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(data) > limit_bytes:
        raise BadFileError(f"it is larger than {limit_bytes >> 20} MiB")
    return data
