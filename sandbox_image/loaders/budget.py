"""What does a profile leave out when it would not fit into one frame of the pipe?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .errors import TOO_LARGE, BadFileError
from .sketch import shorter

PROFILE_BYTES = 1_500_000
"""All profiles of one file together; a frame's header holds 2 MiB."""
_COERCIONS = 500
_HASHES = 24


def fit(profiles: list[dict[str, Any]]) -> None:
    """Leave out the dearest parts until all fit; what went is named in `read_as.left_out`.

    Raises:
        BadFileError: Even the bare columns do not fit.
    """
    budget = PROFILE_BYTES // max(1, len(profiles))
    for profile in profiles:
        for said, leave_out in _STEPS:
            if _size(profile) <= budget:
                break
            leave_out(profile)
            profile["read_as"].setdefault("left_out", []).append(said)
        if _size(profile) > budget:
            raise BadFileError(
                TOO_LARGE,
                f"{profile['file']}: the names of its {len(profile['columns']):,} columns are too long "
                "together to be described. Drop or rename columns.",
            )


def _size(profile: dict[str, Any]) -> int:
    return len(json.dumps(profile))


def _cut_coercions(profile: dict[str, Any]) -> None:
    report = profile["coercions"]
    if len(report) > _COERCIONS:
        rest = report[_COERCIONS:]
        cells = sum(item["cells"] for item in rest)
        more = {"column": None, "what": f"and {len(rest):,} more coercions", "cells": cells}
        report[_COERCIONS:] = [more]


def _cut_sample(profile: dict[str, Any]) -> None:
    profile["sample"] = [
        [cell[:40] if isinstance(cell, str) else cell for cell in row] for row in profile["sample"][:2]
    ]


def _cut_sketches(profile: dict[str, Any]) -> None:
    for column in profile["columns"]:
        column["sketch"] = column["sketch"] and shorter(column["sketch"], _HASHES)


def _drop_sketches(profile: dict[str, Any]) -> None:
    for column in profile["columns"]:
        column["sketch"] = None


def _drop_values(profile: dict[str, Any]) -> None:
    for column in profile["columns"]:
        column["values"] = None


def _cut_top(profile: dict[str, Any]) -> None:
    for column in profile["columns"]:
        column["top"] = column["top"][:3]


def _drop_top(profile: dict[str, Any]) -> None:
    for column in profile["columns"]:
        column["top"] = []


def _drop_sample(profile: dict[str, Any]) -> None:
    profile["sample"] = []


_STEPS: tuple[tuple[str, Callable[[dict[str, Any]], None]], ...] = (
    ("coercions beyond the first 500", _cut_coercions),
    ("sample beyond 2 rows of 40 characters a cell", _cut_sample),
    ("sketch beyond 24 hashes", _cut_sketches),
    ("values", _drop_values),
    ("top beyond 3", _cut_top),
    ("sketch", _drop_sketches),
    ("top", _drop_top),
    ("sample", _drop_sample),
)
