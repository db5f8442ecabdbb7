"""Is what a frame of the worker asks for well formed, field by field?"""

from __future__ import annotations

import re
from typing import Any

from .frames import FrameError

MAX_AT_ONCE = 64
_PUT_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
_COUNT_MAX = 1 << 53
_SECONDS_MAX = 86_400.0
_OUTPUT_FIELDS = (
    "stdout_bytes",
    "stderr_bytes",
    "flood_bytes",
    "result_bytes",
    "artifact_count",
    "artifact_bytes",
)


def attempt_number(header: dict[str, Any]) -> int:
    """The attempt that is asked for. Raises: FrameError."""
    return _count(header, "attempt")


def wall_seconds(header: dict[str, Any]) -> float:
    """How long it may take. Raises: FrameError."""
    value = header.get("wall_seconds")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _SECONDS_MAX:
        raise FrameError(f"wall_seconds is no number of seconds up to {_SECONDS_MAX:g}")
    return float(value)


def output_limits(header: dict[str, Any]) -> dict[str, int]:
    """The policy's table `[output]`. Raises: FrameError."""
    output = _mapping(header.get("output"), "output")
    return {field: _count(output, field) for field in _OUTPUT_FIELDS}


def code(header: dict[str, Any]) -> tuple[str, str]:
    """The language and the code. Raises: FrameError."""
    language = header.get("language")
    if language not in ("python", "sql"):
        raise FrameError("a run without code in a known language")
    return str(language), _text(header, "code")


def tables(header: dict[str, Any]) -> list[dict[str, Any]]:
    """Each table's name, and the names that its files were put under, with the columns of each.

    A table in one file has no `columns`: all are in there.

    Raises:
        FrameError: A table is misshapen.
    """
    return [_table(_mapping(row, "a table")) for row in _list(header, "tables")]


def _table(row: dict[str, Any]) -> dict[str, Any]:
    name = _text(row, "name")
    if "parts" not in row:
        return {
            "name": name,
            "files": [{"path": put_name(row.get("path")), "columns": None}],
            "columns": None,
        }
    parts = [_mapping(part, "a part") for part in _list(row, "parts")]
    files = [{"path": put_name(part.get("path")), "columns": _names(part)} for part in parts]
    return {"name": name, "files": files, "columns": _names(row)}


def _names(row: dict[str, Any]) -> list[str]:
    names = _list(row, "columns")
    if not all(isinstance(name, str) for name in names):
        raise FrameError("columns are no list of names")
    return names


def files(header: dict[str, Any]) -> list[dict[str, Any]]:
    """The files to read, and what of each is asked for; `fed` ones were not put, but are sent meanwhile.

    Raises:
        FrameError: A file is misshapen.
    """
    rows = [_mapping(row, "a file") for row in _list(header, "files")]
    return [
        {key: _text(row, key) for key in ("file_id", "name", "format")}
        | {"path": put_name(row.get("path")), "fed": row.get("fed") is True}
        | {"asked": _mapping(row.get("asked", {}), "asked")}
        for row in rows
    ]


def taken_names(header: dict[str, Any]) -> list[str]:
    """Names that new tables may not have. Raises: FrameError."""
    names = _list(header, "taken")
    if not all(isinstance(name, str) for name in names):
        raise FrameError("taken is no list of names")
    return names


def web(header: dict[str, Any]) -> dict[str, Any] | None:
    """How web requests of a run are carried; None: not at all. Raises: FrameError."""
    if header.get("net") is None:
        return None
    net = _mapping(header["net"], "net")
    at_once, ca = _count(net, "at_once"), net.get("ca")
    if not 1 <= at_once <= MAX_AT_ONCE:
        raise FrameError(f"{at_once} connections at once")
    return {"at_once": at_once, "ca": None if ca is None else put_name(ca)}


def put_name(name: Any) -> str:
    """The name of a file that was put. Raises: FrameError."""
    if not isinstance(name, str) or not _PUT_NAME.fullmatch(name) or name in (".", ".."):
        said = name[:100] if isinstance(name, str) else type(name).__name__
        raise FrameError(f"not the name of a file that was put: {said!r}")
    return name


def _count(header: dict[str, Any], key: str) -> int:
    value = header.get(key)
    if type(value) is not int or not 0 <= value <= _COUNT_MAX:
        raise FrameError(f"{key} is no count")
    return value


def _text(header: dict[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str):
        raise FrameError(f"{key} is no text")
    return value


def _list(header: dict[str, Any], key: str) -> list[Any]:
    value = header.get(key, [])
    if not isinstance(value, list):
        raise FrameError(f"{key} is no list")
    return value


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FrameError(f"{what} is no object")
    return value
