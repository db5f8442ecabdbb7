"""Which store and blobs a setting names."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.base import Blobs, Store
from store.blobs import DiskBlobs
from store.gridfs import GridFSBlobs
from store.mongo import MongoStore
from store.open import open_blobs, open_store
from store.sqlite import SqliteStore


def test_two_forms_of_store() -> None:
    assert isinstance(open_store("sqlite:////var/lib/s.db"), SqliteStore)
    assert isinstance(open_store("mongodb://h:1/db"), MongoStore)
    assert isinstance(open_store("mongodb+srv://h/db"), MongoStore)


def test_blobs_are_beside_the_store() -> None:
    assert isinstance(open_blobs("mongodb://h/db"), GridFSBlobs)
    assert isinstance(open_blobs("sqlite:////x/s.db"), DiskBlobs)


async def test_disk_blobs_are_in_the_folder_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    for url in (f"sqlite://{tmp_path}/a b/s.db", f"sqlite://{tmp_path}/a%20b/s.db"):
        await open_blobs(url).open()
    assert [path.name for path in (tmp_path / "a b").iterdir()] == ["blobs"]


@pytest.mark.parametrize(
    "url",
    ["", "store.db", "redis://h", "sqlite://x/s.db", "sqlite:s.db", "sqlite:///", "/x/s.db", "sqlite://"],
)
def test_other_forms_are_refused(url: str) -> None:
    for opened in (open_store, open_blobs):
        with pytest.raises(ValueError, match=r"SANDGLASS_STORE .* sqlite:///absolute/path.db or mongodb://"):
            opened(url)


def test_a_wrong_url_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="SANDGLASS_STORE") as caught:
        open_blobs("s3://key:geheim@bucket")
    assert "geheim" not in str(caught.value)


def test_both_kinds_meet_the_protocols() -> None:
    assert isinstance(open_store("sqlite:////x/s.db"), Store)
    assert isinstance(open_store("mongodb://h/db"), Store)
    assert isinstance(open_blobs("sqlite:////x/s.db"), Blobs)
    assert isinstance(open_blobs("mongodb://h/db"), Blobs)
