"""How are values written without case and needless spaces, as they are compared?"""

from __future__ import annotations

import re

_SPACES = re.compile(r"\s+")


def all_plain(values: tuple[str, ...]) -> list[str]:
    """Return `plain` of each value, for many at once."""
    joined = _SPACES.sub(" ", "\0".join(values).casefold())
    found = [text.strip() for text in joined.split("\0")]
    return found if len(found) == len(values) else [plain(value) for value in values]


def plain(text: str) -> str:
    """Return `text` without case and needless spaces, as values are compared."""
    return " ".join(text.split()).casefold()
