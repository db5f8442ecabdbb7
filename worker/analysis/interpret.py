"""How does a result become words that can be believed?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from worker.analysis.contract import Question, RunResult
from worker.analysis.grounding import ungrounded_numbers
from worker.analysis.meter import Meter
from worker.analysis.prompts import interpret_messages, ungrounded_messages
from worker.analysis.reply_text import strip_thoughts
from worker.analysis.wording import safe_words, template_words
from worker.models.base import ModelError

TRIES = 2
_WORDS_TOKENS = 1024
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
"""No words: some models answer with the code once more."""


@dataclass(frozen=True)
class Words:
    """An answer in words; `note` says why they are the template's, empty when the model's own are shown."""

    text: str
    source: Literal["model", "template"]
    note: str = ""


async def put_into_words(meter: Meter, question: Question, code: str, run: RunResult) -> Words:
    """Ask the model for words, check their numbers, fall back to the template; never raises for the model."""
    messages = interpret_messages(question, code, run)
    note = ""
    for _ in range(TRIES):
        try:
            reply = await meter.ask(messages, _WORDS_TOKENS)
        except ModelError as error:
            return _template(run, f"the model gave no words: {error}")
        text = safe_words(_CODE.sub("", strip_thoughts(reply.text)))
        if not text:
            note = "the model gave no words: its reply held none"
            continue
        strangers = ungrounded_numbers(text, run.result, question.text, *_printed(run))
        if not strangers:
            return Words(text, "model")
        note = f"the model's words were not shown: not in the result: {', '.join(strangers[:5])}"
        messages = ungrounded_messages(interpret_messages(question, code, run), text, strangers)
    return _template(run, note)


def _printed(run: RunResult) -> tuple[str, ...]:
    """What was printed, where that is the answer: beside a typed result, anything could be printed."""
    told_apart = run.result is not None and run.result.get("type") not in ("text", "chart")
    return () if told_apart else (run.stdout.text,)


def _template(run: RunResult, note: str) -> Words:
    return Words(safe_words(template_words(run.result, run.stdout.text)), "template", note)
