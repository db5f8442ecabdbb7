"""Which part of the tables goes into this question's prompt, by words or by a first call of the model?"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from store.records import Language
from worker.analysis.contract import Question
from worker.analysis.meter import Meter, TokenBudgetError
from worker.analysis.profile_text import profile_text
from worker.analysis.prompts import choose_messages, plan_messages
from worker.analysis.reply_text import strip_thoughts
from worker.analysis.sizes import tokens_of
from worker.analysis.subschema import SubSchema, choose_named, rank
from worker.models.base import ModelError

TABLES_ASKED_FROM = 30
"""With fewer tables the words of the question are enough to go by."""
LEAST_TOKENS = 400
_REPAIR_TOKENS = 1600
"""Kept for code that failed and its traceback."""
_CHOICE_TOKENS = 300
_NAMES_BYTES_MAX = 24_000


@dataclass(frozen=True)
class Told:
    """What the plan prompt says of the tables, and, if that is not all of them, how it was chosen."""

    text: str
    usage: dict[str, Any] = field(default_factory=dict)


async def tell_tables(meter: Meter, question: Question, language: Language, tokens_max: int) -> Told:
    """Choose and describe tables within `tokens_max` and what the model's context has room for.

    Raises:
        TokenBudgetError: The job's tokens were used up by asking for the tables.
    """
    rest = sum(
        tokens_of(message.content)
        for message in plan_messages(question, language, "", meter.prompt_tokens_max)
    )
    room = max(LEAST_TOKENS, min(tokens_max, meter.prompt_tokens_max - rest - _REPAIR_TOKENS))
    schema = await asyncio.to_thread(rank, question)
    by = "ranking"
    text = await asyncio.to_thread(profile_text, schema, room)
    count = len(question.tables)
    if not schema.sure and count >= TABLES_ASKED_FROM and text.tables < count:
        named = await _ask(meter, question, schema)
        if named is not None:
            by, text = "model", await asyncio.to_thread(profile_text, named, room)
    if text.tables == count:
        return Told(text.text)
    return Told(text.text, {"schema": {"tables": text.tables, "of": count, "chosen_by": by}})


async def _ask(meter: Meter, question: Question, schema: SubSchema) -> SubSchema | None:
    """The tables that the model names; None where its reply names none of them, or there is none."""
    names: list[str] = []
    left = min(_NAMES_BYTES_MAX, meter.prompt_tokens_max)  # a third of what there is room for
    for table in (*schema.chosen, *schema.others):
        left -= len(table.name.encode()) + 1
        if left < 0:
            break
        names.append(table.name)
    try:
        reply = await meter.ask(choose_messages(question, "\n".join(names)), _CHOICE_TOKENS)
    except TokenBudgetError:
        raise
    except ModelError:
        return None
    known = set(names)
    words = re.findall(r"[^\s,;`'\"*()\[\]]+", strip_thoughts(reply.text)[:4000])
    chosen = list(dict.fromkeys(word for word in words if word in known))
    if not chosen:
        return None
    return await asyncio.to_thread(choose_named, question, chosen)
