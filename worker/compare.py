"""Is the result of running code again the same, and in what does it differ?"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

LAST_DIGITS = 1e-9
"""Relative: what sums in another order, or another version of a library, may differ by."""
_SHOWN = 5
_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWN = (b"IHDR", b"PLTE", b"IDAT", b"tRNS")


def result_differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """How two typed results differ, in words; empty: they are the same, floats bit for bit."""
    found = list(_differences(_comparable(before), _comparable(after), "the result"))
    digits = [one for one in found if one[1] is not None]
    if found and len(digits) == len(found):
        most = max(one[1] or 0.0 for one in digits)
        return [f"the result differs in the last digits only (by {most:.1g} of its value at most)"]
    more = [f"and {len(found) - _SHOWN} more differences"] if len(found) > _SHOWN else []
    return [words for words, _ in found[:_SHOWN]] + more


def text_difference(name: str, before: str, after: str) -> list[str]:
    """Where two printed texts part, in words; empty: they are the same."""
    if before == after:
        return []
    lines = zip(before.split("\n"), after.split("\n"), strict=False)
    at = next((number for number, (old, new) in enumerate(lines, 1) if old != new), None)
    where = f" from line {at} on" if at is not None else ": one is longer"
    return [f"{name} differs{where}"]


def file_differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """How artifacts differ by name and digest, in words; empty: they are the same."""
    gone = [f"{name} did not come out again" for name in before if name not in after]
    new = [f"{name} is new" for name in after if name not in before]
    other = [f"{name} is another file" for name in before if name in after and before[name] != after[name]]
    return [*gone, *new, *other]


def drawn(png: bytes) -> bytes:
    """What of a PNG is seen: its pixels, without dates, names of programs and other marks."""
    if not png.startswith(_PNG):
        return png
    kept, at = [], len(_PNG)
    while at + 8 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind = png[at + 4 : at + 8]
        if kind in _DRAWN:
            kept.append(kind + png[at + 8 : at + 8 + length])
        at += 12 + length
    return b"".join(kept)


def _comparable(result: Mapping[str, Any] | None) -> Any:
    """A result without the ids that are new in every run."""
    if result is None:
        return None
    return {name: value for name, value in result.items() if name not in ("artifact_id", "plotly")}


def _differences(before: Any, after: Any, where: str) -> Sequence[tuple[str, float | None]]:
    """(words, relative difference if that is in the last digits) each."""
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() != after.keys():
            return [(f"{where} has other fields", None)]
        return [one for name in before for one in _differences(before[name], after[name], _at(where, name))]
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return [(f"{where} has {len(after):,} items in place of {len(before):,}", None)]
        pairs = enumerate(zip(before, after, strict=True))
        return [one for at, (old, new) in pairs for one in _differences(old, new, f"{where}[{at}]")]
    if _same(before, after):
        return []
    if isinstance(before, float) and isinstance(after, float):
        size = max(abs(before), abs(after))
        if size and math.isclose(before, after, rel_tol=LAST_DIGITS, abs_tol=0.0):
            return [(f"{where} is {after!r} in place of {before!r}", abs(before - after) / size)]
    return [(f"{where} is {_short(after)} in place of {_short(before)}", None)]


def _same(before: Any, after: Any) -> bool:
    if type(before) is not type(after):
        return False
    if isinstance(before, float):
        return struct.pack(">d", before) == struct.pack(">d", after)
    return bool(before == after)


def _at(where: str, name: str) -> str:
    return where if name == "value" else f"{where}.{name}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
