"""Does code that a person wrote in place of a planner's parse? A courtesy: the sandbox is the wall."""

from __future__ import annotations

import ast
import re
import warnings

from gateway.errors import InvalidRequestError
from store.records import Language

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUERY = re.compile(r"[\s(]*(?:select|with|from)\b", re.IGNORECASE)


def require_code(code: str, language: Language) -> None:
    """Check the syntax.

    Raises:
        InvalidRequestError: It is none; the message says where.
    """
    fault = _sql_fault(code) if language == "sql" else _python_fault(code)
    if fault:
        raise InvalidRequestError(f"code: {fault}", code="bad_code")


def _python_fault(code: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return f"not Python: {error.msg} (line {error.lineno})"
    except (RecursionError, MemoryError):
        return "nested too deeply"
    except ValueError:
        return "not Python: it holds characters that no code may"
    return ""


def _sql_fault(code: str) -> str:
    bare = _QUOTED.sub(lambda found: "''" if found[0][0] in "'\"" else " ", code).strip().rstrip("; \n\t")
    if "'" in bare.replace("''", "") or '"' in bare or "/*" in bare:
        return "not SQL: a quote or a comment is not closed"
    if ";" in bare:
        return "more than one statement; give one SELECT (or WITH ... SELECT)"
    return "" if _QUERY.match(bare) else "not SQL that reads: give one SELECT (or WITH ... SELECT)"
