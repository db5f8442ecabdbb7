"""A worker process whose store was away at its start comes up when a job asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.base import StoreUnavailableError
from worker import process
from worker.settings import Settings


@pytest.fixture
def nothing_set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(process, "_current", None)
    monkeypatch.setattr(process, "_settings", None)
    yield
    process.end_process()


@pytest.mark.usefixtures("nothing_set_up")
def test_before_its_set_up_there_is_none() -> None:
    with pytest.raises(RuntimeError, match="not set up"):
        process.current()


@pytest.mark.usefixtures("nothing_set_up")
def test_a_store_that_was_away_is_asked_again(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    settings = Settings(
        store=f"sqlite://{folder}/s.db",
        engine_url="dummy:",
        redis_url="redis://127.0.0.1:1/0",
        spool=tmp_path,
    )
    with pytest.raises(StoreUnavailableError):
        process.begin_process(settings)
    with pytest.raises(StoreUnavailableError):
        process.current()
    folder.mkdir()
    assert process.current() is process.current()
