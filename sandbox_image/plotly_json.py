"""What of a plotly figure leaves the sandbox: valid JSON that makes no browser ask another address."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//|\s*(?:javascript|file|blob|ftp):", re.IGNORECASE)
_LINK = re.compile(r"<\s*/?\s*a\b[^<>]*>", re.IGNORECASE)
_FETCHED = frozenset({"source", "url", "topojsonurl", "href", "geojson"})
"""Keys of what plotly.js may fetch; an image may still hold its own bytes (`data:`)."""
_OWN_STYLES = frozenset({"normal", "italic", "white-bg"})
"""Styles of a font, and of a map without tiles from elsewhere."""


def closed(content: Any) -> Any:
    """Return the figure without links, addresses and numbers that JSON does not know."""
    if isinstance(content, dict):
        return {name: _own(str(name), value) for name, value in content.items() if not _fetched(name, value)}
    if isinstance(content, list):
        return [closed(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    if isinstance(content, str) and "<" in content:
        return _LINK.sub("", content)
    return content


def _own(name: str, value: Any) -> Any:
    if name == "style" and isinstance(value, str) and value not in _OWN_STYLES:
        return "white-bg"
    return [] if name == "layers" else closed(value)


def _fetched(name: Any, value: Any) -> bool:
    return str(name).lower() in _FETCHED and isinstance(value, str) and bool(_ADDRESS.match(value))


def written(content: Any) -> bytes:
    """Return the figure as UTF-8 JSON."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
