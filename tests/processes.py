"""Where tests run in several processes, which of them stay together in one?

They do by `make test PYTEST="-n 3 --dist loadgroup"`; without it all run in one, one after the other.

All that need a container engine stay in one, one after the other: they measure what containers may do and
take. The others are given out by file, so that what a file sets up is set up once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadGroupScheduling

ENGINE = "engine"


def group_engine_tests(items: list[pytest.Item]) -> None:
    """Mark what needs an engine: by its mark, or by a fixture that starts one."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "engine_urls" in fixtures or any(item.get_closest_marker(name) for name in ("engine", "stack")):
            item.add_marker(pytest.mark.xdist_group(ENGINE))


def scheduler(config: pytest.Config, log: object) -> LoadGroupScheduling:
    """Gives out the group first, as it is the longest, then the files."""
    from xdist.scheduler import LoadGroupScheduling

    class ByFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group = super()._split_scope(nodeid)
            return ENGINE if group == ENGINE else nodeid.split("::", 1)[0]

    return ByFile(config, log)
