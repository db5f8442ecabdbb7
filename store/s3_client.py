"""How is an S3 service asked, and what do its errors mean to the contract?

botocore, in threads of its own: its retries are bounded, and it speaks to any service of this kind.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from botocore.session import Session
from pydantic import SecretStr

from store.base import BlobMissingError, StoreAwayError, StoreFullError, StoreUnavailableError
from store.s3_address import S3Address
from store.threads import on_thread

T = TypeVar("T")
_THREADS = 16
_CONNECT_SECONDS = 5
_READ_SECONDS = 20
_ATTEMPTS = 4
"""Of one call: botocore waits up to 0.05, 0.1 and 0.2 s between them, or 1, 2 and 4 s for a busy service."""
_NO_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""Nothing is taken from a person's ~/.aws, whatever the shell names there."""
_UNREACHED = (NoConnectionError, HTTPClientError, IncompleteReadError)
_NOT_YET = frozenset({"NoSuchBucket"})
"""At a start: somebody makes it just now."""
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_ELSEWHERE = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "301", "IllegalLocationConstraintException"}
)
_REFUSED = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403", "Forbidden", "InvalidToken"}
)
_FULL = frozenset(
    {"XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"}
)
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_BUSY = frozenset(
    {"SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "503", "TooManyRequests"}
)


class S3Client:
    """One client with its connections and threads; it belongs to the process that opened it."""

    def __init__(self, address: S3Address, access_key: str, secret_key: SecretStr, public: str = "") -> None:
        self.address = address
        self._keys = (access_key, secret_key)
        self._public = public
        self._client: Any = None
        self._signer: Any = None
        self._threads: ThreadPoolExecutor | None = None
        self._pid = 0

    @property
    def reached_by_clients(self) -> bool:
        """Whether it is known where: an endpoint of ours may be a name that only our containers know."""
        return bool(self._public or not self.address.endpoint)

    async def open(self) -> None:
        """Make the client and list one key: the bucket is there and the keys are right.

        Raises:
            StoreUnavailableError: They are not, or nothing answers.
        """
        if self._client is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sandglass-s3")
            self._client = self._made(self.address.endpoint)
            self._signer = self._client
            if self._public:
                self._signer = self._made(self._public)
        await self.ping()

    async def ping(self) -> None:
        """List one key. Raises as `call`."""
        await self.call("list_objects_v2", Prefix=self.address.prefix, MaxKeys=1)

    async def close(self) -> None:
        """Give back all connections; may be called twice."""
        client, threads, self._client, self._threads = self._client, self._threads, None, None
        if client is not None and self._pid == os.getpid():
            client.close()
        if threads is not None and self._pid == os.getpid():
            threads.shutdown(wait=False)

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Do one operation on the bucket.

        Raises:
            BlobMissingError: There is no such key.
            StoreUnavailableError: The service does not answer, or refuses; the message says why.
        """
        client = self._require()
        return await self.work(lambda: getattr(client, operation)(Bucket=self.address.bucket, **parameters))

    async def work(self, work: Callable[[], T]) -> T:
        """Do what asks the service, such as reading on in an answer, on a thread. Raises as `call`."""
        self._require()
        with explained(self.address):
            return await self._on_thread(work)

    async def sign(self, operation: str, seconds: int, **parameters: Any) -> str:
        """An address that does one operation for whoever has it. Nothing is sent."""
        self._require()
        with explained(self.address):
            return str(
                self._signer.generate_presigned_url(
                    operation, Params={"Bucket": self.address.bucket, **parameters}, ExpiresIn=seconds
                )
            )

    def _require(self) -> Any:
        if self._client is None or self._pid != os.getpid():
            raise StoreUnavailableError("S3 blobs: not open in this process; await open() after the fork")
        return self._client

    async def _on_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await on_thread(work, *arguments, executor=self._threads)

    def _made(self, endpoint: str) -> Any:
        access_key, secret_key = self._keys
        style = "path" if self.address.path_style else "virtual"
        config = Config(
            signature_version="s3v4",
            # Else a service sees only over TLS whether the bytes are those that were sent.
            s3={"addressing_style": style, "payload_signing_enabled": True},
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            max_pool_connections=_THREADS,
            # Checksums of newer kinds are refused by many services that are not Amazon's.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with explained(self.address):
            return _session(threading.get_ident()).create_client(
                "s3",
                endpoint_url=endpoint or None,
                region_name=self.address.region,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key.get_secret_value(),
                config=config,
            )


@lru_cache(maxsize=8)
def _session(thread: int) -> Any:
    """One for a thread, as it may not be shared: it keeps the description of the service, long to read.

    A lock in its place could be held by another thread when this process forks.
    """
    return Session(session_vars=_NO_FILES)


@contextmanager
def explained(address: S3Address) -> Iterator[None]:
    """Turn what botocore raises into the contract's errors; no message holds a key or an address's signature.

    Raises:
        BlobMissingError: There is no such key.
        StoreUnavailableError: Anything else that the service or the network did.
    """
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise BlobMissingError("no such blob") from None
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
        raise _kind(code, status)(f"S3 {address.shown}: {_reason(code, status)}") from None
    except (*_UNREACHED, OSError) as error:
        raise StoreAwayError(
            f"S3 {address.shown} does not answer, or broke off ({type(error).__name__}); "
            "check that it runs there, as SANDGLASS_BLOBS says"
        ) from None
    except (BotoCoreError, ValueError) as error:
        raise StoreUnavailableError(
            f"S3 {address.shown}: this cannot be asked with these settings ({type(error).__name__}); "
            "see SANDGLASS_BLOBS"
        ) from None


def _kind(code: str, status: int) -> type[StoreUnavailableError]:
    if code in _FULL or status == 507:
        return StoreFullError
    return StoreAwayError if code in _NOT_YET or status == 503 else StoreUnavailableError


def _reason(code: str, status: int) -> str:
    if code == "NoSuchBucket":
        return "there is no such bucket; make it, or correct SANDGLASS_BLOBS"
    if code in _REFUSED:
        return (
            f"it refuses the keys, or they may not do this ({code}); check SANDGLASS_S3_ACCESS_KEY, "
            "SANDGLASS_S3_SECRET_KEY and the policy of their user"
        )
    if code in _SKEWED:
        return "its clock and that of this machine differ by too much; set both by NTP"
    if code in _FULL or status == 507:
        return f"it is full ({code or status}); make room and try again"
    if code in _BUSY or status in (429, 503):
        return f"it has too much to do ({code or status}); try again later"
    if code in _ELSEWHERE:
        return "the bucket is in another region; correct `region` in SANDGLASS_BLOBS"
    return f"it refused ({code or 'no reason'}, HTTP {status}); see its log"
