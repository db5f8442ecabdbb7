import pytest

from worker.engines.versions import docker_weaknesses, parse_version, runc_weaknesses


@pytest.mark.parametrize(
    ("version", "weak"),
    [
        ("runc version 1.1.5+ds1\ncommit: x", True),
        ("1.2.7", True),
        ("1.2.8-rc.1", True),
        ("1.2.8", False),
        ("1.3.2", True),
        ("1.3.3", False),
        ("1.4.0-rc.2", True),
        ("1.4.0~rc2+ds1", True),
        ("1.4.0-rc.3", False),
        ("1.4.0-rc.10", False),
        ("1.4.0", False),
        ("1.5.1", False),
        ("2.0.0-beta.1", False),
        ("unknown", True),
        ("", True),
    ],
)
def test_an_old_runc_is_a_weakness(version: str, weak: bool) -> None:
    assert bool(runc_weaknesses("runc", version)) is weak


def test_another_runtime_is_not_judged_as_runc() -> None:
    assert runc_weaknesses("crun", "1.8") == ()
    assert runc_weaknesses("runsc", "0.0~20221219.0") == ()


@pytest.mark.parametrize(
    ("version", "weak"),
    [
        ("20.10.24+dfsg1", True),
        ("29.4.2", True),
        ("29.4.3-rc.1", True),
        ("29.4.3", False),
        ("29.10.0", False),
        ("", True),
    ],
)
def test_an_old_docker_is_a_weakness(version: str, weak: bool) -> None:
    assert bool(docker_weaknesses(version)) is weak


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.4.0-alpha.2", "1.4.0-beta.1"),
        ("1.4.0-beta.3", "1.4.0-rc.1"),
        ("1.4.0-rc.2", "1.4.0-rc.10"),
        ("1.4.0-rc.10", "1.4.0"),
        ("1.4.0-dev", "1.4.0-alpha.1"),
        ("1.9.9", "1.10.0"),
    ],
)
def test_versions_sort(older: str, newer: str) -> None:
    first, second = parse_version(older), parse_version(newer)
    assert first is not None
    assert second is not None
    assert first < second


def test_a_version_is_said_as_it_is_written() -> None:
    assert str(parse_version("runc version 1.4.0-rc.2+dev")) == "1.4.0-rc.2"
    assert str(parse_version("1.1.5+ds1")) == "1.1.5"


def test_no_number_is_no_version() -> None:
    assert parse_version("none") is None
