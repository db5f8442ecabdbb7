"""What is a language model to the worker: one call, one reply, and every way in which it can fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

REPLY_BYTES_MAX = 1 << 20
"""The longest reply text (UTF-8) that is kept; one byte more and the stream is dropped."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Reply:
    """What a model said, and what the provider counted for it (0: it did not say)."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish: Literal["stop", "length"] = "stop"
    """`length`: cut by the token limit, there was more to come."""


class ModelError(Exception):
    """Base of all that `Model.complete` raises on purpose; its message may go to a client: no key in it."""

    def __init__(
        self, message: str, *, transient: bool = False, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.transient = transient
        """The same request may work a moment later."""
        self.retry_after_seconds = retry_after_seconds
        """What the provider asked us to wait, if it did."""


class ModelUnavailableError(ModelError):
    """Nobody answers: down, refused, no such host, 429 or 5xx after all retries, cut off, too slow."""


class ModelRefusedError(ModelError):
    """The provider answers, and will not serve this: wrong key, unknown model, bad request."""


class ModelReplyError(ModelError):
    """The provider answered with something that is no reply: garbage, or more than `REPLY_BYTES_MAX`."""


class Model(Protocol):
    """A chat model behind some provider."""

    @property
    def name(self) -> str:
        """As the answer names it: `ollama:llama3.1`."""

    async def complete(
        self, messages: Sequence[Message], *, max_output_tokens: int, timeout_seconds: float
    ) -> Reply:
        """Ask once; retries inside, all of it within `timeout_seconds`.

        Raises:
            ModelUnavailableError: Down, refused, DNS, 5xx or 429 after retries (Retry-After is kept to as far
                as the time allows), a reply cut in the middle, or the time is up.
            ModelRefusedError: 400, 401, 403, 404: the message says which setting to mend.
            ModelReplyError: The reply is malformed or too large.
        """
