"""Whose facts prove our seccomp profile, and what is said of those that do not."""

import pytest

from policies.model import load_policy
from policies.seccomp import MARK
from worker.engines.base import EngineRefusedError
from worker.sandbox.proof import refuse_unproven

DEFAULT = load_policy("default")
ON_GVISOR = DEFAULT.model_copy(update={"runtime": "runsc"})


def test_the_mark_proves_it() -> None:
    refuse_unproven("docker", DEFAULT, {"seccomp_mark": MARK})


@pytest.mark.parametrize(
    "facts", [{}, {"seccomp_mark": None}, {"seccomp_mark": 1}, {"seccomp_mark": MARK + 1}]
)
def test_anything_else_is_refused_with_the_mend(facts: dict[str, int | None]) -> None:
    with pytest.raises(EngineRefusedError, match=r"sandglass image.*SANDGLASS_SECCOMP_PATH"):
        refuse_unproven("podman", DEFAULT, facts)


def test_gvisor_and_the_dummy_need_none() -> None:
    refuse_unproven("docker", ON_GVISOR, {"seccomp_mark": 38})
    refuse_unproven("dummy", DEFAULT, {})
