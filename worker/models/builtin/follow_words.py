"""Which one change of the question before does a short question such as `and by month?` ask for?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from worker.models.builtin import lexicon
from worker.models.builtin.chart_words import AUTO, KINDS
from worker.models.builtin.cores import aggregates
from worker.models.builtin.dates import day_range
from worker.models.builtin.filters import ARTICLE, date_phrase, days_of, value_phrase
from worker.models.builtin.frame import Agg
from worker.models.builtin.function_words import function_word
from worker.models.builtin.grammar import (
    Context,
    Parser,
    alt,
    applied,
    bound,
    meaning,
    opt,
    phrase,
    seq,
    skipped,
)
from worker.models.builtin.groups import groups
from worker.models.builtin.mentions import column, whole_number
from worker.models.builtin.modifiers import Filters, adjectives, filters, order
from worker.models.builtin.row_nouns import row_noun

What = Literal[
    "group", "filter", "function", "measure", "column", "limit", "end", "chart", "order", "sort", "share"
]
MARKERS = frozenset(
    {"and", "now", "same", "only", "just", "instead", "but", "also", "then", "again", "about"}
)
"""Words that tell that a question goes on with the one before."""

_OPENING = skipped(
    phrase(
        "and", "now", "what about", "how about", "ok", "okay", "then", "but", "also", "again", "the same",
        "same", "do the same", "please", "show", "show me", "give me", "show it", "show that", "do it",
        "make it", "can you", "could you", "what is it", "what is that", "what was it", "it", "that",
        "what is", "what are", ",", "just", "do that", "repeat", "repeat that", "repeat it", "split it",
        "break it down", "break that down", "group it", "group them", "sort it", "sort them", "limit it",
        "try", "what if", "i mean", "no ,", "actually", "them", "those",
    )
)  # fmt: skip
_CLOSING = skipped(
    phrase("instead", "please", "then", "too", "as well", "again", "this time", "now", "for that", ",")
)


@dataclass(frozen=True)
class Change:
    """One change, and the new part."""

    what: What
    value: Any
    sure: bool = True
    """Whether a filter is said to be one more (`only`), not one in place of another."""


def change() -> Parser:
    """Match a whole follow-up; the value is a `Change`."""
    return applied(seq(_OPENING, _change(), _CLOSING), lambda v: v[1])


def _change() -> Parser:
    only = opt(phrase("only", "only for", "only the", "just for", "only in", "but only", "but only for"))
    kept = alt(
        filters(),
        applied(value_phrase(), lambda one: Filters((one,))),
        applied(seq(date_phrase()), lambda v: Filters((v[0],))),
        bound(day_range(), lambda c, days: [Filters((one,)) for one in days_of(c, days)]),
        bound(seq(opt(phrase("for", "of")), adjectives()), lambda c, v: [Filters(v[1])] if v[1] else []),
    )
    period = applied(phrase(*lexicon.PERIOD_ADJECTIVES), lambda word: lexicon.PERIOD_ADJECTIVES[word])
    return alt(
        applied(groups(), lambda v: Change("group", v)),
        applied(period, lambda v: Change("group", v)),
        applied(seq(only, kept), lambda v: Change("filter", v[1], v[0] is not None)),
        applied(
            seq(opt(phrase("use", "with", "take")), ARTICLE, function_word()),
            lambda v: Change("function", (v[2][0], v[2][1])),
        ),
        applied(
            seq(opt(phrase("for", "of", "with")), ARTICLE, column("number")), lambda v: Change("column", v[2])
        ),
        bound(aggregates(), lambda c, aggs: [Change("measure", aggs[0])] if len(aggs) == 1 else []),
        applied(
            seq(ARTICLE, phrase("number of", "count of"), row_noun()),
            lambda _: Change("measure", Agg("count")),
        ),
        _limits(),
        applied(_charts(), lambda kind: Change("chart", kind)),
        applied(order(), lambda v: Change("order", v.ascending)),
        applied(_sorted(), lambda v: Change("sort", v)),
        applied(_shares(), lambda _: Change("share", True)),
    )


def _limits() -> Parser:
    end = alt(
        applied(phrase("top", "best", "highest", "largest", "most"), lambda _: False),
        applied(phrase("bottom", "worst", "lowest", "smallest", "least", "fewest"), lambda _: True),
    )
    counted = seq(opt(phrase("only")), ARTICLE, end, whole_number())

    def ends(_: Context, v: tuple[Any, ...]) -> Iterator[Change]:
        yield Change("end", v[1])

    return alt(
        applied(counted, lambda v: Change("limit", (v[3], v[2]))),
        applied(seq(ARTICLE, whole_number(), end), lambda v: Change("limit", (v[1], v[2]))),
        bound(seq(ARTICLE, end, opt(phrase("one"))), ends),
    )


def _charts() -> Parser:
    """Match `as a bar chart`, `plot it`; the value is the kind of the chart."""
    named = applied(seq(phrase("as", "in", "draw", "make"), opt(phrase("a")), meaning(KINDS)), lambda v: v[2])
    kinds = ("chart", "graph", "plot", "figure", "diagram")
    plain = phrase(
        *(f"{head} a {kind}" for head in ("as", "in", "draw", "make") for kind in kinds), "as chart",
        *(
            f"{verb} {it}"
            for verb in ("plot", "chart", "draw", "graph", "visualize")
            for it in ("it", "that", "this")
        ),
    )  # fmt: skip
    return alt(named, applied(plain, lambda _: AUTO))


def _sorted() -> Parser:
    """Match `sort by name`; the value is a column's name, or nothing for the groups' own name."""
    verb = phrase("sort by", "sorted by", "order by", "ordered by", "sort it by", "sort them by", "by")
    own = applied(phrase("name", "the name", "label", "group"), lambda _: "")
    alphabet = applied(phrase("alphabetically", "in alphabetical order", "sort alphabetically"), lambda _: "")
    named = bound(seq(verb, ARTICLE, alt(own, applied(column(), lambda c: c.name))),
                  lambda c, v: [v[2]] if v[0] != "by" else [])  # fmt: skip
    return alt(named, alphabet)


def _shares() -> Parser:
    return phrase(
        "in percent", "as percent", "as a percentage", "as percentages", "in percentages", "as a share",
        "as shares", "in percent of the total", "as a percentage of the total", "as percentage", "in %",
        "as %", "as a percent",
    )  # fmt: skip
