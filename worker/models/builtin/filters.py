"""Which rows does a phrase such as `in Germany` or `with price above 10` keep?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.dates import Days, day_range, month_of
from worker.models.builtin.frame import Filter, Scalar
from worker.models.builtin.grammar import (
    Context,
    Parser,
    alt,
    applied,
    bound,
    listed,
    meaning,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.held_values import holds, literal, plain_word, value
from worker.models.builtin.mentions import column, number
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Column, date_span

ARTICLE = opt(phrase("the", "a", "an", "all", "all the"))
_BE = opt(phrase("is", "are", "was", "were", "of"))
_NOT = phrase("not")


def values(*, common: bool = True) -> Parser:
    """Match values of one column; the value is `(column, (value, ...))`. `common`: see `mentions.value`."""

    def one_column(_: Context, pairs: tuple[tuple[Column, str], ...]) -> Iterator[Any]:
        if len({pair[0].name for pair in pairs}) == 1:
            yield pairs[0][0], tuple(pair[1] for pair in pairs)

    return bound(listed(seq_second(ARTICLE, value(common=common)), "and", "or", "&"), one_column)


def seq_second(first: Parser, second: Parser) -> Parser:
    """Match both; the value is the second's."""
    return applied(seq(first, second), lambda pair: pair[1])


def held(found: Column, texts: tuple[str, ...], *, negated: bool = False) -> Filter:
    """Return the filter that keeps (or drops) the rows where the column holds one of `texts`."""
    unique = tuple(sorted(set(texts)))
    if len(unique) == 1:
        return Filter(found.name, "!=" if negated else "=", unique)
    return Filter(found.name, "not in" if negated else "in", unique)


def value_phrase(*, negated: bool = False) -> Parser:
    """Match `Germany`, `the North region`, `category Toys`, `Electronics orders`."""

    def make(context: Context, parts: tuple[Any, ...]) -> Iterator[Filter]:
        named, (found, texts), noun = parts
        if named is not None and named.name != found.name:
            return
        if isinstance(noun, Column) and noun.name != found.name:
            return
        yield held(found, texts, negated=negated)

    before = seq_second(ARTICLE, applied(seq(column("text"), opt(phrase("is", "=", "of", ":"))), _first))
    named = seq(before, values())
    bare = applied(values(common=False), lambda found: (None, found))
    after = opt(alt(column("text"), row_noun()))
    return bound(applied(seq(ARTICLE, alt(named, bare), after), lambda v: (*v[1], v[2])), make)


def _first(pair: tuple[Any, ...]) -> Any:
    return pair[0]


def boolean_phrase() -> Parser:
    """Match `active`, `not returned` for a boolean column."""

    def make(_: Context, parts: tuple[Any, ...]) -> Iterator[Filter]:
        yield Filter(parts[1].name, "=", (parts[0] is None,))

    return bound(seq(opt(_NOT), column("boolean")), make)


def _is_value(context: Context, parts: tuple[Any, ...]) -> Iterator[Filter]:
    found, operation, pair = parts
    if isinstance(pair, tuple):
        if pair[0].name == found.name:
            yield held(found, pair[1], negated=operation == "!=")
    elif operation == "=" and not holds(found, pair):
        yield Filter(found.name, "same", (pair,))


def _flag(_: Context, parts: tuple[Any, ...]) -> Iterator[Filter]:
    wanted = parts[2] in {"true", "yes"}
    yield Filter(parts[0].name, "=", (wanted == (parts[1] == "="),))


def condition() -> Parser:
    """Match a condition that names its column: `city is Rome`, `city is missing`."""
    equals = meaning(
        {"=": ("is", "are", "was", "were", "=", "==", "equals", "equal to", "is equal to", "is in", "in"),
         "!=": ("is not", "are not", "!=", "<>", "not equal to", "is not equal to", "is not in", "not in")}
    )  # fmt: skip
    texts = meaning(
        {
            "contains": ("contains", "containing", "contain", "that contains", "includes", "including"),
            "startswith": ("starts with", "starting with", "start with", "begins with", "beginning with"),
            "endswith": ("ends with", "ending with", "end with", "ending in", "ends in"),
        }
    )
    return alt(
        bound(seq(column("text"), equals, alt(values(), literal())), _is_value),
        bound(
            seq(column("text"), texts, alt(literal(), plain_word())),
            lambda c, v: [Filter(v[0].name, v[1], (v[2],))] if v[2] else [],
        ),
        bound(
            seq(alt(literal(), plain_word()), phrase("in the", "in their", "in its"), column("text")),
            lambda c, v: [Filter(v[2].name, "contains", (v[0],))] if v[0] else [],
        ),
        bound(
            seq(column("boolean"), meaning({"=": ("is", "=", "==", "are"), "!=": ("is not", "!=")}),
                phrase("true", "false", "yes", "no")),
            _flag,
        ),
        missing_condition(),
        column_date_condition(),
    )  # fmt: skip


def missing_condition() -> Parser:
    """Match `city is missing`, `missing city`, `without a city`, `city is not missing`."""
    empty = phrase("missing", "null", "empty", "blank", "nan")
    states = alt(
        applied(seq(column(), phrase("is", "are"), opt(_NOT), empty), lambda v: (v[0], v[2])),
        applied(
            seq(phrase("missing", "null", "empty", "a missing", "an empty"), column()), lambda v: (v[1], None)
        ),
        applied(
            seq(phrase("no", "without", "without a", "without an"), column("text", "date")),
            lambda v: (v[1], None),
        ),
        bound(
            seq(phrase("no"), column("number")),
            lambda c, v: [(v[1], None)] if isinstance(v[1].low, int | float) and v[1].low > 0 else [],
        ),
        applied(seq(column(), phrase("is unknown", "is not known", "is not given")), lambda v: (v[0], None)),
    )
    return bound(states, missing)


def missing(_: Context, state: tuple[Column, Any]) -> Iterator[Filter]:
    """Yield the filter for missing values, unless the column says "none" or "unknown" in words too."""
    found, negated = state
    if not any(text.casefold() in lexicon.NOTHING_VALUES for text in found.values):
        yield Filter(found.name, "present" if negated else "missing")


def date_phrase() -> Parser:
    """Match `in 2023`, `since March 2024`, `between 2023-01-01 and 2023-03-31`, about the date column."""

    def dated(context: Context, spans: Any) -> Iterator[Filter]:
        for found in context.table.dated:
            yield from _date_filters(context, found, spans)
        yield from _year_filters(context, spans)

    return bound(_date_words(), dated)


def column_date_condition() -> Parser:
    """Match `order_date after 2023-05-01`."""
    return bound(
        seq(column("date"), _BE, _date_words()), lambda context, v: list(_date_filters(context, v[0], v[2]))
    )


def dated_column() -> Parser:
    """Match `order_date 2023`."""
    return bound(
        seq(column("date"), day_range()),
        lambda context, v: list(_date_filters(context, v[0], ("in", v[1], None))),
    )


def days_of(context: Context, days: Days) -> Iterator[Filter]:
    """Yield the filters that bare days such as `2023` set to what dates there are."""
    for found in context.table.dated:
        yield from _date_filters(context, found, ("in", days, None))
    yield from _year_filters(context, ("in", days, None))


def _date_words() -> Parser:
    """Match an operation and its days; the value is `(operation, days, days or None)`."""
    single = meaning(
        {
            "in": (
                "in",
                "during",
                "on",
                "for",
                "of",
                "within",
                "in the",
                "during the",
                "of the",
                "for the",
                "in the year",
                "for the year",
                "dated",
            ),
            ">": ("after", "later than"),
            ">=": ("since", "starting from", "on or after", ">="),
            "<": ("before", "prior to", "earlier than"),
            "<=": ("through", "on or before", "<="),
            "until": ("until", "till", "up to"),
        }
    )
    pair = seq(phrase("between", "from"), day_range(), phrase("and", "to", "until", "through"), day_range())

    open_ended = meaning({
        ">=": ("or later", "or after", "and later", "and after", "onwards", "onward"),
        "<=": ("or earlier", "or before", "and earlier", "and before"),
    })  # fmt: skip
    return alt(
        applied(seq(opt(phrase("in", "from")), day_range(), open_ended), lambda v: (v[2], v[1], None)),
        applied(seq(single, day_range()), lambda v: (v[0], v[1], None)),
        applied(pair, lambda v: ("between", v[1], v[3])),
    )


def _date_filters(context: Context, found: Column, spans: Any) -> Iterator[Filter]:
    operation, first, last = spans
    resolved = _with_year(context, found, first)
    if resolved is None or (last is not None and not last.year_given):
        return
    start, end = resolved.start.isoformat(), resolved.end.isoformat()
    if operation == "in":
        yield Filter(found.name, "days", (start, end))
    elif operation == "between" and last is not None and last.end > resolved.start:
        yield Filter(found.name, "days", (start, last.end.isoformat()))
    elif operation == ">":
        yield Filter(found.name, "from", (end,))
    elif operation == ">=":
        yield Filter(found.name, "from", (start,))
    elif operation == "<":
        yield Filter(found.name, "before", (start,))
    elif operation == "<=" or (operation == "until" and (resolved.end - resolved.start).days == 1):
        yield Filter(found.name, "before", (end,))
    elif operation == "until":
        context.blame("it is not sure whether the last month or year is to be counted: name the last day")


def _with_year(context: Context, found: Column, days: Days) -> Days | None:
    if days.year_given:
        return days
    span = date_span(found)
    if span and span[0].year == span[1].year:
        return month_of(span[0].year, days)
    context.month_of_no_year = True
    context.blame(f"the year of the month is not named, and {found.name} spans more than one")
    return None


def _year_filters(context: Context, spans: Any) -> Iterator[Filter]:
    operation, first, last = spans
    if first.bare_year is None or (last is not None and last.bare_year is None):
        return
    for found in context.table.of_kind("number"):
        if found.stems[-1:] != ("year",) or not found.calendar:
            continue
        year: Scalar = first.bare_year
        if first.last_year is not None or (last is not None and last.last_year is not None):
            if operation == "in":
                yield Filter(found.name, "between", (year, first.last_year or year))
        elif operation == "in":
            yield Filter(found.name, "=", (year,))
        elif operation == "between":
            yield Filter(found.name, "between", (year, last.bare_year))
        elif operation != "until":
            yield Filter(found.name, operation, (year,))


def named_year() -> Parser:
    """Match `year 2023` for a column of years."""
    return bound(
        seq(column("number"), number()),
        lambda c, v: [Filter(v[0].name, "=", (v[1],))] if v[0].calendar else [],
    )
