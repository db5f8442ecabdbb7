"""An operator's own policies beside the shipped ones."""

import os
from pathlib import Path

import pytest

from policies.model import PolicyError, load_policy, policy_names

OWN = 'name = "lab"\nnetwork = "allow-list"\n[egress]\nhosts = ["api.example.org"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    return tmp_path


def test_own_policies_stand_beside_the_shipped_ones(folder: Path) -> None:
    (folder / "lab.toml").write_text(OWN)
    assert policy_names() == ["default", "lab", "live-data", "strict"]
    egress = load_policy("lab").egress
    assert egress is not None
    assert egress.hosts == ("api.example.org",)
    assert load_policy("default").network == "none"


def test_a_name_that_ships_may_not_be_taken(folder: Path) -> None:
    (folder / "default.toml").write_text(OWN.replace("lab", "default"))
    with pytest.raises(PolicyError, match=r"default\.toml.*ships with Sandglass"):
        load_policy("lab")


def test_a_file_must_carry_its_own_name(folder: Path) -> None:
    (folder / "other.toml").write_text(OWN)
    with pytest.raises(PolicyError, match=r"other\.toml: name is 'lab'.*'other'"):
        load_policy("other")


@pytest.mark.parametrize(
    ("where", "words"), [("/nowhere/at/all", "not a folder"), ("policies", "absolute path")]
)
def test_a_wrong_folder_is_named(where: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", where)
    with pytest.raises(PolicyError, match=words) as caught:
        policy_names()
    assert "SANDGLASS_POLICY_DIR" in str(caught.value)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"pids = " + b"1" * 5000, "not TOML"),
        (b"x = " + b"[" * 5000, "not TOML"),
        (b"#" * (2 << 20), "larger than 1 MiB"),
    ],
)
def test_no_content_is_more_than_a_refusal(folder: Path, content: bytes, words: str) -> None:
    (folder / "lab.toml").write_bytes(content)
    with pytest.raises(PolicyError, match=rf"^lab\.toml: .*{words}"):
        load_policy("lab")


@pytest.mark.timeout(30)
def test_a_pipe_or_a_device_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "lab.toml")
    (folder / "zero.toml").symlink_to("/dev/zero")
    for name in ("lab", "zero"):
        with pytest.raises(PolicyError, match=rf"^{name}\.toml: cannot be read: it is no ordinary file$"):
            load_policy(name)


def test_a_byte_order_mark_and_crlf_are_no_fault(folder: Path) -> None:
    (folder / "lab.toml").write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    assert load_policy("lab").name == "lab"


def test_what_is_wrong_with_the_whole_file_is_one_sentence(folder: Path) -> None:
    (folder / "lab.toml").write_text('name = "lab"\nnetwork = "allow-list"\n')
    with pytest.raises(PolicyError, match=r"^lab\.toml: network = .* give both or neither$"):
        load_policy("lab")


@pytest.mark.parametrize(
    "line",
    [
        "[egress]\nrequests = true",
        "[limits]\npids = '128'",
        "[limits]\nmemory_bytes = 1e9",
        f"[limits]\nmemory_bytes = {1 << 70}",
        f"[limits]\ntmpfs_bytes = {1 << 62}",
        "fixed_versions = 'no'",
    ],
)
def test_a_value_is_taken_as_it_is_or_not_at_all(folder: Path, line: str) -> None:
    """`requests = true` would be one request, and `'no'` a matter of taste."""
    network = 'network = "allow-list"\n' if "egress" in line else ""
    (folder / "lab.toml").write_text(f'name = "lab"\n{network}{line}\n')
    key = line.partition("\n")[2].partition(" =")[0] or line.partition(" =")[0]
    with pytest.raises(PolicyError, match=rf"^lab\.toml: (\w+\.)?{key}: Input should be "):
        load_policy("lab")
