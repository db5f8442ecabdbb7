"""What does a statistical result say in words: the effect, how sure it is, and never more than that?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ALPHA = 0.05
FEW_EXPECTED = 5
MAX_LATEST = 3
CRAMER = "Cramér's V"
Cells = dict[str, Any]


def stats_words(kind: str, result: dict[str, Any]) -> str | None:
    """Return the sentences after what was understood, or None for a result that has none."""
    value = result.get("value")
    if kind == "forecast" and result.get("type") == "table" and isinstance(value, dict):
        return _forecast(value)
    if kind not in _WORDS or result.get("type") != "series" or not isinstance(value, dict):
        return None
    if result.get("truncated"):
        return None
    cells = dict(zip(value["index"], value["values"], strict=True))
    if any(cells[name] is None for name in cells if str(name).startswith("p-value")):
        return "It cannot be computed of these values."
    return _WORDS[kind](cells)


def _number(value: Any) -> str:
    if value is None:
        return "unknown"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.4f}"


def _evidence(p_value: float, of: str) -> str:
    if p_value < ALPHA:
        return f"There is evidence of {of} ({_p(p_value)})"
    return f"There is no evidence of {of} ({_p(p_value)}), which does not show that there is none"


def _interval(cells: Cells, name: str) -> str:
    return f"({_number(cells[f'{name}, low'])} to {_number(cells[f'{name}, high'])})"


def _t_test(cells: Cells) -> str:
    names = [name.removeprefix("mean of ") for name in cells if name.startswith("mean of ")]
    first, second = names
    return (
        f"The mean is {_number(cells[f'mean of {first}'])} for {first} (n = "
        f"{_number(cells[f'n of {first}'])}) and "
        f"{_number(cells[f'mean of {second}'])} for {second} (n = {_number(cells[f'n of {second}'])}), a "
        f"difference of "
        f"{_number(cells[f'{first} - {second}'])} {_interval(cells, 'difference')}. "
        f"{_evidence(cells['p-value'], 'a difference')}."
    )


def _anova(cells: Cells) -> str:
    return (
        f"F = {_number(cells['F'])}, eta squared = {_number(cells['eta squared'])}, n = "
        f"{_number(cells['n'])} in "
        f"{_number(cells['groups'])} groups. "
        f"{_evidence(cells['p-value'], 'a difference between the groups')}."
    )


def _chi_square(cells: Cells) -> str:
    few = cells["smallest expected count"]
    rough = (
        f" The smallest expected count is {_number(few)}, so the p-value is rough."
        if few < FEW_EXPECTED
        else ""
    )
    return (
        f"Chi-square = {_number(cells['chi-square'])}, Cramér's V = {_number(cells[CRAMER])}, "
        f"n = {_number(cells['n'])}. {_evidence(cells['p-value'], 'an association')}.{rough}"
    )


def _correlation(cells: Cells) -> str:
    return (
        f"r = {_number(cells['correlation'])} {_interval(cells, 'correlation')}, n = {_number(cells['n'])}. "
        f"{_evidence(cells['p-value'], 'a linear association')}; that says nothing of what causes what."
    )


def _regression(cells: Cells) -> str:
    names = [
        name.removeprefix("slope of ") for name in cells if name.startswith("slope of ") and "," not in name
    ]
    slopes = [
        f"each unit more of {name} goes with {_number(cells[f'slope of {name}'])} "
        f"{_interval(cells, f'slope of {name}')}, {_p(cells[f'p-value of {name}'])}"
        for name in names
        if f"p-value of {name}" in cells
    ]
    return (
        f"In a straight line, {'; '.join(slopes)}; intercept {_number(cells['intercept'])}, R squared "
        f"{_number(cells['R squared'])}, "
        f"n = {_number(cells['n'])}. An association, not a cause."
    )


def _forecast(value: dict[str, Any]) -> str:
    columns, rows = value["columns"], value["rows"]
    at = {name: position for position, name in enumerate(columns)}
    shown = [
        f"{row[0]} {_number(row[at['forecast']])} ({_number(row[at['low']])} to {_number(row[at['high']])})"
        for row in rows[:5]
    ]
    more = " and more in the result" if len(rows) > len(shown) else ""
    chosen, error = rows[0][at["model"]], rows[0][at["mean absolute error"]]
    return f"{', '.join(shown)}{more}. By {chosen}, which was off by {_number(error)} on average."


def _latest(cells: Cells) -> str:
    known = [(name, value) for name, value in cells.items() if value is not None]
    if not known:
        return "There is no value in any period."
    values = [value for _, value in known]
    ends = [next(name for name, value in known if value == end) for end in (max(values), min(values))]
    shown = ", ".join(f"{name} {_number(value)}" for name, value in known[-MAX_LATEST:])
    highest, lowest = (f"{_number(cells[name])} ({name})" for name in ends)
    return f"The last: {shown}. The highest is {highest}, the lowest {lowest}."


_WORDS: dict[str, Callable[[Cells], str]] = {
    "t_test": _t_test,
    "anova": _anova,
    "chi_square": _chi_square,
    "correlation_test": _correlation,
    "regression": _regression,
    "growth": _latest,
    "moving": _latest,
    "cumulative": _latest,
}
