"""What of the tables does a model get to see: shape, columns, three sample rows, joins, within a budget?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.analysis.contract import Join
from worker.analysis.sizes import BYTES_PER_TOKEN, size_of, tokens_of
from worker.analysis.subschema import Ranked, SubSchema

SAMPLE_ROWS = 3
_CELL_CHARS_MAX = 80
_NAME_CHARS_MAX = 120
_VALUES_SHOWN = 12
_JOINS_MAX = 20
_TABLE_LEAST_TOKENS = 60
_NAMES_SHARE = 0.15
"""Of the budget, kept for the names of tables that are not told."""
_SAMPLE_SHARE = 0.25
_SHARES = (1.0, 0.95, 0.85, 0.6, 0.3, 0.1)
_COLUMNS_FIRST = 14
"""Of a table that does not go in whole: these are told before the next table's are."""


@dataclass(frozen=True)
class ProfileText:
    """The text, and how many of the tables have their columns in it."""

    text: str
    tables: int


@dataclass
class _Block:
    table: Ranked
    head: str
    lines: dict[int, str] = field(default_factory=dict)
    """Columns with what is known of them, by position."""
    names: list[str] = field(default_factory=list)
    sample: list[str] = field(default_factory=list)


def profile_text(schema: SubSchema, tokens_max: int) -> ProfileText:
    """The chosen tables first and, while there is room, all others; what is left out is named or counted."""
    if not schema.chosen:
        return ProfileText("(no tables)", 0)
    ranked = [*schema.chosen, *schema.others]
    joins = _joins_text(schema.joins, ranked)
    total = sum(_whole_cost(table) for table in ranked) + tokens_of(joins)
    if total <= tokens_max:
        blocks = [_whole(table) for table in sorted(ranked, key=lambda one: one.at)]
        return ProfileText("\n\n".join([*map(_text, blocks), *([joins] if joins else [])]), len(blocks))
    # What a line costs is known when it stands: a text that came out too long is made anew for less room.
    for share in _SHARES:
        told = _partial(schema, int(tokens_max * share))
        if tokens_of(told.text) <= tokens_max:
            break
    return told


def _partial(schema: SubSchema, tokens_max: int) -> ProfileText:
    ranked = [*schema.chosen, *schema.others]
    joins = _joins_text(schema.joins, schema.chosen)
    for_names = int(tokens_max * _NAMES_SHARE) if len(ranked) > 1 else 0
    blocks, left = _blocks(ranked, len(schema.chosen), tokens_max - for_names - tokens_of(joins))
    parts = [*map(_text, blocks), *([joins] if joins else [])]
    if rest := ranked[len(blocks) :]:
        parts.append(_others_text(rest, max(0, left) + for_names))
    return ProfileText("\n\n".join(parts), len(blocks))


def _blocks(ranked: list[Ranked], chosen: int, room: int) -> tuple[list[_Block], int]:
    """Blocks of as many tables as have room: needed columns first, then names, samples, further columns."""
    count = max(1, min(chosen, room // _TABLE_LEAST_TOKENS))
    blocks = [_Block(table, _head(table)) for table in ranked[:count]]
    left = room - sum(tokens_of(block.head) for block in blocks)
    for block in blocks:
        left = _describe(block, _needed(block.table)[:_COLUMNS_FIRST], left)
    names = sum(_name_cost(column) for block in blocks for column in _undescribed(block))
    sample_room = min(left, int(room * _SAMPLE_SHARE)) // len(blocks)
    spare = left - names - sample_room * len(blocks)
    for block in blocks:
        if spare > 0:
            before, spare = spare, _describe(block, _needed(block.table), spare)
            left -= before - spare
    for block in blocks:
        left = _name_rest(block, left)
    for block in blocks:
        block.sample = _sample_lines(block.table, sorted(block.lines), min(sample_room, left))
        left -= sum(tokens_of(line) for line in block.sample)
    for table in ranked[count:]:
        block = _Block(table, _head(table))
        cost = tokens_of(block.head)
        needed = _needed(table)[:_COLUMNS_FIRST]
        if not needed or cost + _TABLE_LEAST_TOKENS > left:
            break
        left = _describe(block, needed, left - cost)
        blocks.append(block)
    return blocks, left


def _needed(table: Ranked) -> list[int]:
    """The columns that the question seems to need, those of joins and keys, and all others; in this order."""
    keys = set(table.view.profile.get("keys") or [])

    def order(at: int) -> tuple[bool, float, bool, int]:
        score = table.column_scores.get(at, 0.0)
        return (at not in table.linked, -score, table.columns[at].get("name") not in keys, at)

    return sorted(range(len(table.columns)), key=order)


def _describe(block: _Block, columns: Sequence[int], left: int) -> int:
    for at in columns:
        if at in block.lines:
            continue
        line = _column_text(block.table.columns[at], at in block.table.linked)
        cost = tokens_of(line)
        if cost > left:
            break
        block.lines[at] = line
        left -= cost
    return left


def _undescribed(block: _Block) -> list[dict[str, Any]]:
    return [block.table.columns[at] for at in _needed(block.table) if at not in block.lines]


def _name_rest(block: _Block, left: int) -> int:
    for column in _undescribed(block):
        cost = _name_cost(column)
        if cost > left:
            break
        block.names.append(_name(column))
        left -= cost
    return left


def _name(column: dict[str, Any]) -> str:
    return json.dumps(_short(column.get("name", ""), _NAME_CHARS_MAX), ensure_ascii=False)


def _name_cost(column: dict[str, Any]) -> int:
    return tokens_of(_name(column)) + 1


def _whole(table: Ranked) -> _Block:
    block = _Block(table, _head(table))
    for at, column in enumerate(table.columns):
        block.lines[at] = _column_text(column, at in table.linked)
    block.sample = _sample_lines(table, list(block.lines), 10_000)
    return block


def _whole_cost(table: Ranked) -> int:
    if len(table.columns) > 1000:
        return 1 << 30
    return tokens_of(_text(_whole(table)))


def _text(block: _Block) -> str:
    table = block.table
    lines = [block.head, *(block.lines[at] for at in sorted(block.lines))]
    if block.names:
        lines.append(f"other columns, by name only: {', '.join(block.names)}")
    if hidden := len(table.columns) - len(block.lines) - len(block.names):
        frame = "df" if table.at == 0 else f'tables["{_short(table.name, _NAME_CHARS_MAX)}"]'
        lines.append(f"({hidden} further columns are not shown; {frame}.columns has all names)")
    return "\n".join([*lines, *block.sample])


def _head(table: Ranked) -> str:
    name = f"table {_short(table.name, _NAME_CHARS_MAX)}{' (also df)' if table.at == 0 else ''}"
    return f"{name}: {table.view.profile.get('rows', '?')} rows x {len(table.columns)} columns"


def _joins_text(joins: tuple[Join, ...], tables: Sequence[Ranked]) -> str:
    names = {table.name for table in tables}
    told = [join for join in joins if join.left_table in names and join.right_table in names]
    lines = [
        f"- {_short(join.left_table, 80)}.{_short(join.left_column, 80)} -> "
        f"{_short(join.right_table, 80)}.{_short(join.right_column, 80)}, {join.kind.replace('_', ' ')}, "
        f"{join.coverage:.0%} of its values found there"
        for join in told[:_JOINS_MAX]
    ]
    return "\n".join(["How the tables belong together:", *lines]) if lines else ""


def _others_text(rest: list[Ranked], room: int) -> str:
    names: list[str] = []
    used = 30
    for table in rest:
        name = _short(table.name, _NAME_CHARS_MAX)
        used += tokens_of(name) + 1
        if used > room:
            break
        names.append(name)
    what = "table is" if len(rest) == 1 else "tables are"
    if not names:
        return f"({len(rest)} further {what} not shown)"
    more = f" and {len(rest) - len(names)} more" if len(names) < len(rest) else ""
    return f"({len(rest)} further {what} not shown, only by name: {', '.join(names)}{more})"


def _column_text(column: dict[str, Any], is_linked: bool = False) -> str:
    facts = [str(column.get("dtype", "?"))[:30]]
    if column.get("semantic") in ("id", "geo"):
        facts.append(str(column["semantic"]))
    if is_linked:
        facts.append("joins")
    if column.get("nulls"):
        facts.append(f"{column['nulls']} missing")
    if column.get("min") is not None and column.get("max") is not None:
        facts.append(f"{_short(column['min'], 30)} to {_short(column['max'], 30)}")
    values = column.get("values")
    if isinstance(values, list) and values and len(values) <= _VALUES_SHOWN:
        facts.append("values " + json.dumps([_short(value, 40) for value in values], ensure_ascii=False))
    elif column.get("unique") is not None:
        facts.append(f"{column['unique']} different")
    return f"- {_name(column)}: {'; '.join(facts)}"


def _sample_lines(table: Ranked, columns: list[int], tokens_max: int) -> list[str]:
    rows = [row for row in (table.view.profile.get("sample") or [])[:SAMPLE_ROWS] if isinstance(row, list)]
    if not rows or not columns:
        return []
    whole = len(columns) == len(table.columns)
    lines = ["first rows:" if whole else "first rows, of the columns that are described:"]
    room = max(0, tokens_max - 20) * BYTES_PER_TOKEN // len(rows)
    for row in rows:
        cells = [_cell(row[at]) for at in columns if at < len(row)]
        line = json.dumps(cells, ensure_ascii=False, default=str)
        lines.append(line if size_of(line) <= room else line[: room // 3] + "...")
    return lines if room > 60 else []


def _cell(value: Any) -> Any:
    return _short(value, _CELL_CHARS_MAX) if isinstance(value, str) else value


def _short(value: Any, chars_max: int) -> str:
    text = str(value)
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"
