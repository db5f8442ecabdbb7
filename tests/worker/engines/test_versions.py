import pytest

from worker.engines.versions import docker_weaknesses, parse_version, runc_weaknesses


@pytest.mark.parametrize(
    ("version", "weak"),
    [
        ("runc version 1.1.5+ds1\ncommit: x", True),
        ("1.2.7", True),
        ("1.2.8", False),
        ("1.3.2", True),
        ("1.3.3", False),
        ("1.4.0-rc.3", False),
        ("1.5.1", False),
        ("unknown", True),
    ],
)
def test_an_old_runc_is_a_weakness(version: str, weak: bool) -> None:
    assert bool(runc_weaknesses("runc", version)) is weak


def test_another_runtime_is_not_judged_as_runc() -> None:
    assert runc_weaknesses("crun", "1.8") == ()


@pytest.mark.parametrize(
    ("version", "weak"), [("20.10.24+dfsg1", True), ("29.4.2", True), ("29.4.3", False), ("", True)]
)
def test_an_old_docker_is_a_weakness(version: str, weak: bool) -> None:
    assert bool(docker_weaknesses(version)) is weak


def test_no_number_is_no_version() -> None:
    assert parse_version("none") is None
