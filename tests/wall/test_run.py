"""Where the cases are not tried."""

import pytest

from policies.model import load_policy
from tests.worker.engine_proxy.fake_engine import fake_engine
from tests.worker.engine_proxy.running import proxied
from tests.worker.engine_proxy.test_wire import as_docker
from worker.engines.base import EngineUnfitError
from worker.wall.run import wall_on


async def test_behind_the_engine_proxy_the_cases_are_refused_with_what_to_do() -> None:
    with fake_engine(as_docker) as fake, proxied(fake.url, "ours") as proxy:
        with pytest.raises(EngineUnfitError, match=r"engine proxy's.*own socket in SANDGLASS_ENGINE_URL"):
            async with wall_on(proxy.url, "sandglass-sandbox:dev", load_policy("default")):
                pass
    assert all("create" not in asked for asked in fake.asked)
