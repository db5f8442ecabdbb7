"""Does a question surely hold several, and which?"""

from __future__ import annotations

import re

PARTS_MAX = 6
_CHARS_MAX = 2000
_WORDS_LEAST = 2

_WH = r"(?:what|which|how\s+(?:many|much|often|long|old|far)|who|when|where|why)"
_VERB = (
    r"(?:show|plot|draw|chart|graph|list|give|tell|compute|calculate|find|count|describe|summari[sz]e|display|"
    r"print|get|determine|visuali[sz]e|compare|forecast|predict|identify|analy[sz]e|examine)"
)
_OF = (
    r"(?:distribution|trend|histogram|breakdown|correlation|share|percentage|sum|total|average|mean|median|mode|"
    r"number|count|maximum|minimum|max|min|range|variance|standard\s+deviation|spread|growth)"
)
_WISH = r"i\s+want(?:\s+to\s+(?:know|see))?|i\s+need|let\s+me\s+see"
_POLITE = rf"(?:(?:please|kindly|can\s+you|could\s+you|{_WISH})\s+)*"
_LINK = (
    r"(?:(?:and|also|then|finally|next|furthermore|additionally|in\s+addition|plus)[\s,]+|"
    r"(?:first|second|third)(?:ly)?,\s*)*"
)
_ALSO = re.compile(r"(?:and\s+)?(?:also|additionally|in\s+addition|plus)\b[\s,]+\S+", re.IGNORECASE)
"""After a question, "also the average price" is one too, unless somebody speaks of themselves."""
_TALK = re.compile(r"\b(?:i|i'm|my|me|we|you|your|thanks?|sorry)\b", re.IGNORECASE)
_HEAD = re.compile(rf"{_LINK}{_POLITE}(?:(?:{_WH}|{_VERB})\b|(?:the\s+)?{_OF}\s+of\b)", re.IGNORECASE)
_NOUN = re.compile(rf"{_LINK}(?:the\s+)?{_OF}\s+of\b", re.IGNORECASE)
_SHAPE = re.compile(
    rf"{_LINK}{_POLITE}(?:{_VERB}\s+(?:me\s+)?)?(?:the\s+)?(?:distribution|histogram|trend)\s+of\b",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=\?)\s+|(?<=[.!;])\s+|\s*\n\s*|;\s*")
# `who`, `which`, `where` may go on with what was named before: "customers who bought and who returned".
_ASK = r"(?:what|how\s+(?:many|much|often))"
_NEXT = re.compile(
    rf"\s*,\s*(?:and\s+)?(?:also\s+|then\s+)?(?=(?:{_ASK}|{_VERB})\b)"
    rf"|\s+and\s+(?:also\s+|then\s+)(?=(?:{_ASK}|{_VERB})\b)"
    rf"|\s+and\s+(?={_ASK}\b)"
    rf"|\s*,\s*(?:and\s+)?(?:also\s+|then\s+)?(?=(?:the\s+)?{_OF}\s+of\b)"
    rf"|\s+(?:and(?:\s+also)?|as\s+well\s+as)\s+(?=the\s+{_OF}\s+of\b)"
    r"|\s+and\s+(?=(?:distribution|trend|histogram|correlation|breakdown)\s+of\b)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"{_POLITE}(?:{_WH}\b.*\b(?:is|are|was|were|do|does|did|has|have|had|can|will|should|sold|made|got|won|earned|"
    rf"spent|placed|bought|paid)\b.+|{_VERB}\s+(?:me\s+)?\S+.*|(?:the\s+)?{_OF}\s+of\s+\S+.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What has an object of its own: `what product` has none."""
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|that|this|those|these|each|every|he|she|his|her|same|there(?=\s+(?:sum|"
    r"total|average))|respective(?:ly)?|both|ones?|result|result's)\b",
    re.IGNORECASE,
)
_BARE_CHART = re.compile(
    r"(?:plot|draw|chart|graph|visuali[sz]e|show)\s+(?:me\s+)?(?:a|the|an|as)?\s*(?:\w+\s+)?"
    r"(?:chart|plot|graph|histogram|bars?|line|pie|figure|table)?",
    re.IGNORECASE,
)
_GROUPING = re.compile(r"\b(?:by|per|for\s+each|grouped)\b", re.IGNORECASE)
_FILTERING = re.compile(
    r"\b(?:for(?!\s+each)|in|where|with|without|from|since|during|among|excluding|except|only|over|above|below|"
    r"under|after|before|until|within|whose|having)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:over\s+time|(?:by|per)\s+(?:day|week|month|quarter|year)|"
    r"over\s+the\s+(?:days|weeks|months|quarters|years))\b",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"\b(?:only|consider|assume|suppose|ignore|exclude|excluding|focus|filter|use|given|restrict|limit)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'(?!\w)|`[^`]*`|“[^”]*”")
_ITEM = re.compile(r"(?:(?<=\s)|^)(?:\(?(\d{1,2})[.)]|\(?([a-h])\))\s+")
_BULLET = re.compile(r"^\s*[-*•]\s+(.+)$", re.MULTILINE)
_INTRO = re.compile(
    r"(?:(?:please|kindly|answer|questions?|the|these|following|tell|me|i|want|to|know|have|some|several|two|three|few|"
    r"need|would|like|give|hi|hello|and|all|of|below|things?|results?|my|here|are|about|data|table|as)[\s,.:!?]*)*",
    re.IGNORECASE,
)


def split_question(text: str) -> tuple[str, ...]:
    """The questions that `text` surely holds, in order; empty where it may be a single one.

    Only what has its own head ("what ...", "the trend of ...") is a part, and only where no word could belong
    to more than one: with "total of a and the average of b by c" nobody can say what "by c" is of.
    """
    text = text.strip()
    if not text or len(text) > _CHARS_MAX:
        return ()
    masked = _QUOTED.sub(lambda found: "_" * len(found.group()), text)
    parts = _listed(text, masked) or _sentences(text, masked) or _coordinated(text, masked)
    parts = [_tidy(part) for part in parts]
    sound = all(len(part.split()) >= _WORDS_LEAST for part in parts)
    return tuple(parts) if 2 <= len(parts) <= PARTS_MAX and sound else ()


def _listed(text: str, masked: str) -> list[str]:
    """The items of a numbered list or of bullets, where nothing before them could be meant for all."""
    marks = list(_ITEM.finditer(masked))
    numbers = [int(mark[1]) if mark[1] else ord(mark[2]) - ord("a") + 1 for mark in marks]
    if len(marks) >= 2 and numbers == list(range(1, len(marks) + 1)):
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        items = [text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
        return items if _INTRO.fullmatch(text[: marks[0].start()].strip()) else []
    bullets = list(_BULLET.finditer(masked))
    if len(bullets) >= 2 and _INTRO.fullmatch(text[: bullets[0].start()].strip()):
        return [text[bullet.start(1) : bullet.end(1)] for bullet in bullets]
    return []


def _sentences(text: str, masked: str) -> list[str]:
    """Sentences of which each asks for something by itself; those after the first may point back."""
    ends = [match.start() for match in _SENTENCES.finditer(masked)]
    starts = [0, *(match.end() for match in _SENTENCES.finditer(masked))]
    pieces = [
        (start, end)
        for start, end in zip(starts, [*ends, len(text)], strict=True)
        if text[start:end].strip(" .;!?")
    ]
    if len(pieces) < 2:
        return []
    found: list[str] = []
    for start, end in pieces:
        shown = masked[start:end].strip()
        also = bool(found) and bool(_ALSO.match(shown)) and not _TALK.search(shown)
        if not (_HEAD.match(shown) or also) or _SETTING.search(shown):
            return []
        # A sentence may hold two questions itself; if that is not sure, it stays one.
        found += _coordinated(text[start:end], masked[start:end]) or [text[start:end]]
    return found


def _coordinated(text: str, masked: str) -> list[str]:
    """Clauses that stand beside each other, each with a head and an object."""
    ends = [match.start() for match in _NEXT.finditer(masked)]
    starts = [0, *(match.end() for match in _NEXT.finditer(masked))]
    parts = [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]
    if len(parts) < 2:
        return []
    shown = [masked[start:end].strip(" ,.;?!") for start, end in zip(starts, [*ends, len(text)], strict=True)]
    if not all(_HEAD.match(part) and _WHOLE.fullmatch(part) for part in shown):
        return []
    if any(_POINTING.search(part) or _BARE_CHART.fullmatch(part) for part in shown[1:]):
        return []
    return [] if _may_share(shown) else parts


def _may_share(clauses: list[str]) -> bool:
    """Whether a filter of one clause, or what the last ones are grouped by, may be meant for others too."""
    plain = [_TIME.sub(" ", clause) for clause in clauses]
    if len({bool(_FILTERING.search(clause)) for clause in plain}) > 1:
        return True
    # A distribution or a trend stands by itself: what a later clause is grouped by is not said of it.
    grouped = [bool(_GROUPING.search(clause) or _SHAPE.match(clause)) for clause in plain]
    # "total of a, and the average of b by c"; a clause with a verb of its own keeps its words to itself.
    return any(
        _GROUPING.search(plain[at]) and not all(grouped[:at]) and _NOUN.match(plain[at])
        for at in range(1, len(plain))
    )


def _tidy(part: str) -> str:
    stripped = re.sub(rf"^{_LINK}", "", part.strip(" ,;\n"), flags=re.IGNORECASE).strip(" ,;")
    return stripped[:1].upper() + stripped[1:] if stripped[:1].isascii() else stripped
