"""Where in a model's reply is the code?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from store.records import Language
from worker.analysis.reply_text import CODE_START, Block, fenced_blocks, strip_thoughts, without_markers
from worker.analysis.sql_replies import check_sql, find_sql
from worker.analysis.syntax import builds_on, check_python, is_code, tidied
from worker.analysis.tool_calls import tool_call_codes

Kind = Literal["bare", "fence", "joined", "tool_call", "embedded", "unclosed"]

_PYTHON_TAGS = {"python", "py", "python3", "py3", "pycon", "ipython", "pandas", "tool_code"}
_SQL_TAGS = {"sql", "duckdb", "postgresql", "postgres", "sqlite", "mysql"}
_WINDOW_ENDS_MAX = 40
_WINDOWS_CHARS_MAX = 400_000
"""Of all windows of a text that are tried, together: parsing is what costs."""


@dataclass(frozen=True)
class Found:
    """Code in a reply; `error` says why it does not parse, empty when it does."""

    code: str
    kind: Kind
    error: str = ""


def extract_code(text: str, language: Language) -> Found | None:
    """Find the code of a reply, in whatever shape it came; None: there is none. Never raises.

    What parses is preferred to what does not. Code that does not parse comes with `error`: it is for repair,
    never for the sandbox. `kind` `unclosed` means that the fence was still open at the end of the reply.
    """
    body = strip_thoughts(without_markers(text))
    if not body.strip():
        return None
    codes = tool_call_codes(body)
    if codes and not (language == "python" and is_code(body)):
        inner = _of_blocks([Block("", code, True) for code in codes], language)
        return Found(inner.code, "tool_call", inner.error) if inner else None
    blocks = fenced_blocks(body)
    if found := _of_blocks(blocks, language):
        return found
    if language == "python" and (wrapped := _wrapped_sql(blocks)):
        return wrapped
    if any(block.code.strip() and not is_foreign(block.tag, language) for block in blocks):
        return None
    return _bare(body, language)


def is_foreign(tag: str, language: Language) -> bool:
    """Whether a fence's tag says that it holds something else than `language`."""
    if not tag:
        return False
    if language == "sql":
        return tag not in _SQL_TAGS
    return tag not in _PYTHON_TAGS


def _of_blocks(blocks: list[Block], language: Language) -> Found | None:
    own = [block for block in blocks if block.code.strip() and not is_foreign(block.tag, language)]
    if language == "sql":
        return _of_sql_blocks(own, blocks)
    # A tagged block is the model's word for "this is the code"; an untagged one may be an example of output.
    tagged = [block for block in own if block.tag]
    return _of_python_blocks(tagged) or _of_python_blocks(own)


def _of_python_blocks(blocks: list[Block]) -> Found | None:
    closed = [block for block in blocks if block.closed]
    forms = [parsed(one.code) for one in closed]
    if len(closed) > 1 and None in forms:
        joined = parsed("\n".join(block.code for block in closed))
        if joined and is_code(joined):
            return Found(joined, "joined")
    good = [form for form in forms if form is not None and is_code(form)]
    if good:
        if len(good) > 1 and builds_on(good[-1], good[:-1]):
            return Found("\n\n".join(good), "joined")
        return Found(good[-1], "fence")
    for block in reversed(blocks):
        kind: Kind = "fence" if block.closed else "unclosed"
        last = parsed(block.code)
        if last is not None and is_code(last):
            return Found(last, kind)
        if last is None and (block.tag or CODE_START.search(block.code)):
            return Found(block.code.strip("\n"), kind, check_python(block.code))
    return None


def _of_sql_blocks(own: list[Block], blocks: list[Block]) -> Found | None:
    for block in sorted(reversed(own), key=lambda one: not one.closed):
        query = find_sql(block.code) or block.code.strip()
        return Found(query, "fence" if block.closed else "unclosed", check_sql(query))
    for block in reversed(blocks):
        # Asked for SQL, some models wrap it: `sql("SELECT ...")` in a Python block.
        if inner := find_sql(block.code):
            return Found(inner, "embedded", check_sql(inner))
    return None


def _wrapped_sql(blocks: list[Block]) -> Found | None:
    """Asked for Python, some models answer in SQL all the same: the sandbox has `sql()` for it."""
    for block in reversed(blocks):
        if (
            block.closed
            and block.tag in _SQL_TAGS
            and (query := find_sql(block.code))
            and not check_sql(query)
        ):
            code = f"result = sql({query!r})" if "\n" not in query else f'result = sql("""\n{query}\n""")'
            return None if check_python(code) else Found(code, "embedded")
    return None


def _bare(body: str, language: Language) -> Found | None:
    if language == "sql":
        query = find_sql(body)
        return Found(query, "bare", check_sql(query)) if query else None
    text = body.strip("\n")
    first, _, rest = text.strip().partition("\n")
    if first.strip().lower() in _PYTHON_TAGS and rest.strip():
        text = rest
    whole = parsed(text)
    if whole is not None:
        return Found(whole, "bare") if is_code(whole) else None
    return _embedded(text) or _inline(text) or _broken(text)


def parsed(code: str) -> str | None:
    """`code`, or the nearest tidied form of it that parses; None when no form does."""
    for form in tidied(code):
        if form.strip() and not check_python(form):
            return form.strip("\n")
    return None


def _embedded(text: str) -> Found | None:
    """Code amid prose without a fence: each stretch of lines that parses is like a block."""
    lines = text.split("\n")
    # A stretch ends before an empty line, before a line that cannot be code, or with the text.
    ends = [at for at, line in enumerate(lines) if not _may_be_code(line)] + [len(lines)]
    blocks: list[Block] = []
    tried_chars = after = 0
    for start in [at for at, line in enumerate(lines) if CODE_START.match(line)]:
        if start < after:
            continue
        for end in reversed([at for at in ends if at > start][:_WINDOW_ENDS_MAX]):
            window = "\n".join(lines[start:end])
            tried_chars += len(window) + 100
            if tried_chars > _WINDOWS_CHARS_MAX:
                return None
            code = parsed(window)
            if code is not None and is_code(code):
                blocks.append(Block("", code, True))
                after = end
                break
    found = _of_python_blocks(blocks)
    return Found(found.code, "embedded", found.error) if found else None


def _may_be_code(line: str) -> bool:
    return bool(line.strip()) and (line[0] in " \t)]}" or bool(CODE_START.match(line)))


def _inline(text: str) -> Found | None:
    for match in reversed(re.findall(r"(?<!`)`([^`\n]{3,2000})`(?!`)", text)[-50:]):
        code = parsed(match)
        if code is not None and is_code(code):
            return Found(code, "embedded")
    return None


def _broken(text: str) -> Found | None:
    looks: Callable[[str], object] = CODE_START.match
    lines = [line for line in text.split("\n") if line.strip()]
    likely = sum(1 for line in lines if looks(line) or line.startswith((" ", "\t")))
    if not lines or not looks(lines[0]) or likely * 2 < len(lines):
        return None
    return Found(text, "bare", check_python(text))
