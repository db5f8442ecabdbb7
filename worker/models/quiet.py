"""How is LangChain kept from sending anything anywhere but to the model?"""

from __future__ import annotations

import asyncio
import importlib
import os

_OFF = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2")
_UNSET = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER", "LANGSMITH_GATEWAY")


def silence_langchain() -> None:
    """Turn tracing and LangSmith's gateway off in this process; call before LangChain is imported.

    A prompt holds a client's question and sample rows: an operator's stray LANGSMITH_TRACING=true, or a
    gateway that stands in for the base URL, would hand them to a third party.
    """
    for name in _OFF:
        os.environ[name] = "false"
    for name in _UNSET:
        os.environ.pop(name, None)


async def load_quietly(module: str) -> None:
    """Import a LangChain package with its tracing off, beside the event loop.

    The first import takes seconds; a lease that is renewed on the loop must not run out meanwhile.
    """
    silence_langchain()
    await asyncio.to_thread(importlib.import_module, module)
