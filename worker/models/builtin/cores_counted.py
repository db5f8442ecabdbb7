"""Which questions ask how many of a thing there are, with other words than "number of rows"?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.bounds import bounds
from worker.models.builtin.filters import ARTICLE
from worker.models.builtin.frame import Agg, Filter, Frame
from worker.models.builtin.grammar import Context, Found, Parser, alt, applied, bound, opt, phrase, seq
from worker.models.builtin.held_values import value
from worker.models.builtin.kinds import flag_kind, kinds_apart, two_kinds
from worker.models.builtin.mentions import column
from worker.models.builtin.modifiers import adjectives
from worker.models.builtin.row_nouns import counting_column, row_noun
from worker.models.builtin.schema import Column
from worker.models.builtin.tokens import stem

_COUNT = Frame("aggregate", (Agg("count"),))
_HEAD = phrase("how many", "number of", "total number of", "count of", "count the")


def counted() -> Parser:
    """Match `order count`, `total flights`, `how many smokers`, `number of visits`, `tickets` by a group."""
    noun_count = applied(seq(row_noun(), phrase("count")), lambda _: _COUNT)
    total = applied(seq(phrase("total"), ARTICLE, entities()), lambda _: _COUNT)
    grouped = applied(
        seq(adjectives(), entities()),
        lambda v: Frame("aggregate", (Agg("count"),), filters=v[0], which="grouped"),
    )
    sexed = bound(seq(_HEAD, ARTICLE, sexes()), _counted_sex)
    be = phrase("is", "was", "are", "were", "has", "have", "had", "does", "did", "do")
    inside = applied(
        seq(
            phrase("in how many", "on how many", "for how many"),
            adjectives(),
            row_noun(),
            be,
            ARTICLE,
            bounds(),
        ),
        lambda v: Frame("aggregate", (Agg("count"),), filters=(*v[1], *v[5])),
    )
    apart = bound(seq(_HEAD, ARTICLE, two_kinds(), row_noun()), _counted_apart)
    return alt(
        sexed,
        inside,
        apart,
        noun_count,
        total,
        grouped,
        bound(seq(_HEAD, ARTICLE, flag_kind()), _flags),
        amounts(),
    )


def entities() -> Parser:
    """Match a plural that tells rows apart one by one: `orders`, but not `sales`, which may be money."""
    inner = row_noun()

    def parse(context: Context, at: int) -> Iterator[Found]:
        for noun, end in inner(context, at):
            spoken = context.norm(end - 1)
            own = spoken != stem(spoken) or spoken == "staff"
            if own and stem(spoken) in lexicon.ENTITY_WORDS:
                yield noun, end

    return parse


def sexes() -> Parser:
    """Match `women`, `males`: a value of the column that tells men from women."""
    inner = value(common=False)

    def parse(context: Context, at: int) -> Iterator[Found]:
        for (found, held), end in inner(context, at):
            if found.sexed and context.norm(at) in lexicon.SEXES and end == at + 1:
                yield (found, held), end

    return parse


def _counted_sex(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
    found, held = parts[2]
    repeated = [c for c in context.table.columns if c.stems[-1:] == ("id",) and c.unique < context.table.rows]
    persons = [c for c in context.table.columns if "age" in c.stems or c.stems[-1:] == ("name",)]
    if persons and not repeated and counting_column(context.table) is None:
        yield Frame("aggregate", (Agg("count"),), filters=(Filter(found.name, "=", (held,)),))
    else:
        context.blame(f"rows may be no persons: ask for rows where {found.name} is {held}")


def _counted_apart(_: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
    dim, filters = kinds_apart(parts[2])
    yield Frame("aggregate", (Agg("count"),), (dim,), filters=filters)


def _flags(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
    found: Filter = parts[2]
    repeated = [c for c in context.table.columns if c.stems[-1:] == ("id",) and c.unique < context.table.rows]
    if repeated:
        wanted = str(found.values[0]).lower()
        context.blame(f"{repeated[0].name} repeats: ask for rows where {found.column} is {wanted}")
    else:
        yield Frame("aggregate", (Agg("count"),), filters=(found,))


def amounts() -> Parser:
    """Match `how many visits`, `total number of absences`: the sum of a column that says how many."""

    def make(_: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        found: Column = parts[2]
        if found.additive and found.stems[-1] in lexicon.COUNTED_WORDS and found.words[-1] != found.stems[-1]:
            yield Frame("aggregate", (Agg("sum", found.name),))

    head = phrase("how many", "number of", "total number of", "how many total")
    return bound(seq(head, ARTICLE, column("number"), opt(phrase("in total"))), make)
