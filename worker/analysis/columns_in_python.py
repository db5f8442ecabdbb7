"""Which columns of which tables does this Python need? A use of a table that is not known needs all of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from worker.analysis.columns_in_sql import names_in_sql
from worker.analysis.python_words import METHODS, aggregated, arguments_of, text_of, texts_of
from worker.analysis.row_names import AnyColumnError, RowNames

_OPEN = frozenset(
    """globals locals vars eval exec compile dir getattr setattr delattr __import__ get_ipython breakpoint
    __builtins__ input""".split()
)
"""Through these any name can be reached."""
_OPEN_METHODS = frozenset("eval query sql".split())
_MODULES = frozenset("duckdb pandasql builtins inspect gc importlib sys".split())
"""Through these a table is reached without its name in the code."""


class PythonNames:
    """Reads code once; `read` gives the columns by table."""

    def __init__(self, tables: Mapping[str, Sequence[str]]) -> None:
        self._tables = tables
        self._found: dict[str, set[str]] = {name: set() for name in tables}
        self._touched: set[str] = set()
        self._whole: set[str] = set()
        self._rows = RowNames(tables)

    def read(self, code: str) -> dict[str, set[str]] | None:
        """The columns by table; None: any may be needed."""
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError):
            return None
        try:
            return self._names(tree)
        except (AnyColumnError, RecursionError):
            return None

    def _names(self, tree: ast.Module) -> dict[str, set[str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in _OPEN:
                raise AnyColumnError
            if isinstance(node, ast.ImportFrom | ast.Import) and any(a.name == "*" for a in node.names):
                raise AnyColumnError
            if isinstance(node, ast.Attribute) and (node.attr.startswith("__") or node.attr in _OPEN_METHODS):
                raise AnyColumnError
            if isinstance(node, ast.Import | ast.ImportFrom) and _imported(node) & _MODULES:
                raise AnyColumnError
        self._rows.learn(tree)
        for child in ast.iter_child_nodes(tree):
            self._visit(child)
        for name in self._whole:
            self._found[name] = set(self._tables[name])
        for name in self._touched:
            if not self._found[name]:
                self._found[name] = set(self._tables[name][:1])
        return self._found

    def _visit(self, node: ast.AST) -> None:
        """Take in one piece of code; a table in it that is used in no known way is needed whole."""
        table = self._rows.table_of(node)
        if table is not None:
            self._touched.add(table)
            self._whole.add(table)
        if self._visit_known(node):
            return
        if isinstance(node, ast.Name) and node.id == "tables":
            raise AnyColumnError
        if isinstance(node, ast.Name) and node.id == "sql":
            raise AnyColumnError
        for child in ast.iter_child_nodes(node):
            self._visit(child)

    def _visit_known(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Assign) and self._visit_assignment(node):
            return True
        if isinstance(node, ast.Subscript) and self._visit_subscript(node):
            return True
        if isinstance(node, ast.Attribute) and self._visit_attribute(node):
            return True
        if isinstance(node, ast.Call):
            return self._visit_call(node)
        return isinstance(node, ast.Name) and node.id in self._rows.names

    def _visit_assignment(self, node: ast.Assign) -> bool:
        """`rows = df[df["a"] > 1]` shows nothing yet; `result` is shown."""
        target = node.targets[0]
        table = self._rows.table_of(node.value)
        if (
            len(node.targets) != 1
            or not isinstance(target, ast.Name)
            or table is None
            or target.id == "result"
        ):
            return False
        self._touched.add(table)
        self._inside(node.value)
        return True

    def _inside(self, node: ast.AST) -> None:
        """Visit what a rows-expression is made of, but not the rows themselves."""
        if isinstance(node, ast.Name):
            return
        if isinstance(node, ast.Subscript):
            if isinstance(node.value, ast.Name) and node.value.id == "tables":
                return
            self._inside(node.value.value if isinstance(node.value, ast.Attribute) else node.value)
            self._visit(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            table = self._rows.table_of(node.func.value)
            self._inside(node.func.value)
            if table is not None:
                self._found[table] |= self._rows.method_columns(table, node) or set()
            for argument in arguments_of(node):
                self._visit(argument)
        else:
            self._visit(node)

    def _visit_subscript(self, node: ast.Subscript) -> bool:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            table = self._rows.table_of(node.value.value)
            if table is None or not (isinstance(node.slice, ast.Constant) and node.slice.value == 0):
                return False
            self._touched.add(table)
            self._inside(node.value.value)
            return True
        by_loc = isinstance(node.value, ast.Attribute) and node.value.attr == "loc"
        holder = node.value.value if isinstance(node.value, ast.Attribute) and by_loc else node.value
        table = self._rows.table_of(holder)
        if table is None:
            return False
        wanted: ast.AST = node.slice
        if by_loc:
            if not isinstance(wanted, ast.Tuple) or len(wanted.elts) != 2:
                return False
            self._visit_row_choice(wanted.elts[0])
            wanted = wanted.elts[1]
        columns = texts_of(wanted)
        if columns is None:
            return False
        self._use(table, columns)
        self._inside(holder)
        return True

    def _visit_row_choice(self, node: ast.AST) -> None:
        if not (isinstance(node, ast.Slice) and node.lower is node.upper is node.step is None):
            self._visit(node)

    def _visit_attribute(self, node: ast.Attribute) -> bool:
        """`df.price`, of a column that is no method of pandas' by any chance, and `df.shape[0]`."""
        table = self._rows.table_of(node.value)
        if table is None or node.attr not in self._tables[table] or node.attr in METHODS:
            return False
        self._use(table, [node.attr])
        self._inside(node.value)
        return True

    def _visit_call(self, node: ast.Call) -> bool:
        function = node.func
        if isinstance(function, ast.Name) and function.id == "len" and len(node.args) == 1:
            table = self._rows.table_of(node.args[0])
            if table is not None:
                self._touched.add(table)
                self._inside(node.args[0])
                return True
        if isinstance(function, ast.Name) and function.id == "sql" and function.id not in self._rows.names:
            return self._visit_sql(node)
        if isinstance(function, ast.Attribute):
            return self._visit_method(node, function)
        return False

    def _visit_sql(self, node: ast.Call) -> bool:
        query = text_of(node.args[0]) if len(node.args) == 1 and not node.keywords else None
        found = names_in_sql(query, self._tables) if query is not None else None
        if found is None:
            raise AnyColumnError
        for table, columns in found.items():
            self._found[table] |= columns
        return True

    def _visit_method(self, node: ast.Call, function: ast.Attribute) -> bool:
        """`df.groupby("a")["b"].sum()`, `df.groupby("a").agg({"b": "sum"})`, `df.pivot_table(...)`."""
        table = self._rows.table_of(function.value)
        if table is not None and function.attr == "pivot_table":
            return self._visit_pivot(node, table, function)
        group = function.value
        of_column = isinstance(group, ast.Subscript)
        grouped = group.value if isinstance(group, ast.Subscript) else group
        table = self._rows.grouped_table(grouped)
        if table is None or not isinstance(grouped, ast.Call):
            return False
        columns = self._rows.method_columns(table, grouped)
        if columns is None:
            return False
        if of_column and isinstance(group, ast.Subscript):
            picked = texts_of(group.slice)
        elif function.attr in ("size", "ngroups"):
            picked = []
        else:
            picked = aggregated(node) if function.attr in ("agg", "aggregate") else None
        if picked is None:
            return False
        self._use(table, [*columns, *picked])
        if isinstance(grouped.func, ast.Attribute):
            self._inside(grouped.func.value)
        for argument in (*arguments_of(grouped), *arguments_of(node)):
            self._visit(argument)
        return True

    def _visit_pivot(self, node: ast.Call, table: str, function: ast.Attribute) -> bool:
        columns: list[str] = []
        said = {keyword.arg or "": keyword.value for keyword in node.keywords}
        if node.args or "values" not in said or not {"index", "columns"} & set(said):
            return False
        for name in ("values", "index", "columns"):
            named = texts_of(said[name]) if name in said else []
            if named is None:
                return False
            columns += named
        self._use(table, columns)
        self._inside(function.value)
        for name, value in said.items():
            if name not in ("values", "index", "columns"):
                self._visit(value)
        return True

    def _use(self, table: str, columns: Sequence[str]) -> None:
        self._touched.add(table)
        self._found[table] |= {name for name in columns if name in self._tables[table]}


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = {alias.name.partition(".")[0] for alias in node.names}
    return names | ({(node.module or "").partition(".")[0]} if isinstance(node, ast.ImportFrom) else set())
