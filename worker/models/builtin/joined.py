"""Which wide table do a table and those that it looks things up in make, with no row of it twice?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from worker.analysis.contract import Join
from worker.models.builtin.frame import Frame
from worker.models.builtin.schema import Column, Lookup, Table, table_noun

MAX_HOPS = 3


@dataclass(frozen=True)
class _Step:
    """One join in the direction in which it looks things up: each left row has at most one right row."""

    left: str
    left_column: str
    right: str
    right_column: str
    coverage: float
    alone: bool
    """Whether each right row has at most one left row too."""


def wide_tables(tables: tuple[Table, ...], joins: tuple[Join, ...]) -> Iterator[Table]:
    """Yield for each table that has any lookups the table with their columns."""
    by_name = {table.name: table for table in tables}
    steps = list(_steps(by_name, joins))
    for table in tables:
        wide = _wide(table, by_name, steps)
        if wide is not None:
            yield wide


def _steps(tables: dict[str, Table], joins: tuple[Join, ...]) -> Iterator[_Step]:
    for join in joins:
        sides = (join.left_table, join.left_column, join.right_table, join.right_column)
        if join.left_table == join.right_table or not _fit(tables, join):
            continue
        alone = join.kind == "one_to_one"
        yield _Step(*sides, join.coverage, alone)
        if alone:
            yield _Step(*sides[2:], *sides[:2], 0.0, alone)


def _fit(tables: dict[str, Table], join: Join) -> bool:
    """Whether both columns are there, of one kind, and the right one really is a key."""
    found = []
    for table, column in ((join.left_table, join.left_column), (join.right_table, join.right_column)):
        held = tables.get(table)
        found += [one for one in held.columns if one.name == column] if held else []
    if len(found) < 2 or found[0].kind != found[1].kind:
        return False
    return found[1].nulls == 0 and found[1].unique == tables[join.right_table].rows


def _wide(root: Table, tables: dict[str, Table], steps: list[_Step]) -> Table | None:
    ways: dict[str, list[tuple[_Step, ...]]] = {}
    for path in _paths(root.name, steps, (root.name,)):
        ways.setdefault(path[-1].right, []).append(path)
    if not ways:
        return None
    barred = {name for name, found in ways.items() if len(found) > 1}
    sure = {name: found[0] for name, found in ways.items()}
    used: dict[str, int] = {}
    keys = {(path[-1].right, path[-1].right_column) for path in sure.values()}
    held = [(root, c) for c in root.columns]
    for name in sorted(sure, key=lambda one: len(sure[one])):
        held += [(tables[name], c) for c in tables[name].columns if (name, c.name) not in keys]
    for _, column in held:
        used[column.name.casefold()] = used.get(column.name.casefold(), 0) + 1
    columns = tuple(_seen(root, at, column, sure.get(at.name, ()), used) for at, column in held)
    named = {(column.home or root.name, column.own or column.name): column.name for column in columns}
    lookups = tuple(_lookup(root, tables, path, named, keys) for path in _nearest_first(sure))
    shown = tuple((name, " or ".join(_way(path) for path in ways[name])) for name in sorted(barred))
    return replace(root, columns=columns, lookups=lookups, barred=shown)


def _nearest_first(sure: dict[str, tuple[_Step, ...]]) -> list[tuple[_Step, ...]]:
    return sorted(sure.values(), key=len)


def _paths(at: str, steps: list[_Step], seen: tuple[str, ...]) -> Iterator[tuple[_Step, ...]]:
    for step in steps:
        if step.left != at or step.right in seen:
            continue
        yield (step,)
        if len(seen) < MAX_HOPS:
            for rest in _paths(step.right, steps, (*seen, step.right)):
                yield (step, *rest)


def _way(path: tuple[_Step, ...]) -> str:
    return " and ".join(f"{step.left_column} of {step.left}" for step in path)


def _seen(root: Table, at: Table, column: Column, path: tuple[_Step, ...], used: dict[str, int]) -> Column:
    """Return a column as it is in the wide table: with its table's name where others are called the same."""
    shared = used[column.name.casefold()] > 1
    noun = table_noun(at.words)
    shown = f"{at.name}.{column.name}" if shared else column.name
    words = (*noun, *column.words) if shared and column.stems[: len(noun)] != noun else column.words
    own = column.name if shared else ""
    if at is root:
        return replace(column, name=shown, own=own, words=words)
    many = not all(step.alone for step in path)
    return replace(
        column, name=shown, own=column.name, home=at.name, words=words, distance=len(path),
        nulls=column.nulls + 1,
        unique=min(column.unique, max(1, root.rows - 1)) if many else column.unique,
        repeats=column.unique < at.rows,
    )  # fmt: skip


def _lookup(
    root: Table,
    tables: dict[str, Table],
    path: tuple[_Step, ...],
    named: dict[tuple[str, str], str],
    keys: set[tuple[str, str]],
) -> Lookup:
    step = path[-1]
    left = (step.left, step.left_column)
    if left in keys:
        before = next(one for one in reversed(path[:-1]) if one.right == step.left)
        left = (before.left, before.left_column)
    covered = all(one.coverage >= 1.0 for one in path)
    return Lookup(step.right, step.right_column, named[left], tables[step.right].first, covered)


def used_columns(frame: Frame) -> set[str]:
    """Return the names of all columns that a reading is about."""
    names = {agg.column for agg in frame.aggs if agg.column} | {dim.column for dim in frame.dims}
    names |= {one.column for one in frame.filters}
    names |= {str(one.values[0]) for one in frame.filters if one.op.endswith(" column")}
    listed = frame.columns[:1] if frame.kind in {"difference", "ratio"} else frame.columns
    return names | set(listed)


def narrowed(frame: Frame, table: Table) -> Table:
    """Return the wide table with no more joins and columns of others than the reading needs."""
    used = used_columns(frame)
    needed: list[Lookup] = []
    wanted = {table.column(name).home for name in used} - {""}
    for one in reversed(table.lookups):
        if one.table in wanted:
            needed.insert(0, one)
            wanted |= {table.column(one.on).home} - {""}
            used.add(one.on)
    own = [replace(c, name=c.own, own="") if c.own and c.name not in used else c
           for c in table.columns if not c.home]  # fmt: skip
    others = [c for c in table.columns if c.home and c.name in used]
    return replace(table, columns=(*own, *others), lookups=tuple(needed))


def joined_use(frame: Frame, table: Table) -> str:
    """Return why a reading of a wide table is not one to answer, or nothing if it is.

    Sums stay true only if what is added up is in the table whose rows are taken; what is looked up may
    group and filter them.
    """
    homes = {name: table.column(name).home for name in used_columns(frame)}
    if not any(homes.values()):
        return "no other table is needed"
    for name, ways in table.barred:
        if name in homes.values():
            return f"{name} can be joined to {table.name} in more than one way: by {ways}"
    if frame.kind not in _JOINED:
        return f"this needs one table, and {', '.join(sorted(homes))} are in several"
    repeated = [
        agg.column
        for agg in frame.aggs
        if agg.column and homes[agg.column] and agg.function not in {"nunique", "min", "max"}
    ]
    if frame.kind not in {"difference", "ratio"}:
        repeated += [name for name in frame.columns[:1] if homes[name]]
    if repeated:
        return f"{repeated[0]} is in {homes[repeated[0]]} and would be counted more than once"
    for dim in frame.dims:
        column = table.column(dim.column)
        if column.home and column.stems[-1:] in {("name",), ("title",)} and column.repeats:
            return f"{column.name} is not different for each row of {column.home}"
    return ""


_JOINED = {"aggregate", "trend", "rank", "top_rows", "rows", "share_groups", "share_rows", "share_sum",
           "difference", "ratio", "frequency", "mode", "unique", "correlation"}  # fmt: skip


def joins_text(table: Table) -> str:
    """Return how the tables were joined, in words."""
    parts = []
    for one in table.lookups:
        on = table.column(one.on)
        gaps = ""
        if not on.home and on.nulls:
            gaps = f"; {on.nulls:,} {'row' if on.nulls == 1 else 'rows'} of {table.name} have no {on.name}"
        if not one.covered:
            gaps += f"; {table.name} with no match in {one.table} are kept without it"
        parts.append(f"{one.table} joined by {on.name}{gaps}")
    return f" ({table.name}, with {'; '.join(parts)})" if parts else ""
