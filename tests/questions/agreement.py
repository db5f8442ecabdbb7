"""Does a typed result say the same as the truth, and do its words hold no other number?"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import Any

from tests.questions.truth import Choices, Records, Top, Within

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def disagreement(result: dict[str, Any], truth: Any) -> str:
    """Return what is wrong with the result, or nothing."""
    if isinstance(truth, Records):
        return _records(result, truth)
    if isinstance(truth, Choices):
        return "" if _same_set(_items(result), truth.values) else "the values differ"
    if isinstance(truth, Top):
        return _top(_pairs(result), truth)
    if isinstance(truth, Within):
        found = _pairs(result)
        wrong = [name for name, value in truth.pairs if not any(_key(k) == _key(name) and alike(v, value)
                 for k, v in found)]  # fmt: skip
        return f"wrong or absent: {wrong}" if wrong else ""
    if isinstance(truth, dict):
        wide = next((len(value) for value in truth.values() if isinstance(value, tuple)), 0)
        return _groups(_wide_pairs(result, wide) if wide else _pairs(result), truth)
    if isinstance(truth, list):
        return "" if alike(tuple(_items(result)), tuple(truth)) else f"{_items(result)} is not {truth}"
    return _scalar(result, truth)


def alike(got: Any, true: Any) -> bool:
    """Whether two values are equal, numbers up to rounding."""
    if isinstance(got, tuple) and isinstance(true, tuple):
        return len(got) == len(true) and all(map(alike, got, true))
    if isinstance(got, bool) or isinstance(true, bool) or got is None or true is None:
        return got is true
    if isinstance(got, int | float) and isinstance(true, int | float):
        return math.isclose(got, true, rel_tol=1e-9, abs_tol=1e-9)
    return bool(_key(got) == _key(true))


def _key(value: Any) -> str:
    """Return a name that a date, a number and a text have in common in results and truth."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, date | datetime):
        value = value.isoformat()
    if isinstance(value, list | tuple):
        return "|".join(map(_key, value))
    return re.sub(r"T00:00:00$", "", str(value))


def _items(result: dict[str, Any]) -> list[Any]:
    value = result["value"]
    if result["type"] == "series":
        return list(value["values"])
    if result["type"] == "table":
        return [row[0] for row in value["rows"]]
    return list(value) if isinstance(value, list) else [value]


def _pairs(result: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return names with numbers: the last column of a table is the number, those before it the name."""
    value = result["value"]
    if result["type"] == "series":
        return list(zip(value["index"], value["values"], strict=True))
    if result["type"] == "table":
        return [(row[0] if len(row) == 2 else tuple(row[:-1]), row[-1]) for row in value["rows"]]
    return [("", value)]


def _wide_pairs(result: dict[str, Any], wide: int) -> list[tuple[Any, Any]]:
    """Return names with the last `wide` columns of a table."""
    if result["type"] != "table":
        return []
    return [
        (row[0] if len(row) == wide + 1 else tuple(row[:-wide]), tuple(row[-wide:]))
        for row in result["value"]["rows"]
    ]


def _scalar(result: dict[str, Any], truth: Any) -> str:
    got = result["value"]
    if result["type"] != "scalar":
        pairs = _pairs(result)
        if len(pairs) != 1:
            return f"a {result['type']} of {len(pairs)}, not one value"
        got = pairs[0][1]
    return "" if alike(got, truth) else f"{got!r} is not {truth!r}"


def _groups(found: list[tuple[Any, Any]], truth: dict[Any, Any]) -> str:
    """Compare groups in any order; the group without a name may be left out, an empty one may be there."""
    got = {_key(name): value for name, value in found}
    if len(got) != len(found):
        return "a group comes twice"
    true = {_key(name): value for name, value in truth.items()}
    for name, value in true.items():
        if name not in got:
            if "None" in name.split("|"):
                continue
            return f"group {name} is not there"
        if not alike(got[name], value):
            return f"group {name}: {got[name]!r} is not {value!r}"
    extra = [name for name in got if name not in true and got[name] not in (0, None)]
    return f"groups that do not exist: {extra}" if extra else ""


def _top(found: list[tuple[Any, Any]], truth: Top) -> str:
    if len(found) == 1 and found[0][0] == "" and len(truth.pairs) == 1:
        return (
            "" if alike(found[0][1], truth.pairs[0][0]) else f"{found[0][1]!r} is not {truth.pairs[0][0]!r}"
        )
    wrong = _groups(found, dict(truth.pairs))
    ordered = [value for _, value in found]
    if not wrong and not all(map(alike, ordered, [value for _, value in truth.pairs])):
        return "the order differs"
    return wrong


def _records(result: dict[str, Any], truth: Records) -> str:
    if result["type"] != "table":
        return f"a {result['type']}, not rows"
    columns = result["value"]["columns"]
    if truth.column not in columns:
        return f"{truth.column} is not shown"
    at = columns.index(truth.column)
    got, true = [_key(row[at]) for row in result["value"]["rows"]], list(map(_key, truth.keys))
    if not truth.ordered:
        got, true = sorted(got), sorted(true)
    return "" if got == true else f"rows {got[:8]} are not {true[:8]}"


def _same_set(got: list[Any], true: frozenset[Any]) -> bool:
    return len(got) == len(true) and {_key(item) for item in got} == {_key(item) for item in true}


def invented(words: str, result: dict[str, Any], understood: str) -> list[str]:
    """Return the numbers in the words that neither the result holds nor what was understood names."""
    known = _numbers_of(result.get("value")) | set(result.get("shape") or [])
    said_before = {text.replace(",", "") for text in _NUMBER.findall(understood)}
    wrong = []
    for text in _NUMBER.findall(words):
        plain = text.replace(",", "")
        digits = len(plain.partition(".")[2])
        near = any(_rounds_to(abs(number), float(plain), digits) for number in known)
        if plain not in said_before and not near:
            wrong.append(text)
    return wrong


def _rounds_to(number: float, said: float, digits: int) -> bool:
    return abs(number - said) <= 0.5 * 10.0**-digits + 1e-9 * max(1.0, abs(number))


def _numbers_of(value: Any) -> set[float]:
    if isinstance(value, dict):
        return set().union(*(_numbers_of(item) for item in (*value, *value.values())))
    if isinstance(value, list | tuple):
        return set().union(*map(_numbers_of, value))
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | float):
        return {float(value)} if math.isfinite(value) else set()
    return {float(text.replace(",", "")) for text in _NUMBER.findall(str(value))}
