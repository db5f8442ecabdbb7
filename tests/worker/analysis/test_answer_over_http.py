"""Does the whole loop hold when the model is a real server that is well, or unwell?"""

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


async def ask(server: ProviderServer, spec: str) -> Analysis:
    settings = ModelSettings(
        ollama_url=server.url, openai_url=f"{server.url}/v1", model_retries=0, model_timeout_seconds=10
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
    ],
)
async def test_each_way_to_be_unwell_has_its_outcome(
    server: ProviderServer, provider: str, behaviour: str, outcome: str, words: str
) -> None:
    analysis = await ask(server, f"{provider}:{behaviour}")
    assert analysis.outcome == outcome
    assert analysis.error is not None
    assert words in analysis.error.message
