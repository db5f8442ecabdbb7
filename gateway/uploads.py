"""How do uploaded files get into the blob store: chunk by chunk, counted, and all of them or none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from fastapi import Request

from gateway.archives import Tail, check_zip
from gateway.errors import InvalidRequestError, printable
from gateway.formats import SNIFF_BYTES, check_content, display_name, format_of
from gateway.limits import MAX_FIELD_BYTES, MAX_FORM_FIELDS
from gateway.multipart import MultipartBody, Part, too_large
from store.base import Blobs, BlobTooLargeError, StoreError
from store.records import StoredFile, new_id

_log = structlog.get_logger("gateway")


@dataclass
class Upload:
    """What one multipart request brought: files that are in the blob store, and its text fields."""

    tenant_id: str
    session_id: str
    files: list[StoredFile] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    async def discard(self, blobs: Blobs) -> None:
        """Delete the blobs of this request; what cannot be deleted is logged."""
        for file in self.files:
            try:
                await blobs.delete(file.blob_key)
            except StoreError as error:
                _log.warning("blob_left", blob_key=file.blob_key, error=type(error).__name__)


@dataclass(frozen=True)
class UploadRules:
    """What one route takes."""

    max_bytes: int
    max_files: int
    field_names: frozenset[str] = frozenset()


async def receive(request: Request, blobs: Blobs, upload: Upload, rules: UploadRules) -> None:
    """Stream the body into `upload`; if anything fails, nothing of it is kept.

    Raises:
        ApiError: The body, a file or a field is not as it must be; the message names it.
        StoreUnavailableError: The blob store does not take it.
    """
    try:
        await _receive(request, blobs, upload, rules)
        if not upload.files:
            raise InvalidRequestError("no file: send at least one in a field named files", code="no_file")
        request.app.state.metrics.uploaded(upload.files)
    except BaseException:
        await upload.discard(blobs)
        raise


async def _receive(request: Request, blobs: Blobs, upload: Upload, rules: UploadRules) -> None:
    body = MultipartBody(request, rules.max_bytes)
    left = rules.max_bytes
    async for part in body.parts():
        if part.name == "files":
            if len(upload.files) >= rules.max_files:
                raise InvalidRequestError(
                    f"more than {rules.max_files} files in one request; send the rest in another",
                    code="too_many_files",
                )
            file = await _keep(part, body, blobs, upload, rules.max_bytes, left)
            left -= file.size_bytes
        else:
            await _take_field(part, body, upload, rules)


async def _take_field(part: Part, body: MultipartBody, upload: Upload, rules: UploadRules) -> None:
    shown = printable(part.name[:100])
    if part.name not in rules.field_names:
        known = ", ".join(("files", *sorted(rules.field_names)))
        raise InvalidRequestError(f"{shown}: unknown field; known are {known}")
    if part.name in upload.fields or len(upload.fields) >= MAX_FORM_FIELDS:
        raise InvalidRequestError(f"{shown}: given more than once")
    if part.file_name is not None:
        raise InvalidRequestError(f"{shown}: a text field, not a file")
    upload.fields[part.name] = await body.text(part, MAX_FIELD_BYTES)


async def _keep(
    part: Part, body: MultipartBody, blobs: Blobs, upload: Upload, max_bytes: int, left: int
) -> StoredFile:
    if not part.file_name:
        raise InvalidRequestError("files: this part has no file name; send a file", code="no_file")
    name = display_name(part.file_name)
    file_format = format_of(name)
    chunks = body.chunks()
    head = await _head(chunks)
    if not head:
        raise InvalidRequestError(f"{name}: the file is empty", code="empty_file")
    check_content(name, file_format, head)
    file_id = new_id()
    key = f"{upload.tenant_id}/{upload.session_id}/files/{file_id}"
    tail = Tail()
    try:
        size_bytes, sha256 = await blobs.put(key, tail.passing(_all(head, chunks)), left)
    except BlobTooLargeError:
        raise too_large(max_bytes) from None
    if file_format == "zip":
        try:
            check_zip(name, tail)
        except BaseException:
            await blobs.delete(key)
            raise
    file = StoredFile(
        file_id=file_id,
        tenant_id=upload.tenant_id,
        session_id=upload.session_id,
        name=name,
        format=file_format,
        size_bytes=size_bytes,
        sha256=sha256,
        blob_key=key,
    )
    upload.files.append(file)
    return file


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= SNIFF_BYTES:
            break
    return bytes(head)


async def _all(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk
