"""Is this one SQL query, and where in a text does it stand?"""

from __future__ import annotations

import ast
import re

SQL_CHARS_MAX = 100_000

# An open quote or comment runs to the end: with no way to fail, no text makes this quadratic.
_PIECES = re.compile(
    r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)|;|[^'\"\-/;]+|.", re.DOTALL
)
_START = re.compile(
    r"^[ \t(]*(?:select\b|with[ \t\n]{1,20}(?:recursive[ \t\n]{1,20})?(?:\"[^\"\n]{1,200}\"|\w{1,200})"
    r"[ \t\n]{0,20}(?:\([^)]{0,2000}\)[ \t\n]{0,20})?as\b)",
    re.IGNORECASE | re.MULTILINE,
)
_CALL = re.compile(r"\bsql\(")


def check_sql(query: str) -> str:
    """Why `query` is not one reading query, in one line; empty when it may be.

    A hint, not a wall: the sandbox is what keeps a query from doing harm.
    """
    if len(query) > SQL_CHARS_MAX:
        return f"the query is longer than {SQL_CHARS_MAX:,} characters"
    bare = [piece for piece in _PIECES.findall(query) if not piece.startswith(("--", "/*"))]
    text = "".join("''" if piece[0] in "'\"" and len(piece) > 1 else piece for piece in bare).strip()
    if not text:
        return "there is no query"
    if ";" in text.rstrip("; \n\t"):
        return "more than one statement; one SELECT (or WITH ... SELECT) is wanted"
    if not re.match(r"[\s(]*(?:select|with)\b", text, re.IGNORECASE):
        return "only SELECT (or WITH ... SELECT) can be run"
    return ""


def find_sql(text: str) -> str | None:
    """The query in `text`: bare, after prose, or the string in `sql("...")`; without its last semicolon."""
    if _CALL.search(text) and (inner := _from_call(text)):
        return inner
    match = _START.search(text)
    if not match:
        return None
    before = text[: match.start()].strip()
    prose_before = any(
        not line.lstrip().startswith(("--", "/*")) for line in before.split("\n") if line.strip()
    )
    start = match.start() if prose_before else 0
    query = text[start:].strip()
    if prose_before or _has_prose_after(query):
        query = _first_statement(query)
    return query.rstrip("; \n\t") or None


def _from_call(text: str) -> str | None:
    if len(text) > SQL_CHARS_MAX:
        return None
    try:
        nodes = list(ast.walk(ast.parse(text.strip())))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "sql"
            and node.args
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value.strip().rstrip("; \n\t") or None
    return None


def _has_prose_after(query: str) -> bool:
    _, mark, rest = query.partition(";")
    return bool(mark) and bool(re.match(r"\s*\n\s*\n\s*[A-Z][a-z]", rest))


def _first_statement(query: str) -> str:
    """Up to the first semicolon or empty line outside of quotes."""
    kept: list[str] = []
    for piece in _PIECES.findall(query[:SQL_CHARS_MAX]):
        if piece == ";":
            break
        if piece[0] not in "'\"-/" and (gap := re.search(r"\n\s*\n", piece)):
            kept.append(piece[: gap.start()])
            break
        kept.append(piece)
    return "".join(kept).strip()
