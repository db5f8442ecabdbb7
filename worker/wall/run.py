"""What comes of all the cases, one after the other, on the engine that a worker would use?"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from policies.model import Policy
from worker.engines.base import EngineUnfitError
from worker.engines.choose import Engines, choose_engine
from worker.settings import load_settings
from worker.wall.case import Case, Verdict, probe
from worker.wall.wall import Wall

WORDS = ("held", "not held", "listed", "not testable")


@asynccontextmanager
async def wall_on(engine_url: str, image: str, policy: Policy) -> AsyncIterator[Wall]:
    """A wall on the engine at this address, or on the second one where gVisor is asked for.

    Every sandbox of it is gone afterwards.

    Raises:
        EngineError: No engine, no image, or no sandbox can be made.
        UnsafeSettingsError: The worker would not start like this.
    """
    settings = load_settings()
    engines = Engines(engine_url, settings.gvisor_engine_url, settings.seccomp_path)
    with tempfile.TemporaryDirectory(prefix="sandglass-wall-") as spool:
        try:
            usual = await engines.usual()
            if (await usual.facts()).proxied:
                raise EngineUnfitError(
                    f"{engine_url} is the engine proxy's, which makes no sandboxes for these cases: name the "
                    "engine's own socket in SANDGLASS_ENGINE_URL"
                )
            engine, _ = await choose_engine(policy, usual, engines.second)
            wall = Wall(engine, image, policy, Path(spool))
            try:
                await wall.sweep()
                await wall.shared()
                yield wall
            finally:
                await wall.close()
        finally:
            await engines.close()


async def verdicts(wall: Wall, cases: Iterable[Case]) -> AsyncIterator[Verdict]:
    """The verdict of each case, as it comes."""
    for case in cases:
        yield await probe(case, wall)


def count(found: Iterable[Verdict]) -> dict[str, int]:
    """How many verdicts there are of each word."""
    counted = Counter[str](verdict.word for verdict in found)
    return {word: counted[word] for word in WORDS}
