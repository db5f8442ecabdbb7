"""The policy strict through the proxy: gVisor's runtime is part of the body that is computed again."""

import os
from pathlib import Path

import pytest

from policies.model import load_policy
from tests.engine_services import IMAGE
from tests.worker.engine_proxy.running import proxied
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.standby import Maker

pytestmark = pytest.mark.engine


async def test_strict_runs_on_gvisor_through_the_proxy(
    engine_urls: dict[str, str], stack: str, tmp_path: Path
) -> None:
    with proxied(engine_urls["runsc"], stack) as proxy:
        engine = await connect(proxy.url)
        maker = Maker(engine, IMAGE, stack, owner_mark("test", os.getpid()), tmp_path / "spool", 60)
        sandbox = await maker.make(load_policy("strict"), "test")
        try:
            assert sandbox.facts["gvisor"] is True
            ran = await sandbox.run("result = 6 * 7", "python", 1)
            assert ran.result == {"type": "scalar", "value": 42}
        finally:
            await sandbox.destroy()
            await engine.close()
