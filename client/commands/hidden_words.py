"""How are hidden columns written in a terminal?"""

from __future__ import annotations


def parse_hidden(columns: list[str]) -> dict[str, list[str]]:
    """`TABLE.COLUMN` words by table; a column alone is of every table."""
    hidden: dict[str, list[str]] = {}
    for word in columns:
        table, dot, column = word.partition(".")
        if not dot:
            table, column = "*", word
        hidden.setdefault(table, []).append(column)
    return hidden
