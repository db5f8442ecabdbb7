"""How long is a text to a model, whatever its language, and how is it cut?"""

from __future__ import annotations

BYTES_PER_TOKEN = 3
"""Of UTF-8: fewer than any usual text has, so that a guess of tokens is too high rather than too low."""


def tokens_of(text: str) -> int:
    """A guess of the tokens of `text`, on the high side."""
    return size_of(text) // BYTES_PER_TOKEN + 1


def size_of(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def cut(text: str, bytes_max: int) -> str:
    """`text`, or its start and a note that says that it was cut."""
    data = text.encode("utf-8", "replace")
    if len(data) <= bytes_max:
        return text
    return f"{data[:bytes_max].decode('utf-8', 'ignore')} [... cut, {len(text):,} characters in all]"
