"""Every case of the registry, by its id, on every engine: held, or listed for a reason known there."""

import os
from pathlib import Path

import pytest

from tests.wall.walls import Probing
from worker.wall.registry import CASES, padded

pytestmark = pytest.mark.engine

EVERYWHERE = {"CIS-5.15", "CIS-5.19", "CIS-5.27", "E25", "E29", "R10", "S7"}
AS_ROOT = {"E3", "CIS-5.31"}
PODMANS = {"CIS-5.4", "CIS-5.17", "CIS-5.25", "N6", "S6"}
LISTED = {
    "docker": EVERYWHERE | AS_ROOT,
    "podman": EVERYWHERE | AS_ROOT | PODMANS,
    "runsc": EVERYWHERE | PODMANS | {"E18", "E20", "E27", "R4"},
}
"""What may be listed, by engine. A newer engine may hold it, so it is not asked that it be listed."""
NO_LSM = {
    "CIS-5.2": not Path("/sys/kernel/security/apparmor").exists(),
    "CIS-5.3": not Path("/sys/fs/selinux/enforce").exists(),
}


@pytest.mark.parametrize("case_id", CASES, ids=[f"{padded(c.case_id)} {c.title}" for c in CASES.values()])
def test_case(probes: Probing, engine_name: str, case_id: str) -> None:
    verdict = probes.verdict(case_id)
    if verdict.word == "listed" and case_id in LISTED[engine_name]:
        return
    if verdict.word == "not testable" and (NO_LSM.get(case_id) or os.geteuid() != 0):
        pytest.skip(verdict.seen)
    assert verdict.word == "held", verdict.seen
