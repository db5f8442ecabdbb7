"""Artifacts: safe names, none twice, and only what the budget holds."""

import os

import pytest

from sandbox_image.artifacts import Budget, safe_name, send_outputs


class RecordingPipe:
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict, bytes]] = []

    def send(self, header: dict, blob: bytes = b"") -> None:
        self.sent.append((header, blob))


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("a.csv", "a.csv"),
        ("sub/b.csv", "sub__b.csv"),
        ("../../etc/passwd", "__..__etc__passwd"),
        (".bashrc", "bashrc"),
        ("new\nline\x1b.txt", "new_line_.txt"),
        ("...", "file"),
        ("данные.csv", "данные.csv"),
    ],
)
def test_names_are_safe(given, safe):
    assert safe_name(given) == safe


def test_a_long_name_keeps_its_suffix():
    name = safe_name("é" * 300 + ".csv")
    assert len(name.encode()) <= 200
    assert name.endswith(".csv")


def test_no_name_is_given_twice():
    budget = Budget(9, 9)
    assert [budget.unique(name) for name in ("a__b.csv", "a/b.csv", "a/b.csv")] == [
        "a__b.csv",
        "a__b_2.csv",
        "a__b_3.csv",
    ]


def test_only_regular_files_within_the_budget_are_sent(tmp_path):
    (tmp_path / "a.txt").write_text("A")
    (tmp_path / "big.txt").write_text("B" * 100)
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "linked").symlink_to("/etc")
    os.mkfifo(tmp_path / "fifo")
    pipe, budget = RecordingPipe(), Budget(5, 50)
    send_outputs(pipe, 1, str(tmp_path), budget)  # type: ignore[arg-type]
    assert [(header["name"], blob) for header, blob in pipe.sent] == [("a.txt", b"A"), ("empty", b"")]
    assert all(header["last"] and header["index"] == 0 for header, _ in pipe.sent)
    assert [item["name"] for item in budget.dropped] == ["big.txt", "fifo", "link", "linked"]


def test_an_output_folder_that_became_a_link_is_not_walked(tmp_path):
    (tmp_path / "out").symlink_to("/etc")
    pipe, budget = RecordingPipe(), Budget(5, 50)
    send_outputs(pipe, 1, str(tmp_path / "out"), budget)  # type: ignore[arg-type]
    assert pipe.sent == []
    assert len(budget.dropped) == 1
