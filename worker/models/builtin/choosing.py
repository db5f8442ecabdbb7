"""Which table, or tables joined, is a question about, and which one reading does it have there?"""

from __future__ import annotations

from dataclasses import dataclass

from worker.analysis.contract import Join
from worker.models.builtin.frame import Frame
from worker.models.builtin.joined import joined_use, narrowed, used_columns, wide_tables
from worker.models.builtin.mentions import listing
from worker.models.builtin.plain_text import plain
from worker.models.builtin.reader import Reading, read
from worker.models.builtin.schema import Column, Table, table_noun
from worker.models.builtin.tokens import stem, tokenize


@dataclass(frozen=True)
class Sure:
    """The one reading of a question, and the table (wide, where others are joined) that it is about."""

    frame: Frame
    table: Table


def choose(text: str, tables: tuple[Table, ...], joins: tuple[Join, ...]) -> Sure | str:
    """Return the one sure reading of `text`, or the reason why there is none."""
    readings = [(table, read(text, table)) for table in tables]
    if any(reading.several for _, reading in readings):
        return _why([reading for _, reading in readings if reading.frame is None])
    sure = [Sure(reading.frame, table) for table, reading in readings if reading.frame is not None]
    if len(sure) > 1:
        sure = _named(text, sure) or sure
    if len(sure) > 1:
        names = listing([one.table.name for one in sure])
        return f'it could be about {names}: name the table, as in "in {sure[0].table.name}"'
    if sure:
        return sure[0]
    return _choose_joined(text, tables, joins, [reading for _, reading in readings])


def _named(text: str, sure: list[Sure]) -> list[Sure]:
    """Return the reading of the one table whose rows the question speaks of, if there is one."""
    spoken = [stem(token.norm) for token in tokenize(text) if token.kind == "word"]
    found = [one for one in sure if _says(spoken, table_noun(one.table.words))]
    return found if len(found) == 1 else []


def _says(spoken: list[str], noun: tuple[str, ...]) -> bool:
    size = len(noun)
    return size > 0 and any(tuple(spoken[at : at + size]) == noun for at in range(len(spoken) - size + 1))


def _choose_joined(
    text: str, tables: tuple[Table, ...], joins: tuple[Join, ...], single: list[Reading]
) -> Sure | str:
    found: list[Sure] = []
    tried: list[Reading] = []
    refused: list[str] = []
    for table in wide_tables(tables, joins):
        reading = read(text, table)
        if reading.frame is None:
            tried.append(reading)
            continue
        why = joined_use(reading.frame, table)
        if why:
            refused.append(why)
        else:
            found.append(Sure(reading.frame, table))
    nearest = [one for one in found if not _passed_through(one, found)]
    if any(reading.several for reading in tried):
        return _why(tried)
    if len(nearest) == 1:
        shared = _shared(text, nearest[0], tables)
        if shared:
            return shared
        return Sure(nearest[0].frame, narrowed(nearest[0].frame, nearest[0].table))
    if nearest:
        names = listing([one.table.name for one in nearest])
        return f"it could be about the rows of {names}: name what is to be counted"
    if refused:
        return refused[0]
    return _why([*single, *tried])


def _shared(text: str, one: Sure, tables: tuple[Table, ...]) -> str:
    """Return which column is in several tables while the question names none of them, or nothing."""
    spoken = [stem(token.norm) for token in tokenize(text) if token.kind in {"word", "name"}]
    by_name = {table.name: table for table in tables}
    links = {lookup.on for lookup in one.table.lookups}
    for name in sorted(used_columns(one.frame) - links):
        column = one.table.column(name)
        own, home = column.own or column.name, by_name[column.home or one.table.name]
        others = [
            table.name
            for table in tables
            if table.name != home.name
            and any(
                c.name.casefold() == own.casefold() and _may_hold(c, name, one.frame) for c in table.columns
            )
        ]
        if others and not _says(spoken, table_noun(home.words)):
            where = listing([home.name, *others])
            return f'{own} is in {where}: say which, as in "{home.name} {own}"'
    return ""


def _may_hold(other: Column, name: str, frame: Frame) -> bool:
    """Whether a column of another table may be meant by `name`: it may hold the values asked for."""
    filters = [one for one in frame.filters if one.column == name]
    if not filters or any(one.op not in {"=", "in", "!=", "not in"} for one in filters):
        return True
    if name in {agg.column for agg in frame.aggs} | {dim.column for dim in frame.dims} | set(frame.columns):
        return True
    wanted = {plain(str(value)) for one in filters for value in one.values}
    return not other.all_values or any(plain(value) in wanted for value in other.values)


def _passed_through(one: Sure, found: list[Sure]) -> bool:
    """Whether another reading takes the rows of a table that `one` only looks up: those are meant."""
    others = {other.table.name for other in found} - {one.table.name}
    return any(lookup.table in others for lookup in one.table.lookups)


def _why(readings: list[Reading]) -> str:
    """Return the most telling reason: a whole reading given up, an unknown word, a part given up."""
    reasons = list(dict.fromkeys(reason for reading in readings for reason in reading.reasons))
    if reasons:
        return "; ".join(reasons[:2])
    unknown = (
        [name for name in readings[0].unknown if all(name in r.unknown for r in readings)] if readings else []
    )
    if unknown:
        return f"the rules do not know {listing(unknown[:4])}: no column, value or operation is called so"
    hints = list(dict.fromkeys(hint for reading in readings for hint in reading.hints))
    if hints:
        return "; ".join(hints[:2])
    return "the words are known, but not in this order: the rules cannot be sure what is asked"
