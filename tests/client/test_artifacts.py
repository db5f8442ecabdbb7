"""Where artifacts go on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.api import Sandglass
from client.artifacts import free_path, safe_name, save_artifacts
from client.errors import ClientError
from tests.client.fake_gateway import KEY, FakeGateway


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("figure-1.png", "figure-1.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.txt", "x.txt"),
        (".bashrc", "bashrc"),
        ("..", "artifact"),
        ("", "artifact"),
        ("a\x1b]0;b.csv", "a__0_b.csv"),
        ("x" * 300, "x" * 120),
        ("Übersicht 2024.csv", "Übersicht 2024.csv"),
    ],
)
def test_a_name_is_never_a_path(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    (tmp_path / "a-2.csv").symlink_to(tmp_path / "nowhere")
    assert free_path(tmp_path, "a.csv") == tmp_path / "a-3.csv"


def test_nothing_is_written_over(gateway: FakeGateway, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    gateway.on("GET /artifacts/a1", b"theirs")
    with Sandglass(gateway.url, KEY) as client:
        saved = save_artifacts(client, [{"artifact_id": "a1", "name": "a.csv"}], tmp_path)
    assert saved == [tmp_path / "a-2.csv"]
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert saved[0].read_bytes() == b"theirs"


def test_a_folder_that_cannot_be_made_is_named(gateway: FakeGateway, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Sandglass(gateway.url, KEY) as client, pytest.raises(ClientError, match="cannot save to"):
        save_artifacts(client, [{"artifact_id": "a1", "name": "a"}], tmp_path / "file" / "sub")
