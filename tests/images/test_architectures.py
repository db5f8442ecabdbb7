"""Nothing in the images is bound to one architecture: there are locked wheels for each."""

import pytest

from images import architectures
from images.architectures import ARCHITECTURES, IndexAwayError, locks_of_images, main, without_wheel


@pytest.fixture(scope="module")
def locks() -> dict[str, str]:
    """Where no index answers, as on a machine without network, nothing can be said: also in CI."""
    found = locks_of_images()
    try:
        without_wheel(found["open-interpreter"], "x86_64")
    except IndexAwayError as error:
        pytest.skip(f"the package index does not answer: {error}")
    return found


@pytest.mark.parametrize("name", ["sandglass", "sandglass-sandbox", "open-interpreter"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_library_has_a_locked_wheel(locks: dict[str, str], name: str, architecture: str) -> None:
    assert without_wheel(locks[name], architecture) == []


def test_a_wheel_that_is_there_but_not_locked_is_none(locks: dict[str, str]) -> None:
    lock = locks["sandglass"]
    offered = architectures._offered(lock, "aarch64")
    for wheel in next(package for package in offered if package["name"] == "xxhash")["wheels"]:
        lock = lock.replace(wheel["hashes"]["sha256"], "0" * 64)
    assert without_wheel(lock, "aarch64") == ["xxhash"]
    assert without_wheel(lock, "x86_64") == []


def test_an_index_that_is_away_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(*_: str) -> list[str]:
        raise IndexAwayError("nobody there")

    monkeypatch.setattr(architectures, "without_wheel", away)
    assert main([]) == 2
    assert capsys.readouterr().err == "sandglass, x86_64: nobody there\n"
