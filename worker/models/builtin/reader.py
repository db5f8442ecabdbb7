"""Which one reading does a question have against one table, or why has it none?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from worker.models.builtin import (
    cores,
    cores_bounded,
    cores_charts,
    cores_ranked,
    cores_related,
    cores_series,
    cores_stats,
    cores_time,
    cores_whole,
    lexicon,
)
from worker.models.builtin.checks import check
from worker.models.builtin.describing import describe
from worker.models.builtin.doubts import doubt, doubt_bare
from worker.models.builtin.frame import Filter, Frame, NotSureError
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
from worker.models.builtin.meant import about_rows, plain_per, sorted_into
from worker.models.builtin.modifiers import Filters, Order, modifiers
from worker.models.builtin.schema import Table
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
        cores_related.related_frame(),
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
    if any(one.per for one in groups) and not plain_per(context, core, groups):
        return None
    if core.kind == "share_sum" and len(filters) != 1:
        return None
    if any(one.op.endswith(" mean") for one in filters) and (dims or len(filters) > 1):
        context.refuse("the average of all rows may be meant, or that of the others asked about")
        return None
    if not about_rows(context, core, found):
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
    if core.which == "grouped" and not dims:
        return None
    if core.kind == "box":
        frame = replace(frame, which="")
    elif core.which == "grouped":
        sorted_into(context, dims)
    if core.which == "bare":
        try:
            doubt_bare(frame, context.table.column(core.aggs[0].column or ""), context)
        except NotSureError as reason:
            context.refuse(str(reason))
            return None
    if core.kind == "aggregate":
        frame = replace(frame, which="", ascending=bool(orders and orders[0].ascending))
        frame = frame if orders else in_time(frame, context.table)
    charted = cores_charts.fitted(context, frame, found)
    return charted if charted and _filters_agree(context, filters) else None


def in_time(frame: Frame, table: Table) -> Frame:
    """Return the frame with its groups in order of time, where they are numbers of a calendar."""
    timed = len(frame.dims) == 1 and not frame.dims[0].period and table.column(frame.dims[0].column).calendar
    return replace(frame, by_name=timed) if frame.kind == "aggregate" and frame.having is None else frame


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
