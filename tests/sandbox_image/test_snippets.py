"""Does everyday code of the libraries run behind the whole wall: default policy, our profile, both filters?

One sandbox for each file of snippets and engine; each snippet is an attempt in it, and a test of its own.
"""

import asyncio
import importlib
import os
from pathlib import Path
from uuid import uuid4

import pytest

from policies.model import load_policy
from tests.engine_services import ENGINES, IMAGE
from worker.analysis.contract import RunResult
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.run import ContainerSandbox
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine
FOLDER = Path(__file__).parent / "snippets"
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "refused")
LEAST = 300
SET_SECONDS = 200.0
"""For all snippets of one file; below pytest's own clock."""


def _read(stem: str) -> dict[str, str]:
    return dict(importlib.import_module(f"tests.sandbox_image.snippets.{stem}").SNIPPETS)


SNIPPETS = {stem: _read(stem) for stem in FILES}
REFUSED = importlib.import_module("tests.sandbox_image.snippets.refused").REFUSED
ALL = [pytest.param(stem, name, id=f"{stem}-{name}") for stem in FILES for name in SNIPPETS[stem]]


class Snippets:
    """One engine, and what each snippet came to on it: a file's are run when the first one is asked for."""

    def __init__(self, url: str, spool: Path) -> None:
        self._url, self._spool = url, spool
        self._ran: dict[str, dict[str, RunResult]] = {}

    def of(self, stem: str, codes: dict[str, str]) -> dict[str, RunResult]:
        if stem not in self._ran:
            self._ran[stem] = asyncio.run(asyncio.wait_for(self._run_all(codes), SET_SECONDS))
        return self._ran[stem]

    async def _run_all(self, codes: dict[str, str]) -> dict[str, RunResult]:
        engine = await connect(self._url)
        owner = owner_mark("snippets", os.getpid())
        maker = Maker(engine, IMAGE, f"snippets-{uuid4().hex[:8]}", owner, self._spool, 60)
        sandbox: ContainerSandbox | None = None
        ran = {}
        try:
            for number, (name, code) in enumerate(codes.items(), 1):
                if sandbox is None or not sandbox.alive:  # the last one was the end of it: its result says so
                    await _destroy(sandbox)
                    sandbox = await maker.make(POLICY, "test")
                ran[name] = await sandbox.run(code, "python", number)
        finally:
            await _destroy(sandbox)
            await engine.close()
        return ran


async def _destroy(sandbox: ContainerSandbox | None) -> None:
    if sandbox is not None:
        await sandbox.destroy()


POLICY = load_policy("default")


@pytest.fixture(scope="module", params=sorted(ENGINES))
def snippets(
    request: pytest.FixtureRequest, engine_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Snippets:
    return Snippets(engine_urls[request.param], tmp_path_factory.mktemp("spool"))


def test_there_are_enough_and_each_checks_what_came_out() -> None:
    codes = [code for found in SNIPPETS.values() for code in found.values()]
    assert len(codes) >= LEAST
    assert [code for code in codes if "assert " not in code] == []
    assert len(set(codes)) == len(codes)


def test_a_snippet_can_fail(snippets: Snippets) -> None:
    ran = snippets.of("itself", {"wrong": "assert 1 + 1 == 3", "right": "assert 1 + 1 == 2"})
    assert (ran["wrong"].outcome, ran["right"].outcome) == ("code_error", "ok")


@pytest.mark.parametrize(("stem", "name"), ALL)
def test_it_runs(snippets: Snippets, stem: str, name: str) -> None:
    ran = snippets.of(stem, SNIPPETS[stem])[name]
    assert ran.outcome == "ok", f"{ran.message}\n{ran.traceback}\n{ran.stderr}"


def test_joblib_asks_no_worker_that_ended_with_the_last_attempt(snippets: Snippets) -> None:
    parallel = (
        "from joblib import Parallel, delayed\nassert Parallel(n_jobs=2)(delayed(abs)(-n) for n in [1, 2])"
    )
    # It would notice by itself some time later, and until then fail with TerminatedWorkerError.
    forgotten = (
        "from joblib.externals.loky import reusable_executor\nassert reusable_executor._executor is None"
    )
    ran = snippets.of("again", {"first": parallel, "between": forgotten, "second": parallel})
    assert {name: one.outcome for name, one in ran.items()} == dict.fromkeys(ran, "ok")


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_wall_keeps_out_says_so(snippets: Snippets, name: str) -> None:
    ran = snippets.of("refused", {name: refused.code for name, refused in REFUSED.items()})[name]
    assert ran.outcome in ("code_error", "disk_limit")
    assert REFUSED[name].error in ran.message, ran.traceback
