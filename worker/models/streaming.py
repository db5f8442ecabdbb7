"""How does a stream of LangChain chunks become one bounded reply, and its failures our errors?"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import httpx

from worker.models.base import (
    REPLY_BYTES_MAX,
    ModelError,
    ModelRefusedError,
    ModelReplyError,
    ModelUnavailableError,
    Reply,
)


async def collect(chunks: AsyncIterator[Any], name: str) -> Reply:
    """Read a LangChain chunk stream to its end.

    Raises:
        ModelReplyError: More than `REPLY_BYTES_MAX` of text.
        ModelUnavailableError: It ended without its end mark: the reply was cut.
    """
    parts: list[str] = []
    size_bytes = input_tokens = output_tokens = 0
    finish = ""
    try:
        async for chunk in chunks:
            text = str(chunk.text)
            size_bytes += len(text.encode("utf-8", "replace"))
            if size_bytes > REPLY_BYTES_MAX:
                raise ModelReplyError(f"{name}: the reply is larger than {REPLY_BYTES_MAX >> 20} MiB")
            parts.append(text)
            if usage := chunk.usage_metadata:
                # Some servers repeat the running total with every chunk: the last word counts, not the sum.
                input_tokens = max(input_tokens, usage["input_tokens"])
                output_tokens = max(output_tokens, usage["output_tokens"])
            finish = _end_mark(chunk.response_metadata) or finish
    except ValueError as error:
        # LangChain's own word for a stream without one chunk; its subclasses are malformed replies.
        if type(error) is not ValueError or parts:
            raise
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    if not finish:
        raise ModelUnavailableError(f"{name}: the reply was cut before its end", transient=True)
    return Reply("".join(parts), input_tokens, output_tokens, "length" if finish == "length" else "stop")


def _end_mark(data: dict[str, Any]) -> str:
    mark = data.get("done_reason") or data.get("finish_reason") or ("stop" if data.get("done") else "")
    return str(mark)


def explain_transport(error: Exception, name: str, url: str) -> ModelError:
    """What a failure below HTTP, or a reply that is no reply, means; never quotes what was sent."""
    for cause in _chain(error):
        if isinstance(cause, ModelError):
            return cause
        if isinstance(cause, httpx.TimeoutException):
            return ModelUnavailableError(f"{name} at {url} did not answer in time", transient=True)
        if isinstance(cause, httpx.ConnectError | ConnectionError):
            return ModelUnavailableError(
                f"{name}: nobody answers at {url}; start the model's server or mend its address",
                transient=True,
            )
        if isinstance(cause, httpx.InvalidURL | httpx.UnsupportedProtocol):
            return ModelRefusedError(f"{name}: {url} is not an http(s) address")
        if isinstance(cause, httpx.TransportError):
            return ModelUnavailableError(f"{name}: the connection to {url} broke off", transient=True)
    return ModelReplyError(
        f"{name} at {url} answered with something that is no reply ({type(error).__name__})"
    )


def explain_status(
    status: int, name: str, url: str, fixes: dict[int, str], retry_after: str | None
) -> ModelError:
    """What an HTTP status of a provider means; `fixes` says for some of them what to do."""
    if status == 429 or status >= 500 or status == 408:
        wait = _wait_seconds(retry_after)
        what = "too many requests" if status == 429 else f"HTTP {status}"
        return ModelUnavailableError(f"{name} at {url}: {what}", transient=True, retry_after_seconds=wait)
    if 300 <= status < 400:
        return ModelRefusedError(f"{name}: {url} redirects elsewhere (HTTP {status}); set the final address")
    fix = fixes.get(status, "the server did not accept the request")
    return ModelRefusedError(f"{name} at {url}: HTTP {status}: {fix}")


def _wait_seconds(retry_after: str | None) -> float | None:
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
