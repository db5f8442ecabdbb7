"""Which test answers whether two columns go together, where none is named?"""

from __future__ import annotations

from collections.abc import Iterator

from worker.models.builtin.cores_stats import all_numbers, compared, independence
from worker.models.builtin.filters import ARTICLE
from worker.models.builtin.frame import Frame
from worker.models.builtin.grammar import Context, Parser, alt, applied, bound, phrase, seq
from worker.models.builtin.mentions import column
from worker.models.builtin.schema import Column


def related_frame() -> Parser:
    """Match `does tip depend on sex`, `is there a relation between A and B`: the test that fits the columns.

    Two columns of categories ask for chi-square, a number and categories for a comparison of means, two
    numbers for a correlation.
    """
    pair = seq(ARTICLE, column(), phrase("and", "with"), ARTICLE, column())
    kinds = ("relation", "relationship", "connection", "link", "significant relation",
             "significant relationship", "statistical relationship", "dependency")  # fmt: skip
    heads = [f"is there {article} {kind} between" for kind in kinds for article in ("a", "any")]
    between = applied(seq(phrase(*heads, *(f"{kind} between" for kind in kinds[:2])), pair),
                      lambda v: (v[1][1], v[1][4]))  # fmt: skip
    depends = applied(
        seq(phrase("does", "do"), ARTICLE, column(), phrase("depend on", "depend upon"), ARTICLE, column()),
        lambda v: (v[2], v[5]),
    )
    related = applied(
        seq(phrase("is", "are"), ARTICLE, column(), phrase("related to", "dependent on"), ARTICLE, column()),
        lambda v: (v[2], v[5]),
    )
    both = applied(
        seq(phrase("are"), ARTICLE, column(), phrase("and"), ARTICLE, column(), phrase("related")),
        lambda v: (v[2], v[5]),
    )
    return bound(alt(between, depends, related, both), _fitting_test)


def _fitting_test(context: Context, pair: tuple[Column, Column]) -> Iterator[Frame]:
    named = (pair[0].name, pair[1].name)
    grouping = [one for one in pair if one.kind in {"text", "boolean"}]
    if pair[0].name == pair[1].name or any(one.calendar or one.kind == "date" for one in pair):
        context.blame("a relation to time or of a column to itself has no one test: ask for the trend of it")
    elif len(grouping) == 2:
        yield from independence(context, pair)
    elif not grouping:
        if all_numbers(context, pair, "a correlation"):
            yield Frame("correlation_test", columns=named)
    else:
        value = pair[0] if grouping[0] is pair[1] else pair[1]
        yield from compared(context, "", value, (grouping[0], ()))
