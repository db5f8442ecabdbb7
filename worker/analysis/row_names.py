"""Which pieces of Python stand for a table, or for some of its rows with all columns?"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from worker.analysis.python_words import arguments_of, is_mask, may_name, names_of_only, text_of

_SAME_COLUMNS = frozenset("copy head tail sample reset_index".split())
"""Methods that give rows of the same table; without arguments that could name columns."""


class AnyColumnError(Exception):
    """Any column of any table may be needed."""


class RowNames:
    """Learns the names of one piece of code: those of tables, of masks and of columns."""

    def __init__(self, tables: Mapping[str, Sequence[str]]) -> None:
        self._tables = tables
        self.names: dict[str, str] = {"df": next(iter(tables))} if tables else {}
        """Which table a name stands for."""
        self._masks: set[str] = set()
        self._series: set[str] = set()

    def learn(self, tree: ast.AST) -> None:
        """Take in all names of the code. Raises: AnyColumnError."""
        self._masks = names_of_only(tree, lambda node: is_mask(node, set()))
        self._learn_tables(tree)
        self._series = names_of_only(tree, self._is_series)

    def _learn_tables(self, tree: ast.AST) -> None:
        """Names that stand for a table, or for some rows of it."""
        while True:
            before = len(self.names)
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and len(node.targets) == 1:
                    target = node.targets[0]
                    table = self.table_of(node.value)
                    if table is None or not isinstance(target, ast.Name):
                        continue
                    if self.names.setdefault(target.id, table) != table:
                        raise AnyColumnError  # one name for two tables
            if len(self.names) == before:
                return

    def table_of(self, node: ast.AST) -> str | None:
        """The table of which this expression gives rows, with all columns."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Subscript):
            if isinstance(node.value, ast.Name) and node.value.id == "tables":
                name = text_of(node.slice)
                return name if name in self._tables else None
            table = self.table_of(node.value)
            if table is not None and self._is_mask(node.slice):
                return table
            if isinstance(node.value, ast.Attribute) and node.value.attr == "loc":
                table = self.table_of(node.value.value)
                return table if table is not None and self._is_mask(node.slice) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            table = self.table_of(node.func.value)
            if table is None:
                return None
            if node.func.attr in _SAME_COLUMNS and node.func.attr not in self._tables[table]:
                return table if not any(may_name(argument) for argument in arguments_of(node)) else None
            if node.func.attr in ("sort_values", "dropna", "drop_duplicates", "nlargest", "nsmallest"):
                return table if self.method_columns(table, node) is not None else None
        return None

    def grouped_table(self, node: ast.AST) -> str | None:
        """The table whose rows this groups."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "groupby"
        ):
            return self.table_of(node.func.value)
        return None

    def method_columns(self, table: str, node: ast.Call) -> set[str] | None:
        """The columns that a call names by its first argument or `by`/`subset`/`columns`; None: unsure."""
        named: set[str] = set()
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        given = list(node.args)
        if attribute in ("nlargest", "nsmallest"):
            given = given[1:]
        said = given[:1] + [k.value for k in node.keywords if k.arg in ("by", "subset", "columns")]
        if attribute in _SAME_COLUMNS:
            return set()
        if attribute in ("dropna", "drop_duplicates") and not said:
            return None
        if not said or len(given) > 1 or any(k.arg is None for k in node.keywords):
            return None
        for value in said:
            items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            for item in items:
                text = text_of(item)
                if text is not None:
                    named.add(text)
                elif attribute != "groupby" or not self._is_series(item):
                    return None
        return named if all(name in self._tables[table] for name in named) else None

    def _is_series(self, node: ast.AST) -> bool:
        """Whether it is made of a named column: `df["date"].dt.year`, or a name for that."""
        if isinstance(node, ast.Name):
            return node.id in self._series
        while True:
            if isinstance(node, ast.Subscript):
                return self.table_of(node.value) is not None and text_of(node.slice) is not None
            if isinstance(node, ast.Call):
                node = node.func
            elif isinstance(node, ast.Attribute):
                node = node.value
            else:
                return False

    def _is_mask(self, node: ast.AST) -> bool:
        return is_mask(node, self._masks)
