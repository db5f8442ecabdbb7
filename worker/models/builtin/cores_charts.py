"""Which charts can a question ask for, and which of them can show what it computes?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from worker.models.builtin import cores, cores_ranked, cores_time, cores_whole, lexicon
from worker.models.builtin.chart_words import AUTO, BOX, HEATMAP, KINDS, SCATTER, ChartAs
from worker.models.builtin.filters import ARTICLE
from worker.models.builtin.frame import Dim, Frame, NotSureError
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, meaning, opt, phrase, seq
from worker.models.builtin.mentions import column
from worker.models.builtin.schema import Column, Table

_VERBS = opt(phrase("plot", "draw", "make", "create", "build", "generate", "produce", "chart", "graph",
                    "visualize", "visualise", "render", "draw me", "make me"))  # fmt: skip
_OF = phrase("of", "for", "showing", "with", "of the", "for the", "showing the", "that shows", "to show", "")


def _drawn_as(words: tuple[str, ...]) -> Parser:
    return seq(_VERBS, ARTICLE, phrase(*words), _OF)


def charted_frame() -> Parser:
    """Match `bar chart of revenue by region`, `plot the top 5 products by revenue`."""
    computed = alt(
        cores.aggregate_frame(),
        cores.count_frame(),
        cores_ranked.top_frame(),
        cores_time.trend_frame(),
        cores_time.correlation_frame(),
        cores_whole.share_frame(),
        cores_whole.missing_frame(),
    )
    named = applied(seq(_VERBS, ARTICLE, meaning(KINDS), _OF), lambda v: v[2])
    plain = applied(
        phrase(*lexicon.CHART_REQUESTS, "chart showing", "plot showing", "graph showing", "draw a chart of",
               "make a chart of", "create a chart of", "draw a graph of", "make a plot of",
               "create a plot of",
               "plot a chart of", "plot a graph of", "create a graph of", "make a graph of", "chart for"),
        lambda _: AUTO,
    )  # fmt: skip
    drawn = applied(seq(alt(named, plain), ARTICLE, computed), lambda v: replace(v[2], chart=v[0]))
    return alt(drawn, _groups_counted(named), scatter_frame(plain), box_frame(), heatmap_frame(plain))


def _groups_counted(named: Parser) -> Parser:
    """Match `pie chart of status`: how many rows each value has."""

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        if v[0] == "line":
            context.blame("a line needs dates or numbers in order: ask for a bar chart")
        else:
            yield Frame("frequency", columns=(v[2].name,), chart=v[0])

    return bound(seq(named, ARTICLE, column("text", "boolean"), opt(phrase("values", "counts"))), make)


def scatter_frame(plain: Parser) -> Parser:
    """Match `scatter plot of price against quantity`: the first goes up, the second across."""
    against = phrase("against", "vs", "versus", "vs .", "over")
    loose = alt(against, phrase("and", "by", "with", "to"))
    pair = seq(ARTICLE, column(), against, ARTICLE, column())
    loose_pair = seq(ARTICLE, column(), loose, ARTICLE, column())
    color = opt(
        applied(
            seq(phrase("coloured by", "colored by"),
               ARTICLE,
                column("text", "boolean")),
            lambda v: v[2],
        )
    )  # fmt: skip

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        up, across, shade = v[1][1], v[1][4], v[2]
        wrong = [one for one in (up, across) if not _on_scale(one)] + ([up] if up.kind == "date" else [])
        if across.yearly and v[1][2] == "over":
            context.blame(f"a dot for each row or a line along {across.name} may be meant: ask for the trend")
        elif wrong:
            context.blame(f"a scatter plot needs two columns of numbers, and {wrong[0].name} is none")
        elif up.name != across.name:
            colored = (shade.name,) if shade else ()
            yield Frame("scatter", columns=(across.name, up.name, *colored), chart="scatter")

    return alt(
        bound(seq(_drawn_as(SCATTER), loose_pair, color), make),
        bound(seq(alt(plain, _DRAW), pair, color), make),
    )


_DRAW = phrase("plot", "draw", "chart", "graph")


def _on_scale(found: Column) -> bool:
    return found.kind == "date" or (found.kind == "number" and not (found.id_like and not found.calendar))


def box_frame() -> Parser:
    """Match `box plot of salary by department`; the groups come with the modifiers."""

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        if v[2].id_like:
            context.blame(f"a box plot of {v[2].name} says nothing: its numbers are names")
        else:
            yield Frame("box", columns=(v[2].name,), chart="box")

    return bound(seq(_drawn_as(BOX), ARTICLE, column("number"), opt(phrase("values", "distribution"))), make)


def heatmap_frame(plain: Parser) -> Parser:
    """Match `correlation heatmap`, `heatmap of the correlations`."""
    whole = phrase("correlations", "correlation matrix", "correlation", "correlations between all columns",
                   "all correlations", "correlation between all columns")  # fmt: skip
    ahead = seq(_VERBS, ARTICLE, phrase("correlation", "correlation matrix"), phrase(*HEATMAP))
    behind = seq(_drawn_as(HEATMAP), ARTICLE, whole)
    drawn = seq(plain, ARTICLE, phrase("correlation matrix"))

    def make(context: Context, _: Any) -> Iterator[Frame]:
        names = cores_time.all_numeric(context.table)
        if len(names) > 1:
            yield Frame("correlation", columns=names, chart="heatmap")

    return bound(alt(ahead, behind, drawn), make)


def fitted(context: Context, frame: Frame, found: tuple[Any, ...]) -> Frame | None:
    """Return the frame with a chart that can show it, or None where the chart that was asked for cannot."""
    asked = [one.kind for one in found if isinstance(one, ChartAs)]
    wanted = asked[0] if asked else frame.chart
    own = {"trend", "frequency", "histogram"}
    if len(asked) > 1 or (asked and frame.chart not in {"", AUTO} and frame.kind not in own):
        return None
    if not wanted:
        return frame
    try:
        return replace(frame, chart=_chosen(frame, wanted, context.table))
    except NotSureError as reason:
        context.refuse(str(reason))
        return None


def _chosen(frame: Frame, wanted: str, table: Table) -> str:
    """Return the kind of chart for the frame.

    Raises:
        NotSureError: What was asked for cannot show it; the message says why.
    """
    if frame.kind == "box" and any(dim.period for dim in frame.dims):
        raise NotSureError("there is no rule for a box plot by periods of a date")
    own = _OWN.get(frame.kind, ())
    if own and wanted in {AUTO, *own}:
        return own[0] if wanted == AUTO else wanted
    if frame.kind == "aggregate":
        return _of_groups(frame, wanted, table)
    if frame.kind == "rank" and frame.limit != 1 and wanted in {AUTO, "bar"}:
        return "bar"
    if frame.kind == "top_rows" and len(frame.columns) > 1 and frame.limit != 1 and wanted in {AUTO, "bar"}:
        return "bar"
    if frame.kind in {"growth", "moving", "cumulative", "forecast"} and wanted in {AUTO, "line"}:
        return "line"
    if frame.kind == "correlation":
        kind = "scatter" if len(frame.columns) == 2 else "heatmap"
        if wanted in {AUTO, kind}:
            return kind
    raise NotSureError(f"a {'' if wanted == AUTO else wanted + ' '}chart cannot show this")


_OWN = {
    "trend": ("line", "bar"),
    "histogram": ("histogram",),
    "box": ("box",),
    "scatter": ("scatter",),
    "frequency": ("bar", "pie"),
    "share_groups": ("bar", "pie"),
    "missing_all": ("bar",),
}
"""The charts of each kind of question that has some of its own, the usual one first."""


def _of_groups(frame: Frame, wanted: str, table: Table) -> str:
    if frame.having:
        raise NotSureError("there is no rule for a chart of only those groups")
    if not frame.dims:
        raise NotSureError('a chart of one number shows nothing: say by what, as in "by month"')
    ordered = [dim for dim in frame.dims if _in_order(dim, table)]
    if len(frame.dims) == 2 and (len(frame.aggs) > 1 or all(dim.period for dim in frame.dims)):
        raise NotSureError("that is too much for one chart")
    if wanted == "line" and not ordered:
        raise NotSureError("a line needs dates or numbers in order: ask for a bar chart")
    crowded = [table.column(dim.column) for dim in frame.dims if _scattered(dim, table)]
    if crowded:
        raise NotSureError(
            f"groups by {crowded[0].name} or a dot for each row may be meant: ask for a scatter plot"
        )
    if wanted == "pie":
        _check_pie(frame, table)
    return wanted if wanted != AUTO else "line" if ordered else "bar"


def _in_order(dim: Dim, table: Table) -> bool:
    return bool(dim.period) or table.column(dim.column).calendar


def _scattered(dim: Dim, table: Table) -> bool:
    found = table.column(dim.column)
    return found.kind == "number" and not found.id_like and found.unique > 12


def _check_pie(frame: Frame, table: Table) -> None:
    agg = frame.aggs[0]
    whole = len(frame.aggs) == len(frame.dims) == 1 and agg.function in {"sum", "count"}
    if not whole:
        raise NotSureError("a pie shows parts of a whole, which these numbers are not: ask for a bar chart")
    low = table.column(agg.column).low if agg.column else 0
    if agg.function == "sum" and not (isinstance(low, int | float) and low >= 0):
        raise NotSureError(f"a pie cannot show {agg.column}: some values are below 0. Ask for a bar chart")
