"""What `SANDGLASS_BLOBS` may say, and how it is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from store.base import Blobs, DirectBlobs
from store.blob_settings import BlobSettings
from store.blobs import DiskBlobs
from store.gridfs import GridFSBlobs
from store.s3_address import S3Address, parse_address

KEYS = {"s3_access_key": "who", "s3_secret_key": "geheim"}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("s3://tables", S3Address("tables")),
        ("s3://tables/", S3Address("tables")),
        ("s3://tables/a/b/?region=eu-central-1", S3Address("tables", "a/b/", "", "eu-central-1", False)),
        (
            "s3://tables/x?endpoint=http://minio:9000&region=us-east-1",
            S3Address("tables", "x/", "http://minio:9000", "us-east-1", True),
        ),
        (
            "s3://my.tables?endpoint=https%3A%2F%2Fs3.example.org/&path_style=0",
            S3Address("my.tables", "", "https://s3.example.org", "us-east-1", False),
        ),
    ],
)
def test_what_is_read(url: str, address: S3Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://minio:9000/bucket", "scheme http"),
        ("s3://", "no name of a bucket"),
        ("s3://UPPER", "no name of a bucket"),
        ("s3://who:geheim@bucket", "holds no keys"),
        ("s3://bucket/../x", "the prefix"),
        ("s3://bucket/a//b", "the prefix"),
        ("s3://bucket?endpont=http://h", "did you mean endpoint"),
        ("s3://bucket?geheim=1", "there are endpoint, region, path_style"),
        ("s3://bucket?region=a&region=b", "given twice"),
        ("s3://bucket?region=Frankfurt am Main", "region"),
        ("s3://bucket?endpoint=minio:9000", "endpoint must be like"),
        ("s3://bucket?endpoint=http://h:port", "endpoint must be like"),
        ("s3://bucket?endpoint=http://who:geheim@h", "endpoint must be like"),
        ("s3://bucket?endpoint=http://h/path", "endpoint must be like"),
        ("s3://bucket?path_style=perhaps", "path_style must be 1 or 0"),
    ],
)
def test_what_is_refused_is_named_and_no_key_is_shown(url: str, said: str) -> None:
    with pytest.raises(ValueError, match="SANDGLASS_BLOBS") as caught:
        parse_address(url)
    assert said in str(caught.value)
    assert "geheim@" not in str(caught.value)


def test_empty_is_beside_the_store() -> None:
    assert isinstance(BlobSettings().open_blobs("sqlite:////x/s.db"), DiskBlobs)
    assert isinstance(BlobSettings().open_blobs("mongodb://h/db"), GridFSBlobs)


def test_s3_is_the_same_beside_any_store() -> None:
    settings = BlobSettings(blobs="s3://tables", **KEYS)  # type: ignore[arg-type]
    for url in ("sqlite:////x/s.db", "mongodb://h/db"):
        opened = settings.open_blobs(url)
        assert isinstance(opened, Blobs)
        assert isinstance(opened, DirectBlobs)
    assert not isinstance(BlobSettings().open_blobs("sqlite:////x/s.db"), DirectBlobs)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_without_its_keys_s3_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="SANDGLASS_S3_ACCESS_KEY and SANDGLASS_S3_SECRET_KEY"):
        BlobSettings(blobs="s3://tables", **{**KEYS, name: ""})  # type: ignore[arg-type]


def test_the_secret_is_in_no_repr() -> None:
    assert "geheim" not in repr(BlobSettings(blobs="s3://tables", **KEYS))  # type: ignore[arg-type]
