"""How is a model asked that Ollama serves?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx

from worker.models.base import Message, ModelError, Reply
from worker.models.capped_http import client_options, shown_url
from worker.models.quiet import load_quietly
from worker.models.retry import Backoff, complete_with_retries
from worker.models.streaming import collect, explain_status, explain_transport


class OllamaModel:
    """`ollama:<model>` through langchain-ollama."""

    def __init__(
        self, model: str, *, base_url: str, context_tokens: int = 8192, backoff: Backoff | None = None
    ):
        self.name = f"ollama:{model}"
        self._model = model
        self._base_url = base_url
        self._url = shown_url(base_url)
        self._context_tokens = context_tokens
        self._backoff = backoff or Backoff()

    async def complete(
        self, messages: Sequence[Message], *, max_output_tokens: int, timeout_seconds: float
    ) -> Reply:
        """See `worker.models.base.Model`."""
        await load_quietly("langchain_ollama")

        async def call() -> Reply:
            return await self._ask_once(messages, max_output_tokens)

        return await complete_with_retries(
            call, backoff=self._backoff, timeout_seconds=timeout_seconds, name=self.name
        )

    async def _ask_once(self, messages: Sequence[Message], max_output_tokens: int) -> Reply:
        retry_after: list[str | None] = [None]

        async def note_headers(response: httpx.Response) -> None:
            retry_after[0] = response.headers.get("retry-after")

        try:
            return await collect(self._stream(messages, max_output_tokens, note_headers), self.name)
        except ModelError:
            raise
        except Exception as error:  # the client raises bare JSON, type and validation errors for bad replies
            raise self._explain(error, retry_after[0]) from None

    def _stream(self, messages: Sequence[Message], max_output_tokens: int, hook: Any) -> AsyncIterator[Any]:
        from langchain_ollama import ChatOllama

        options = client_options(self._base_url)
        options["event_hooks"]["response"].append(hook)
        chat = ChatOllama(
            model=self._model,
            base_url=self._base_url,
            temperature=0,
            num_predict=max_output_tokens,
            num_ctx=self._context_tokens,
            async_client_kwargs=options,
        )
        return chat.astream([(message.role, message.content) for message in messages])

    def _explain(self, error: Exception, retry_after: str | None) -> ModelError:
        from ollama import ResponseError

        if not isinstance(error, ResponseError):
            return explain_transport(error, self.name, self._url)
        # An error in the middle of a stream comes without a status: the client says -1, and it may pass.
        status = error.status_code if error.status_code > 0 else 500
        fixes = {
            401: "Ollama, or a proxy before it, wants a login; see OLLAMA_API_KEY",
            403: "Ollama, or a proxy before it, forbids this; see OLLAMA_ORIGINS and OLLAMA_API_KEY",
            404: f"no such model there; fetch it with `ollama pull {self._model}`, or mend SANDGLASS_MODEL",
        }
        return explain_status(status, self.name, self._url, fixes, retry_after)
