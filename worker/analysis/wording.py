"""What can be said of a result without a model, and what may of a model's words be shown?"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

WORDS_CHARS_MAX = 2000
_TEXT_SHOWN = 500


def template_words(result: dict[str, Any] | None, stdout: str) -> str:
    """Neutral words for a typed result."""
    if result is None:
        text = stdout.strip()
        return f"The code printed: {_short(text)}" if text else "The code ran and gave no result."
    kind, value = result.get("type"), result.get("value")
    if kind == "scalar":
        return f"The result is {_show(value)}."
    if kind == "table" and isinstance(value, dict):
        return _table_words(result, value)
    if kind == "series" and isinstance(value, dict):
        return _series_words(value)
    if kind == "chart":
        return "The result is a chart."
    if kind == "text":
        return f"The result is: {_short(str(value).strip())}"
    if kind == "json" and isinstance(value, dict):
        pairs = [f"{key}: {_show(part)}" for key, part in value.items() if not isinstance(part, dict | list)]
        return f"The result is: {_short('; '.join(pairs) or ', '.join(map(str, value)))}"
    return f"The result is: {_short(_show(value))}"


def safe_words(text: str) -> str:
    """A model's words as plain text: no markup that loads, links or hides anything; bounded."""
    text = "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )
    text = re.sub(r"!?\[([^\[\]]{0,500})\]\([^()\n]{0,2000}\)", r"\1", text)
    text = re.sub(r"<(?:https?|mailto|ftp)[^<>]{0,2000}>", "", text, flags=re.IGNORECASE)
    text = re.sub(r"</?[A-Za-z!][^<>]{0,2000}>", "", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "< ", text)
    text = re.sub(
        r"(?:\b[a-z][a-z0-9+.-]{1,20}:)?//[^\s]{1,2000}|\bwww\.\S{1,2000}", "(link removed)", text, flags=re.I
    )
    text = re.sub(
        r"\b(?:(?:javascript|vbscript):\S|data:\w+/)\S{0,2000}", "(link removed)", text, flags=re.IGNORECASE
    )
    # What is left of nested or reference links cannot be one any more.
    text = re.sub(r"!\[", "[", text)
    text = re.sub(r"\](?=[(\[:])", "] ", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    return text if len(text) <= WORDS_CHARS_MAX else text[:WORDS_CHARS_MAX].rstrip() + "…"


def _table_words(result: dict[str, Any], value: dict[str, Any]) -> str:
    columns = [str(name) for name in value.get("columns") or []]
    rows = value.get("rows") or []
    count = (result.get("shape") or [len(rows)])[0]
    head = f"The result is a table of {_count(count, 'row')} and {_count(len(columns), 'column')}"
    named = f" ({_short(', '.join(columns), 200)})" if columns else ""
    if not rows or not columns:
        return f"{head}{named}."
    first = "; ".join(f"{name} {_show(cell)}" for name, cell in zip(columns[:6], rows[0], strict=False))
    return f"{head}{named}. The first row: {_short(first)}."


def _series_words(value: dict[str, Any]) -> str:
    values, index = value.get("values") or [], value.get("index") or []
    name = f" {_short(str(value['name']), 100)}" if value.get("name") not in (None, "") else ""
    head = f"The result is a series{name} of {_count(len(values), 'value')}"
    pairs = [
        (number, label)
        for number, label in zip(values, index, strict=False)
        if isinstance(number, int | float) and not isinstance(number, bool)
    ]
    if not pairs:
        return f"{head}."
    low, high = min(pairs, key=lambda pair: pair[0]), max(pairs, key=lambda pair: pair[0])
    return (
        f"{head}. The largest is {_show(high[0])} ({_label(high[1])}), "
        f"the smallest {_show(low[0])} ({_label(low[1])})."
    )


def _label(value: Any) -> str:
    return str(value)[:80] if isinstance(value, int | float) else _short(_show(value), 80)


def _show(value: Any) -> str:
    if value is None:
        return "missing (no value)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # As a Decimal: there are whole numbers beyond what a float can hold.
        return f"{value:,}" if abs(value) < 10**18 else f"{Decimal(value).normalize():.6g}"
    if isinstance(value, float):
        return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.10g}"
    return _short(str(value))


def _count(number: Any, noun: str) -> str:
    return (
        f"{number:,} {noun}{'' if number == 1 else 's'}" if isinstance(number, int) else f"{number} {noun}s"
    )


def _short(text: str, chars_max: int = _TEXT_SHOWN) -> str:
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"
