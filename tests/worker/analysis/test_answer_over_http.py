"""Does the whole loop hold when the model is a real server that is well, or unwell?"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from policies.model import Policy
from tests.providers import INPUT_TOKENS, OUTPUT_TOKENS, ProviderServer
from tests.worker.analysis.sandboxes import LocalSandbox
from worker.analysis.answer import answer_question
from worker.analysis.contract import Analysis, Question, TableView
from worker.models.choose import choose_model
from worker.models.settings import ModelSettings

VIEW = TableView("t", {"name": "t", "rows": 3, "columns": [{"name": "a", "dtype": "int64"}], "sample": [[1]]})


@pytest.fixture
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as one:
        one.words = "There are 3 rows."
        yield one


async def ask(server: ProviderServer, spec: str, seconds: float = 10, retries: int = 0) -> Analysis:
    settings = ModelSettings(
        ollama_url=server.url,
        openai_url=f"{server.url}/v1",
        model_retries=retries,
        model_timeout_seconds=seconds,
    )

    async def on_stage(stage: str, fields: dict[str, Any]) -> None: ...

    return await answer_question(
        Question("How many rows?", (VIEW,)),
        LocalSandbox({"a": [1, 2, 3]}),
        choose_model(spec, settings),
        Policy(name="default"),
        on_stage,
        settings=settings,
    )


@pytest.mark.parametrize("provider", ["ollama", "openai"])
async def test_code_result_words_and_usage_come_from_either_provider(
    server: ProviderServer, provider: str
) -> None:
    analysis = await ask(server, f"{provider}:good")
    assert (analysis.outcome, analysis.planner) == ("ok", f"{provider}:good")
    assert analysis.run is not None
    assert analysis.run.result == {"type": "scalar", "value": 3}
    assert (analysis.answer, analysis.answer_source) == ("There are 3 rows.", "model")
    assert analysis.usage["calls"] == 2
    assert analysis.usage["input_tokens"] == 2 * INPUT_TOKENS
    assert analysis.usage["output_tokens"] == 2 * OUTPUT_TOKENS


@pytest.mark.parametrize("provider", ["ollama", "openai"])
@pytest.mark.parametrize(
    ("behaviour", "outcome", "words"),
    [
        ("broken", "model_unavailable", "HTTP 500"),
        ("missing", "model_unavailable", "SANDGLASS_MODEL"),
        ("locked", "model_unavailable", "401"),
        ("prose", "no_code", "wrote no code"),
        ("garbage", "no_code", "no reply"),
        ("huge-stream", "no_code", "larger than 1 MiB"),
        ("huge-line", "no_code", "too large"),
        ("zipped", "no_code", "compressed"),
        ("redirect", "model_unavailable", "redirects elsewhere"),
        ("always-busy", "model_unavailable", "too many requests"),
        ("slow", "model_unavailable", "did not finish"),
        ("drip", "model_unavailable", "did not finish"),
        ("cut", "model_unavailable", ""),
        ("unfinished", "model_unavailable", "cut before its end"),
        ("empty", "model_unavailable", ""),
        ("stream-error", "model_unavailable", ""),
    ],
)
async def test_each_way_to_be_unwell_has_its_outcome(
    server: ProviderServer, provider: str, behaviour: str, outcome: str, words: str
) -> None:
    analysis = await ask(server, f"{provider}:{behaviour}", 1 if behaviour in ("slow", "drip") else 10)
    assert analysis.outcome == outcome, analysis.error
    assert analysis.answer is None
    assert analysis.error is not None
    assert words in analysis.error.message


@pytest.mark.parametrize("provider", ["ollama", "openai"])
@pytest.mark.parametrize("behaviour", ["busy", "flaky"])
async def test_what_passes_by_itself_is_waited_for(
    server: ProviderServer, provider: str, behaviour: str
) -> None:
    analysis = await ask(server, f"{provider}:{behaviour}", retries=2)
    assert (analysis.outcome, analysis.answer) == ("ok", "There are 3 rows.")


@pytest.mark.parametrize("provider", ["ollama", "openai"])
async def test_code_that_the_token_limit_cuts_for_ever_is_never_run(
    server: ProviderServer, provider: str
) -> None:
    analysis = await ask(server, f"{provider}:length")
    assert analysis.outcome == "code_error"
    assert analysis.run is None
    assert analysis.error is not None
    assert "cut off by the token limit" in analysis.error.message
    assert analysis.usage["calls"] == 9, "two goings-on for each of three attempts"


async def test_a_server_that_does_not_stream_is_read_or_named(server: ProviderServer) -> None:
    assert (await ask(server, "ollama:whole")).outcome == "ok"
    analysis = await ask(server, "openai:whole")
    assert analysis.outcome == "model_unavailable"


@pytest.mark.parametrize("provider", ["ollama", "openai"])
async def test_a_cancel_does_not_wait_for_a_model_that_thinks(server: ProviderServer, provider: str) -> None:
    task = asyncio.create_task(ask(server, f"{provider}:slow", 60))
    async with asyncio.timeout(20):
        while True:
            if server.requests:
                break
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
