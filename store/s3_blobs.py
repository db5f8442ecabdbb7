"""How are bytes kept on an S3 service, whole or not at all?"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from pydantic import SecretStr

from store.base import BlobMissingError, BlobTooLargeError, Grant, StoreUnavailableError
from store.blobs import CHUNK_BYTES, check_key
from store.s3_address import S3Address
from store.s3_client import S3Client

PART_BYTES = 8 << 20
_MAX_PARTS = 10_000
_MAX_PUT_BYTES = 5 << 30
"""Of one PUT, or one CopyObject: the same at all services."""
_READ_AGAIN = 3
"""How often a download that broke off is taken up again where it was."""
_MIME = "application/octet-stream"


class S3Blobs:
    """The `Blobs` contract in a bucket. A blob appears when its last byte is there."""

    def __init__(
        self, address: S3Address, access_key: str, secret_key: SecretStr, public_endpoint: str = ""
    ) -> None:
        self._client = S3Client(address, access_key, secret_key, public_endpoint)
        self._prefix = address.prefix
        self._under_way: dict[str, str] = {}
        """Multipart uploads that have not ended: key by id."""

    async def open(self) -> None:
        """Reach the bucket. Raises: StoreUnavailableError."""
        await self._client.open()

    async def ping(self) -> None:
        """The bucket answers. Raises: StoreUnavailableError."""
        await self._client.ping()

    async def close(self) -> None:
        """Abort what is half put, and give back all connections."""
        for upload_id, name in list(self._under_way.items()):
            await self._abort(name, upload_id)
        await self._client.close()

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[int, str]:
        name = self._name(key)
        part_bytes = max(PART_BYTES, -(-limit_bytes // _MAX_PARTS))
        digest, size, waiting = hashlib.sha256(), 0, bytearray()
        parts: _Parts | None = None
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise BlobTooLargeError(f"more than {limit_bytes} bytes came")
                digest.update(chunk)
                waiting += chunk
                while len(waiting) >= part_bytes:
                    parts = parts or await self._begin(name)
                    await parts.put(bytes(memoryview(waiting)[:part_bytes]))
                    del waiting[:part_bytes]
            if parts is None:
                await self._client.call("put_object", Key=name, Body=bytes(waiting), ContentType=_MIME)
            else:
                await parts.end(bytes(waiting))
                self._under_way.pop(parts.upload_id, None)
        except BaseException:
            if parts is not None:
                await self._abort(name, parts.upload_id)
            raise
        return size, digest.hexdigest()

    async def get(self, key: str) -> AsyncIterator[bytes]:
        name = self._name(key)
        try:
            answer = await self._client.call("get_object", Key=name)
        except BlobMissingError:
            raise BlobMissingError(f"no blob under {key}") from None
        etag, length = answer["ETag"], int(answer["ContentLength"])
        body, at, again = answer["Body"], 0, 0
        try:
            while at < length:
                try:
                    chunk = await self._client.work(partial(body.read, CHUNK_BYTES))
                    if not chunk:
                        raise StoreUnavailableError(f"blob {key}: {length - at} bytes of it did not come")
                except StoreUnavailableError:
                    again += 1
                    if again > _READ_AGAIN:
                        raise
                    body.close()
                    body = await self._rest(key, name, at, etag)
                    continue
                at += len(chunk)
                yield chunk
        finally:
            body.close()

    async def copy(self, key: str, to: str) -> None:
        name, copied = self._name(key), self._name(to)
        if (found := await self._found(name)) is None:
            raise BlobMissingError(f"no blob under {key}")
        if found["Size"] > _MAX_PUT_BYTES:
            await self.put(to, self.get(key), int(found["Size"]))
            return
        source = {"Bucket": self._client.address.bucket, "Key": name}
        # REPLACE: whoever put it may have given it headers that a browser would heed.
        await self._client.call(
            "copy_object", CopySource=source, Key=copied, MetadataDirective="REPLACE", ContentType=_MIME
        )

    async def delete(self, key: str) -> bool:
        name = self._name(key)
        if await self._found(name) is None:
            return False
        await self._client.call("delete_object", Key=name)
        return True

    async def keys(self) -> AsyncIterator[str]:
        more: dict[str, str] = {}
        while True:
            listed = await self._client.call("list_objects_v2", Prefix=self._prefix, **more)
            for one in listed.get("Contents", []):
                yield str(one["Key"]).removeprefix(self._prefix)
            if not listed.get("IsTruncated"):
                return
            more = {"ContinuationToken": str(listed["NextContinuationToken"])}

    async def grant_put(self, key: str, size_bytes: int, sha256: str | None, seconds: int) -> Grant | None:
        if size_bytes > _MAX_PUT_BYTES or not self._client.reached_by_clients:
            return None
        signed: dict[str, Any] = {"ContentLength": size_bytes, "ContentType": _MIME}
        headers = {"Content-Type": _MIME, "Content-Length": str(size_bytes)}
        if sha256 is not None:
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
            signed["ChecksumSHA256"] = headers["x-amz-checksum-sha256"] = checksum
        url = await self._client.sign("put_object", seconds, Key=self._name(key), **signed)
        return Grant(url, headers)

    def _name(self, key: str) -> str:
        return self._prefix + check_key(key)

    async def _found(self, name: str) -> dict[str, Any] | None:
        # Not HEAD: its errors have no body, so a missing bucket would look like a missing blob.
        listed = await self._client.call("list_objects_v2", Prefix=name, MaxKeys=1)
        found = [one for one in listed.get("Contents", []) if one["Key"] == name]
        return dict(found[0]) if found else None

    async def _rest(self, key: str, name: str, at: int, etag: str) -> Any:
        try:
            answer = await self._client.call("get_object", Key=name, Range=f"bytes={at}-", IfMatch=etag)
        except (BlobMissingError, StoreUnavailableError) as error:
            raise StoreUnavailableError(
                f"blob {key} broke off at byte {at}, or was replaced or deleted while it was read; "
                f"try again ({error})"
            ) from None
        return answer["Body"]

    async def _begin(self, name: str) -> _Parts:
        answer = await self._client.call("create_multipart_upload", Key=name, ContentType=_MIME)
        parts = _Parts(self._client, name, str(answer["UploadId"]))
        self._under_way[parts.upload_id] = name
        return parts

    async def _abort(self, name: str, upload_id: str) -> None:
        """Drop the parts of an upload: unseen, so a service that is gone by now is no error."""
        abort = self._client.call("abort_multipart_upload", Key=name, UploadId=upload_id)
        with contextlib.suppress(BlobMissingError, StoreUnavailableError):
            # A task that is cancelled a second time leaves it running.
            await asyncio.shield(asyncio.ensure_future(abort))
        self._under_way.pop(upload_id, None)


class _Parts:
    """A multipart upload under way."""

    def __init__(self, client: S3Client, name: str, upload_id: str) -> None:
        self.upload_id = upload_id
        self._client = client
        self._ids = {"Key": name, "UploadId": upload_id}
        self._done: list[dict[str, Any]] = []

    async def put(self, data: bytes) -> None:
        number = len(self._done) + 1
        answer = await self._client.call("upload_part", PartNumber=number, Body=data, **self._ids)
        self._done.append({"PartNumber": number, "ETag": answer["ETag"]})

    async def end(self, data: bytes) -> None:
        if data:
            await self.put(data)
        await self._client.call(
            "complete_multipart_upload", MultipartUpload={"Parts": self._done}, **self._ids
        )
