"""How does hostile output become text that can be shown and stored?"""

from __future__ import annotations

from store.records import Stream
from store.text import clean_text


def captured(head: bytes, tail: bytes, true_bytes: int) -> Stream:
    """A stream of which `head` and `tail` were kept; the middle that is missing is said in the text."""
    true_bytes = max(true_bytes, len(head) + len(tail))
    missing = true_bytes - len(head) - len(tail)
    if missing == 0:
        return Stream(text=clean_text((head + tail).decode("utf-8", "replace")), bytes=true_bytes)
    first = clean_text(head.decode("utf-8", "ignore"))
    last = clean_text(tail.decode("utf-8", "ignore"))
    text = f"{first}\n... [{missing} bytes left out] ...\n{last}"
    return Stream(text=text, bytes=true_bytes, truncated=True)
