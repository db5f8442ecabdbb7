"""What is said of a file for which the sandbox has no room?"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from .errors import TOO_LARGE, BadFileError


@contextmanager
def room_for(name: str) -> Iterator[None]:
    """Read the file `name` here. Raises: BadFileError, where memory or disk end."""
    try:
        yield
        return
    except (duckdb.OutOfMemoryException, MemoryError):  # pyarrow's own is a MemoryError
        place = "memory"
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        place = "disk"
    raise BadFileError(
        TOO_LARGE, f"{name} does not fit into the sandbox's {place}. Split it, or drop columns."
    )
