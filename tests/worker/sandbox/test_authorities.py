"""The CA file of a policy: certificates and nothing else, or the worker does not start."""

import os
from pathlib import Path

import pytest

from policies.model import Egress, Policy, PolicyError
from tests.certificates import Authority
from worker.sandbox.authorities import authorities_of
from worker.settings import Settings, UnsafeSettingsError
from worker.start import check_start

AUTHORITY = Authority()


def policy(ca_file: str) -> Policy:
    return Policy(name="lab", network="allow-list", egress=Egress(ca_file=ca_file))


def test_certificates_are_given_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(AUTHORITY.certificate)
    assert authorities_of(policy(str(path))) == AUTHORITY.certificate
    assert authorities_of(policy("")) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no certificates"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificates"),
        ("größe".encode(), "no certificates"),
        (AUTHORITY.certificate + AUTHORITY.key, "private key"),
        (bytes(2 << 20), "larger than 1 MiB"),
    ],
)
def test_any_other_file_is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=words) as caught:
        authorities_of(policy(str(path)))
    assert str(path) in str(caught.value)
    assert "'lab'" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nowhere/ca.pem", "No such file"),
        ("ca.pem", "absolute"),
        ("/etc/\0.pem", "NUL"),
        ("/dev/zero", "no ordinary file"),
    ],
)
def test_a_file_that_is_not_there_is_refused(path: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        authorities_of(policy(path))


@pytest.mark.timeout(30)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ca.pem")
    with pytest.raises(PolicyError, match="no ordinary file"):
        authorities_of(policy(str(tmp_path / "ca.pem")))


def test_a_worker_does_not_start_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    own = 'name = "lab"\nnetwork = "allow-list"\n[egress]\nca_file = "/nowhere/ca.pem"\n'
    (tmp_path / "lab.toml").write_text(own)
    with pytest.raises(UnsafeSettingsError, match="/nowhere/ca.pem"):
        check_start(Settings())
