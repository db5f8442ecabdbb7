"""Which questions about a period and those before it are there: growth, moving averages, forecasts?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin.cores_time import chosen_function, default_period, trend_measure
from worker.models.builtin.filters import ARTICLE
from worker.models.builtin.frame import Agg, Dim, Frame
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, meaning, opt, phrase, seq
from worker.models.builtin.groups import period_word
from worker.models.builtin.lexicon import PERIOD_ADJECTIVES, PERIODS
from worker.models.builtin.mentions import column, whole_number
from worker.models.builtin.over_years import chosen_over_years

MAX_WINDOW, MAX_STEPS = 400, 100
_OF = phrase("of", "of the", "in", "in the", "for")
_SHORT = {
    **{period: (f"{period} over {period}", f"{period} on {period}") for period in PERIODS},
    "month": ("month over month", "month on month", "mom", "month to month"),
    "year": ("year over year", "year on year", "yoy", "year to year"),
    "quarter": ("quarter over quarter", "quarter on quarter", "qoq"),
    "week": ("week over week", "week on week", "wow"),
}
_BY = phrase("by", "per", "for each", "each", "over")


def series_frame() -> Parser:
    """Match every question of this file."""
    return alt(_growth(), _moving(), _cumulative(), _forecast())


def _periodly() -> Parser:
    return applied(phrase(*PERIOD_ADJECTIVES), lambda word: PERIOD_ADJECTIVES[word])


def _ending() -> Parser:
    """Match `by month of order_date`, `over time`, or nothing; the value is (period, date column)."""
    dated = opt(applied(seq(phrase("of", "of the"), column("date")), lambda v: v[1]))
    by = applied(seq(_BY, period_word(), dated), lambda v: (v[1], v[2]))
    time = applied(phrase("over time", "over the time"), lambda _: (None, None))
    along = applied(seq(phrase("by", "over", "along"), ARTICLE, column("date")), lambda v: (None, v[2]))
    return applied(opt(alt(by, time, along)), lambda found: found or ("", None))


def _frames(
    context: Context, kind: Any, what: Any, period: str | None, dated: Any, **given: Any
) -> Iterator[Frame]:
    choose = chosen_over_years if context.table.years else chosen_function
    agg = what if isinstance(what, Agg) else choose(context, what)
    if agg is None:
        return
    held = [dated] if dated is not None else list(context.table.dated or context.table.years)
    if not held:
        context.blame("there is no date column")
    for found in held:
        step = period or default_period(found)
        finer = [c.name for c in context.table.columns if c.calendar and c.name != found.name]
        if found.yearly and (finer or step != "year"):
            context.blame(f"{' and '.join([found.name, *finer])} are the only times: no {step}s to compare")
        elif step and found.name != agg.column:
            yield Frame(kind, (agg,), (Dim(found.name, step),), chart="line", **given)


def _growth() -> Parser:
    """Match `month over month growth of revenue`, `revenue growth by month`."""
    word = phrase("growth", "growth rate", "growth rates", "percentage change", "percent change",
        "percentage growth",
                  "relative growth", "rate of growth", "% change", "% growth")  # fmt: skip
    said = alt(applied(meaning(_SHORT), lambda p: (p, True)), applied(_periodly(), lambda p: (p, False)))
    ahead = applied(
        seq(opt(said), word, _OF, ARTICLE, trend_measure(), _ending()), lambda v: (v[0], v[4], v[5])
    )
    inner = applied(seq(opt(said), trend_measure(), word, _ending()), lambda v: (v[0], v[1], v[3]))
    behind = applied(seq(trend_measure(), said, word, _ending()), lambda v: (v[1], v[0], v[3]))

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        spoken, what, (ending, dated) = v
        before, short = spoken or (None, False)
        if spoken is None and not ending:
            context.blame('growth from when to when is not said: ask for "growth of ... by month"')
            return
        period = ending or before
        which = "previous"
        if before and ending and before != ending:
            if before != "year" or ending not in {"month", "quarter"} or not short:
                context.blame("the two periods do not go together")
                return
            which = "year"
        yield from _frames(context, "growth", what, period, dated, which=which)

    return bound(alt(ahead, inner, behind), make)


def _moving() -> Parser:
    """Match `3-month moving average of revenue`, `moving average of revenue over 7 days`."""
    word = phrase("moving average", "rolling average", "rolling mean", "moving mean", "running average",
                  "simple moving average", "trailing average")  # fmt: skip
    size = seq(whole_number(), period_word())
    ahead = applied(seq(size, word, _OF, ARTICLE, trend_measure(), _ending()), lambda v: (v[0], v[4], v[5]))
    behind = applied(
        seq(word, _OF, ARTICLE, trend_measure(), phrase("over", "with a window of", "over a window of",
            "of", "with"),
            size),
        lambda v: (v[5], v[3], ("", None)),
    )  # fmt: skip

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        (window, period), what, (ending, dated) = v
        if not 2 <= window <= MAX_WINDOW or (ending and ending != period):
            context.blame("the window of a moving average is from 2 periods to 400, of the periods it is by")
            return
        yield from _frames(context, "moving", what, period, dated, limit=window)

    return bound(alt(ahead, behind), make)


def _cumulative() -> Parser:
    """Match `cumulative revenue by month`, `running total of sales over time`."""
    word = phrase("cumulative sum of", "cumulative total of", "running total of", "running sum of",
        "cumulative",
                  "cumulated", "accumulated")  # fmt: skip

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        _word, _article, what, (period, dated) = v
        if period == "":
            context.blame('it is not said along what: ask for "cumulative ... by month"')
            return
        for frame in _frames(context, "cumulative", what, period, dated):
            if frame.aggs[0].function in {"sum", "count"}:
                yield frame
            else:
                context.blame("only sums and counts add up over time")

    return bound(seq(word, ARTICLE, trend_measure(), _ending()), make)


def _forecast() -> Parser:
    """Match `forecast revenue for the next 3 months`."""
    verb = phrase("forecast", "predict", "forecast of", "forecast for", "project", "prediction of",
        "predict the",
                  "forecast the", "projection of")  # fmt: skip
    ahead_of = phrase("for the next", "for next", "over the next", "in the next", "next", "the next")
    steps = alt(
        seq(ahead_of, whole_number(), period_word()),
        applied(seq(ahead_of, period_word()), lambda v: (v[0], 1, v[1])),
    )
    plain = applied(
        seq(verb, ARTICLE, opt(_periodly()), trend_measure(), steps), lambda v: (v[2], v[3], v[4])
    )
    turned = applied(
        seq(verb, steps, phrase("of", "of the"), opt(_periodly()), trend_measure()),
        lambda v: (v[3], v[4], v[1]),
    )
    noun = applied(
        seq(opt(_periodly()), trend_measure(), phrase("forecast", "prediction", "projection"), steps),
        lambda v: (v[0], v[1], v[3]),
    )

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        said, what, (_words, count, period) = v
        if said not in {None, period} or not 1 <= count <= MAX_STEPS:
            context.blame("the periods of the forecast do not go together, or are too many")
            return
        yield from _frames(context, "forecast", what, period, None, limit=count)

    return bound(alt(plain, turned, noun), make)
