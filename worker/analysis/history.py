"""What of the earlier turns does a question need, and which of it does a model see?"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from worker.analysis.contract import Turn
from worker.analysis.sizes import cut
from worker.analysis.wording import template_words

TURNS_KEPT = 10
TURNS_IN_PROMPT = 3
TEXT_CHARS_MAX = 500
RESULT_CHARS_MAX = 700
CODE_CHARS_MAX = 3000
_RESULT_ROWS = 5
_SUMMARY_QUESTION_CHARS = 120
_SUMMARY_RESULT_CHARS = 100

# What points to something said before. `that` and `this` also stand in questions that need nothing before
# them: to take one of those for a follow-up costs a cached answer, the other way round would cost a true one.
_POINTING = re.compile(
    r"\b(?:it|its|itself|they|them|their|theirs|that|this|these|those|he|she|him|her|his|hers|same|again|"
    r"previous|previously|prior|earlier|former|latter|instead|also|too|else|another|others?|ones|then|"
    r"above\s+(?:result|answer|table|chart|question|list)|"
    r"(?:last|first|second|third)\s+(?:one|result|answer|question|chart)|"
    r"the\s+(?:result|results|answer|chart|plot|graph|figure|list|rest|remaining|difference|code|query))\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^\W*(?:and|or|but|so|now|ok|okay|well|what\s+about|how\s+about|what\s+if|why|how\s+so|how\s+come|really|"
    r"only|just|not|without|with|except|excluding|including|in|on|at|for|from|to|by|per|as|of|between|since|"
    r"until|during|within|before|after|more|less|yes|no|sort|order|reverse|round|limit|filter|exclude|include|"
    r"remove|drop|add|make|change|use|turn|convert|explain|repeat|continue|go\s+on|zoom|compare\s+with)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_WORDS_LEAST = 2


def depends_on_history(text: str) -> bool:
    """Whether `text` has words that go on with the turns before it.

    A word that points back ("it", "those", "the same"), an opening that goes on ("and", "what about", "by"),
    a single word, or a language that these rules do not know. Without such words it may still go on with
    them ("split by region"): `stands_alone` says of what it is sure that it does not.
    """
    words = _WORD.findall(text)
    if len(words) < _WORDS_LEAST or not text.isascii() and not _is_mostly_ascii(words):
        return True
    return bool(_OPENING.search(text) or _POINTING.search(text))


def history_text(turns: Sequence[Turn]) -> str:
    """The turns for a prompt: the last three whole, the older ones as one line each; empty without any."""
    kept = list(turns)[-TURNS_KEPT:]
    older, recent = kept[:-TURNS_IN_PROMPT], kept[-TURNS_IN_PROMPT:]
    lines: list[str] = []
    if older:
        lines += ["Long before (question -> result):", *(_summary(turn) for turn in older), ""]
    for turn in recent:
        lines += [f"Q: {cut(turn.question, TEXT_CHARS_MAX)}", f"A: {cut(turn.answer, TEXT_CHARS_MAX)}"]
        if turn.result is not None:
            lines.append(f"Result: {_result(turn.result)}")
    if recent and recent[-1].code:
        lines += [f"Code of the last answer ({recent[-1].language}):", cut(recent[-1].code, CODE_CHARS_MAX)]
    return "\n".join(lines)


def _summary(turn: Turn) -> str:
    said = template_words(turn.result, "") if turn.result is not None else turn.answer
    said = said.removeprefix("The result is ")
    return f"- {_line(turn.question, _SUMMARY_QUESTION_CHARS)} -> {_line(said, _SUMMARY_RESULT_CHARS)}"


def _result(result: dict[str, Any]) -> str:
    """The numbers themselves: the first rows, and how many there are."""
    value = result.get("value")
    shown: dict[str, Any] = {"type": result.get("type"), "value": value}
    if isinstance(value, dict):
        shown["value"] = {
            key: part[:_RESULT_ROWS] if isinstance(part, list) and key != "columns" else part
            for key, part in value.items()
        }
    if result.get("shape"):
        shown["shape"] = result["shape"]
    return cut(json.dumps(shown, ensure_ascii=False, default=str), RESULT_CHARS_MAX)


def _is_mostly_ascii(words: list[str]) -> bool:
    letters = "".join(words)
    return sum(letter.isascii() for letter in letters) >= 0.8 * len(letters)


def _line(text: str, chars_max: int) -> str:
    return cut(" ".join(text.split()), chars_max)
