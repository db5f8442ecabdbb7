"""Is this Python, and what does it build on?"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

CODE_CHARS_MAX = 100_000

_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d+\]:|\s+\.\.\.:)(?: |$)")
_FIRST_PROMPT = re.compile(r"^\s*(?:>>>|In \[\d+\]:)(?: |$)", re.MULTILINE)
_CURLY = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u200b": "", "\ufeff": ""}
)
_WORKING = (
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.Assign,
    ast.AugAssign,
    ast.Import,
    ast.ImportFrom,
    ast.For,
)


def check_python(code: str) -> str:
    """Why `code` is not Python, in one line; empty when it parses. Never raises."""
    return "" if isinstance(tree := _tree(code), ast.Module) else tree


def is_code(code: str) -> bool:
    """Whether it does anything: `Sorry` and `yes, no` are Python too, `df` and `len(df)` are code."""
    tree = _tree(code)
    if isinstance(tree, str):
        return False
    return any(
        isinstance(node, _WORKING) or (isinstance(node, ast.Name) and node.id == "df")
        for node in ast.walk(tree)
    )


def builds_on(code: str, earlier: list[str]) -> bool:
    """Whether `code` reads a name that it does not define and one of `earlier` does."""
    tree = _tree(code)
    if isinstance(tree, str):
        return False
    return bool(
        (_names(tree, ast.Load) - _defined(tree)) & set().union(*(_defined(_tree(one)) for one in earlier))
    )


def tidied(code: str) -> Iterator[str]:
    """The code, and then forms of it without what commonly keeps it from parsing; the mildest first."""
    if len(code) > CODE_CHARS_MAX:
        return
    if _FIRST_PROMPT.search(code):
        code = _without_prompts(code)
    yield code
    dedented = textwrap.dedent(code)
    yield dedented
    if (straight := dedented.translate(_CURLY)) != dedented:
        yield straight
    # Notebook commands: nothing to install and no magic in the sandbox.
    kept = [line for line in straight.split("\n") if not re.match(r"\s*[!%]{1,2}[A-Za-z]", line)]
    if len(kept) != straight.count("\n") + 1:
        yield "\n".join(kept)
    if straight.lstrip().startswith(("python\n", "py\n")):
        yield straight.lstrip().partition("\n")[2]


def _without_prompts(code: str) -> str:
    """Only what was typed: an echoed line of output has no prompt."""
    return "\n".join(_PROMPT.sub("", line) for line in code.split("\n") if _PROMPT.match(line))


def _tree(code: str) -> ast.Module | str:
    if len(code) > CODE_CHARS_MAX:
        return f"the code is longer than {CODE_CHARS_MAX:,} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a string warns; it is no reason to refuse
            return ast.parse(code)
    except SyntaxError as error:
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    except (RecursionError, MemoryError):
        return "the code is nested too deeply"
    except ValueError as error:  # a NUL byte, a lone surrogate, an integer with too many digits
        return f"{type(error).__name__}: {str(error)[:200]}"


def _names(tree: ast.Module, context: type[ast.expr_context]) -> set[str]:
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }


def _defined(tree: ast.Module | str) -> set[str]:
    if isinstance(tree, str):
        return set()
    names = _names(tree, ast.Store)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names
