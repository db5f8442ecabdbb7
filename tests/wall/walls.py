"""Walls for tests: one engine each, used from code that is not asynchronous, weakened on purpose if asked."""

import asyncio
import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from policies.model import Policy, load_policy
from policies.spec import LABEL_STACK, LABEL_TASK
from tests.engine_services import IMAGE
from worker.engines.base import Engine
from worker.engines.connect import connect
from worker.wall.case import Verdict, probe
from worker.wall.registry import CASES
from worker.wall.wall import STACK, Wall

Change = Callable[[dict[str, Any]], None]
"""Changes the body of a create call in place."""


class WeakEngine:
    """An engine that makes its containers of a changed body."""

    def __init__(self, engine: Engine, change: Change) -> None:
        self._engine = engine
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def create(self, body: dict[str, Any]) -> str:
        weak = copy.deepcopy(body)
        self._change(weak)
        return await self._engine.create(weak)


class Probing:
    """Probes cases on one wall."""

    def __init__(self, url: str, policy: Policy, spool: Path, change: Change | None = None) -> None:
        self._runner = asyncio.Runner()
        self._engine = self.do(connect(url))
        engine = WeakEngine(self._engine, change) if change else self._engine
        self.wall = Wall(engine, IMAGE, policy, spool)

    def do(self, work: Any) -> Any:
        """Run a coroutine to its end."""
        return self._runner.run(work)

    def verdict(self, case_id: str) -> Verdict:
        return self.do(probe(CASES[case_id], self.wall))

    def close(self) -> list[str]:
        """Take all down; gives back what is left even so."""
        self.do(self.wall.close())
        left = self.do(self._engine.find({LABEL_STACK: STACK, LABEL_TASK: self.wall.run_id}))
        self.do(self._engine.close())
        self._runner.close()
        return [entry.container_id for entry in left]


@contextmanager
def probing(
    url: str, spool: Path, runtime: str = "", change: Change | None = None, policy: str = "default"
) -> Iterator[Probing]:
    """A wall on the engine at `url`; containers that are left afterwards are a failure."""
    chosen = load_policy(policy)
    if runtime:
        chosen = chosen.model_copy(update={"runtime": runtime})
    one = Probing(url, chosen, spool, change)
    try:
        yield one
    finally:
        left = one.close()
    assert left == [], "containers were left behind"
