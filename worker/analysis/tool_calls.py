"""Which code is in a reply that is a tool call, written as JSON text?"""

from __future__ import annotations

import json
import re
from typing import Any

from worker.analysis.reply_text import fenced_blocks

_CODE_KEYS = ("code", "python", "python_code", "sql", "query", "script", "source")
_HINT = re.compile(r'"(?:' + "|".join(_CODE_KEYS) + r')"\s*:|"arguments"\s*:')
_CALL = re.compile(r'\{\s{0,20}"(?:name|function|tool|tool_name|action|type)"\s{0,20}:')
_WRAP = re.compile(r"</?(?:tool_call|function_call|tool|function)>", re.IGNORECASE)
_DEPTH_MAX = 6
_CALLS_MAX = 20


def tool_call_codes(text: str) -> list[str]:
    """The code of each call in a reply that is nothing but calls (bare, tagged, or in one JSON fence)."""
    if not _HINT.search(text):
        return []
    body = _WRAP.sub("", text).strip()
    blocks = [block for block in fenced_blocks(text) if block.tag in ("json", "tool_call", "tool_code", "")]
    for candidate in [body, *(block.code.strip() for block in blocks)]:
        if codes := _codes_of(candidate):
            return codes
    if body.startswith("{") or fenced_blocks(text):
        return []
    # After words: a dict in Python code may have a key `code` too, so here it must be a call by name.
    at = _CALL.search(body)
    return _codes_of(body[at.start() :]) if at else []


def _codes_of(text: str) -> list[str]:
    codes: list[str] = []
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while at < len(text) and text[at] in "{[" and len(codes) < _CALLS_MAX:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        codes += _search(value, 0)
        while at < len(text) and text[at] in " \t\n,;":
            at += 1
    return [_unfenced(code) for code in codes]


def _search(value: Any, depth: int) -> list[str]:
    if depth > _DEPTH_MAX:
        return []
    if isinstance(value, str):
        # OpenAI's own form: `arguments` is JSON within a string.
        return _nested(value, depth) if value.lstrip().startswith("{") else []
    if isinstance(value, list):
        return [code for item in value[:_CALLS_MAX] for code in _search(item, depth + 1)]
    if not isinstance(value, dict):
        return []
    for key in _CODE_KEYS:
        if isinstance(found := value.get(key), str) and found.strip():
            return [found]
    return [code for item in list(value.values())[:_CALLS_MAX] for code in _search(item, depth + 1)]


def _nested(text: str, depth: int) -> list[str]:
    try:
        return _search(json.loads(text, strict=False), depth + 1)
    except (ValueError, RecursionError):
        return []


def _unfenced(code: str) -> str:
    blocks = fenced_blocks(code.replace("\r\n", "\n"))
    return "\n".join(block.code for block in blocks) if blocks else code
