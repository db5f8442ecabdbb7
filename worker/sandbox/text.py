"""How does hostile output become text that can be shown and stored?"""

from __future__ import annotations

import re

from store.records import Stream

# CSI, OSC (with its terminator) and the two-byte escapes of terminals.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Controls but tab and newline, C1 controls, and the marks that turn the direction of text around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def clean_text(text: str) -> str:
    """`text` without terminal escapes, control characters, bidi overrides and lone surrogates."""
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROLS.sub("", _ESCAPES.sub("", sound.replace("\r\n", "\n").replace("\r", "\n")))


def captured(head: bytes, tail: bytes, true_bytes: int) -> Stream:
    """A stream of which `head` and `tail` were kept; the middle that is missing is said in the text."""
    missing = max(0, true_bytes - len(head) - len(tail))
    if missing == 0:
        return Stream(text=clean_text((head + tail).decode("utf-8", "replace")), bytes=true_bytes)
    first = clean_text(head.decode("utf-8", "ignore"))
    last = clean_text(tail.decode("utf-8", "ignore"))
    text = f"{first}\n... [{missing} bytes left out] ...\n{last}"
    return Stream(text=text, bytes=true_bytes, truncated=True)
