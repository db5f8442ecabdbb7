"""Which trends, distributions and comparisons can a question ask for?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.cores import aggregates
from worker.models.builtin.filters import ARTICLE, values
from worker.models.builtin.frame import Agg, Dim, Frame
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, opt, phrase, seq
from worker.models.builtin.groups import period_word
from worker.models.builtin.mentions import column
from worker.models.builtin.over_years import over_years
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Column, Table, date_span

_PERIODLY = applied(phrase(*lexicon.PERIOD_ADJECTIVES), lambda word: lexicon.PERIOD_ADJECTIVES[word])
_TREND = phrase("trend", "trends", "trend line")
_END = opt(phrase("values", "value"))


def trend_measure() -> Parser:
    """Match what is followed over time; the value is an `Agg`, or a `Column` with no function yet."""
    return alt(
        bound(aggregates(), lambda c, aggs: [aggs[0]] if len(aggs) == 1 else []),
        column("number"),
        applied(seq(opt(phrase("number of")), row_noun()), lambda _: Agg("count")),
    )


def trend_frame() -> Parser:
    """Match `monthly revenue trend and identify the best month`, `trend of Profit`, `sales over time`."""
    article = ARTICLE
    years = phrase("over the years", "over years", "across the years", "through the years", "year by year")
    changing = phrase("change", "develop", "changed", "developed", "evolve", "evolved")
    asking = seq(phrase("how did", "how has", "how does", "how do", "how have"), article, trend_measure())
    shapes = (
        applied(seq(trend_measure(), years), lambda v: (None, v[0], "year")),
        applied(seq(asking, changing, years), lambda v: (None, v[0][2], "year")),
        applied(seq(asking, changing, phrase("with time")), lambda v: (None, v[0][2])),
        applied(seq(opt(_PERIODLY), trend_measure(), _TREND), lambda v: (v[0], v[1])),
        applied(
            seq(opt(_PERIODLY), _TREND, phrase("of", "for", "in", "of the", "in the", "for the"), article,
                trend_measure()),
            lambda v: (v[0], v[4]),
        ),
        applied(seq(trend_measure(), _PERIODLY, _TREND), lambda v: (v[1], v[0])),
        applied(seq(opt(_PERIODLY), trend_measure(), phrase("over time", "over the time")), lambda v: (v[0],
            v[1])),
        applied(
            seq(phrase("how did", "how has", "how does"), article, trend_measure(),
                phrase("change over time", "develop over time", "changed over time", "developed over time",
                       "evolve over time", "evolved over time")),
            lambda v: (None, v[2]),
        ),
        applied(seq(_PERIODLY, trend_measure()), lambda v: v),
    )  # fmt: skip
    by = phrase("by", "per", "for each", "over", "of", "using", "based on", "along")
    dated = column("date")
    ending = opt(
        alt(
            applied(seq(by, period_word(), phrase("of", "of the"), dated), lambda v: (v[1], v[3])),
            applied(seq(phrase("by", "per", "for each"), period_word()), lambda v: (v[1], None)),
            applied(phrase("over time"), lambda _: (None, None)),
            applied(years, lambda _: ("year", None)),
            applied(
                seq(phrase("by", "over", "of", "using", "based on", "along"), ARTICLE, dated),
                lambda v: (None, v[2]),
            ),
        )
    )
    body = seq(opt(phrase(*lexicon.CHART_REQUESTS)), article, alt(*shapes), ending, opt(best_period()))
    return bound(body, _trends)


def best_period() -> Parser:
    """Match `and identify the best month`; the value is `(which, period)`."""
    joint = phrase("and", ",", ", and", "with", "and also")
    verb = opt(phrase("identify", "find", "show", "tell me", "name", "highlight", "give", "what is",
    "which is", "point out",
                      "determine", "say", "mark"))  # fmt: skip
    best = applied(
        phrase("best", "best performing", "highest", "peak", "strongest", "top", "best-performing"),
        lambda _: "best",
    )
    worst = applied(phrase("worst", "worst performing", "lowest", "weakest"), lambda _: "worst")
    both = applied(phrase("best and worst", "best and the worst", "highest and lowest", "worst and best",
                          "best and worst performing"), lambda _: "both")  # fmt: skip
    tail = applied(seq(ARTICLE, alt(both, best, worst), period_word()), lambda v: (v[1], v[2]))
    return applied(seq(joint, verb, tail), lambda v: v[2])


def _trends(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
    _plot, _article, (said, what, *along), end, best = parts
    ending, named = end or (None, None)
    periods = {period for period in (said, ending, best[1] if best else None, *along) if period}
    if len(periods) > 1:
        return
    if context.table.years and named is None:
        yield from over_years(context, what, said, periods, best)
        return
    agg = what if isinstance(what, Agg) else chosen_function(context, what)
    rate = (
        agg is not None and context.table.column(agg.column or "").rate_like if agg and agg.column else False
    )
    if agg is None or (said and isinstance(what, Agg) and what.function == "mean" and not rate):
        if agg is not None:
            context.blame(
                f'an average with "{said}" may mean two things: ask for "average {what.column} by {said}"'
            )
        return
    for dated in context.table.of_kind("date") if named else context.table.dated:
        if dated.name == agg.column or (named is not None and named.name != dated.name):
            continue
        period = next(iter(periods), None) or default_period(dated)
        if named is None and periods and (other := _called(period, dated, context)):
            context.blame(
                f'"{period}" may mean {other} or the {period} of {dated.name}: name the one that is meant'
            )
            continue
        if period is not None:
            yield Frame(
                "trend", (agg,), (Dim(dated.name, period),), which=best[0] if best else "", chart="line"
            )
    if not context.table.of_kind("date"):
        context.blame("there is no date column to see a trend over")


def _called(period: str | None, dated: Column, context: Context) -> str:
    """Return another column called as the period, or nothing: a season's year is not that of its days."""
    found = (c.name for c in context.table.columns if c.words == (period,) and c.name != dated.name)
    return next(found, "")


def chosen_function(context: Context, found: Column) -> Agg | None:
    """Return a sum, or a mean of a rate, for each period; None (and why) where neither is sure."""
    if found.id_like or found.level_like or lexicon.PAY_WORDS & set(found.stems):
        context.blame(f"it is not sure whether {found.name} is to be added up or averaged in each period")
        return None
    times = [c for c in context.table.of_kind("date") if c.unique == context.table.rows]
    if times and not (found.additive or found.rate_like or set(found.stems) & lexicon.MASS_WORDS):
        context.blame(
            f"it is not sure whether {found.name} is to be added up or averaged in each period: "
            f'ask for "average {found.name} by month", for example'
        )
        return None
    return Agg("mean" if found.rate_like else "sum", found.name)


def default_period(found: Column) -> str | None:
    """Return the period that gives a readable number of points over the column's span."""
    span = date_span(found)
    if span is None:
        return None
    if found.yearly:
        return "year"
    days = (span[1] - span[0]).days
    if days <= 62:
        return "day"
    return "month" if days <= 366 * 10 else "year"


def distribution_frame() -> Parser:
    """Match `distribution of Sales`, `histogram of price`, `price distribution`."""
    word = phrase("distribution", "histogram", "frequency distribution")
    ahead = applied(
        seq(word, phrase("of", "for", "of the", "of all"), ARTICLE, column(), _END), lambda v: v[3]
    )
    behind = applied(seq(column(), word), lambda v: v[0])
    spread = applied(
        seq(phrase("how is", "how are"), ARTICLE, column(), phrase("distributed")), lambda v: v[2]
    )

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        found = parts[2]
        if found.kind == "number" and not (found.id_like and not found.calendar):
            yield Frame("histogram", columns=(found.name,), chart="histogram")
            if "histogram" not in {token.norm for token in context.tokens}:
                yield Frame("box", columns=(found.name,), chart="box", which="grouped")
        elif found.kind in {"text", "boolean"}:
            yield Frame("frequency", columns=(found.name,), chart="bar")
        else:
            context.blame(
                f"a distribution of {found.name} says nothing: it holds {'ids' if found.id_like else 'dates'}"
            )

    return bound(seq(opt(phrase(*lexicon.CHART_REQUESTS)), ARTICLE, alt(ahead, behind, spread)), make)


def correlation_frame() -> Parser:
    """Match `correlation between price and quantity`, `correlation matrix`."""
    word = phrase(
        "correlation", "pearson correlation", "correlation coefficient", "pearson correlation coefficient"
    )
    pair = seq(column(), phrase("and", "with", "to", "vs", "versus", ","), ARTICLE, column())
    ahead = applied(seq(word, phrase("between", "of", "between the", "for"), ARTICLE, pair), lambda v: v[3])
    are = applied(
        seq(phrase("how correlated are", "how strongly correlated are", "are",
        "how strongly are"), ARTICLE, pair,
            opt(phrase("correlated"))),
        lambda v: (*v[2], v[3], v[0]),
    )  # fmt: skip
    does = applied(seq(phrase("how does", "does", "do", "how do"), ARTICLE, column(),
                       phrase("correlate with", "correlate to"), ARTICLE, column()),
                   lambda v: (v[2], None, None, v[5]))  # fmt: skip
    with_ = applied(seq(phrase("correlate"), ARTICLE, pair), lambda v: v[2])

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        if len(parts) == 6 and parts[4] is None and "correlated" not in parts[5]:
            return
        first, second = parts[0], parts[3]
        wrong = [c.name for c in (first, second) if c.kind != "number" or (c.id_like and not c.calendar)]
        if wrong:
            context.blame(f"a correlation needs two columns of numbers, and {wrong[0]} is not one")
        elif first.name != second.name:
            yield Frame("correlation", columns=(first.name, second.name))

    whole = bound(
        phrase("correlation matrix", "correlations", "correlation between all columns", "all correlations",
               "correlation between all numeric columns", "correlations between all numeric columns",
               "correlations between all columns", "correlation of all columns"),
        lambda c, _: [Frame("correlation",
            columns=all_numeric(c.table))] if len(all_numeric(c.table)) > 1 else [],
    )  # fmt: skip
    return alt(bound(alt(ahead, are, does, with_), make), whole)


def all_numeric(table: Table) -> tuple[str, ...]:
    """Return the numeric columns that are no ids."""
    return tuple(c.name for c in table.of_kind("number") if not c.id_like)


def difference_frame() -> Parser:
    """Match `difference in average price between A and B`, `ratio of total sales of A to B`."""
    word = alt(
        applied(phrase("difference", "gap"), lambda _: "difference"),
        applied(phrase("ratio"), lambda _: "ratio"),
    )
    number_of = applied(seq(phrase("number of", "count of"), row_noun()), lambda _: Agg("count"))
    single = alt(bound(aggregates(), lambda c, aggs: [aggs[0]] if len(aggs) == 1 else []), number_of)
    join = phrase("between", "of", "for", "from", "in")
    first = seq(
        word,
        phrase("in", "of", "in the", "of the", "between", "between the"),
        ARTICLE,
        single,
        join,
        two_values(),
    )
    last = seq(word, phrase("between"), two_values(), phrase("in", "in terms of", "by"), ARTICLE, single)
    return alt(
        bound(first, lambda c, v: _differences(v[0], v[3], v[5])),
        bound(last, lambda c, v: _differences(v[0], v[5], v[2])),
    )


def two_values() -> Parser:
    """Match `A and B`, two values of one column in the order of the question."""
    bare = values(common=False)
    other = seq(bare, phrase("to", "versus", "vs", "and the", "over"), bare)
    return alt(
        bound(bare, lambda c, v: [v] if len(v[1]) == 2 and v[1][0] != v[1][1] else []),
        bound(
            other,
            lambda c, v: (
                [(v[0][0], (*v[0][1], *v[2][1]))]
                if v[0][0].name == v[2][0].name and len(v[0][1]) == len(v[2][1]) == 1 and v[0][1] != v[2][1]
                else []
            ),
        ),
    )


def _differences(kind: Any, agg: Agg, pair: tuple[Column, tuple[str, ...]]) -> Iterator[Frame]:
    if agg.function == "count" or agg.column != pair[0].name:
        yield Frame(kind, (agg,), columns=(pair[0].name, *pair[1]))
