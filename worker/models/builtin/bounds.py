"""Which bounds does a phrase such as `price is above 10 but below 20` set to a column of numbers?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.frame import Filter
from worker.models.builtin.grammar import (
    Context,
    Found,
    Parser,
    alt,
    applied,
    bound,
    meaning,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.mentions import column, described_column, number
from worker.models.builtin.tokens import stem

_BE = opt(phrase("is", "are", "was", "were", "of"))
_LOWER, _UPPER = {">", ">="}, {"<", "<="}


def bounds() -> Parser:
    """Match bounds on one column; the value is a tuple of one or two filters."""
    compare = meaning(lexicon.COMPARISONS)
    spelled = applied(phrase(*lexicon.NUMBER_WORDS), lambda word: lexicon.NUMBER_WORDS[word])
    amount = alt(number(), spelled)
    plain = bound(
        seq(column("number"), _BE, compare, amount, opt(unit())),
        lambda c, v: [(v[0], v[2], v[3])] if v[4] is None or v[4] in v[0].stems else [],
    )
    equal = applied(
        seq(
            column("number"),
            meaning({"=": ("is", "are", "of", "was"), "!=": ("is not", "are not")}),
            number(),
        ),
        lambda v: (v[0], v[1], v[2]),
    )
    reverse = applied(seq(compare, number(), column("number")), lambda v: (v[2], v[0], v[1]))
    more = ("more", "above", "higher", "greater", "over")
    fewer = ("less", "fewer", "below", "lower", "under")
    behind = meaning({
        ">=": tuple(f"{joint} {word}" for joint in ("or", "and") for word in more),
        "<=": tuple(f"{joint} {word}" for joint in ("or", "and") for word in fewer),
    })  # fmt: skip
    open_ended = applied(seq(column("number"), _BE, amount, behind), lambda v: (v[0], v[3], v[2]))
    one = applied(alt(plain, equal, reverse, open_ended), lambda v: (Filter(v[0].name, v[1], (v[2],)),))
    both = seq(column("number"), _BE, compare, amount, phrase("and", "but", ", but"), _BE, compare, amount)
    between = seq(
        column("number"), _BE, opt(phrase("in the range", "ranging")), phrase("between", "from"), number(),
        phrase("and", "to"), number(),
    )  # fmt: skip
    kinds = (having_so_many(), signed(), compared(), than())
    return alt(one, bound(both, _both), bound(between, _between), *kinds)


def than() -> Parser:
    """Match `older than 30`, `heavier than 5000 g`: a bound on the one column that the adjective is about."""

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[tuple[Filter, ...]]:
        operation, adjective = lexicon.COMPARATIVES[v[1]]
        found = described_column(context, adjective)
        named = v[3] if v[3] not in {"year old", None} else None
        if found is not None and (named is None or named in found.stems or named == "year"):
            yield (Filter(found.name, operation, (v[2],)),)

    years = applied(phrase("years old", "years", "years of age"), lambda _: "year")
    return bound(seq(_BE, phrase(*lexicon.COMPARATIVES), number(), opt(alt(years, unit()))), make)


def unit() -> Parser:
    """Match a word behind a number that names its unit; the value is the singular."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        word = stem(context.norm(at))
        if word in lexicon.TRAILING_WORDS | {stem(one) for one in lexicon.TRAILING_UNITS}:
            yield word, at + 1

    return parse


def having_so_many() -> Parser:
    """Match `8 cylinders` (after `have` or `with`): the column holds that number."""
    inner = column("number")

    def plural(context: Context, at: int) -> Iterator[Found]:
        for found, end in inner(context, at):
            spoken = context.norm(end - 1)
            if spoken and spoken != stem(spoken) and found.whole and not found.id_like:
                yield found, end

    return applied(
        seq(opt(phrase("exactly")), number(), plural), lambda v: (Filter(v[2].name, "=", (v[1],)),)
    )


def signed() -> Parser:
    """Match `a negative balance`, `balance is negative`: below or above 0."""
    sign = alt(
        applied(phrase("negative", "a negative"), lambda _: "<"),
        applied(phrase("positive", "a positive"), lambda _: ">"),
    )
    ahead = applied(seq(sign, column("number")), lambda v: (Filter(v[1].name, v[0], (0,)),))
    behind = applied(seq(column("number"), _BE, sign), lambda v: (Filter(v[0].name, v[2], (0,)),))
    return alt(ahead, behind)


def compared() -> Parser:
    """Match `price above average`, `above average price`, `home_goals > away_goals`."""
    average = meaning({
        "> mean": tuple(f"{word} {mean}" for word in _ABOVE for mean in _MEANS),
        "< mean": tuple(f"{word} {mean}" for word in _BELOW for mean in _MEANS),
    })  # fmt: skip
    behind = applied(seq(column("number"), _BE, opt(phrase("a", "an")), average), lambda v: (v[0], v[3]))
    ahead = applied(seq(opt(phrase("a", "an")), average, column("number")), lambda v: (v[2], v[1]))
    compare = meaning({op: texts for op, texts in lexicon.COMPARISONS.items() if op not in {"=", "!="}})
    other = seq(column("number", "date"), _BE, compare, opt(phrase("the")), column("number", "date"))
    return alt(
        bound(alt(behind, ahead), lambda c, v: [(Filter(v[0].name, v[1]),)] if not v[0].id_like else []),
        bound(
            other,
            lambda c, v: (
                [(Filter(v[0].name, f"{v[2]} column", (v[4].name,)),)]
                if v[0].kind == v[4].kind and v[0].name != v[4].name and not (v[0].id_like or v[4].id_like)
                else []
            ),
        ),
    )


_ABOVE = ("above", "higher than", "greater than", "more than", "larger than", ">", "over", "bigger than")
_BELOW = ("below", "lower than", "less than", "smaller than", "<", "under")
_MEANS = ("average", "the average", "the mean", "mean", "the overall average")


def in_column() -> Parser:
    """Match `between 500 and 1000 in price`: bounds that name their column behind them."""
    inside = seq(
        phrase("between", "from"), number(), phrase("and", "to"), number(), phrase("in"), column("number")
    )
    return bound(inside, lambda c, v: _between(c, (v[5], None, None, None, v[1], None, v[3])))


def _both(_: Context, parts: tuple[Any, ...]) -> Iterator[tuple[Filter, ...]]:
    found, _be, first, low, _joint, _again, second, high = parts
    if (first in _UPPER and second in _LOWER) and low > high:
        first, low, second, high = second, high, first, low
    if first in _LOWER and second in _UPPER and low < high:
        yield (Filter(found.name, first, (low,)), Filter(found.name, second, (high,)))


def _between(_: Context, parts: tuple[Any, ...]) -> Iterator[tuple[Filter, ...]]:
    low, high = parts[4], parts[6]
    if low <= high:
        yield (Filter(parts[0].name, "between", (low, high)),)
