"""How do files leave this machine: in the request itself, or put before it, straight to the blob store?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from client.errors import ServerError, UnreachableError
from client.job_calls import given

Hidden = Mapping[str, Sequence[str]]
"""Columns by table."""
_S3_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")


class UploadCalls:
    """The part of the client that sends files; `Sandglass` sends what it asks for."""

    def _json(self, method: str, path: str, **request: Any) -> Any:
        raise NotImplementedError

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        raise NotImplementedError

    def create_session(
        self, files: Sequence[Path], hidden: Hidden | None = None, uploads: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Upload tables: `{session_id, task_id}`; the task reads and profiles what is not hidden."""
        return self._upload("/sessions", files, _hiding(hidden), uploads)

    def add_file(self, session_id: str, file: Path, hidden: Hidden | None = None) -> dict[str, Any]:
        """Add one table to a session; what is hidden comes to what was hidden before."""
        return self._upload(f"/sessions/{session_id}/files", [file], _hiding(hidden))

    def add_uploads(
        self, session_id: str, uploads: Sequence[str], hidden: Hidden | None = None
    ) -> dict[str, Any]:
        """Add to a session what was put by `upload`."""
        return self._upload(f"/sessions/{session_id}/files", [], _hiding(hidden), uploads)

    def one_shot(
        self, files: Sequence[Path], question: str, uploads: Sequence[str] = (), **options: Any
    ) -> dict[str, Any]:
        """Upload tables and ask in one call: `{task_id, session_id, status_url}`.

        Options as `analyze`, and `hidden`.
        """
        fields = {"question": question, **_hiding(options.pop("hidden", None)), **given(options)}
        return self._upload("/analyze", files, fields, uploads)

    def upload(self, file: Path) -> str:
        """Put a file straight into the blob store where that takes it, else into the gateway's.

        Returns:
            Its id, for `uploads=` of one later call.

        Raises:
            ServerError: The blob store refused it.
        """
        with file.open("rb") as stream:
            size = file.stat().st_size
            granted = self._json("POST", "/uploads", json={"name": file.name, "size_bytes": size})
            url, headers = str(granted["url"]), dict(granted["headers"])
            if url.startswith("/"):
                self._send("PUT", url, content=stream, headers=headers)
            else:
                _put_elsewhere(url, headers, stream)
        return str(granted["upload_id"])

    def _upload(
        self, path: str, files: Sequence[Path], fields: Mapping[str, Any], uploads: Sequence[str] = ()
    ) -> dict[str, Any]:
        with ExitStack() as stack:
            parts: list[tuple[str, Any]] = [
                ("files", (file.name, stack.enter_context(file.open("rb")))) for file in files
            ]
            # As parts without a file name: then the body is multipart where there is no file, too.
            parts += [("uploads", (None, upload_id)) for upload_id in uploads]
            data = {name: _form_text(value) for name, value in fields.items()}
            return dict(self._json("POST", path, files=parts, data=data))


def _put_elsewhere(url: str, headers: Mapping[str, str], stream: Any) -> None:
    host = httpx.URL(url).host
    try:
        # Without the key of the gateway: it is none of the blob store's business.
        with httpx.Client(timeout=60, trust_env=host not in ("127.0.0.1", "localhost")) as client:
            response = client.put(url, content=stream, headers=headers)
    except httpx.HTTPError as error:
        raise UnreachableError(
            f"the blob store at {host} cannot be reached, or broke off ({type(error).__name__}); whoever "
            "runs the gateway sets SANDGLASS_S3_PUBLIC_ENDPOINT to where clients reach it"
        ) from error
    if response.status_code >= 400:
        code = _S3_CODE.search(response.text[:5000])
        reason = code.group(1) if code else response.reason_phrase or "no reason given"
        raise ServerError(
            response.status_code, "upload_refused", f"the blob store refused the file: {reason}"
        )


def _hiding(hidden: Hidden | None) -> dict[str, str]:
    return {"hidden": json.dumps(hidden)} if hidden else {}


def _form_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
