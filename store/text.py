"""How does text of strangers become text that can be kept and shown?"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any, Literal

# CSI, OSC (with its terminator) and the two-byte escapes of terminals.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Controls but tab and newline, C1 controls, what turns the direction of text around, and what is never seen:
# deprecated formats, notes between the lines, tags (a whole ASCII of them).
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_DEPTH = 60
_NORMALIZED_AT_ONCE = 500


def clean_text(text: str) -> str:
    """`text` without terminal escapes, control characters, bidi overrides and lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROLS.sub("", _ESCAPES.sub("", sound.replace("\r\n", "\n").replace("\r", "\n")))


def code_digest(code: str) -> str:
    """What names a piece of code: in a receipt, and when somebody approves what they saw."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def clean_values(value: Any, depth: int = 0) -> Any:
    """A copy of JSON with clean text only, keys included; what is nested beyond any use is null."""
    if isinstance(value, str):
        return clean_text(value)
    if depth > _DEPTH:
        return None
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_values(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [clean_values(part, depth + 1) for part in value]
    return value


def normalized(form: Literal["NFC", "NFKC"], text: str) -> str:
    """`text` in a normal form of Unicode, made piece by piece.

    As a whole it takes time by the square of a run of combining marks: 11 s for 100,000 of them.
    """
    if text.isascii():
        return text
    step = _NORMALIZED_AT_ONCE
    return "".join(unicodedata.normalize(form, text[at : at + step]) for at in range(0, len(text), step))
