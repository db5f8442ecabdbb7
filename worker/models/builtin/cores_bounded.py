"""Which groups are within a bound, and how do two of them compare? Which is the heaviest?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.cores import aggregates
from worker.models.builtin.cores_ranked import ranked_frames, subject, subject_seen
from worker.models.builtin.cores_time import two_values
from worker.models.builtin.filters import ARTICLE, held, values
from worker.models.builtin.frame import Agg, Dim, Frame
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, meaning, opt, phrase, seq
from worker.models.builtin.groups import dim
from worker.models.builtin.kinds import kinds_apart, two_flags, two_kinds
from worker.models.builtin.mentions import described_column, number, whole_number
from worker.models.builtin.row_nouns import row_noun

_HAVE = phrase(
    "have", "has", "had", "with", "having", "that have", "which have", "that had", "where the", "whose"
)
_COMPARE = meaning({op: texts for op, texts in lexicon.COMPARISONS.items() if op != "!="})


def bounded_frame() -> Parser:
    """Match `which varieties have an average yield above 35`, `customers with more than 5 orders`."""
    single = bound(aggregates(), lambda c, aggs: [aggs[0]] if len(aggs) == 1 and aggs[0].column else [])
    be = opt(phrase("is", "of", "are"))
    amount = alt(number(), whole_number())
    computed = applied(
        seq(opt(phrase("a", "an", "the")), single, be, _COMPARE, amount), lambda v: (v[1], v[3], v[4])
    )
    counted = applied(seq(_COMPARE, amount, row_noun()), lambda v: (Agg("count"), v[0], v[1]))
    head = opt(phrase("which", "what", "how many", "number of", "list the", "in which"))

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        dim, filters = v[2]
        agg, operation, bound_ = v[4]
        if dim is None or filters or agg.column == dim.column or agg.superlative:
            return
        how_many = v[0] in {"how many", "number of"}
        yield Frame("aggregate", (agg,), (dim,), having=(operation, bound_), count_groups=how_many)

    return bound(seq(head, ARTICLE, subject(), _HAVE, alt(computed, counted)), make)


def compared_frame() -> Parser:
    """Match `compare the average tip of men and women`: both groups' numbers."""
    single = bound(aggregates(), lambda c, aggs: [aggs[0]] if len(aggs) == 1 else [])
    joint = phrase("of", "between", "for", "in", "of the", "for the", "across")

    def make(_: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        agg, (found, texts) = v[2], v[4]
        if agg.column != found.name:
            yield Frame(
                "aggregate", (agg,), (Dim(found.name),), filters=(held(found, texts),), which="compared"
            )

    def apart(_: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        dim, filters = kinds_apart(v[-1])
        yield Frame("aggregate", (v[2],), (dim,), filters=filters, which="compared")

    return alt(
        bound(seq(phrase("compare"), ARTICLE, single, joint, two_values()), make),
        bound(seq(phrase("compare"), ARTICLE, single, joint, two_flags()), apart),
        varied_frame(single),
        bound(higher_for(single), lambda c, v: make(c, (None, None, v[0], None, v[1]))),
    )


def varied_frame(single: Parser) -> Parser:
    """Match `how does the average tip vary by day`: the number of each group."""
    ask = phrase("how does", "how do", "how did", "does", "compare")
    vary = phrase(
        "vary by", "differ by", "vary across", "differ across", "differ between", "vary between", "vary with",
        "change by", "change with", "compare across", "compare by", "by", "across", "between", "among",
    )  # fmt: skip
    group = alt(dim(), applied(two_kinds(), lambda found: Dim(found.name)))
    return bound(
        seq(ask, ARTICLE, single, vary, opt(phrase("the", "different", "the different")), group),
        lambda c, v: (
            [Frame("aggregate", (v[2],), (v[5],), which="compared")] if v[2].column != v[5].column else []
        ),
    )


def higher_for(single: Parser) -> Parser:
    """Match `do men have a higher average tip than women`; the value is the number and the two values."""
    more = phrase("higher", "lower", "larger", "smaller", "greater", "bigger", "longer", "shorter")
    one = values(common=False)
    article = opt(phrase("a", "an", "the"))
    have = phrase("have", "has", "had", "get", "earn", "show")
    place = phrase("for", "in", "among", "of", "on", "at")
    than = phrase("than", "than in", "than for", "than on", "than among", "than at", "than those of")
    ahead = seq(phrase("do", "does", "did"), ARTICLE, one, have, article, more, single, than, ARTICLE, one)
    behind = seq(phrase("is", "was", "are"), ARTICLE, single, more, place, ARTICLE, one, than, ARTICLE, one)

    def pair(agg: Agg, first: Any, second: Any) -> Iterator[Any]:
        if first[0].name == second[0].name and len(first[1]) == len(second[1]) == 1 and first[1] != second[1]:
            yield agg, (first[0], (*first[1], *second[1]))

    return alt(
        bound(ahead, lambda c, v: pair(v[6], v[2], v[9])), bound(behind, lambda c, v: pair(v[2], v[6], v[9]))
    )


def adjective_frame() -> Parser:
    """Match `which species is the heaviest on average`, `the 3 oldest patients`, `heaviest penguin`."""
    adjective = phrase(*lexicon.ADJECTIVES)
    on_average = opt(phrase("on average"))
    asked = seq(
        phrase("which", "what", "who"),
        subject(),
        phrase("is the", "was the", "is", "are the"),
        adjective,
        on_average,
    )
    who = phrase("who is", "who was", "who are", "who were", "")
    named = applied(
        seq(who, ARTICLE, opt(whole_number()), adjective, opt(whole_number()), subject_seen()),
        lambda v: (v[1], v[2] if v[4] is None else v[4] if v[2] is None else 0, v[3], v[5]),
    )

    def which(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        yield from _measured(context, v[1], v[3], 1, mean=v[4] is not None)

    def plain(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        if v[1] is None and v[3].plural:
            context.blame("it is not said how many: ask for the top 5, for example")
        elif v[1] != 0:
            yield from _measured(context, v[3], v[2], v[1] or 1, mean=False)

    return alt(bound(asked, which), bound(named, plain))


def _measured(context: Context, who: Any, word: str, limit: int, *, mean: bool) -> Iterator[Frame]:
    ascending, _ = lexicon.ADJECTIVES[word]
    by = described_column(context, word)
    if by is None or (who[0] is not None and who[0].column == by.name):
        return
    if who[0] is not None and not mean and word in lexicon.OF_MANY:
        named = context.table.column(who[0].column)
        if named.unique < context.table.rows or named.nulls:
            context.blame(f"there are several rows for each {named.name}: ask for its highest {by.name}")
            return
    agg = Agg("mean", by.name) if mean else None
    yield from ranked_frames(context, who, (agg, by), limit=limit, ascending=ascending)


def peak_frame() -> Parser:
    """Match `how old was the oldest person`: the highest or lowest value itself."""

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        by = described_column(context, v[1])
        if by is not None:
            yield Frame("aggregate", (Agg("min" if lexicon.ADJECTIVES[v[1]][0] else "max", by.name),))

    heads = ("how old", "how heavy", "how tall", "how long", "how fast")
    head = phrase(*(f"{how} {be} the" for how in heads for be in ("is", "was")))
    return bound(seq(head, phrase(*lexicon.ADJECTIVES), row_noun()), make)
