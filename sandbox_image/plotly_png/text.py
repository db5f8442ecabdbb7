"""How does matplotlib write what plotly would: no tags, no formulas, no boxes for letters without a font?"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache
from typing import Any

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|u|s|sub|sup|em|span|a)(?:\s[^<>]*)?>", re.IGNORECASE)
_UNSEEN = {0x200D, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)}
"""What joins or colours emoji."""


def readable(text: Any) -> str:
    """Return the text as lines of letters that the fonts have; an emoji without one is named."""
    lines = html.unescape(_TAG.sub("", _BREAK.sub("\n", str(text))))
    return "".join(_drawn(letter) for letter in lines)


def _drawn(letter: str) -> str:
    if letter == "\n" or (ord(letter) in drawable() and ord(letter) not in _UNSEEN):
        return letter
    if ord(letter) in _UNSEEN or unicodedata.category(letter) in {"Mn", "Cf"}:
        return ""
    if letter.isspace() or unicodedata.category(letter) == "Cc":
        return " "
    if unicodedata.category(letter) == "So":
        return f"[{unicodedata.name(letter, 'sign').lower()}]"
    return "?"


@cache
def drawable() -> frozenset[int]:
    """Return the letters that matplotlib's fonts have."""
    from matplotlib import font_manager, rcParams
    from matplotlib.ft2font import FT2Font

    found: set[int] = set()
    for family in rcParams["font.family"]:
        names = rcParams[f"font.{family}"] if f"font.{family}" in rcParams else [family]
        for name in names:
            try:
                path = font_manager.fontManager.findfont(name, fallback_to_default=False)
            except ValueError:
                continue
            found.update(FT2Font(path).get_charmap())
            if name != family:
                break
    return frozenset(found)
