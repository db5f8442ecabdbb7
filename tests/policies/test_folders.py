"""An operator's own policies beside the shipped ones."""

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
