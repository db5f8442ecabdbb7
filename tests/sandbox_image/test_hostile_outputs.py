"""What code may leave in the output folder to harm its reader: each is refused by name, counted, or made safe."""  # noqa: E501

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from sandbox_image.artifacts import Budget, safe_name, send_outputs
from sandbox_image.frames import MAX_BLOB_BYTES
from tests.sandbox_image.test_artifacts import RecordingPipe


def send(directory, count=20, size_bytes=1 << 20):
    pipe, budget = RecordingPipe(), Budget(count, size_bytes)
    send_outputs(pipe, 1, str(directory), budget)  # type: ignore[arg-type]
    return pipe, budget


def reasons(budget):
    return {row["name"]: row["reason"] for row in budget.dropped}


def test_each_kind_that_is_no_plain_file_is_named_with_its_kind(tmp_path):
    (tmp_path / "secret").write_text("s")
    out = tmp_path / "out"
    out.mkdir()
    (out / "sym").symlink_to(tmp_path / "secret")
    os.link(tmp_path / "secret", out / "hard")
    os.mkfifo(out / "fifo")
    (out / "dev").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(out / "sock"))
    if os.geteuid() == 0:
        os.mknod(out / "null", 0o666 | 0o020000, os.makedev(1, 3))
    pipe, budget = send(out)
    assert pipe.sent == []
    wanted = {"sym": "a link", "dev": "a link", "hard": "a hard link", "fifo": "a pipe", "sock": "a socket"}
    assert reasons(budget) == wanted | ({"null": "a device"} if os.geteuid() == 0 else {})


def test_a_terabyte_of_nothing_is_not_read(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    started = time.monotonic()
    pipe, budget = send(tmp_path)
    assert pipe.sent == []
    assert reasons(budget) == {"sparse": "1,099,511,627,776 bytes; 1,048,576 of artifact_bytes are left"}
    assert time.monotonic() - started < 10


def test_a_file_that_grows_while_it_is_read_is_cut_at_what_was_reserved(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"x" * (MAX_BLOB_BYTES + 100))

    class GrowingPipe(RecordingPipe):
        def send(self, header, blob=b""):
            super().send(header, blob)
            assert len(self.sent) < 9, "it runs after what grows"
            with path.open("ab") as file:
                file.write(b"more" * 1000)

    pipe, budget = GrowingPipe(), Budget(5, 2 << 20)
    send_outputs(pipe, 1, str(tmp_path), budget)  # type: ignore[arg-type]
    sent = [(len(blob), header["last"]) for header, blob in pipe.sent]
    assert sent == [(MAX_BLOB_BYTES, False), (100, True)]


@pytest.fixture
def deep_path(tmp_path):
    yield tmp_path
    subprocess.run(["rm", "-rf", tmp_path], check=True, timeout=60)  # pytest's own clean-up recurses


def test_a_folder_a_thousand_deep_costs_one_line(deep_path):
    tmp_path = deep_path
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(os.open("deep.csv", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    before = len(list(Path("/proc/self/fd").iterdir()))
    pipe, budget = send(tmp_path)
    assert pipe.sent == []
    assert [row["reason"] for row in budget.dropped] == ["directories nested too deep"]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_hundred_thousand_files_are_counted_and_a_hundred_named(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for number in range(100_000):
        os.mknod(f"{number:06}", 0o100600, dir_fd=descriptor)
    os.close(descriptor)
    started = time.monotonic()
    pipe, budget = send(tmp_path, count=20)
    assert time.monotonic() - started < 10
    assert len(pipe.sent) == 20
    assert len(budget.dropped) == 100
    ended_early = "not walked" in str(budget.dropped)
    assert budget.dropped_count == 99_980 or ended_early
    assert budget.dropped[0] == {"name": "000020", "reason": "more files than artifact_count allows (20)"}


@pytest.mark.parametrize(
    "swap",
    [
        lambda path, secret: path.symlink_to(secret),
        lambda path, secret: os.mkfifo(path),
        lambda path, secret: path.mkdir(),
    ],
    ids=["link", "pipe", "directory"],
)
def test_what_is_swapped_while_it_is_collected_is_never_followed(tmp_path, monkeypatch, swap):
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a").write_text("plain")
    real = os.lstat

    def swapped(entry, dir_fd=None):
        found = real(entry, dir_fd=dir_fd)
        if dir_fd is not None and (out / "a").is_file() and not (out / "a").is_symlink():
            swapped.looked += 1
            if swapped.looked == 2:  # the walk looks once, the sender once: after that it opens
                (out / "a").unlink()
                swap(out / "a", secret)
        return found

    swapped.looked = 0
    monkeypatch.setattr("sandbox_image.artifacts.os.lstat", swapped)
    pipe, budget = send(out)
    assert swapped.looked == 2
    assert pipe.sent == []
    assert [row["name"] for row in budget.dropped] == ["a"]


def test_a_directory_that_becomes_a_link_while_it_is_walked_is_not_entered(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "secret").write_text("SECRET")
    out = tmp_path / "out"
    (out / "d").mkdir(parents=True)
    real = os.lstat

    def swapped(entry, dir_fd=None):
        found = real(entry, dir_fd=dir_fd)
        if entry == "d" and not (out / "d").is_symlink():
            (out / "d").rmdir()
            (out / "d").symlink_to(inside)
        return found

    monkeypatch.setattr("sandbox_image.artifacts.os.lstat", swapped)
    pipe, budget = send(out)
    assert (out / "d").is_symlink()
    assert pipe.sent == []
    assert [row["name"] for row in budget.dropped] == ["d"]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("/etc/passwd", "__etc__passwd"),
        ("..", "file"),
        ("a\x00b", "a_b"),
        ("bidi\u202egpj.exe", "bidi_gpj.exe"),
        ("\udcff\udcfe.csv", "__.csv"),
        ("tab\tcr\r.csv", "tab_cr_.csv"),
        ("x\u2028y", "x_y"),
        ("  ", "file"),
    ],
)
def test_names_that_mean_harm_are_made_safe(given, safe):
    assert safe_name(given) == safe
    safe_name(given).encode()


def test_names_of_any_bytes_leave_as_text(tmp_path):
    for name in (b"\xff\xfe.csv", b"new\nline", b"x" * 255, "ж".encode() * 127, b"\x1b[2J", b"CON"):
        os.close(os.open(os.fsencode(tmp_path) + b"/" + name, os.O_CREAT | os.O_WRONLY))
    pipe, budget = send(tmp_path)
    names = [header["name"] for header, _ in pipe.sent]
    assert len(set(names)) == 6
    assert budget.dropped == []
    assert all(name.isprintable() and len(name.encode()) <= 200 for name in names)
