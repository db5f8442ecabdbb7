"""Which sums, counts and comparisons can a question ask for? The readings without groups and filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.cores_counted import counted
from worker.models.builtin.filters import ARTICLE, seq_second
from worker.models.builtin.frame import Agg, Frame
from worker.models.builtin.function_words import function_word
from worker.models.builtin.grammar import (
    Context,
    Found,
    Parser,
    alt,
    applied,
    bound,
    listed,
    memo,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.mentions import column, listing, named_columns, similar_columns
from worker.models.builtin.modifiers import adjectives, happened
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Column
from worker.models.builtin.tokens import is_plural, stem

_NOUN_END = opt(phrase("column", "values", "value", "field"))
_OF = opt(phrase("of", "of all", "for", "in", "of all the", "of the", "in the"))


def aggregates() -> Parser:
    """Match `total revenue`, `average and median price`, `min price and max quantity`; a tuple of `Agg`."""
    functions = listed(seq_second(ARTICLE, function_word()), "and", "&", "as well as")
    named = listed(seq_second(ARTICLE, applied(seq(column(), _NOUN_END), lambda v: v[0])), "and", "&")
    before = bound(seq(functions, _OF, ARTICLE, named), _crossed)
    usual = bound(
        seq(column("number"), phrase("on average")),
        lambda c, v: [(Agg("mean", v[0].name),)] if not v[0].id_like else [],
    )
    after = bound(seq(column(), function_word()), lambda c, v: _crossed(c, ((v[1],), None, None, (v[0],))))
    one = alt(before, after, usual, implied())

    def flat(_: Context, parts: tuple[tuple[Agg, ...], ...]) -> Iterator[tuple[Agg, ...]]:
        aggs = tuple(agg for part in parts for agg in part)
        if len(set(aggs)) == len(aggs):
            yield aggs

    return memo(bound(listed(seq_second(ARTICLE, one), "and", "as well as", "plus", "along with"), flat))


def _crossed(context: Context, parts: tuple[Any, ...]) -> Iterator[tuple[Agg, ...]]:
    functions, of, _article, named = parts
    for name, _argument, start, end in functions:
        longer = _longer_name(context, start, end) if of is None else None
        if longer is not None and name != "nunique":
            context.blame(
                f'"{longer.name}" is a column itself: say what to do with it, as in sum of {longer.name}'
            )
            return
    made = []
    for name, argument, start, _end in functions:
        for found in named:
            if argument == "date" and found.kind != "date" and not _names_year(context, start, found):
                return
            if argument in lexicon.ADJECTIVES and not lexicon.ADJECTIVES[argument][1] & set(found.stems):
                return
            spoken = context.norm(start) in lexicon.SUPERLATIVES
            made.append(Agg(name, found.name, argument if name == "quantile" else None, spoken))
    yield tuple(made)


def _names_year(context: Context, start: int, found: Column) -> bool:
    """Whether `earliest year` is asked for, of a column of years."""
    return found.calendar and found.stems[-1] == "year" and context.norm(start) in {"earliest", "latest"}


def _longer_name(context: Context, start: int, end: int) -> Column | None:
    """Return the column whose own name begins with the function's word, as `total_price` does."""
    for stop in range(min(len(context.tokens), end + 4), end, -1):
        if any(token.kind in {"quoted", "name"} for token in context.tokens[start:stop]):
            continue
        for found in named_columns(context, start, stop):
            if len(found.words) > end - start:
                return found
    return None


def implied() -> Parser:
    """Match `total revenue` where the only such column is called `Total Revenue`: its sum."""
    kinds = {"sum": {"total", "sum"}, "min": {"min", "minimum"}, "max": {"max", "maximum"}}

    def parse(context: Context, at: int) -> Iterator[Found]:
        for found, end in column("number")(context, at):
            rest = context.text[context.tokens[at].start : context.tokens[end - 1].end]
            spoken = [token.norm for token in context.tokens[at:end]]
            for function, words in kinds.items():
                if len(found.words) < 2 or found.words[0] not in words or spoken[0] not in words:
                    continue
                others = [
                    other.name
                    for other in similar_columns(found.stems[-1], context.table)
                    if other.name != found.name
                ]
                if others:
                    context.blame(
                        f'"{rest}" fits {listing([found.name, *others])} alike. Name one of them in full'
                    )
                else:
                    yield (Agg(function, found.name),), end

    return parse


def bare_columns() -> Parser:
    """Match columns with no function: a sum where nothing else can be meant; a tuple of `Agg`."""

    def make(context: Context, found: tuple[Column, ...]) -> Iterator[tuple[Agg, ...]]:
        doubled = [o for one in found for o in context.table.columns if o.stems and o.stems == one.stems[1:]]
        if doubled and found[0].words[0] in {"total", "sum"}:
            context.blame(f'"{found[0].name}" may mean that column or the sum of {doubled[0].name}')
        elif all(one.additive and (not one.summed or context.identified(one.name)) for one in found):
            yield tuple(Agg("sum", one.name) for one in found)
        elif len(found) == 1 and found[0].kind == "number" and not found[0].id_like:
            yield (Agg("mean", found[0].name),)
        elif all(one.kind == "number" for one in found):
            context.blame(f"it is not said what to do with {found[0].name}: sum, average, minimum")

    return bound(listed(seq_second(ARTICLE, column("number")), "and"), make)


def aggregate_frame() -> Parser:
    """Match an aggregate, with an adjective such as a value before the column (`total Toys revenue`)."""
    plain = applied(aggregates(), lambda aggs: Frame("aggregate", aggs))
    adjective = bound(
        seq(function_word(), opt(phrase("of")), ARTICLE, _adjective(), column()),
        lambda c, v: [
            Frame("aggregate", aggs, filters=v[3]) for aggs in _crossed(c, ((v[0],), "of", None, (v[4],)))
        ],
    )
    bare = applied(
        bare_columns(),
        lambda aggs: Frame("aggregate", aggs, which="lookup" if aggs[0].function == "mean" else "bare"),
    )
    how_much = bound(
        seq(phrase("how much", "how much total"), column("number")),
        lambda c, v: [Frame("aggregate", (Agg("sum", v[1].name),))] if v[1].additive else [],
    )
    how_usual = bound(
        seq(phrase("how much is", "how high is", "how long is", "how old is"), ARTICLE, aggregates()),
        lambda c, v: [Frame("aggregate", v[2])] if all(a.function == "mean" for a in v[2]) else [],
    )
    return alt(plain, adjective, bare, how_much, how_usual, lone_function())


def _adjective() -> Parser:
    return bound(adjectives(), lambda c, filters: [filters] if filters else [])


def lone_function() -> Parser:
    """Match `the total` with no column: sure only where one numeric column is there to take."""

    def make(context: Context, function: tuple[Any, ...]) -> Iterator[Frame]:
        numeric = [c for c in context.table.of_kind("number") if not c.id_like]
        argument = function[1] if function[0] == "quantile" else None
        if function[0] != "nunique":
            name = numeric[0].name if len(numeric) == 1 else ""
            yield Frame("aggregate", (Agg(function[0], name, argument),))

    return bound(function_word(), make)


def count_frame() -> Parser:
    """Match `how many orders`, `number of completed orders`, `how many are active`, `row count`."""
    head = phrase(
        "how many", "number of", "count of", "count", "total number of", "total count of", "count the",
        "count the number of", "count of the", "count of all", "number of the", "how many of the",
        "count all", "count all the", "total number of all", "number of all",
    )  # fmt: skip
    rows = applied(
        seq(head, ARTICLE, adjectives(), row_noun()),
        lambda v: Frame("aggregate", (Agg("count"),), filters=v[2]),
    )
    short = applied(
        phrase("row count", "record count", "count rows", "count records", "size of the data"),
        lambda _: Frame("aggregate", (Agg("count"),)),
    )
    happening = applied(
        seq(phrase("how many"), happened()), lambda v: Frame("aggregate", (Agg("count"),), filters=(v[1],))
    )
    no_noun = applied(
        seq(phrase("how many"), _must_describe()), lambda _: Frame("aggregate", (Agg("count"),))
    )
    return alt(rows, short, happening, no_noun, plural_of_column(), frequency(), counted())


def _must_describe() -> Parser:
    """Match nothing, where a description follows (`how many are active`)."""
    ahead = phrase("are", "were", "have", "is")

    def parse(context: Context, at: int) -> Iterator[Found]:
        if any(True for _ in ahead(context, at)) and context.norm(at + 1) not in {"there", ""}:
            yield None, at

    return parse


def plural_of_column() -> Parser:
    """Match `how many categories are there`: the different values of a text column named in the plural."""

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Frame]:
        found = parts[1]
        table_noun = tuple(stem(word) for word in context.table.words)
        if (
            len(found.words) == 1
            and found.stems != table_noun[-1:]
            and not found.id_like
            and found.unique < found_rows(context, found)
        ):
            yield Frame("aggregate", (Agg("nunique", found.name),))

    def plural(context: Context, at: int) -> Iterator[Found]:
        for found, end in column("text")(context, at):
            word = context.norm(end - 1)
            if end == at + 1 and is_plural(word) and found.stems == (stem(word),):
                yield found, end

    return bound(seq(phrase("how many", "number of"), plural), make)


def found_rows(context: Context, found: Column) -> int:
    """Return the number of rows that have a value of `found`."""
    return context.table.rows - found.nulls


def frequency() -> Parser:
    """Match `value counts of status`, `frequency of each status`."""
    head = phrase(
        "value counts of", "value counts for", "frequency of", "frequencies of", "frequency of each",
        "counts of",
        "counts of each", "count of each", "counts for each",
        "counts per", "counts by", "count by", "count per", "count for each", "how often each",
        "breakdown of",
        "breakdown by",
    )  # fmt: skip
    return applied(
        seq(head, ARTICLE, column("text", "boolean"), _NOUN_END),
        lambda v: Frame("frequency", columns=(v[2].name,)),
    )


def mode_frame() -> Parser:
    """Match `most common category`, `mode of size`, `which category is the most frequent`."""
    words = phrase("most common", "most frequent", "mode of", "mode", "most common value of",
        "most frequent value of",
                   "most common value in", "most frequent value in", "modal", "most frequently occurring",
                   "most common value for")  # fmt: skip
    ahead = seq(words, ARTICLE, column(), _NOUN_END)
    behind = seq(
        phrase("which", ""), column(), phrase("is", "is the", "occurs", "appears"),
        phrase("most common", "most frequent", "most often", "the most often", "most frequently",
        "most common one"),
    )  # fmt: skip
    return alt(
        applied(ahead, lambda v: Frame("mode", columns=(v[2].name,))),
        applied(behind, lambda v: Frame("mode", columns=(v[1].name,))),
    )
