"""How a proxy is set up, and where it listens."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.engine_proxy.listen import listening_socket
from worker.engine_proxy.settings import BadSettingsError, settings_from


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short path, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="sg-gate-") as path:
        yield Path(path)


def test_without_variables_all_is_as_in_a_container() -> None:
    settings = settings_from({})
    assert settings.engine == Path("/run/engine.sock")
    assert settings.listen == Path("/run/sandglass-engine/engine.sock")
    assert (settings.stack, settings.image, settings.max_sandboxes) == (
        "default",
        "sandglass-sandbox:dev",
        64,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDGLASS_PROXY_ENGINE", "tcp://127.0.0.1:2375"),
        ("SANDGLASS_PROXY_LISTEN", "engine.sock"),
        ("SANDGLASS_STACK", "a b"),
        ("SANDGLASS_MAX_SANDBOXES", "0"),
        ("SANDGLASS_MAX_SANDBOXES", "many"),
        ("SANDGLASS_PROXY_GROUP", "docker"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettingsError, match=name):
        settings_from({name: value})


def test_a_wrong_variable_ends_the_start_with_one_line() -> None:
    environ = {**os.environ, "SANDGLASS_MAX_SANDBOXES": "x"}
    ran = subprocess.run(
        [sys.executable, "-m", "worker.engine_proxy"],
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("the engine proxy does not start: SANDGLASS_MAX_SANDBOXES")
    assert len(ran.stderr.splitlines()) == 1


def test_the_socket_is_for_the_group_alone(folder: Path) -> None:
    with listening_socket(folder / "e.sock", os.getegid()):
        found = (folder / "e.sock").stat()
        assert stat.S_IMODE(found.st_mode) == 0o660
        assert found.st_gid == os.getegid()
        assert [path.name for path in folder.iterdir()] == ["e.sock"]


def test_a_socket_that_a_dead_proxy_left_is_replaced(folder: Path) -> None:
    path = folder / "e.sock"
    listening_socket(path, None).close()
    with listening_socket(path, None), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_living_proxy_is_not_pushed_aside(folder: Path) -> None:
    path = folder / "e.sock"
    with listening_socket(path, None):
        with pytest.raises(BadSettingsError, match="another process listens"):
            listening_socket(path, None)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_what_is_no_socket_stays(folder: Path) -> None:
    path = folder / "e.sock"
    path.write_text("precious")
    with pytest.raises(BadSettingsError, match="is no socket"):
        listening_socket(path, None)
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(BadSettingsError, match="SANDGLASS_PROXY_LISTEN"):
        listening_socket(folder / "no" / "e.sock", None)
