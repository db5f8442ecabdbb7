"""Which function do the words at this place name: a sum, a percentile, the longest?"""

from __future__ import annotations

from collections.abc import Iterator

from worker.models.builtin import lexicon
from worker.models.builtin.grammar import Context, Found, Parser, alt, applied, bound, meaning, phrase, seq
from worker.models.builtin.mentions import number


def function_word() -> Parser:
    """Match the word of a function; the value is `(name, argument, first token, end)`."""
    plain = applied(meaning(lexicon.AGGREGATES), lambda name: (name, None))
    dates = applied(meaning(lexicon.DATE_AGGREGATES), lambda name: (name, "date"))
    percentile = bound(
        seq(ordinal(), phrase("percentile")), lambda c, v: [("quantile", v[0] / 100)] if v[0] <= 100 else []
    )
    quartile = applied(
        seq(phrase(*lexicon.QUARTILES), phrase("quartile")), lambda v: ("quantile", lexicon.QUARTILES[v[0]])
    )
    q_short = applied(phrase("q1", "q3"), lambda q: ("quantile", 0.25 if q == "q1" else 0.75))
    quantile = bound(
        seq(number(), phrase("quantile")), lambda c, v: [("quantile", float(v[0]))] if 0 <= v[0] <= 1 else []
    )
    distinct = applied(
        phrase(*(f"{head} of {word}" for head in ("number", "count") for word in lexicon.DISTINCT),
               *(f"how many {word}" for word in lexicon.DISTINCT), "distinct count", "unique count"),
        lambda _: ("nunique", None),
    )  # fmt: skip
    spread = applied(
        phrase("difference between the highest and lowest", "difference between the maximum and minimum",
               "difference between the highest and the lowest", "difference between highest and lowest",
               "difference between the largest and smallest", "gap between the highest and lowest"),
        lambda _: ("range", None),
    )  # fmt: skip
    adjective = applied(
        phrase(*lexicon.ADJECTIVES), lambda word: ("min" if lexicon.ADJECTIVES[word][0] else "max", word)
    )
    known = alt(plain, dates, spread, adjective, percentile, quartile, q_short, quantile, distinct)

    def parse(context: Context, at: int) -> Iterator[Found]:
        for (name, argument), end in known(context, at):
            yield (name, argument, at, end), end

    return parse


def ordinal() -> Parser:
    """Match `90th`; the value is 90."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        word = context.norm(at)
        digits = word[:-2]
        if digits.isdigit() and word[-2:] in {"st", "nd", "rd", "th"}:
            yield int(digits), at + 1

    return parse
