"""How does one request to a model become code?"""

from __future__ import annotations

from dataclasses import dataclass

from store.records import Language
from worker.analysis.meter import Meter
from worker.analysis.prompts import continue_messages
from worker.analysis.replies import Found, extract_code
from worker.models.base import Message

CONTINUATIONS_MAX = 2


@dataclass(frozen=True)
class Draft:
    """A reply and the code in it; `found` None: there was none."""

    said: str
    found: Found | None
    cut: bool = False
    """The token limit ended it, and what stands there is not whole although it may parse."""

    @property
    def trouble(self) -> str:
        """Why it cannot be run, for the model to mend; empty when it can."""
        if self.found is None:
            return "Your reply held no code. Return only code, nothing else."
        if self.cut:
            return "Your reply was cut off by the token limit, so the code is not whole. Write shorter code."
        return self.found.error and f"The code does not parse: {self.found.error}"


async def write_code(meter: Meter, messages: list[Message], language: Language) -> Draft:
    """Ask for code; a reply that the token limit cut is gone on with, up to `CONTINUATIONS_MAX` times.

    Raises:
        ModelError: As `Meter.ask`.
    """
    reply = await meter.ask(messages)
    said = reply.text
    found = extract_code(said, language)
    for _ in range(CONTINUATIONS_MAX):
        if reply.finish != "length" or _is_whole(found):
            break
        reply = await meter.ask(continue_messages(messages, said, meter.bytes_left(messages)))
        said = _join(said, reply.text)
        found = extract_code(said, language)
    return Draft(said, found, cut=reply.finish == "length" and not _is_whole(found))


def _is_whole(found: Found | None) -> bool:
    """Code in a closed fence is whole even if the talk after it was cut."""
    return found is not None and not found.error and found.kind in ("fence", "joined", "tool_call")


def _join(said: str, more: str) -> str:
    """The two parts as one text, without a fence that the model opened anew in spite of what it was told."""
    lines = more.lstrip("\n").split("\n")
    if said.count("```") % 2 and lines[0].strip().startswith("```") and lines[0].strip() != "```":
        more = "\n".join(lines[1:])
    return said + more
