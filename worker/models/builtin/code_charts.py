"""Which call of the sandbox's `chart` draws the figure that goes with a reading?"""

from __future__ import annotations

from collections.abc import Callable

from worker.models.builtin.code_filters import listed, literal
from worker.models.builtin.code_series import LABELS
from worker.models.builtin.describing import filters_text
from worker.models.builtin.frame import Dim, Frame
from worker.models.builtin.lexicon import CALENDAR_WORDS
from worker.models.builtin.naming import agg_text, dim_text
from worker.models.builtin.tokens import name_words

ROWS = "number of rows"
_ADDED_UP = {"sum", "count"}


def chart_lines(frame: Frame, rows: str) -> list[str]:
    """Return the lines that draw the figure of a frame; `rows` is the name of the rows it is about."""
    return ["", *_LINES[frame.kind](frame, rows)] if frame.chart else []


def _call(frame: Frame, data: str, title: str, x: str, y: str, *, rest: bool = False) -> str:
    title = title[:1].upper() + title[1:] + filters_text(frame)
    named = "".join(
        f", {key}={literal(text)}" for key, text in (("title", title), ("x", x), ("y", y)) if text
    )
    named += ', rest="sum"' if rest else ""
    return f"chart({literal(frame.chart)}, {data}{named})"


def _groups(frame: Frame, _: str) -> list[str]:
    groups = " and ".join(dim_text(dim) for dim in frame.dims)
    if len(frame.aggs) > 1:
        what = " and ".join(agg_text(agg) for agg in frame.aggs)
        return [_call(frame, "result.set_index(result.columns[0])", f"{what} by {groups}", groups, "")]
    what = agg_text(frame.aggs[0])
    rest = frame.aggs[0].function in _ADDED_UP and frame.chart == "bar"
    if len(frame.dims) == 1:
        in_order = frame.chart == "line" and not frame.dims[0].period
        data = "result.sort_index()" if in_order else "result"
        return [_call(frame, data, f"{what} by {groups}", groups, what, rest=rest)]
    across = 1 if _in_time(frame.dims[1]) and not _in_time(frame.dims[0]) else 0
    lines = f"wide = result.pivot(index=result.columns[{across}], columns=result.columns[{1 - across}])"
    call = _call(
        frame, "wide.droplevel(0, axis=1)", f"{what} by {groups}", dim_text(frame.dims[across]), what
    )
    return [lines, call]


def _in_time(dim: Dim) -> bool:
    return bool(dim.period) or name_words(dim.column)[-1:] in {(word,) for word in CALENDAR_WORDS}


def _shares(frame: Frame, _: str) -> list[str]:
    group, what = dim_text(frame.dims[0]), agg_text(frame.aggs[0])
    return [_call(frame, "result", f"share of {what} by {group}", group, f"% of {what}", rest=True)]


def _ranked(frame: Frame, _: str) -> list[str]:
    group, what = dim_text(frame.dims[0]), agg_text(frame.aggs[0])
    end = "lowest" if frame.ascending else "highest"
    return [_call(frame, "result", f"{what} by {group}, the {frame.limit} {end}", group, what)]


def _top_rows(frame: Frame, _: str) -> list[str]:
    by, named = frame.columns
    title = f"the {frame.limit} {'lowest' if frame.ascending else 'highest'} {by}"
    return [_call(frame, f"result.set_index({literal(named)})[{literal(by)}]", title, named, by)]


def _frequency(frame: Frame, _: str) -> list[str]:
    name = frame.columns[0]
    return [_call(frame, "result", f"distribution of {name}", name, ROWS, rest=frame.chart == "bar")]


def _histogram(frame: Frame, rows: str) -> list[str]:
    name = frame.columns[0]
    return [_call(frame, f"{rows}[{literal(name)}]", f"distribution of {name}", name, ROWS)]


def _box(frame: Frame, rows: str) -> list[str]:
    name, groups = frame.columns[0], [dim.column for dim in frame.dims]
    title = f"distribution of {name}" + (f" by {groups[0]}" if groups else "")
    return [_call(frame, f"{rows}[{listed((*groups, name))}]", title, "".join(groups), name)]


def _scatter(frame: Frame, rows: str) -> list[str]:
    across, up = frame.columns[:2]
    return [
        _call(frame, f"{rows}[{listed(frame.columns)}]", f"scatter plot of {up} against {across}", across, up)
    ]


def _correlation(frame: Frame, rows: str) -> list[str]:
    if frame.chart == "scatter":
        return _scatter(frame, rows)
    return [_call(frame, "result.set_index(result.columns[0])", "Pearson correlations", "", "")]


def _missing(frame: Frame, _: str) -> list[str]:
    return [_call(frame, "result", "missing values by column", "column", "missing values")]


def _growth(frame: Frame, _: str) -> list[str]:
    group, what = dim_text(frame.dims[0]), f"growth of {agg_text(frame.aggs[0])}"
    return [_call(frame, "result", f"{what} by {group}", group, f"{what}, %")]


def _moving(frame: Frame, _: str) -> list[str]:
    group, what = dim_text(frame.dims[0]), agg_text(frame.aggs[0])
    mean = f"average over {frame.limit} {frame.dims[0].period}s"
    both = f"pd.DataFrame({{{literal(what)}: values, {literal(mean)}: result}})"
    return [_call(frame, both, f"{what} by {group}, moving {mean}", group, what)]


def _cumulative(frame: Frame, _: str) -> list[str]:
    group, what = dim_text(frame.dims[0]), f"cumulative {agg_text(frame.aggs[0])}"
    return [_call(frame, "result", f"{what} by {group}", group, what)]


def _forecast(frame: Frame, _: str) -> list[str]:
    group, what = dim_text(frame.dims[0]), agg_text(frame.aggs[0])
    call = _call(frame, "pd.concat([known, ahead])", f"forecast of {what} by {group}", group, what)
    period = frame.dims[0].period or "day"
    return [
        "if not isinstance(result, str):",
        f"    known = values.set_axis(values.index{LABELS[period]}).to_frame({literal(what)})",
        '    ahead = result.set_index(result.columns[0])[["forecast", "low", "high"]]',
        f'    {call[:-1]}, band=("low", "high"))',
    ]


_LINES: dict[str, Callable[[Frame, str], list[str]]] = {
    "aggregate": _groups,
    "trend": _groups,
    "rank": _ranked,
    "top_rows": _top_rows,
    "frequency": _frequency,
    "histogram": _histogram,
    "box": _box,
    "scatter": _scatter,
    "correlation": _correlation,
    "share_groups": _shares,
    "missing_all": _missing,
    "growth": _growth,
    "moving": _moving,
    "cumulative": _cumulative,
    "forecast": _forecast,
}
