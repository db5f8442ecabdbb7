"""How do uploaded files get into the blob store: chunk by chunk, counted, and all of them or none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from gateway.errors import ConflictError, InvalidRequestError, printable
from gateway.file_checks import pass_checked
from gateway.formats import display_name, format_of
from gateway.grants import drop, give_back, keep, take_over
from gateway.limits import MAX_FIELD_BYTES, MAX_FORM_FIELDS
from gateway.multipart import MultipartBody, Part, too_large
from gateway.services import Services
from store.base import BlobTooLargeError
from store.records import StoredFile, UploadGrant, new_id

_UPLOADS = "uploads"
_REPEATED_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.1


@dataclass
class Upload:
    """What one multipart request brought: files that are in the blob store, and its text fields."""

    tenant_id: str
    session_id: str
    sent: list[StoredFile] = field(default_factory=list)
    """Those whose bytes were in the request."""
    granted: list[StoredFile] = field(default_factory=list)
    """Those that the client had put by itself before."""
    fields: dict[str, str] = field(default_factory=dict)
    upload_ids: list[str] = field(default_factory=list)
    """As the request names those it had put, in order."""
    taken: list[UploadGrant] = field(default_factory=list)

    @property
    def files(self) -> list[StoredFile]:
        """All of them, in order."""
        return self.sent + self.granted

    def asked(self, fields: dict[str, Any]) -> dict[str, Any]:
        """`fields` with what tells this request from another one, beside the files it sent."""
        return fields | ({_UPLOADS: self.upload_ids} if self.upload_ids else {})

    async def discard(self, services: Services) -> None:
        """Delete the blobs of this request, and let another one use the grants that it took."""
        for file in self.files:
            await drop(services, file.blob_key)
        await give_back(services, self.taken)


@dataclass(frozen=True)
class UploadRules:
    """What one route takes."""

    max_bytes: int
    max_files: int
    field_names: frozenset[str] = frozenset()
    key: str | None = None
    """The request's idempotency key."""
    take_grants: bool = True
    """No: the same request was made before, and its answer is there."""


async def receive(request: Request, services: Services, upload: Upload, rules: UploadRules) -> None:
    """Stream the body into `upload`; if anything fails, nothing of it is kept.

    Raises:
        ApiError: The body, a file or a field is not as it must be; the message names it.
        StoreUnavailableError: The blob store does not take it.
    """
    try:
        await _receive(request, services, upload, rules)
        if not upload.sent and not upload.upload_ids:
            raise InvalidRequestError(
                "no file: send at least one in a field named files, or name one in a field named uploads",
                code="no_file",
            )
        if rules.take_grants and await _take_grants(services, upload, rules):
            for record in upload.taken:
                upload.granted.append(await keep(services, record, upload.session_id))
        services.metrics.uploaded(upload.files)
    except BaseException:
        await upload.discard(services)
        raise


async def _receive(request: Request, services: Services, upload: Upload, rules: UploadRules) -> None:
    body = MultipartBody(request, rules.max_bytes)
    left = rules.max_bytes
    async for part in body.parts():
        if part.name == "files":
            if len(upload.sent) + len(upload.upload_ids) >= rules.max_files:
                raise _too_many(rules)
            file = await _keep(part, body, services, upload, rules.max_bytes, left)
            left -= file.size_bytes
        elif part.name == _UPLOADS:
            await _take_ids(part, body, upload, rules)
        else:
            await _take_field(part, body, upload, rules)


async def _take_field(part: Part, body: MultipartBody, upload: Upload, rules: UploadRules) -> None:
    shown = printable(part.name[:100])
    if part.name not in rules.field_names:
        known = ", ".join(("files", *sorted((*rules.field_names, _UPLOADS))))
        raise InvalidRequestError(f"{shown}: unknown field; known are {known}")
    if part.name in upload.fields or len(upload.fields) >= MAX_FORM_FIELDS:
        raise InvalidRequestError(f"{shown}: given more than once")
    if part.file_name is not None:
        raise InvalidRequestError(f"{shown}: a text field, not a file")
    upload.fields[part.name] = await body.text(part, MAX_FIELD_BYTES)


async def _take_ids(part: Part, body: MultipartBody, upload: Upload, rules: UploadRules) -> None:
    if part.file_name is not None:
        raise InvalidRequestError("uploads: the id of an upload, not a file; files go in fields named files")
    for upload_id in (await body.text(part, MAX_FIELD_BYTES)).split(","):
        wanted = upload_id.strip()
        if not wanted or wanted in upload.upload_ids:
            raise InvalidRequestError("uploads: empty, or an id twice; give the upload_id of each grant")
        if len(upload.sent) + len(upload.upload_ids) >= rules.max_files:
            raise _too_many(rules)
        upload.upload_ids.append(wanted)


async def _take_grants(services: Services, upload: Upload, rules: UploadRules) -> bool:
    """Take those that are named; False: the same request, sent twice, had them and has its answer."""
    left = rules.max_bytes - sum(file.size_bytes for file in upload.sent)
    try:
        # In one order for all: of two requests that name the same ones, one gets them and not neither.
        for upload_id in sorted(upload.upload_ids):
            record = await take_over(services, upload.tenant_id, upload_id)
            upload.taken.append(record)
            left -= record.size_bytes
            if left < 0:
                raise too_large(rules.max_bytes)
    except ConflictError:
        if not await _answered(services, upload.tenant_id, rules.key):
            raise
        return False
    upload.taken.sort(key=lambda record: upload.upload_ids.index(record.upload_id))
    return True


async def _answered(services: Services, tenant_id: str, key: str | None) -> bool:
    """Whether a request of this key has its job, now or in a moment: a client may repeat one under way."""
    until = time.monotonic() + _REPEATED_SECONDS
    while key is not None:
        if await services.store.get_job_by_key(tenant_id, key) is not None:
            return True
        if time.monotonic() > until:
            return False
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return False


async def _keep(
    part: Part, body: MultipartBody, services: Services, upload: Upload, max_bytes: int, left: int
) -> StoredFile:
    if not part.file_name:
        raise InvalidRequestError("files: this part has no file name; send a file", code="no_file")
    name = display_name(part.file_name)
    file_id = new_id()
    key = f"{upload.tenant_id}/{upload.session_id}/files/{file_id}"
    put = False

    async def sink(chunks: AsyncIterator[bytes]) -> tuple[int, str]:
        nonlocal put
        kept = await services.blobs.put(key, chunks, left)
        put = True
        return kept

    try:
        size_bytes, sha256 = await pass_checked(name, body.chunks(), sink)
    except BlobTooLargeError:
        raise too_large(max_bytes) from None
    except BaseException:
        if put:
            await drop(services, key)
        raise
    file = StoredFile(
        file_id=file_id,
        tenant_id=upload.tenant_id,
        session_id=upload.session_id,
        name=name,
        format=format_of(name),
        size_bytes=size_bytes,
        sha256=sha256,
        blob_key=key,
    )
    upload.sent.append(file)
    return file


def _too_many(rules: UploadRules) -> InvalidRequestError:
    return InvalidRequestError(
        f"more than {rules.max_files} files in one request; send the rest in another", code="too_many_files"
    )
