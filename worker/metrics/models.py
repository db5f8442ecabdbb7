"""What do calls of language models come to in numbers: time, tokens, failures?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from worker.metrics.record import say
from worker.models.base import ModelError, ModelRefusedError, ModelReplyError, ModelUnavailableError, Reply

_RESULTS = {ModelUnavailableError: "unavailable", ModelRefusedError: "refused", ModelReplyError: "bad_reply"}


@contextmanager
def calling(model: str) -> Iterator[None]:
    """Time and count one call, however it ends; a call that is called off has failed."""
    began, result = time.monotonic(), "failed"
    try:
        yield
        result = "ok"
    except ModelError as error:
        result = _RESULTS.get(type(error), "failed")
        raise
    finally:
        say("sandglass_model_calls", model=model, result=result)
        say("sandglass_model_call_seconds", time.monotonic() - began, model=model)


def tokens_used(model: str, reply: Reply) -> None:
    """Count what the provider counted."""
    say("sandglass_model_tokens", reply.input_tokens, model=model, direction="input")
    say("sandglass_model_tokens", reply.output_tokens, model=model, direction="output")
