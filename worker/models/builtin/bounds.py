"""Which bounds does a phrase such as `price is above 10 but below 20` set to a column of numbers?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.frame import Filter
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, meaning, opt, phrase, seq
from worker.models.builtin.mentions import column, number

_BE = opt(phrase("is", "are", "was", "were", "of"))
_LOWER, _UPPER = {">", ">="}, {"<", "<="}


def bounds() -> Parser:
    """Match bounds on one column; the value is a tuple of one or two filters."""
    compare = meaning(lexicon.COMPARISONS)
    spelled = applied(phrase(*lexicon.NUMBER_WORDS), lambda word: lexicon.NUMBER_WORDS[word])
    amount = alt(number(), spelled)
    plain = applied(seq(column("number"), _BE, compare, amount), lambda v: (v[0], v[2], v[3]))
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
    return alt(one, bound(both, _both), bound(between, _between))


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
