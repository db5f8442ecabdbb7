"""How is a job's record made harmless: in a terminal all of it, in Markdown and HTML the words for a person?

Nothing is taken out of words: a space goes where mark-up would begin, so that what is data can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from store.text import clean_text

Cleaner = Callable[[str], str]
_DEPTH = 60
_WORDS = frozenset({"answer", "understood", "notes", "error"})
"""Fields of a record that clients show as words, maybe as Markdown; `error` with its suggestions."""
_CODE = frozenset({"code"})
"""What ran, byte for byte: the receipt holds its digest."""
_SCHEME = re.compile(r"(?<=://)(?=\S)|(?<=\bwww\.)(?=\S)", re.IGNORECASE)
_RUNNING_URL = re.compile(r"\b((?:java|vb|live)script:|data:(?=\w+/|[;,])|blob:|mailto:|xmpp:)(?=\S)", re.I)
_LINK = re.compile(r"(?<=\])(?=[(:])|(?<=!)(?=\[)")
"""Links, definitions of their addresses (without which `[a][b]` is none), images."""
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?:(?=([A-Za-z][\w.-]*)(?: [^<>=:@]*)?>))?")
"""Where a tag may begin; its name where, as in `<lambda>` or `<class 'int'>`, no attribute has a value."""
_ELEMENTS = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink
    blockquote body br button canvas caption center cite code col colgroup command content data datalist dd
    del details dfn dialog dir div dl dt element em embed fencedframe fieldset figcaption figure font footer
    form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd
    keygen label layer legend li link listing main map mark marquee math menu menuitem meta meter multicol
    nav nextid nobr noembed noframes nolayer noscript object ol optgroup option output p param picture
    plaintext portal pre progress q rb rbc rp rt rtc ruby s samp script search section select
    selectedcontent shadow slot small source spacer span strike strong style sub summary sup svg table tbody
    td template textarea tfoot th thead time title tr track tt u ul var video wbr xml xmp""".split()
)


def harmless_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Fields of a job's record as they may be kept: as given, but for what text does to who shows it."""
    return {
        name: value if name in _CODE else _each(value, harmless_words if name in _WORDS else clean_text)
        for name, value in changes.items()
    }


def harmless_words(text: str) -> str:
    """`text` without what Markdown (with GitHub's extensions) or HTML would load, link or hide."""
    text = _TAG.sub(_broken_tag, clean_text(text))
    text = _SCHEME.sub(" ", text)
    text = _RUNNING_URL.sub(r"\1 ", text)
    return _LINK.sub(" ", text)


def _broken_tag(found: re.Match[str]) -> str:
    name = found.group(1)
    # An element that no browser knows does nothing by itself.
    return "<" if name is not None and name.lower() not in _ELEMENTS else "< "


def _each(value: Any, clean: Cleaner, depth: int = 0) -> Any:
    if isinstance(value, str):
        return clean(value)
    if depth > _DEPTH:
        return None
    if isinstance(value, BaseModel):
        fields = {name: part for name, part in value if name not in _CODE}
        return value.model_copy(update=_each(fields, clean, depth + 1))
    if isinstance(value, dict):
        return {
            clean_text(key) if isinstance(key, str) else key: _each(part, clean, depth + 1)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_each(part, clean, depth + 1) for part in value]
    return value
