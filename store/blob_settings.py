"""Where are the blobs: the settings that gateway and worker share."""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from store.base import Blobs
from store.open import open_blobs
from store.s3_address import check_endpoint, parse_address
from store.secret_files import SettingsWithSecrets


class BlobSettings(SettingsWithSecrets):
    """Base of the settings of gateway and worker, which must be given the same."""

    model_config = SettingsConfigDict(env_prefix="SANDGLASS_", env_ignore_empty=True, extra="ignore")

    blobs: str = ""
    """Empty: beside the store. Else `s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1`."""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_public_endpoint: str = ""
    """Where clients reach the service, so that they may put files there; empty: only at Amazon's own."""

    @model_validator(mode="after")
    def _s3_is_whole(self) -> Self:
        check_endpoint("SANDGLASS_S3_PUBLIC_ENDPOINT", self.s3_public_endpoint)
        if self.blobs:
            parse_address(self.blobs)
            if not self.s3_access_key or not self.s3_secret_key.get_secret_value():
                raise ValueError("SANDGLASS_BLOBS needs SANDGLASS_S3_ACCESS_KEY and SANDGLASS_S3_SECRET_KEY")
        return self

    def open_blobs(self, store_url: str) -> Blobs:
        """The blobs, not opened yet. Raises: ValueError."""
        if not self.blobs:
            return open_blobs(store_url)
        from store.s3_blobs import S3Blobs  # only here: botocore takes a second and 20 MB to import

        return S3Blobs(
            parse_address(self.blobs),
            self.s3_access_key,
            self.s3_secret_key,
            check_endpoint("SANDGLASS_S3_PUBLIC_ENDPOINT", self.s3_public_endpoint),
        )
