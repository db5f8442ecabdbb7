"""How much has this job's model said so far, and may it go on?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from worker.metrics.models import calling, tokens_used
from worker.models.base import Message, Model, ModelError, Reply

_TOKEN_CHARACTERS = 4
_PROMPT_SHARE = 0.75
"""Of the model's context; the rest is for its reply."""
_REPLY_LEAST_BYTES = 600


class TokenBudgetError(ModelError):
    """The job has used up its tokens; the model is not asked again."""


class PromptTooLongError(ModelError):
    """The prompt does not fit into the model's context, which would drop the start of it without a word."""


class Meter:
    """Asks the model for one job and counts what the provider counted."""

    def __init__(
        self,
        model: Model,
        *,
        timeout_seconds: float,
        max_output_tokens: int,
        max_total_tokens: int,
        context_tokens: int = 32_768,
    ) -> None:
        self.model = model
        self.prompt_tokens_max = int(context_tokens * _PROMPT_SHARE)
        """What a prompt may take, so that there is room for the reply."""
        self._context_tokens = context_tokens
        self._timeout_seconds = timeout_seconds
        self._max_output_tokens = max_output_tokens
        self._max_total_tokens = max_total_tokens
        self._calls = self._input_tokens = self._output_tokens = self._spent = 0

    async def ask(self, messages: Sequence[Message], max_output_tokens: int | None = None) -> Reply:
        """Ask once more.

        Raises:
            TokenBudgetError: The job's tokens are used up.
            PromptTooLongError: It is longer than the model's context.
            ModelError: As `Model.complete`.
        """
        left = self._max_total_tokens - self._spent
        if left <= 0:
            raise TokenBudgetError(
                f"the job has used its {self._max_total_tokens:,} tokens (SANDGLASS_MAX_TOTAL_TOKENS)"
            )
        size = sum(len(message.content.encode("utf-8", "replace")) for message in messages)
        if size // _TOKEN_CHARACTERS > self._context_tokens:
            raise PromptTooLongError(
                f"the prompt has about {size // _TOKEN_CHARACTERS:,} tokens, and the model's context "
                f"{self._context_tokens:,} (SANDGLASS_OLLAMA_CONTEXT_TOKENS, ..._OPENAI_CONTEXT_TOKENS)"
            )
        self._calls += 1
        with calling(self.model.name):
            reply = await self.model.complete(
                [replace(message, content=_encodable(message.content)) for message in messages],
                max_output_tokens=min(left, max_output_tokens or self._max_output_tokens),
                timeout_seconds=self._timeout_seconds,
            )
        tokens_used(self.model.name, reply)
        self._input_tokens += reply.input_tokens
        self._output_tokens += reply.output_tokens
        self._spent += reply.input_tokens + reply.output_tokens or _guess(messages, reply)
        return replace(reply, text=_encodable(reply.text))

    def bytes_left(self, messages: Sequence[Message], bytes_max: int = 24_000) -> int:
        """How much of a reply may be added to a prompt of these messages; a little in any case."""
        used = sum(len(message.content.encode("utf-8", "replace")) for message in messages)
        return max(_REPLY_LEAST_BYTES, min(bytes_max, 3 * self.prompt_tokens_max - used))

    @property
    def usage(self) -> dict[str, Any]:
        """`{model, calls, input_tokens, output_tokens}` of all calls so far, failed ones among `calls`."""
        return {
            "model": self.model.name,
            "calls": self._calls,
            "input_tokens": self._input_tokens,
            "output_tokens": self._output_tokens,
        }


def _guess(messages: Sequence[Message], reply: Reply) -> int:
    """What a call took where the provider counts nothing: a budget that is never spent is none."""
    return (sum(len(message.content) for message in messages) + len(reply.text)) // _TOKEN_CHARACTERS + 1


def _encodable(text: str) -> str:
    """Without lone surrogates: JSON can carry them, but no request and no store can."""
    return text.encode("utf-8", "replace").decode("utf-8")
