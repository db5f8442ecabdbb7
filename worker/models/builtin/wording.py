"""How is a typed result said in words, with no number that is not in it?"""

from __future__ import annotations

from typing import Any

from worker.analysis.contract import Plan
from worker.models.builtin.wording_stats import stats_words

MAX_NAMED = 5
MAX_CELLS = 12
"""So many cells of a single row are said."""


def word(plan: Plan, result: dict[str, Any] | None) -> str:
    """Return the answer to the question behind `plan`, from `result` alone."""
    understood = plan.understood or "the result"
    start = understood[:1].upper() + understood[1:]
    if result is None:
        return f"{start}: the code gave no result."
    template = plan.template
    statistics = stats_words(str(template.get("kind")), result)
    if statistics:
        return f"{start}. {statistics}"
    kind = result.get("type")
    if kind == "scalar":
        return _scalar(start, result.get("value"), template)
    if kind == "series":
        return _series(start, result, template)
    if kind == "table":
        return _table(start, result, frozenset(template.get("numbered", ())))
    if kind == "json" and isinstance(result.get("value"), list):
        return f"{start}: {', '.join(_said(item) for item in result['value'])}."
    return f"{start}: see the result."


def _scalar(start: str, value: Any, template: dict[str, Any]) -> str:
    if value is None:
        why = (
            "no rows match, or they hold no value"
            if template.get("filtered")
            else "there is no value to compute it from"
        )
        return f"{start}: {why}."
    none = " (no rows match)" if value == 0 and template.get("counts") else ""
    said = str(value) if template.get("names") and isinstance(value, int) else _said(value)
    return f"{start}: {said}{template.get('unit', '')}{none}."


def _series(start: str, result: dict[str, Any], template: dict[str, Any]) -> str:
    inner = _payload(result)
    index, values = inner.get("index", []), inner.get("values", [])
    if not values:
        return f"{start}: no rows match."
    unit = str(template.get("unit", ""))
    if template.get("kind") == "unique":
        said = [str(value) if template.get("names") else _said(value) for value in values]
        return f"{start}: {_joined(said, result)}."
    if template.get("kind") == "trend":
        return f"{start}. {_trend(index, values, template, truncated=bool(result.get('truncated')))}"
    mode = template.get("kind") == "mode"
    pairs = [
        f"{_label(key)} ({_said(value)} {'row' if value == 1 else 'rows'})"
        if mode
        else f"{_label(key)} {_said(value)}{unit}"
        for key, value in zip(index, values, strict=False)
    ]
    shown = pairs if template.get("whole") else pairs[:MAX_NAMED]
    more = " and more in the result" if len(pairs) > len(shown) or result.get("truncated") else ""
    return f"{start}: {', '.join(shown)}{more}."


def _payload(result: dict[str, Any]) -> dict[str, Any]:
    value = result.get("value")
    return value if isinstance(value, dict) else result


def _joined(items: list[str], result: dict[str, Any]) -> str:
    more = len(items) > 4 * MAX_NAMED or result.get("truncated")
    return ", ".join(items[: 4 * MAX_NAMED]) + (" and more in the result" if more else "")


def _trend(index: list[Any], values: list[Any], template: dict[str, Any], *, truncated: bool) -> str:
    known = [(value, str(key)) for key, value in zip(index, values, strict=False) if _is_number(value)]
    if not known:
        return "There is no value in any period."
    if truncated:
        return "The result is shortened here; the whole of it is in the result's file."
    period = template.get("period", "period")
    best, worst = max(pair[0] for pair in known), min(pair[0] for pair in known)
    parts = [
        f"It goes from {_said(known[0][0])} ({known[0][1]}) to {_said(known[-1][0])} ({known[-1][1]}).",
        f"The best {period} is {_named(known, best)} with {_said(best)}, "
        f"the worst {_named(known, worst)} with {_said(worst)}.",
    ]
    return " ".join(
        parts if len(known) > 1 else [f"There is one {period}: {known[0][1]} with {_said(best)}."]
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _named(known: list[tuple[Any, str]], value: Any) -> str:
    return " and ".join(label for held, label in known if held == value)


def _table(start: str, result: dict[str, Any], numbered: frozenset[str]) -> str:
    inner = _payload(result)
    columns, rows = inner.get("columns", []), inner.get("rows", [])
    if not rows:
        return f"{start}: no rows match."
    if (len(rows) <= 3 and len(columns) <= 4) or (len(rows) == 1 and len(columns) <= MAX_CELLS):
        said = [
            "; ".join(
                f"{name} {cell if name in numbered and isinstance(cell, int) else _said(cell)}"
                for name, cell in zip(columns, row, strict=False)
            )
            for row in rows
        ]
        return f"{start}: {' / '.join(said)}."
    count = (
        (result.get("shape") or [len(rows)])[0]
        if not result.get("truncated") or result.get("shape")
        else None
    )
    number = f"{count:,} row{'' if count == 1 else 's'}" if count is not None else "more rows than are shown"
    return f"{start}: {number}, in the result."


def _label(key: Any) -> str:
    return "(missing)" if key is None else _said(key) if isinstance(key, bool) else str(key)


def _said(value: Any) -> str:
    """Return a value as a person reads it: 1,234.5, true, missing."""
    if value is None:
        return "(missing)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1:
        return f"{value:,.2f}"
    return f"{value:.4g}"
