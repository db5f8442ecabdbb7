"""Nothing in the images is bound to one architecture: there are locked wheels for each."""

import pytest

from images import architectures
from images.architectures import ARCHITECTURES, IndexAwayError, locks_of_images, main, without_wheel
from tests.engine_services import missing


@pytest.fixture(scope="module")
def locks() -> dict[str, str]:
    return locks_of_images()


@pytest.mark.parametrize("name", ["sandglass", "sandglass-sandbox", "open-interpreter"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_library_has_a_locked_wheel(locks: dict[str, str], name: str, architecture: str) -> None:
    try:
        assert without_wheel(locks[name], architecture) == []
    except IndexAwayError as error:
        missing(f"the package index does not answer: {error}")


def test_a_wheel_that_is_there_but_not_locked_is_none(locks: dict[str, str]) -> None:
    lock = locks["sandglass"]
    try:
        offered = architectures._offered(lock, "aarch64")
    except IndexAwayError as error:
        missing(f"the package index does not answer: {error}")
    for wheel in next(package for package in offered if package["name"] == "xxhash")["wheels"]:
        lock = lock.replace(wheel["hashes"]["sha256"], "0" * 64)
    assert without_wheel(lock, "aarch64") == ["xxhash"]
    assert without_wheel(lock, "x86_64") == []


def test_an_index_that_is_away_is_said(
    locks: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(*_: str) -> list[str]:
        raise IndexAwayError("nobody there")

    monkeypatch.setattr(architectures, "without_wheel", away)
    assert main([]) == 2
    assert capsys.readouterr().err == "sandglass, x86_64: nobody there\n"
