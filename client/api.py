"""How does a Python program ask Sandglass: one class, one method for each call of the interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

from client.errors import ApiError, BusyError, ClientError, TookTooLongError, UnreachableError, error_for
from client.job_calls import JobCalls, Status, given
from client.settings import find_access
from client.upload_calls import Hidden, UploadCalls

TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
SETTLED = TERMINAL | {"awaiting_approval"}
"""Nothing more comes of a task by itself."""
_BUSY = frozenset({429, 503})
_WAIT_SECONDS = 25.0
_RETRIES = 4
_LONGEST_PAUSE_SECONDS = 30.0


class Sandglass(JobCalls, UploadCalls):
    """A client of one gateway. Use it as a context manager, or call `close`.

    Every method may raise `UnreachableError` (nothing answers) and an `ApiError` (the gateway says no), whose
    sub-classes are `WrongKeyError`, `NotFoundError`, `RefusedError`, `BusyError` and `ServerError`. 429 and
    503 are tried again after `Retry-After`; a `POST` or `PATCH` carries an `Idempotency-Key`, so that no job
    is made twice.
    """

    def __init__(
        self,
        base_url: str | None = None,
        key: str | None = None,
        *,
        timeout_seconds: float = 60,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take address and key, else find them as `client.settings` tells.

        Args:
            base_url: As `http://127.0.0.1:8000`.
            key: The bearer key.
            timeout_seconds: For one request; a wait for a task is made of many.
            transport: For tests.
        """
        if base_url is None or key is None:
            access = find_access()
            base_url, key = base_url or access.base_url, key or access.key
        _check_access(base_url, key)
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(timeout_seconds, connect=5),
            transport=transport,
            # A proxy of the shell is for the web, not for a gateway on this machine.
            trust_env="127.0.0.1" not in self.base_url and "localhost" not in self.base_url,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back all connections."""
        self._http.close()

    def hide(self, session_id: str, hidden: Hidden) -> dict[str, Any]:
        """Say which columns nobody else sees, by table (`*`: all): the task reads the tables without them."""
        body = {"hidden": {table: list(columns) for table, columns in hidden.items()}}
        return dict(self._json("PATCH", f"/sessions/{session_id}", json=body))

    def read_as(self, session_id: str, table: str, read_as: Mapping[str, Any]) -> dict[str, Any]:
        """Have a table read anew as you say, `{}` as at first: `{task_id}`."""
        path = f"/sessions/{session_id}/tables/{quote(table, safe='')}"
        return dict(self._json("PATCH", path, json={"read_as": dict(read_as)}))

    def sessions(self) -> list[dict[str, Any]]:
        """The sessions of this key's tenant, the newest first."""
        answer = self._json("GET", "/sessions")
        rows = answer.get("sessions", []) if isinstance(answer, dict) else answer
        return list(rows)

    def session(self, session_id: str) -> dict[str, Any]:
        """One session with the profiles of its tables."""
        return dict(self._json("GET", f"/sessions/{session_id}"))

    def delete_session(self, session_id: str) -> None:
        """Delete a session with all that belongs to it."""
        self._send("DELETE", f"/sessions/{session_id}")

    def analyze(self, session_id: str, question: str, **options: Any) -> dict[str, Any]:
        """Ask a question of a session: `{task_id, status_url}`.

        Args:
            session_id: Of which tables.
            question: In words.
            **options: `mode`, `policy`, `model`, `cache`, `approve`; those that are None are left out.
        """
        body = {"question": question, **given(options)}
        return dict(self._json("POST", f"/sessions/{session_id}/analyze", json=body))

    def execute(self, code: str, language: str = "python", **options: Any) -> dict[str, Any]:
        """Run code in a sandbox, without a model: `{task_id, ...}`. Options: `session_id`, `policy`."""
        body = {"code": code, "language": language, **given(options)}
        return dict(self._json("POST", "/execute", json=body))

    def status(self, task_id: str, wait: float = 0) -> Status:
        """The record of a task; with `wait`, once it changes or after so many seconds."""
        params = {"wait": f"{wait:g}"} if wait else {}
        return dict(self._json("GET", f"/status/{task_id}", params=params))

    def wait_for(
        self,
        task_id: str,
        on_stage: Callable[[Status], None] | None = None,
        limit_seconds: float = 3600,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> Status:
        """The record of a task once it has ended, or waits for an approval of its code.

        Args:
            task_id: Which task.
            on_stage: Called with the record when its stage is a new one, or more of a big file is read.
            limit_seconds: After this, give up waiting.
            wait_seconds: How long the server may hold one request; shorter shows stages sooner.

        Raises:
            TookTooLongError: It has not ended within the limit.
        """
        deadline, stage = time.monotonic() + limit_seconds, (None, None)
        while True:
            record = self.status(task_id, wait=wait_seconds)
            now = (record.get("stage"), (record.get("timings") or {}).get("reading"))
            if on_stage is not None and now != stage:
                stage = now
                on_stage(record)
            if record.get("state") in SETTLED:
                return record
            if time.monotonic() > deadline:
                raise TookTooLongError(f"task {task_id} has not ended after {limit_seconds:g} seconds")

    def cancel(self, task_id: str) -> Status:
        """Stop a task; its record after that."""
        return dict(self._json("POST", f"/status/{task_id}/cancel"))

    def download(self, artifact_id: str, to: IO[bytes]) -> int:
        """Write an artifact's bytes to an open file; how many there were."""
        size = 0
        with self._stream(f"/artifacts/{artifact_id}") as response:
            for chunk in response.iter_bytes():
                size += to.write(chunk)
        return size

    def export(self, session_id: str, form: str, to: IO[bytes]) -> int:
        """Write a session's questions and answers as `ipynb`, `py`, `xlsx` or `html`; how many bytes."""
        size = 0
        with self._stream(f"/sessions/{session_id}/export?format={form}") as response:
            for chunk in response.iter_bytes():
                size += to.write(chunk)
        return size

    def readiness(self) -> dict[str, Any]:
        """What `/readyz` says, ready or not."""
        try:
            response = self._http.get("/readyz")
            return dict(response.json())
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except ValueError as error:
            raise error_for(response.status_code, "no_json", "no Sandglass gateway answers there") from error

    def _json(self, method: str, path: str, **request: Any) -> Any:
        response = self._send(method, path, **request)
        try:
            return response.json()
        except ValueError as error:
            raise error_for(502, "no_json", f"{self.base_url} answered, but not as Sandglass does") from error

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = dict(request.pop("headers", {}))
        headers |= {"Idempotency-Key": uuid4().hex} if method in ("POST", "PATCH") else {}
        for left in range(_RETRIES, -1, -1):
            for stream in _streams(request):
                stream.seek(0)
            try:
                response = self._http.request(method, path, headers=headers, **request)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error
            if response.status_code not in _BUSY or not left or "Retry-After" not in response.headers:
                break
            time.sleep(_pause(response.headers["Retry-After"]))
        _raise_for(response)
        return response

    @contextmanager
    def _stream(self, path: str) -> Iterator[httpx.Response]:
        try:
            with self._http.stream("GET", path) as response:
                if response.status_code >= 400:
                    response.read()
                    _raise_for(response)
                yield response
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: httpx.HTTPError) -> UnreachableError:
        if isinstance(error, httpx.ConnectError):
            return UnreachableError(
                f"no Sandglass answers at {self.base_url}; start it (sandglass up; as containers: "
                "compose/stack.sh up), or set SANDGLASS_URL"
            )
        return UnreachableError(f"{self.base_url} broke off: {error or type(error).__name__}")


def _check_access(base_url: str, key: str) -> None:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ClientError(f"{base_url} is no address: {error}; set SANDGLASS_URL or SANDGLASS_PORT") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ClientError(f"{base_url} is no address: it must be like http://127.0.0.1:8000 (SANDGLASS_URL)")
    if not key.isascii() or not key.isprintable():
        raise ClientError("the key is none: it has characters that no key has; set SANDGLASS_KEY anew")


def _raise_for(response: httpx.Response) -> None:
    if response.status_code < 400:
        return
    try:
        said = response.json()["error"]
        error = error_for(
            response.status_code, str(said["code"]), str(said["message"]), str(said.get("request_id", ""))
        )
    except (ValueError, KeyError, TypeError):
        error = error_for(response.status_code, "http_error", response.reason_phrase or "no reason given")
    raise error


def _streams(request: Mapping[str, Any]) -> list[IO[bytes]]:
    """The open files of a request, which a second try must send from their beginning."""
    sent = [part[1] for _, part in request.get("files", []) if part[0] is not None]
    return [*sent, request["content"]] if "content" in request else sent


def _pause(retry_after: str) -> float:
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.1), _LONGEST_PAUSE_SECONDS)


__all__ = ["ApiError", "BusyError", "Sandglass", "Status", "TookTooLongError", "UnreachableError"]
