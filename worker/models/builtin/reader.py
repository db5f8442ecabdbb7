"""Which one reading does a question have against one table, or why has it none?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from worker.models.builtin import (
    cores,
    cores_bounded,
    cores_charts,
    cores_ranked,
    cores_series,
    cores_stats,
    cores_time,
    cores_whole,
    lexicon,
)
from worker.models.builtin.checks import check
from worker.models.builtin.describing import describe
from worker.models.builtin.doubts import SHOWING, doubt, doubt_bare
from worker.models.builtin.frame import Dim, Filter, Frame, NotSureError
from worker.models.builtin.grammar import (
    Context,
    TooLongError,
    alt,
    memo,
    opt,
    phrase,
    seq,
    skipped,
)
from worker.models.builtin.groups import Groups
from worker.models.builtin.modifiers import Filters, Order, modifiers
from worker.models.builtin.schema import Column, Table
from worker.models.builtin.single_rows import pinned
from worker.models.builtin.tokens import stem, tokenize, with_names
from worker.models.builtin.unknown_words import foreign_words, unknown_words

MAX_TOKENS = 60
_CORE = memo(
    alt(
        cores.aggregate_frame(),
        cores.count_frame(),
        cores.mode_frame(),
        cores_ranked.which_frame(),
        cores_ranked.top_frame(),
        cores_bounded.bounded_frame(),
        cores_bounded.compared_frame(),
        cores_bounded.adjective_frame(),
        cores_bounded.peak_frame(),
        cores_time.trend_frame(),
        cores_time.distribution_frame(),
        cores_time.correlation_frame(),
        cores_time.difference_frame(),
        cores_whole.share_frame(),
        cores_whole.missing_frame(),
        cores_whole.duplicates_frame(),
        cores_whole.describe_frame(),
        cores_whole.shape_frame(),
        cores_whole.rows_frame(),
        cores_whole.unique_frame(),
        cores_charts.charted_frame(),
        cores_stats.stats_frame(),
        cores_series.series_frame(),
    )
)
_ASKING = skipped(phrase(*lexicon.REQUESTS, ","))
_QUESTION = seq(_ASKING, modifiers(), opt(phrase(",")), _ASKING, _CORE, modifiers())

_WITH_GROUPS = {"aggregate", "box"}
_WITH_FILTERS = {
    "aggregate", "box", "scatter", "rank", "top_rows", "rows", "trend", "frequency", "histogram",
    "correlation", "difference", "ratio",
    "share_groups", "share_rows", "missing", "unique", "mode", "describe",
    "regression", "t_test", "anova", "chi_square", "correlation_test", "outliers", "outlier_count",
        "quantiles", "iqr",
    "moving", "growth", "cumulative", "forecast",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What became of a question against one table: exactly one frame, or reasons."""

    frame: Frame | None
    reasons: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    several: bool = False
    """Whether there is no frame because there are several."""


def read(text: str, table: Table) -> Reading:
    """Return the reading of `text` about `table`; there is a frame only if it is the only one."""
    tokens = with_names(text, tokenize(text), table.identifiers)
    while tokens and tokens[-1].norm in {"?", ".", "!"} and tokens[-1].kind == "sign":
        tokens = tokens[:-1]
    if not tokens:
        return Reading(None, ("the question is empty",))
    if len(tokens) > MAX_TOKENS:
        return Reading(None, (f"the question is longer than {MAX_TOKENS} words",))
    foreign = foreign_words(tokens, table)
    if foreign:
        return Reading(None, unknown=foreign)
    context = Context(text, tokens, table)
    try:
        frames = _frames(context)
    except TooLongError:
        return Reading(None, ("the question is too involved to be read surely",))
    if len(frames) == 1 and context.month_of_no_year and _holds_month(frames[0]):
        return Reading(None, ("a month of no year and a value may be meant by the same word",), several=True)
    if len(frames) == 1:
        return Reading(frames[0])
    if frames:
        first, second = describe(frames[0], table), describe(frames[1], table)
        return Reading(None, (f"it can be read in more than one way: {first}; or {second}",), several=True)
    return Reading(None, tuple(context.reasons), unknown_words(context), tuple(context.hints))


def _holds_month(frame: Frame) -> bool:
    """Whether a filter takes the name of a month for a value of a column that is not about months."""
    return any(
        str(value).casefold() in lexicon.MONTHS and "month" not in one.column.casefold()
        for one in frame.filters
        for value in one.values
    )


def _frames(context: Context) -> list[Frame]:
    found: dict[Frame, None] = {}
    doubted = False
    plain = any(stem(token.norm) in lexicon.ROW_NOUNS for token in context.tokens if token.kind == "word")
    for parts, end in _QUESTION(context, 0):
        if end != len(context.tokens):
            continue
        try:
            frame = _combined(context, parts[4], (*parts[1], *parts[5]))
        except NotSureError as reason:
            context.refuse(str(reason))
            doubted = True
            continue
        if frame is None:
            continue
        try:
            check(frame, context.table, plain_rows=plain)
        except NotSureError as reason:
            context.refuse(str(reason))
            continue
        try:
            doubt(frame, context)
        except NotSureError as reason:
            context.refuse(str(reason))
            doubted = True
        found[frame] = None
    return [] if doubted else list(found)


def _combined(context: Context, core: Frame, found: tuple[Any, ...]) -> Frame | None:
    """Return the core with its groups, filters and order, or None where they do not go together."""
    groups = [one for one in found if isinstance(one, Groups)]
    orders = [one for one in found if isinstance(one, Order)]
    filters = (*core.filters, *(f for one in found if isinstance(one, Filters) for f in one.filters))
    if (groups and core.kind not in _WITH_GROUPS) or (
        filters and core.kind not in _WITH_FILTERS and not core.filters
    ):
        return None
    dims = (*core.dims, *(dim for one in groups for dim in one.dims))
    if (
        len(groups) > 2
        or len(dims) > (1 if core.kind == "box" else 2)
        or len(set(dims)) < len(dims)
        or len(orders) > 1
    ):
        return None
    if orders and not (core.kind == "aggregate" and len(dims) == 1 and len(core.aggs) == 1):
        return None
    if orders and dims[0].period:
        context.refuse(f"it is not sure whether the order of the {dims[0].period}s or of the values is meant")
        return None
    if any(one.per for one in groups) and not _plain_per(context, core, groups):
        return None
    if core.kind == "share_sum" and len(filters) != 1:
        return None
    if any(one.op.endswith(" mean") for one in filters) and (dims or len(filters) > 1):
        context.refuse("the average of all rows may be meant, or that of the others asked about")
        return None
    if not _about_rows(context, core, found):
        return None
    frame = replace(core, dims=dims, filters=tuple(sorted(set(filters), key=repr)))
    if core.which == "panel" or core.which == "lookup":
        why = pinned(frame, context.table)
        if why:
            (context.blame if core.which == "lookup" else context.refuse)(why)
            return None
        frame = replace(frame, which="")
    if core.which == "compared":
        frame = replace(frame, which="")
    if core.which == "grouped":
        if not dims:
            return None
        _sorted_into(context, dims)
    if core.which == "bare":
        try:
            doubt_bare(frame, context.table.column(core.aggs[0].column or ""), context)
        except NotSureError as reason:
            context.refuse(str(reason))
            return None
    if core.kind == "aggregate":
        frame = replace(frame, which="", ascending=bool(orders and orders[0].ascending))
    charted = cores_charts.fitted(context, frame, found)
    return charted if charted and _filters_agree(context, filters) else None


def _about_rows(context: Context, core: Frame, found: tuple[Any, ...]) -> bool:
    """Whether every bound on a number is surely about rows and not about groups (SQL's WHERE, not HAVING)."""
    ranked = (
        core.kind == "rank" or core.kind == "unique" or any(agg.function == "nunique" for agg in core.aggs)
    )
    computed = {agg.column for agg in core.aggs}
    grouped = ranked or core.having is not None
    for one in found:
        if isinstance(one, Groups):
            grouped = True
        if not isinstance(one, Filters):
            continue
        bounds = [f for f in one.filters if f.op in _NUMBER_BOUNDS and _is_amount(context, f)]
        if grouped and bounds and (not one.where or ranked or any(f.column in computed for f in bounds)):
            context.refuse(f"the condition on {bounds[0].column} may be about rows or about whole groups")
            return False
    return True


_NUMBER_BOUNDS = {"<", "<=", ">", ">=", "between", "=", "!=", "> mean", "< mean"}


def _is_amount(context: Context, one: Filter) -> bool:
    found = context.table.column(one.column)
    return found.kind == "number" and not found.calendar


def _plain_per(context: Context, core: Frame, groups: list[Groups]) -> bool:
    """Whether `per` can only mean groups: an average of an amount per customer may be a ratio."""
    for dim in (dim for one in groups if one.per for dim in one.dims):
        found = context.table.column(dim.column)
        if found.kind == "number" and not found.calendar and not found.id_like:
            context.refuse(f'"per {found.name}" may mean a ratio: ask for "by {found.name}" to see groups')
            return False
    for agg in core.aggs:
        if agg.function != "mean" or not agg.column:
            continue
        plainly = _said_mean(context) and not context.table.column(agg.column).additive
        if not plainly and not _averages(
            context.table.column(agg.column), [d for one in groups for d in one.dims], context.table
        ):
            context.refuse(
                f'"average {agg.column} per ..." may mean an average of rows or a total divided by a count: '
                f'ask for "average {agg.column} for each ..."'
            )
            return False
    return True


def _said_mean(context: Context) -> bool:
    """Whether a mean was asked for by that word, which nobody uses for a total divided by a count."""
    said = {token.norm for token in context.tokens if token.kind == "word"}
    return "mean" in said and not {"average", "avg"} & said


def _sorted_into(context: Context, dims: tuple[Dim, ...]) -> None:
    """Return if rows "by" `dims` can only be counted: they may be sorted by numbers, days and names.

    Raises:
        NotSureError: they may be meant to be sorted or listed.
    """
    kinds = [(context.table.column(dim.column), dim.period) for dim in dims]
    grouping = all(
        c.calendar or period not in {None, "day"} or c.kind == "boolean"
        or (c.kind == "text" and c.unique < context.table.rows)
        for c, period in kinds
    )  # fmt: skip
    if not grouping or SHOWING & {token.norm for token in context.tokens}:
        raise NotSureError(
            "the rows themselves or how many there are may be meant: ask for the number of rows"
        )


def _averages(found: Column, dims: list[Dim], table: Table) -> bool:
    """Whether an average "per" `dims` can only be one of rows: of a rate, or by what only sorts the rows."""
    if found.rate_like:
        return True
    if found.additive or found.words[-1] != found.stems[-1] or found.stems[-1] in lexicon.PERIODS:
        return False
    kinds = [table.column(dim.column) for dim in dims]
    sorting = all(
        c.calendar
        or (c.kind == "text" and c.unique * 5 <= table.rows and not set(c.stems) & lexicon.ENTITY_WORDS)
        for c in kinds
    )
    return sorting and not any(dim.period for dim in dims)


_BOUNDS = {">", ">=", "<", "<=", "from", "before", "contains", "startswith", "endswith"}


def _filters_agree(context: Context, filters: tuple[Filter, ...]) -> bool:
    seen: dict[str, list[Filter]] = {}
    for one in filters:
        seen.setdefault(one.column, []).append(one)
    for name, ones in seen.items():
        if len(ones) > 1 and (
            any(f.op not in _BOUNDS for f in ones) or len({f.op for f in ones}) < len(ones)
        ):
            context.refuse(f"two conditions on {name} do not go together")
            return False
    return True
