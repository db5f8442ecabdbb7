from typing import Any

import pytest

from worker.engines.weaknesses import CGROUP_V1, DIRECT, NO_LSM, ROOT, weaknesses

GOOD: dict[str, Any] = {
    "SecurityOptions": ["name=apparmor", "name=seccomp", "name=rootless"],
    "CgroupVersion": "2",
}


def test_a_good_engine_has_none() -> None:
    assert weaknesses("docker", "29.4.3", "runc", "1.3.3", GOOD) == ()
    assert weaknesses("podman", "5.0.0", "runsc", "unknown", GOOD) == ()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"SecurityOptions": ["name=apparmor"]}, ROOT),
        ({"SecurityOptions": None}, ROOT),
        ({"SecurityOptions": ["name=userns"]}, NO_LSM),
        ({"SecurityOptions": ["name=userns"]}, DIRECT),
        ({"CgroupVersion": "1"}, CGROUP_V1),
    ],
)
def test_each_is_said(change: dict[str, Any], found: str) -> None:
    assert found in weaknesses("docker", "29.4.3", "runc", "1.3.3", {**GOOD, **change})


def test_behind_the_proxy_the_worker_does_not_hold_the_engine() -> None:
    info = {**GOOD, "SecurityOptions": ["name=apparmor"]}
    assert weaknesses("docker", "29.4.3", "runc", "1.3.3", info, proxied=True) == (ROOT,)


def test_each_sentence_says_what_and_how_to_mend() -> None:
    said = weaknesses("docker", "20.10", "runc", "1.1.5", {"CgroupVersion": "1"})
    assert len(said) == 6
    assert all(len(sentence.split(": ")) == 2 for sentence in said)
