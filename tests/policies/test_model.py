from pathlib import Path

import pytest
from pydantic import ValidationError

from policies.model import PolicyError, load_policy, parse_policy, policy_names


def test_default_policy_has_the_stated_limits() -> None:
    policy = load_policy("default")
    limits, output = policy.limits, policy.output
    assert (limits.code_wall_seconds, limits.memory_bytes, limits.pids, limits.cpus) == (
        30,
        1 << 30,
        128,
        1.0,
    )
    assert (limits.tmpfs_bytes, limits.attempts) == (256 << 20, 3)
    assert (output.stdout_bytes, output.artifact_count, output.artifact_bytes) == (64 << 10, 20, 20 << 20)


def test_strict_is_nowhere_wider_than_default() -> None:
    default, strict = load_policy("default"), load_policy("strict")
    for section in ("limits", "output"):
        wide, narrow = getattr(default, section).model_dump(), getattr(strict, section).model_dump()
        assert {name: narrow[name] for name in narrow if narrow[name] > wide[name]} == {}


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_policy("default").limits.pids = 4096  # type: ignore[misc]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "x", "limits": {"memory_byte": 1}}, ["x.toml", "limits.memory_byte", "'memory_bytes'"]),
        ({"name": "x", "netwrok": "none"}, ["x.toml", "netwrok", "'network'"]),
        ({"name": "x", "output": {"zzz": 1}}, ["output.zzz"]),
        ({"name": "x", "network": "host"}, ["network", "host"]),
        ({"name": "x", "runtime": "crun"}, ["runtime", "crun"]),
        ({"name": "x", "limits": {"pids": 100_000}}, ["limits.pids", "100000"]),
        ({"name": "x", "limits": {"memory_bytes": "1 GiB"}}, ["limits.memory_bytes"]),
        ({}, ["name"]),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_name(data: dict[str, object], words: list[str]) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(data, "x.toml")
    assert all(word in str(caught.value) for word in words)


def test_an_unknown_policy_names_those_there_are() -> None:
    with pytest.raises(PolicyError, match="default, live-data, strict"):
        load_policy("lax")


@pytest.mark.parametrize("name", ["../default", "/etc/passwd", "", "default.toml"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(PolicyError):
        load_policy(name)


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text("limits = [")
    with pytest.raises(PolicyError, match=r"odd\.toml"):
        load_policy("odd", tmp_path)


def test_every_policy_that_ships_parses() -> None:
    assert {load_policy(name).name for name in policy_names()} == set(policy_names())
