"""How is a model asked behind an OpenAI-compatible endpoint?"""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from pydantic import SecretStr

from worker.models.base import Message, ModelError, Reply
from worker.models.capped_http import client_options, shown_url
from worker.models.quiet import load_quietly
from worker.models.retry import Backoff, complete_with_retries
from worker.models.streaming import collect, explain_status, explain_transport

DEFAULT_URL = "https://api.openai.com/v1"


class OpenAIModel:
    """`openai:<model>` through langchain-openai: chat completions, streamed, counted by the provider."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: SecretStr | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._base_url = base_url or DEFAULT_URL
        self._url = shown_url(self._base_url)
        # Local servers want no key, but the client insists on one; a real one never comes from elsewhere.
        self._api_key = api_key or SecretStr("none")
        self._backoff = backoff or Backoff()

    async def complete(
        self, messages: Sequence[Message], *, max_output_tokens: int, timeout_seconds: float
    ) -> Reply:
        """See `worker.models.base.Model`."""
        await load_quietly("langchain_openai")

        async def call() -> Reply:
            async with httpx.AsyncClient(timeout=timeout_seconds, **client_options(self._base_url)) as client:
                return await self._ask_once(client, messages, max_output_tokens)

        return await complete_with_retries(
            call, backoff=self._backoff, timeout_seconds=timeout_seconds, name=self.name
        )

    async def _ask_once(
        self, client: httpx.AsyncClient, messages: Sequence[Message], max_output_tokens: int
    ) -> Reply:
        from langchain_openai import ChatOpenAI

        turns = [(message.role, message.content) for message in messages]
        try:
            chat = ChatOpenAI(
                model=self._model,
                base_url=self._base_url,
                api_key=self._api_key,
                max_completion_tokens=max_output_tokens,
                max_retries=0,
                stream_usage=True,
                stream_chunk_timeout=None,
                use_responses_api=False,
                http_async_client=client,
                http_socket_options=(),
                openai_proxy="",  # OPENAI_PROXY in the environment does not go with a client of our own
            )
            return await collect(chat.astream(turns), self.name)
        except ModelError:
            raise
        except Exception as error:  # the client raises bare JSON, type and validation errors for bad replies
            raise self._explain(error) from None

    def _explain(self, error: Exception) -> ModelError:
        from openai import APIError, APIStatusError

        if type(error) is APIError:
            # An error in the middle of a stream comes without a status, and may pass.
            return explain_status(500, self.name, self._url, {}, None)
        if not isinstance(error, APIStatusError):
            return explain_transport(error, self.name, self._url)
        fixes = {
            400: "the server does not accept the request; see whether it knows this model",
            401: "the key is missing or wrong; set OPENAI_API_KEY",
            403: "the key may not use this model; see OPENAI_API_KEY and SANDGLASS_MODEL",
            404: "no such model or address there; mend SANDGLASS_MODEL or SANDGLASS_OPENAI_URL",
        }
        retry_after = error.response.headers.get("retry-after")
        return explain_status(error.status_code, self.name, self._url, fixes, retry_after)
