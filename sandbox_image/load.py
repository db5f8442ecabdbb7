"""What are the uploaded files as tables: reads each, leaves its Parquet in a directory, says its profile?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .layout import IN_DIR, cgroup_memory_bytes, cpu_count

_NO_LIMIT_BYTES = 1 << 30


def load_files(files: list[dict[str, str]], taken: list[str], directory: Path) -> Iterator[dict[str, Any]]:
    """Read each of `files`; yields `{file_id, tables}` or `{file_id, error}`."""
    from .loaders import BadFileError, LoadLimits, load_file

    limits = LoadLimits(memory_bytes=cgroup_memory_bytes() or _NO_LIMIT_BYTES, threads=cpu_count())
    names = set(taken)
    for file in files:
        path = IN_DIR / file["path"]
        try:
            tables = load_file(path, file["name"], file["format"], directory, names, limits)
        except BadFileError as error:
            yield {"file_id": file["file_id"], "error": {"code": error.code, "message": error.message}}
            continue
        names |= {table["name"] for table in tables}
        yield {"file_id": file["file_id"], "tables": tables}
