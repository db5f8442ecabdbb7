"""Silence and code that fails for ever, with a real sandbox and a model that counts how often it is asked."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from policies.model import load_policy
from tests.engine_services import IMAGE
from tests.worker.analysis.test_answer import Stages, ask
from worker.analysis.answer import answer_question
from worker.analysis.contract import Analysis
from worker.engines.connect import connect
from worker.models.scripted import Line, ScriptedModel
from worker.models.settings import ModelSettings
from worker.runtime import owner_mark
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine
POLICY = load_policy("default")


@pytest.fixture
async def sandbox(engine_urls: dict[str, str], tmp_path: Path) -> AsyncIterator[ContainerSandbox]:
    engine = await connect(engine_urls["podman"])
    stack = f"loop-{os.getpid()}"
    made = await Maker(engine, IMAGE, stack, owner_mark("loop", 1), tmp_path / "spool", 120).make(POLICY, "t")
    yield made
    await made.destroy()
    await engine.close()


async def answered(sandbox: ContainerSandbox, model: ScriptedModel, **settings: int) -> Analysis:
    return await answer_question(ask(), sandbox, model, POLICY, Stages(), settings=ModelSettings(**settings))


async def test_R13_silence_costs_no_call_of_the_model(sandbox: ContainerSandbox) -> None:
    # Open Interpreter's own Jupyter language asks a model after 15 s of silence, and types what it says.
    code = "```python\nimport sys, time\ntime.sleep(20)\nresult = 'slept' + sys.stdin.read()\n```"
    model = ScriptedModel([code, "It slept.", Line(text="input", repeat=True)])
    analysis = await answered(sandbox, model)
    assert analysis.outcome == "ok"
    assert analysis.run is not None
    assert analysis.run.seconds >= 20
    assert analysis.run.result is not None
    assert analysis.run.result["value"] == "slept"
    assert len(model.asked) == 2, "once for the code, once for the words"


async def test_R14_code_that_fails_for_ever_stops_at_the_policys_attempts(sandbox: ContainerSandbox) -> None:
    model = ScriptedModel([Line(text="```python\nraise KeyError('for ever')\n```", repeat=True)])
    analysis = await answered(sandbox, model)
    assert (analysis.outcome, len(analysis.attempts)) == ("code_error", POLICY.limits.attempts)
    assert len(model.asked) == POLICY.limits.attempts
    assert analysis.error is not None
    assert "wrote code 3 times, none of it ran" in analysis.error.message


async def test_R14_and_at_the_jobs_tokens(sandbox: ContainerSandbox) -> None:
    line = Line(text="```python\nraise KeyError('x')\n```", repeat=True, input_tokens=900, output_tokens=200)
    model = ScriptedModel([line])
    analysis = await answered(sandbox, model, max_total_tokens=2000)
    assert analysis.outcome == "code_error"
    assert len(model.asked) == 2
    assert analysis.error is not None
    assert "2,000 tokens (SANDGLASS_MAX_TOTAL_TOKENS)" in analysis.error.message
