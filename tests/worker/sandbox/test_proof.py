"""Whose facts prove the kernel and our seccomp profile, and what becomes of a sandbox that proves neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from policies.model import Policy, load_policy
from policies.seccomp import MARK
from worker.engines.base import EngineFacts, EngineRefusedError, EngineUnfitError
from worker.engines.dummy import DummyEngine
from worker.sandbox.proof import refuse_unproven
from worker.sandbox.standby import Maker

STRICT, DEFAULT = load_policy("strict"), load_policy("default")


def test_the_mark_proves_it() -> None:
    refuse_unproven("docker", "runc", {"seccomp_mark": MARK})


@pytest.mark.parametrize(
    "facts", [{}, {"seccomp_mark": None}, {"seccomp_mark": 1}, {"seccomp_mark": MARK + 1}]
)
def test_anything_else_is_refused_with_the_mend(facts: dict[str, int | None]) -> None:
    with pytest.raises(EngineRefusedError, match=r"sandglass image.*SANDGLASS_SECCOMP_PATH"):
        refuse_unproven("podman", "runc", facts)


def test_a_mark_that_is_no_number_is_refused_without_being_written_out() -> None:
    mark: list[Any] = []
    for _ in range(5000):
        mark = [mark]
    with pytest.raises(EngineRefusedError, match="its mark is list"):
        refuse_unproven("podman", "runc", {"seccomp_mark": mark})


def test_gvisor_and_the_dummy_need_none() -> None:
    refuse_unproven("docker", "runsc", {"seccomp_mark": 38, "gvisor": True})
    refuse_unproven("dummy", "none", {})


@pytest.mark.parametrize(
    ("runtime", "facts"), [("runsc", {"gvisor": True}), ("runc", {"gvisor": False}), ("none", {})]
)
def test_the_right_kernel_passes(runtime: str, facts: Mapping[str, Any]) -> None:
    refuse_unproven("podman", runtime, {"seccomp_mark": MARK, **facts})


@pytest.mark.parametrize(
    ("runtime", "facts", "words"),
    [
        ("runsc", {"gvisor": False}, "ignores the runtime"),
        ("runsc", {}, "ignores the runtime"),
        ("runsc", {"gvisor": "yes"}, "ignores the runtime"),
        ("runc", {"gvisor": True}, "runsc"),
    ],
)
def test_the_wrong_kernel_is_refused(runtime: str, facts: Mapping[str, Any], words: str) -> None:
    with pytest.raises(EngineUnfitError, match=words):
        refuse_unproven("podman", runtime, {"seccomp_mark": MARK, **facts})


@dataclass
class Liar(DummyEngine):
    """Says that it runs gVisor; its sandboxes say nothing of it."""

    said: EngineFacts = field(
        default_factory=lambda: EngineFacts("podman", "5.0.0", "runsc", "0", ("runsc",), "2")
    )

    async def facts(self) -> EngineFacts:
        return self.said


async def test_a_sandbox_on_another_kernel_is_removed(tmp_path: Path) -> None:
    engine = Liar()
    with pytest.raises(EngineUnfitError, match="another kernel"):
        await _maker(engine, tmp_path).make(STRICT, "t")
    assert engine.containers == {}


@pytest.mark.parametrize("policy", [DEFAULT, STRICT], ids=lambda policy: policy.name)
async def test_the_engines_own_runtime_is_what_counts(tmp_path: Path, policy: Policy) -> None:
    with pytest.raises(EngineUnfitError):
        await _maker(Liar(), tmp_path).make(policy, "t")


def _maker(engine: DummyEngine, tmp_path: Path) -> Maker:
    return Maker(engine, "image", "stack", "owner", tmp_path, 60)
