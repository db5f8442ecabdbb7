"""What any store must do: the contract that MongoDB and SQLite both meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable

from store.records import ApiKey, Approval, Artifact, Backlog, Job, Session, StoredFile, Table, UploadGrant


class StoreError(Exception):
    """Base of all that a store raises on purpose."""


class StoreUnavailableError(StoreError):
    """The store does not answer, or its disk is full; what was asked may be tried again."""


class StoreAwayError(StoreUnavailableError):
    """Nothing answers there, or nothing that takes writes yet: it may soon, all by itself."""


class StoreFullError(StoreUnavailableError):
    """There is no room for these bytes; they may find room once some is made."""


class DuplicateError(StoreError):
    """A record with this id (or this idempotency key) is there already."""


class BlobMissingError(StoreError):
    """No blob under this key."""


class BlobTooLargeError(StoreError):
    """More bytes came than `limit_bytes` allows; nothing was kept."""


@runtime_checkable
class Store(Protocol):
    """Records by tenant. Every method may raise `StoreUnavailableError`.

    A record of another tenant is the same as no record: `None`, `False` or an empty list.
    Methods named `sweep_*`, `backlog` and the key methods are the only ones that cross tenants: the worker's
    reaper, the metrics and the operator's commands call them, never a route on behalf of a client.
    """

    async def open(self) -> None:
        """Connect and make tables or indexes; may be called on a store that is there already."""

    async def close(self) -> None:
        """Give back all connections."""

    async def ping(self) -> None:
        """Do one cheap round trip."""

    # sessions, files, tables
    async def insert_session(self, session: Session) -> None:
        """Keep a new session. Raises: DuplicateError."""

    async def get_session(self, tenant_id: str, session_id: str) -> Session | None: ...

    async def list_sessions(self, tenant_id: str, limit: int = 100) -> list[Session]:
        """The newest first."""

    async def update_session(self, tenant_id: str, session_id: str, changes: dict[str, Any]) -> bool:
        """Write `hidden`, `hidden_at`, `joins` or `suggestions`; the others stay. False: it is not there.

        Raises:
            ValueError: Another field, or a value of the wrong type.
        """

    async def hide_columns(
        self, tenant_id: str, session_id: str, hidden: Mapping[str, Sequence[str]], at: datetime
    ) -> bool:
        """Add to what is hidden, by table; of several at once none is lost. False: it is not there.

        Sets `hidden_at`, which never goes back.
        """

    async def delete_session(self, tenant_id: str, session_id: str) -> list[str] | None:
        """Delete the session with its files, tables, jobs and artifacts; the keys of their blobs, or None."""

    async def insert_file(self, file: StoredFile) -> None:
        """Keep a new file's record. Raises: DuplicateError."""

    async def list_files(self, tenant_id: str, session_id: str) -> list[StoredFile]:
        """In order of arrival."""

    async def write_file_error(self, tenant_id: str, file_id: str, error: str) -> bool: ...

    async def upsert_table(self, table: Table) -> None:
        """Keep a table, in place of one with the same name in the session."""

    async def list_tables(self, tenant_id: str, session_id: str) -> list[Table]:
        """In order of `position`."""

    # jobs
    async def insert_job(self, job: Job) -> None:
        """Keep a new job. Raises: DuplicateError (task id, or tenant + idempotency key)."""

    async def get_job(self, tenant_id: str, task_id: str) -> Job | None: ...

    async def get_job_by_key(self, tenant_id: str, idempotency_key: str) -> Job | None: ...

    async def list_jobs(self, tenant_id: str, session_id: str, limit: int = 100) -> list[Job]:
        """The jobs of a session, the newest first."""

    async def list_unfinished(self, tenant_id: str, session_id: str) -> list[Job]:
        """The jobs of a session that have not ended, however many came after them; in order of arrival."""

    async def find_answer(self, tenant_id: str, answer_key: str) -> Job | None:
        """The succeeded job with this key that ended last."""

    async def mark_published(self, tenant_id: str, task_id: str, at: datetime) -> bool: ...

    async def claim_job(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> Job | None:
        """Take a job that is queued, or running under a lease that has ended; one caller wins.

        Sets state `running`, owner, lease, `started_at` (if unset) and adds one to `deliveries`.
        None: it is somebody else's, ended, or not there.
        """

    async def renew_lease(self, tenant_id: str, task_id: str, owner: str, lease_until: datetime) -> bool:
        """False: the lease is lost, and the caller must stop."""

    async def update_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        """Write fields (stage, code, attempts ...) while `owner` holds it in state running; else False."""

    async def finish_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        """Write `changes` with a terminal state, once: only from state running under `owner`; else False.

        Sets `finished_at`, clears the lease.
        """

    async def park_job(self, tenant_id: str, task_id: str, owner: str, changes: dict[str, Any]) -> bool:
        """Write `changes` and have the job wait for an approval: state and stage `awaiting_approval`.

        Only from state running under `owner`, and only if nobody asked to cancel it; else False. Sets
        `awaiting_since`, clears the lease: no worker holds it any more.
        """

    async def approve_job(
        self, tenant_id: str, task_id: str, awaiting_since: datetime, approval: Approval
    ) -> Job | None:
        """Queue a job that waits since exactly then, with `approval`; of two callers one wins, else None.

        Sets `queued_at`, counts deliveries from 0, clears `published_at`.
        """

    async def end_awaiting(
        self, tenant_id: str, task_id: str, awaiting_since: datetime, changes: dict[str, Any]
    ) -> Job | None:
        """End a job that waits for an approval since exactly then; changes as `finish_job`; else None."""

    async def request_cancel(self, tenant_id: str, task_id: str) -> Job | None:
        """The job, with `cancel_requested`, if it runs; else it is cancelled at once, unless it has ended."""

    async def count_jobs(self, tenant_id: str) -> int:
        """Jobs of this tenant that are queued, running, or waiting for an approval."""

    async def insert_artifact(self, artifact: Artifact) -> None:
        """Keep an artifact's record. Raises: DuplicateError."""

    async def get_artifact(self, tenant_id: str, artifact_id: str) -> Artifact | None: ...

    # the reaper's, across tenants
    async def sweep_unpublished(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(tenant_id, task_id) of queued jobs whose `published_at` is unset or older, and created before."""

    async def sweep_leases(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(tenant_id, task_id) of running jobs whose lease ended before."""

    async def sweep_awaiting(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(tenant_id, task_id) of jobs that have waited for an approval since before."""

    async def sweep_end(
        self, tenant_id: str, task_id: str, changes: dict[str, Any], before: datetime
    ) -> bool:
        """End a job that is queued, or running under a lease that ended before; as `finish_job`."""

    async def backlog(self) -> Backlog:
        """Numbers only, of all tenants: what the metrics show, and what workers are scaled by."""

    # upload grants
    async def insert_upload(self, upload: UploadGrant) -> None:
        """Keep a new grant. Raises: DuplicateError."""

    async def get_upload(self, tenant_id: str, upload_id: str) -> UploadGrant | None: ...

    async def count_uploads(self, tenant_id: str) -> int:
        """How many grants the tenant has that nobody took and that were not swept."""

    async def receive_upload(
        self, tenant_id: str, upload_id: str, blob_key: str, sha256: str, at: datetime
    ) -> bool:
        """Write where the gateway has put the bytes; False: they came before, or it can be taken no more."""

    async def take_upload(self, tenant_id: str, upload_id: str, at: datetime) -> UploadGrant | None:
        """Take a grant for one request; one caller wins. None: it is taken, ended at `at`, or not there."""

    async def free_upload(self, tenant_id: str, upload_id: str) -> bool:
        """Give back what was taken, as the request failed. False: it is not there."""

    async def delete_upload(self, tenant_id: str, upload_id: str) -> bool: ...

    async def sweep_uploads(self, before: datetime, limit: int = 100) -> list[UploadGrant]:
        """Grants that ended before, of all tenants, the oldest first."""

    # keys
    async def insert_key(self, key: ApiKey) -> None:
        """Keep a key's hash. Raises: DuplicateError."""

    async def find_key(self, sha256: str) -> ApiKey | None:
        """The key with this hash, if it is not revoked."""

    async def list_keys(self) -> list[ApiKey]: ...

    async def revoke_key(self, key_id: str) -> bool: ...


@runtime_checkable
class Blobs(Protocol):
    """Bytes by key (`tenant/session/...`, no leading slash, no `..`). May raise `StoreUnavailableError`."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def ping(self) -> None:
        """Raises: StoreUnavailableError: what holds the bytes does not answer, or is not there."""

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit_bytes: int) -> tuple[int, str]:
        """Keep a stream under `key`, whole or not at all; (bytes, SHA-256 hex). Never holds it in memory.

        Raises: BlobTooLargeError. An error of `chunks` itself passes through, with nothing kept.
        """

    def get(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in chunks of at most 1 MiB. Raises: BlobMissingError, at the first chunk."""

    async def copy(self, key: str, to: str) -> None:
        """Keep the same bytes under `to` as well, whole or not at all. Raises: BlobMissingError."""

    async def delete(self, key: str) -> bool:
        """False: it was not there."""

    def keys(self) -> AsyncIterator[str]:
        """The keys of all blobs, of all tenants, in no order: for the operator's commands, never a route."""


class Grant(NamedTuple):
    """A permission to put one blob by plain HTTP, with no key of ours."""

    url: str
    headers: dict[str, str]
    """To be sent as they are: they are signed with the address."""


@runtime_checkable
class DirectBlobs(Protocol):
    """Blobs to which a client may put bytes itself, past the gateway."""

    async def grant_put(self, key: str, size_bytes: int, sha256: str | None, seconds: int) -> Grant | None:
        """Permit one `PUT` of exactly so many bytes, and of this SHA-256 if it is given. None: not there.

        It may be used again until it ends, so what is under `key` may change: copy it, then check the copy.
        """
