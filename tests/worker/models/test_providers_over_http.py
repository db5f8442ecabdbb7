"""Do both provider clients hold the contract of `worker.models.base` against a real server?"""

import asyncio
import logging
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from tests.providers import INPUT_TOKENS, OUTPUT_TOKENS, ProviderServer
from worker.models.base import (
    Message,
    Model,
    ModelError,
    ModelRefusedError,
    ModelReplyError,
    ModelUnavailableError,
    Reply,
)
from worker.models.ollama import OllamaModel
from worker.models.openai import OpenAIModel
from worker.models.retry import Backoff

KEY = "sk-secret-1234567890-do-not-show"
QUICK = Backoff(retries=2, base_seconds=0.01, dice=lambda: 1.0)
Maker = Callable[[str], Model]


@pytest.fixture
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as one:
        yield one


@pytest.fixture(params=["ollama", "openai"])
def make(request: pytest.FixtureRequest, server: ProviderServer) -> Maker:
    if request.param == "ollama":
        return lambda name: OllamaModel(name, base_url=server.url, backoff=QUICK)
    return lambda name: OpenAIModel(name, base_url=f"{server.url}/v1", api_key=SecretStr(KEY), backoff=QUICK)


async def ask(model: Model, timeout_seconds: float = 20) -> Reply:
    question = [Message("system", "Write code."), Message("user", "How many rows?")]
    return await model.complete(question, max_output_tokens=100, timeout_seconds=timeout_seconds)


async def test_a_good_reply_comes_whole_with_the_providers_token_counts(make: Maker) -> None:
    reply = await ask(make("good"))
    assert reply == Reply("```python\nresult = len(df)\n```", INPUT_TOKENS, OUTPUT_TOKENS, "stop")


async def test_the_request_carries_turns_limit_and_asks_to_stream(
    make: Maker, server: ProviderServer
) -> None:
    await ask(make("good"))
    body = server.requests[0]["body"]
    assert [(turn["role"], turn["content"]) for turn in body["messages"]] == [
        ("system", "Write code."),
        ("user", "How many rows?"),
    ]
    assert body["stream"] is True
    assert 100 in (body.get("max_completion_tokens"), body.get("options", {}).get("num_predict"))
    assert len(server.requests) == 1


async def test_a_reply_cut_by_the_token_limit_says_so(make: Maker) -> None:
    reply = await ask(make("length"))
    assert reply.finish == "length"
    assert reply.text.startswith("```python")


@pytest.mark.parametrize("behaviour", ["busy", "flaky"])
async def test_a_passing_failure_is_tried_again(make: Maker, server: ProviderServer, behaviour: str) -> None:
    assert "len(df)" in (await ask(make(behaviour))).text
    assert len(server.requests) == 2


@pytest.mark.parametrize("behaviour", ["broken", "cut", "unfinished", "stream-error", "empty"])
async def test_a_lasting_failure_ends_after_the_retries(
    make: Maker, server: ProviderServer, behaviour: str
) -> None:
    with pytest.raises(ModelUnavailableError):
        await ask(make(behaviour))
    assert len(server.requests) == 3


async def test_a_wait_longer_than_the_job_allows_is_not_waited(make: Maker, server: ProviderServer) -> None:
    started = time.monotonic()
    with pytest.raises(ModelUnavailableError, match="too many requests.*3600 s") as caught:
        await ask(make("always-busy"))
    assert time.monotonic() - started < 10
    assert caught.value.retry_after_seconds == 3600
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", ["slow", "drip"])
async def test_a_slow_model_is_ended_by_its_total_timeout(make: Maker, behaviour: str) -> None:
    model = make(behaviour)
    await ask(make("good"))  # imports LangChain, which is not what is measured
    started = time.monotonic()
    with pytest.raises(ModelUnavailableError, match="SANDGLASS_MODEL_TIMEOUT_SECONDS"):
        await ask(model, timeout_seconds=0.5)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("behaviour", "words"), [("missing", "SANDGLASS_MODEL"), ("redirect", "redirects"), ("locked", "401")]
)
async def test_a_refusal_says_what_to_mend_and_is_not_retried(
    make: Maker, server: ProviderServer, behaviour: str, words: str
) -> None:
    with pytest.raises(ModelRefusedError, match=words):
        await ask(make(behaviour))
    assert len(server.requests) == 1


async def test_ollama_says_which_model_to_pull(server: ProviderServer) -> None:
    with pytest.raises(ModelRefusedError, match=r"ollama pull llama3\.1"):
        await ask(OllamaModel("llama3.1", base_url=server.url, backoff=QUICK))


async def test_garbage_is_a_reply_error(make: Maker) -> None:
    with pytest.raises(ModelReplyError):
        await ask(make("garbage"))


@pytest.mark.parametrize("behaviour", ["huge-line", "huge-stream"])
async def test_a_reply_of_10_mb_is_cut_off_early(make: Maker, server: ProviderServer, behaviour: str) -> None:
    await ask(make("good"))
    tracemalloc.start()
    with pytest.raises(ModelReplyError, match="too large|larger than"):
        await ask(make(behaviour))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 9_500_000
    assert server.bytes_sent < 9_000_000


async def test_a_compressed_reply_is_not_unpacked(make: Maker) -> None:
    with pytest.raises(ModelReplyError, match="compressed"):
        await ask(make("zipped"))


@pytest.mark.parametrize("name", ["ollama", "openai"])
async def test_nobody_there_names_the_address(name: str) -> None:
    port = await _free_port()
    model: Model = (
        OllamaModel("x", base_url=f"http://user:pw@127.0.0.1:{port}", backoff=QUICK)
        if name == "ollama"
        else OpenAIModel("x", base_url=f"http://user:pw@127.0.0.1:{port}/v1", backoff=QUICK)
    )
    with pytest.raises(ModelUnavailableError, match=f"nobody answers at http://127.0.0.1:{port}"):
        await ask(model)


async def test_the_key_goes_to_the_server_and_nowhere_else(
    server: ProviderServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    for behaviour in ("good", "locked", "broken", "garbage", "missing", "cut"):
        model = OpenAIModel(
            behaviour, base_url=f"{server.url}/v1", api_key=SecretStr(KEY), backoff=Backoff(retries=0)
        )
        try:
            said.append((await ask(model)).text)
        except ModelError as error:
            said += [str(error), repr(error), repr(error.__cause__), repr(vars(model))]
    assert server.requests[0]["headers"]["authorization"] == f"Bearer {KEY}"
    out = capfd.readouterr()
    assert KEY not in "\n".join([*said, caplog.text, out.out, out.err])


async def test_calls_work_from_one_event_loop_after_another(server: ProviderServer) -> None:
    model = OpenAIModel("good", base_url=f"{server.url}/v1", backoff=QUICK)

    def run() -> Reply:
        return asyncio.run(ask(model))

    assert (await asyncio.to_thread(run)) == (await asyncio.to_thread(run))


async def _free_port() -> int:
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return port
