"""Which questions, each of another kind, does the builtin planner surely answer of these tables?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from worker.analysis.contract import Join, Plan, Question, TableView
from worker.models import builtin
from worker.models.builtin.lexicon import LEVEL_WORDS, RATE_WORDS
from worker.models.builtin.tokens import is_made_up, name_words

SUGGESTIONS_MAX = 10
_TABLES_ASKED = 6
_TRIED_MOST = 60
_TRIED_OF_MANY = 12
_MANY_TABLES = 30
"""With so many tables each try takes long, as a question is read against all of them."""
_GROUPS_MOST = 50
_MEASURED = RATE_WORDS | LEVEL_WORDS
Column = dict[str, Any]


def suggest(
    tables: Sequence[TableView], joins: Sequence[Join] = (), asked: Sequence[str] = ()
) -> tuple[str, ...]:
    """Up to ten questions, those of different kinds first, and none that was asked."""
    known = {_plain(text) for text in asked}
    kinds = [list(kind) for kind in _kinds(tables[:_TABLES_ASKED], joins, several=len(tables) > 1)]
    tries = _TRIED_OF_MANY if len(tables) > _MANY_TABLES else _TRIED_MOST
    found: list[str] = []
    while any(kinds) and len(found) < SUGGESTIONS_MAX:
        for kind in kinds:
            # One of each kind in turn: what is declined makes room for the next of its kind.
            while kind and tries and len(found) < SUGGESTIONS_MAX:
                text = kind.pop(0)
                if _plain(text) in known:
                    continue
                tries -= 1
                known.add(_plain(text))
                if _is_answered(text, tables, joins):
                    found.append(text)
                    break
        if not tries:
            break
    return tuple(found)


def _is_answered(text: str, tables: Sequence[TableView], joins: Sequence[Join]) -> bool:
    return isinstance(builtin.plan(Question(text, tuple(tables), joins=tuple(joins))), Plan)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip("?. ")


def _kinds(tables: Sequence[TableView], joins: Sequence[Join], *, several: bool) -> Iterator[Iterator[str]]:
    where = {table.name: f" in {table.name}" if several else "" for table in tables}
    about_one = (_rankings, _trends, _distributions, _counts, _middles)
    for at, questions in enumerate(about_one):
        # Each kind begins with another table, so that all have their turn.
        turned = [*tables[at % len(tables) :], *tables[: at % len(tables)]] if tables else []
        yield (text for table in turned for text in questions(table, where[table.name]))
        if at == 1:
            yield (text for join in joins for text in _joined(join, tables))


def _rankings(table: TableView, where: str) -> Iterator[str]:
    for group in _groups(table)[:3]:
        for number in _amounts(table)[:2]:
            for function in _functions(number):
                yield f"What is the {function} of {_quoted(number)} by {_quoted(group)}{where}?"


def _trends(table: TableView, where: str) -> Iterator[str]:
    for dated in [column for column in _columns(table) if column["kind"] == "date"][:2]:
        for number in _amounts(table)[:2]:
            for function in _functions(number):
                yield f"Show the {function} of {_quoted(number)} by month of {_quoted(dated)}{where}"


def _joined(join: Join, tables: Sequence[TableView]) -> Iterator[str]:
    held = {table.name: table for table in tables}
    if join.left_table not in held or join.right_table not in held:
        return
    for group in _groups(held[join.right_table])[:3]:
        for number in _amounts(held[join.left_table])[:2]:
            for function in _functions(number):
                yield f"What is the {function} of {_quoted(number)} by {_quoted(group)}?"


def _distributions(table: TableView, where: str) -> Iterator[str]:
    for number in _amounts(table)[:3]:
        yield f"Show the distribution of {_quoted(number)}{where}"


def _counts(table: TableView, where: str) -> Iterator[str]:
    for group in _groups(table)[:2]:
        yield f"How many rows are there by {_quoted(group)}{where}?"
        yield f"What is the most common {_quoted(group)}{where}?"
    yield f"How many rows are there{where}?"


def _middles(table: TableView, where: str) -> Iterator[str]:
    for number in _amounts(table)[:2]:
        yield f"What is the median of {_quoted(number)}{where}?"
    for column in [column for column in _columns(table) if column["kind"] == "text"][:2]:
        yield f"How many different {_quoted(column)} are there{where}?"
    yield f"How many missing values are there per column{where}?"
    yield f"How many duplicate rows are there{where}?"
    yield f"Show the first 5 rows{where}"


def _functions(number: Column) -> tuple[str, str]:
    """What to make of several amounts, the likelier first: prices and ages are not added up."""
    words = set(name_words(str(number["name"])))
    return ("average", "total") if words & _MEASURED else ("total", "average")


def _columns(table: TableView) -> list[Column]:
    """Those with a value; of a table with a header, not its row numbers and row names, which have no name."""
    held = [column for column in table.profile.get("columns") or () if column.get("unique")]
    return [column for column in held if not is_made_up(str(column["name"]))] or held


def _amounts(table: TableView) -> list[Column]:
    return [c for c in _columns(table) if c["kind"] == "number" and c.get("semantic", "amount") == "amount"]


def _groups(table: TableView) -> list[Column]:
    return [
        c
        for c in _columns(table)
        if c["kind"] == "text"
        and c.get("semantic") in (None, "category", "geo")
        and 1 < c["unique"] <= _GROUPS_MOST
    ]


def _quoted(column: Column) -> str:
    """The name as it can be asked for: with quotes where it is more than plain words."""
    name = str(column["name"])
    return name if name.replace("_", "").replace(" ", "").isalnum() and "`" not in name else f"`{name}`"
