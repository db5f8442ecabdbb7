"""The fake gateway, and the command line run in this process with a home of the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from client.cli import main
from tests.client.fake_gateway import KEY, FakeGateway


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    fake = FakeGateway()
    yield fake
    fake.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack home of the test's own, and no setting of the operator's shell."""
    for name in (
        "STORE",
        "REDIS_URL",
        "REDIS_PORT",
        "ENGINE_URL",
        "GVISOR_ENGINE_URL",
        "PORT",
        "URL",
        "KEY",
        "IMAGE",
        "MODEL",
    ):
        monkeypatch.delenv(f"SANDGLASS_{name}", raising=False)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("SANDGLASS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def bare_cli(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """The command line, with no gateway to be found."""

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["sandglass", *words])
        monkeypatch.setenv("COLUMNS", "100")
        with pytest.raises(SystemExit) as leave:
            main()
        captured = capsys.readouterr()
        code = leave.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), captured.out, captured.err)

    return run


@pytest.fixture
def cli(
    bare_cli: Callable[..., Ran], gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """The command line, with the fake gateway's address and key."""
    monkeypatch.setenv("SANDGLASS_URL", gateway.url)
    monkeypatch.setenv("SANDGLASS_KEY", KEY)
    return bare_cli


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "weather.csv"
    path.write_text("weather,temp_max\nsun,19.9\nrain,13.5\n", "utf-8")
    return path
