"""How does a question's code become code that runs anywhere: what goes before it, and what it ends with?"""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from gateway.exports.conversation import Conversation, Step

FRESH = "df, tables, sql, chart = sandglass.fresh()"
LIBRARIES = "pandas pyarrow duckdb matplotlib plotly"
_LINE = 100


def prelude(conversation: Conversation) -> str:
    """What gives code its tables and, where it is called, `chart` and `forecast`: text, to run elsewhere."""
    codes = [step.code for turn in conversation.turns for step in turn.steps]
    helper = (
        f"{_text('chart.txt')}\ndraw_chart = chart\n\n" if any("chart(" in code for code in codes) else ""
    )
    if any("forecast(" in code for code in codes):
        helper += f"{_text('forecast.txt')}\n\n"
    return helper + _text("prelude.txt")


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def opening(conversation: Conversation) -> str:
    """The call that makes `sandglass`, with digests and small tables."""
    lines = ["sandglass = Sandglass(", f"    {json.dumps(conversation.session_id)},", "    {"]
    for table in conversation.tables:
        lines.append(f"        {table.name!r}: {list(table.sha256)!r},")
    lines += ["    },", "    {"]
    for table in conversation.tables:
        if table.content is not None:
            lines.append(f"        {table.name!r}: [")
            for part in table.content:
                lines += _literal(base64.b64encode(part).decode("ascii"))
            lines.append("        ],")
    return "\n".join([*lines, "    },", ")"])


def _literal(text: str) -> list[str]:
    pieces = [text[at : at + _LINE] for at in range(0, len(text), _LINE)] or [""]
    return [*(f'            "{piece}"' for piece in pieces[:-1]), f'            "{pieces[-1]}",']


def body(step: Step) -> str | None:
    """The step's code as Python whose answer is in `result` at its end; None if it is no Python."""
    if step.language == "sql":
        return f"result = sql({sql_literal(step.code)})"
    try:
        tree = ast.parse(step.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    set_first = any(_sets_result(statement) for statement in tree.body)
    if set_first or any(_sets_result(node) for node in _same_scope(tree)):
        # Set under a condition only, it might else be that of the question before.
        return step.code.rstrip() if set_first else f"result = None\n{step.code.rstrip()}"
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return f"result = None\n{step.code.rstrip()}"
    lines = step.code.encode().splitlines(keepends=True)
    head = b"".join(lines[: last.lineno - 1]) + lines[last.lineno - 1][: last.col_offset]
    said = ast.get_source_segment(step.code, last) or "None"
    return f"{head.decode()}result = (\n{said}\n)"


def _sets_result(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(_sets_result(target) for target in node.targets)
    return isinstance(node, ast.Name) and node.id == "result" and isinstance(node.ctx, ast.Store)


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _same_scope(child)


def sql_literal(query: str) -> str:
    """A query as readable Python text."""
    printable = query.replace("\n", "").isprintable()
    plain = printable and '"""' not in query and "\\" not in query and not query.endswith('"')
    return f'"""{query}"""' if plain else repr(query)


def comment(text: str) -> str:
    """Any text as comment lines; what else would end a line in Python is a space."""
    return "\n".join(f"# {' '.join(line.split())}".rstrip() for line in text.split("\n"))
