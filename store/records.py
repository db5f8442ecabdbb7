"""What is kept: the records that gateway and worker share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "awaiting_approval", "succeeded", "failed", "cancelled"]
Kind = Literal["profile", "analyze", "execute", "compute", "replay"]
Language = Literal["python", "sql"]
Mode = Literal["auto", "pandas", "sql"]
Outcome = Literal[
    "ok",
    "code_error",
    "timeout",
    "oom",
    "output_limit",
    "disk_limit",
    "policy_denied",
    "no_code",
    "model_unavailable",
    "not_answerable",
    "bad_file",
    "runner_lost",
    "engine_error",
    "cancelled",
    "expired",
    "poison",
]
TERMINAL: frozenset[State] = frozenset({"succeeded", "failed", "cancelled"})


def new_id() -> str:
    """A fresh random id, 32 hex digits."""
    return uuid4().hex


def utc_now() -> datetime:
    """Now, in UTC, cut to milliseconds: what every store can keep."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Record(BaseModel):
    """Base of all records: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Session(Record):
    """A set of tables that belong together, and the questions asked of them."""

    session_id: str = Field(default_factory=new_id)
    tenant_id: str
    created_at: datetime = Field(default_factory=utc_now)
    hidden: dict[str, list[str]] = {}
    """Columns that nobody but the owner of the original sees, by table; `*` is every table."""
    hidden_at: datetime | None = None
    """When that was last changed: earlier answers may hold what is hidden now, so they are no context."""
    joins: list[dict[str, Any]] = []
    """How its tables belong together: the fields of `Join` in worker/analysis/contract.py."""
    suggestions: list[str] = []
    """Up to ten questions that are surely answered; five that were not asked yet are shown."""


class StoredFile(Record):
    """An uploaded original. Its bytes are the blob `blob_key`."""

    file_id: str = Field(default_factory=new_id)
    tenant_id: str
    session_id: str
    name: str
    """As the client named it: shown, never used as a path."""
    format: Literal["csv", "tsv", "txt", "json", "xlsx", "xls", "gz", "zip"]
    size_bytes: int
    sha256: str
    blob_key: str
    created_at: datetime = Field(default_factory=utc_now)
    error: str | None = None
    """Why no table came of it, once a profile job has said so."""


class UploadGrant(Record):
    """A file that a client may put by itself, and then name in a request in place of its bytes."""

    upload_id: str = Field(default_factory=new_id)
    tenant_id: str
    name: str
    """As the client named it: shown, never used as a path."""
    size_bytes: int
    sha256: str | None = None
    """As the client said it, or as the gateway saw it when the bytes came through it."""
    blob_key: str
    """Where the bytes are once they came; whoever uses them copies them first."""
    created_at: datetime = Field(default_factory=utc_now)
    put_until: datetime
    """When the last `PUT` may begin."""
    expires_at: datetime
    """When it can be named no longer, and is swept with its bytes."""
    received_at: datetime | None = None
    """When the gateway itself took the bytes and checked them; None: they go past it, or did not come yet."""
    taken_at: datetime | None = None
    """When a request took it for its own; None: nobody, or that request failed."""


class TablePart(Record):
    """Some columns of a table, as a Parquet blob of their own."""

    columns: list[str]
    blob_key: str
    sha256: str
    size_bytes: int


class Table(Record):
    """A table read from a file: its profile, and its Parquet as the blob `blob_key`, or as `parts`."""

    tenant_id: str
    session_id: str
    name: str
    """As the code names it in `tables[...]`; unique in its session."""
    file_id: str
    position: int
    """Order in the session; the first one is `df`."""
    profile: dict[str, Any]
    """See docs/architecture.md, Profile."""
    blob_key: str
    sha256: str
    size_bytes: int
    parts: list[TablePart] = []
    """Of a big table: its columns apart, so that a question loads only those that it names. Else empty."""
    hidden: list[str] = []
    """Names of columns that were to be left out when it was read, whether it has them or not."""
    created_at: datetime = Field(default_factory=utc_now)


class Artifact(Record):
    """A figure, file or table that a job brought out."""

    artifact_id: str = Field(default_factory=new_id)
    tenant_id: str
    task_id: str
    name: str
    role: Literal["figure", "file", "result"]
    mime: str
    size_bytes: int
    sha256: str
    blob_key: str
    created_at: datetime = Field(default_factory=utc_now)


class Request(Record):
    """What a client asked for."""

    question: str | None = None
    code: str | None = None
    language: Language = "python"
    mode: Mode = "auto"
    policy: str = "default"
    model: str | None = None
    cache: bool = True
    file_ids: list[str] = []
    """A profile job reads these; an analyze job reads them first (one shot)."""
    approve: bool = False
    """Stop at `awaiting_approval` before any code runs."""
    table: str | None = None
    """Compute: the table that has the column. Profile: the one table that is read again."""
    read_as: dict[str, Any] | None = None
    """Profile: how a person says that `table` is to be read (docs/reading.md)."""
    column: str | None = None
    """Compute: of which column."""
    operation: str | None = None
    """Compute: one of the named operations."""
    by: str | None = None
    """Compute: for each value of this column."""
    replay_of: str | None = None
    """Replay: the task whose code is run again."""
    batch: list[str] = []
    """Of the last job of a batch: the tasks of all, in order."""


class Stream(Record):
    """Captured stdout or stderr: text kept (head and tail), bytes printed in truth."""

    text: str = ""
    bytes: int = 0
    truncated: bool = False


class Attempt(Record):
    """One piece of code that was written and, if it parsed, run."""

    number: int
    code: str | None = None
    language: Language = "python"
    outcome: Outcome
    error: str | None = None
    seconds: float = 0.0


class WebRequest(Record):
    """A tunnel or a plain request that code asked for, and what was decided; kept for audit."""

    attempt: int
    host: str
    """As the code wrote it, cleaned; at most 255 characters."""
    port: int | None = None
    scheme: Literal["http", "https"] = "http"
    method: str = ""
    """`CONNECT` for https, else the request's own; empty where what came was no request."""
    allowed: bool
    reason: str = ""
    """Why it was refused or cut; empty when all went well."""
    address: str | None = None
    """The one that was dialled."""
    sent_bytes: int = 0
    """From the code to the host."""
    received_bytes: int = 0
    """From the host to the code."""
    seconds: float = 0.0


class Approval(Record):
    """Whether a person let code run. `code` is what they saw, or wrote in its place."""

    state: Literal["awaiting", "approved", "rejected"]
    code: str
    language: Language
    edited: bool = False
    reason: str = ""
    asked_at: datetime | None = None
    decided_at: datetime | None = None


class Part(Record):
    """One of several questions that stand in one."""

    question: str
    outcome: Outcome
    understood: str | None = None
    answer: str | None = None
    result: dict[str, Any] | None = None
    code: str | None = None
    language: Language | None = None
    error: str | None = None


class Replay(Record):
    """What running a task's code again came to."""

    of: str
    same: bool
    differences: list[str] = []
    """In words: of the result, the output, the files, the image, the policy."""


class JobError(Record):
    """Why a job failed, in words that a client may see."""

    code: str
    message: str
    suggestions: list[str] = []


class Job(Record):
    """One task, from the request to the answer. The store's copy is the truth."""

    task_id: str = Field(default_factory=new_id)
    tenant_id: str
    session_id: str | None = None
    kind: Kind
    request: Request
    state: State = "queued"
    stage: str = "queued"
    outcome: Outcome | None = None
    planner: str | None = None
    understood: str | None = None
    answer: str | None = None
    result: dict[str, Any] | None = None
    code: str | None = None
    language: Language | None = None
    stdout: Stream = Stream()
    stderr: Stream = Stream()
    attempts: list[Attempt] = []
    artifacts: list[dict[str, Any]] = []
    """`{artifact_id, name, role, mime, size_bytes}` each."""
    timings: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    receipt: dict[str, Any] = {}
    error: JobError | None = None
    egress: list[WebRequest] = []
    """The first 1,000 web requests of all attempts; the notes say how many there were beyond."""
    notes: list[str] = []
    """What was left out although the job went on: a file not read, a result or a file kept inside."""
    cached: bool = False
    """The answer was there already: that of the task `cached_from`."""
    cached_from: str | None = None
    answer_key: str | None = None
    """Digest of all that the answer depends on; the same key is the same answer."""
    approval: Approval | None = None
    parts: list[Part] = []
    """Where the question held several: each with its own result. `result` is the first part's."""
    replay: Replay | None = None
    created_at: datetime = Field(default_factory=utc_now)
    queued_at: datetime | None = None
    """When it was queued anew, after an approval; None: only once, when it was created."""
    awaiting_since: datetime | None = None
    """Since when it waits for an approval; None: it does not."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    published_at: datetime | None = None
    """When its id was last handed to the queue."""
    lease_owner: str | None = None
    lease_until: datetime | None = None
    deliveries: int = 0
    """How often a worker has claimed it."""
    cancel_requested: bool = False
    idempotency_key: str | None = None
    request_digest: str | None = None


class Backlog(Record):
    """How much there is to do, all tenants together: jobs by state, and the oldest that waits."""

    queued: int = 0
    running: int = 0
    awaiting_approval: int = 0
    oldest_queued_at: datetime | None = None
    """Since when it is in the queue, after an approval anew; None: none is."""


class ApiKey(Record):
    """A bearer key, kept as its SHA-256 only."""

    key_id: str = Field(default_factory=lambda: new_id()[:12])
    tenant_id: str
    name: str
    sha256: str
    created_at: datetime = Field(default_factory=utc_now)
    revoked_at: datetime | None = None
