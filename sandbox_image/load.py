"""What are the uploaded files as tables: reads each, leaves its Parquet in a directory, says its profile?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .fed_blocks import FedBlocks
from .frames import MAX_HEADER_BYTES
from .layout import IN_DIR, cpu_count, memory_limit_bytes

if TYPE_CHECKING:
    from .loaders import Asked, LoadLimits

_NO_LIMIT_BYTES = 1 << 30
_HEADER_ROOM_BYTES = 4096


def load_files(
    files: list[dict[str, Any]],
    taken: list[str],
    directory: Path,
    feeds: Mapping[str, FedBlocks] = MappingProxyType({}),
) -> Iterator[dict[str, Any]]:
    """Read each of `files`, those of `feeds` as they are sent; yields `{file_id, tables}` or with `error`."""
    from .loaders import BadFileError, LoadLimits, asked_of, load_file

    limits = LoadLimits(memory_bytes=memory_limit_bytes() or _NO_LIMIT_BYTES, threads=cpu_count())
    names = set(taken)
    for file in files:
        path = IN_DIR / file["path"]
        try:
            asked = asked_of(file.get("asked", {}))
            if file["file_id"] in feeds:
                tables = _load_fed(feeds[file["file_id"]], file, directory, names, limits, asked)
            else:
                tables = load_file(path, file["name"], file["format"], directory, names, limits, asked)
            _check_size(tables)
        except BadFileError as error:
            yield {"file_id": file["file_id"], "error": {"code": error.code, "message": error.message}}
            continue
        except MemoryError:
            raise
        except Exception as error:  # a reader's own error is the file's, not the sandbox's
            message = f"{file['name']} cannot be read: {type(error).__name__}: {error}"[:2000]
            yield {"file_id": file["file_id"], "error": {"code": "unreadable_file", "message": message}}
            continue
        names |= {table["name"] for table in tables}
        yield {"file_id": file["file_id"], "tables": tables}


def _load_fed(
    feed: FedBlocks,
    file: dict[str, Any],
    directory: Path,
    names: set[str],
    limits: LoadLimits,
    asked: Asked,
) -> list[dict[str, Any]]:
    from .loaders.streamed import load_streamed

    return load_streamed(
        feed.restart, feed.send_part, file["name"], file["format"], directory, names, limits, asked
    )


def _check_size(tables: list[dict[str, Any]]) -> None:
    """A profile travels in the header of one frame.

    Raises:
        BadFileError: It is longer than that.
    """
    from .loaders import BadFileError

    size = len(json.dumps(tables, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    if size > MAX_HEADER_BYTES - _HEADER_ROOM_BYTES:
        count = sum(len(table["columns"]) for table in tables)
        raise BadFileError(
            "too_large", f"{count} columns in {len(tables)} tables are more than can be profiled"
        )
