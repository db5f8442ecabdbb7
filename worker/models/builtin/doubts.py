"""Do the words with which a reading was asked leave a doubt, though it could be computed?"""

from __future__ import annotations

from worker.models.builtin import lexicon
from worker.models.builtin.frame import Agg, Filter, Frame, NotSureError
from worker.models.builtin.grammar import Context, phrase
from worker.models.builtin.schema import Column, Table
from worker.models.builtin.tokens import stem

_LISTING = frozenset({"list", "print", "display", "return"})
SHOWING = _LISTING | {"show", "get", "give", "find", "see"}
phrase("values", "value", "sum", "false")


def doubt(frame: Frame, context: Context) -> None:
    """Return if the words leave no doubt that `frame` is meant.

    Raises:
        NotSureError: they do; the message says why.
    """
    words = [token.norm for token in context.tokens if token.kind != "quoted"]
    for agg in frame.aggs:
        if agg.column:
            _doubt_aggregate(agg, context.table.column(agg.column), words)
            _doubt_total(agg, frame, context.table, words)
    for one in frame.filters:
        _doubt_negation(one, context.table.column(one.column), words)
    if frame.kind == "unique":
        _doubt_unique(context.table.column(frame.columns[0]), words)


def doubt_bare(frame: Frame, column: Column, context: Context) -> None:
    """Return if a column with no function surely asks for its sum, not for a list of its values.

    Raises:
        NotSureError: it does not; the message says why.
    """
    if frame.dims:
        return
    words = [token.norm for token in context.tokens]
    plural = any(stem(word) in column.stems and word not in column.words for word in words)
    listing = _LISTING if frame.filters else SHOWING
    if plural or listing & set(words) or (words[:2] == ["what", "are"] and not frame.filters):
        raise NotSureError(
            f"the values of {column.name} or their sum may be meant: "
            f'ask for "sum of {column.name}" or "unique values of {column.name}"'
        )


def _doubt_aggregate(agg: Agg, column: Column, words: list[str]) -> None:
    if agg.superlative and (column.kind == "date" or column.words[-1:] and column.calendar):
        raise NotSureError(
            f"by what a {column.name} is highest or lowest is not said: "
            f'ask for "{"maximum" if agg.function == "max" else "minimum"} {column.name}", '
            f'or "which {column.name} has the highest ..."'
        )
    if agg.function == "nunique":
        _doubt_unique(column, words)


def _doubt_total(agg: Agg, frame: Frame, table: Table, words: list[str]) -> None:
    if agg.function != "sum" or "sum" in words:
        return
    column = table.column(agg.column or "")
    if column.of_one_unit and not set(column.words) & {"unit", "per"} <= set(words):
        raise NotSureError(f'{column.name} is of one unit: ask for "sum of {column.name}" if that is meant')
    if column.parts_of_people:
        raise NotSureError(
            f"{column.name} holds parts of people, so perhaps percentages: "
            f'ask for "average {column.name}", or "sum of {column.name}" if that is meant'
        )
    if (column.level_like and _over_time(frame, table)) or any(
        word in lexicon.UNSUMMED_WORDS for word in column.stems
    ):
        raise NotSureError(
            f"a total of {column.name} is no total of anything: "
            f'ask for "average {column.name}", or "sum of {column.name}" if that is meant'
        )


def _over_time(frame: Frame, table: Table) -> bool:
    """Whether rows of several times are added up, as far as the columns tell."""
    times = [c for c in table.columns if c.kind == "date" or c.calendar]
    pinned = {dim.column for dim in frame.dims} | {one.column for one in frame.filters if one.op == "="}
    return bool(times) and not (len(times) == 1 and times[0].calendar and times[0].name in pinned)


def _doubt_negation(one: Filter, column: Column, words: list[str]) -> None:
    if (
        column.kind == "boolean"
        and column.nulls
        and one.values == (False,)
        and {"not", "!=", "<>"} & set(words)
    ):
        raise NotSureError(
            f"{column.nulls} rows have no {column.name}: "
            f'ask for "{column.name} is false" or "{column.name} is missing"'
        )


def _doubt_unique(column: Column, words: list[str]) -> None:
    said = {"value", "values"} & set(words)
    if column.kind == "number" and not said and not column.id_like and column.additive:
        raise NotSureError(
            f"different amounts of {column.name} may not be meant: "
            f'ask for "unique values of {column.name}" if they are'
        )
