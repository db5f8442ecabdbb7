"""How does a file come that a client puts by itself: granted, put, and taken over by one request?

Its bytes wait under a key of their own. A presigned address may be used again while it lasts, so a request
copies them first and checks the copy: what was checked is what is kept.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from fastapi import Request

from gateway.auth import Caller
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError, TooManyUploadsError
from gateway.file_checks import only_look, pass_checked
from gateway.formats import display_name, format_of
from gateway.limits import MAX_OPEN_UPLOADS, UPLOAD_USE_SECONDS
from gateway.multipart import too_large
from gateway.paced_body import paced
from gateway.schemas import UploadBody, UploadGranted
from gateway.services import Services
from store.base import BlobMissingError, BlobTooLargeError, DirectBlobs, StoreError
from store.records import StoredFile, UploadGrant, new_id, utc_now

_log = structlog.get_logger("gateway")


async def grant(services: Services, caller: Caller, body: UploadBody) -> UploadGranted:
    """Permit one file to be put: to the blob service itself where it can do that, else to the gateway.

    Raises:
        ApiError: The file would not be taken, or too many are granted and not used.
    """
    settings, name = services.settings, display_name(body.name)
    format_of(name)
    if body.size_bytes > settings.max_upload_bytes:
        raise too_large(settings.max_upload_bytes)
    if await services.store.count_uploads(caller.tenant_id) >= MAX_OPEN_UPLOADS:
        raise TooManyUploadsError(
            f"{MAX_OPEN_UPLOADS} uploads of yours wait to be used; use them, or wait until they end"
        )
    now, seconds, upload_id = utc_now(), settings.upload_seconds, new_id()
    put_until = now + timedelta(seconds=seconds)
    record = UploadGrant(
        upload_id=upload_id,
        tenant_id=caller.tenant_id,
        name=name,
        size_bytes=body.size_bytes,
        sha256=body.sha256,
        blob_key=f"{caller.tenant_id}/uploads/{upload_id}",
        put_until=put_until,
        expires_at=put_until + timedelta(seconds=UPLOAD_USE_SECONDS),
    )
    url = f"/uploads/{upload_id}"
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(body.size_bytes)}
    if isinstance(services.blobs, DirectBlobs):
        direct = await services.blobs.grant_put(record.blob_key, body.size_bytes, body.sha256, seconds)
        url, headers = direct or (url, headers)
    await services.store.insert_upload(record)
    return UploadGranted(
        upload_id=upload_id,
        url=url,
        headers=headers,
        expires_at=put_until,
        use_before=record.expires_at,
    )


async def receive_put(request: Request, services: Services, caller: Caller, upload_id: str) -> None:
    """Take the bytes of a granted file through the gateway, and check them on their way.

    Raises:
        ApiError: It is not granted, its time is over, or the bytes are not those that were said.
    """
    record = await services.store.get_upload(caller.tenant_id, upload_id)
    if record is None:
        raise _not_there()
    if record.received_at is not None or record.taken_at is not None or utc_now() > record.put_until:
        raise _closed()
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) != record.size_bytes:
        raise _other_size(record, int(length))
    # Each PUT has a key of its own: of two at once, neither may end as the other's bytes.
    key = f"{caller.tenant_id}/uploads/{upload_id}-{new_id()}"
    blobs = services.blobs
    try:
        seen = await pass_checked(
            record.name, paced(request), lambda chunks: blobs.put(key, chunks, record.size_bytes)
        )
        _require_said(record, *seen)
        if not await services.store.receive_upload(caller.tenant_id, upload_id, key, seen[1], utc_now()):
            raise _closed()
    except BlobTooLargeError:
        raise _other_size(record, None) from None
    except BaseException:
        await drop(services, key)
        raise


async def take_over(services: Services, tenant_id: str, upload_id: str) -> UploadGrant:
    """Take a grant for the request under way; `give_back` it when that fails.

    Raises:
        NotFoundError: There is none, or its time is over.
        ConflictError: Another request has it, or had it.
    """
    record = await services.store.take_upload(tenant_id, upload_id, utc_now())
    if record is not None:
        return record
    found = await services.store.get_upload(tenant_id, upload_id)
    if found is not None and found.taken_at is not None:
        raise ConflictError(
            f"uploads: {upload_id} is another request's, or was; each is used once", code="upload_used"
        )
    raise _not_there()


async def keep(services: Services, record: UploadGrant, session_id: str) -> StoredFile:
    """Copy the bytes of a grant that was taken into a session, and check the copy.

    Raises:
        ApiError: They did not come, or are not those that were said, or not what the name says.
    """
    file_id = new_id()
    key = f"{record.tenant_id}/{session_id}/files/{file_id}"
    try:
        await services.blobs.copy(record.blob_key, key)
    except BlobMissingError:
        raise ConflictError(
            f"{record.name}: its bytes have not come; PUT them to the url of the grant first",
            code="upload_missing",
        ) from None
    seen = (record.size_bytes, record.sha256 or "")
    try:
        if record.received_at is None:
            seen = await pass_checked(record.name, services.blobs.get(key), only_look)
            _require_said(record, *seen)
    except BaseException:
        await drop(services, key)
        raise
    return StoredFile(
        file_id=file_id,
        tenant_id=record.tenant_id,
        session_id=session_id,
        name=record.name,
        format=format_of(record.name),
        size_bytes=seen[0],
        sha256=seen[1],
        blob_key=key,
    )


async def give_back(services: Services, records: list[UploadGrant]) -> None:
    """Let another request use what this one did not."""
    for record in records:
        try:
            await services.store.free_upload(record.tenant_id, record.upload_id)
        except StoreError as error:
            _log.warning("upload_not_freed", upload_id=record.upload_id, error=type(error).__name__)


async def spend(services: Services, records: list[UploadGrant]) -> None:
    """Drop the bytes that were copied; the record stays, so that what is put later is swept when it ends."""
    for record in records:
        await drop(services, record.blob_key)


async def drop(services: Services, key: str) -> None:
    """Delete a blob; what cannot be deleted is logged."""
    try:
        await services.blobs.delete(key)
    except StoreError as error:
        _log.warning("blob_left", blob_key=key, error=type(error).__name__)


def _require_said(record: UploadGrant, size_bytes: int, sha256: str) -> None:
    if size_bytes != record.size_bytes:
        raise _other_size(record, size_bytes)
    if record.sha256 not in (None, sha256):
        raise InvalidRequestError(
            f"{record.name}: the SHA-256 of its bytes is not the one that was said; send it again",
            code="hash_mismatch",
        )


def _other_size(record: UploadGrant, came: int | None) -> InvalidRequestError:
    came_words = "more came" if came is None else f"{came} came"
    return InvalidRequestError(
        f"{record.name}: {record.size_bytes} bytes were granted and {came_words}", code="size_mismatch"
    )


def _not_there() -> NotFoundError:
    return NotFoundError("there is no upload with this id, or its time is over", code="upload_not_found")


def _closed() -> ConflictError:
    return ConflictError(
        "this upload has its bytes, or the time to put them is over; ask for another one",
        code="upload_closed",
    )
