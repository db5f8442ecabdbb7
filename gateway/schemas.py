"""What do clients send and get: request bodies, strict, and views of records without internals."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt

from gateway.limits import MAX_CODE_CHARACTERS, MAX_QUESTION_CHARACTERS
from policies.model import PolicyError, policy_names
from store.records import (
    Approval,
    Attempt,
    JobError,
    Kind,
    Language,
    Mode,
    Outcome,
    Part,
    Replay,
    State,
    Stream,
    WebRequest,
)

MODEL_PROVIDERS = ("builtin", "ollama", "openai", "scripted")
_MODEL = re.compile(rf"(?:{'|'.join(MODEL_PROVIDERS)})(?::[A-Za-z0-9._:/@+-]{{1,256}})?")


def not_blank(text: str) -> str:
    """`text`, if it says anything. Raises: ValueError."""
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def no_nul(text: str) -> str:
    """`text`, if the parts behind the gateway can keep it. Raises: ValueError."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    return text


def _known_policy(name: str) -> str:
    try:
        names = policy_names()
    except PolicyError:
        # It names a folder of the host; the worker says it at its start.
        raise ValueError("the policies of this stack cannot be read at the moment") from None
    if name not in names:
        raise ValueError(f"unknown policy; there are: {', '.join(names)}")
    return name


def _model_form(spec: str) -> str:
    if not _MODEL.fullmatch(spec):
        raise ValueError(
            f"not a model; write PROVIDER or PROVIDER:NAME, PROVIDER one of {', '.join(MODEL_PROVIDERS)}"
        )
    return spec


Question = Annotated[
    str, Field(max_length=MAX_QUESTION_CHARACTERS), AfterValidator(not_blank), AfterValidator(no_nul)
]
Code = Annotated[
    str, Field(max_length=MAX_CODE_CHARACTERS), AfterValidator(not_blank), AfterValidator(no_nul)
]
PolicyName = Annotated[str, Field(max_length=41), AfterValidator(_known_policy)]
ModelSpec = Annotated[str, Field(max_length=300), AfterValidator(_model_form)]


class Body(BaseModel):
    """Base of request bodies: an unknown field is refused by name."""

    model_config = ConfigDict(extra="forbid")


class AnalyzeBody(Body):
    """A question about a session's tables."""

    question: Question
    mode: Mode = "auto"
    policy: PolicyName = "default"
    model: ModelSpec | None = None
    cache: StrictBool = True
    approve: StrictBool = False


class OneShotFields(AnalyzeBody):
    """The text fields of a one-shot `POST /analyze`; the files stand beside them."""

    cache: bool = True
    approve: bool = False


class ExecuteBody(Body):
    """Code to run as it is, without a model."""

    code: Code
    language: Language = "python"
    session_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    policy: PolicyName = "default"


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    request_id: str


class ErrorBody(BaseModel):
    """The shape of every error."""

    error: ErrorDetail


class Accepted(BaseModel):
    """A job was made; ask `status_url` for it."""

    task_id: str
    session_id: str | None
    status_url: str


class FileView(BaseModel):
    """An uploaded original."""

    file_id: str
    name: str
    format: str
    size_bytes: int
    sha256: str
    created_at: datetime
    error: str | None = None


class Uploaded(Accepted):
    """Files were kept; the task profiles them."""

    files: list[FileView]


class UploadBody(Body):
    """A file that the client will put by itself."""

    name: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(no_nul)]
    size_bytes: Annotated[StrictInt, Field(ge=1)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class UploadGranted(BaseModel):
    """Where to put the bytes, once, with no more than these headers."""

    upload_id: str
    method: Literal["PUT"] = "PUT"
    url: str
    """Of the blob service, or a path on this gateway (`/uploads/...`), which wants your key as ever."""
    headers: dict[str, str]
    """To be sent as they are."""
    expires_at: datetime
    """When the `PUT` must have begun."""
    use_before: datetime
    """When a request must have named the `upload_id`."""


class TableView(BaseModel):
    """A table of a session, as the sandbox read it."""

    name: str
    file_id: str
    position: int
    size_bytes: int
    sha256: str
    profile: dict[str, Any]


class TaskSummary(BaseModel):
    """One job of a session, in short."""

    task_id: str
    kind: Kind
    question: str | None
    state: State
    outcome: Outcome | None
    created_at: datetime
    column: str | None = None
    operation: str | None = None
    by: str | None = None
    result: dict[str, Any] | None = None
    """Of what was computed or asked, if it is one value."""


class SessionSummary(BaseModel):
    """A session in a list."""

    session_id: str
    created_at: datetime
    files: list[FileView]


class SessionList(BaseModel):
    """The caller's sessions, the newest first."""

    sessions: list[SessionSummary]


class SessionView(SessionSummary):
    """A session with its tables and its latest jobs, the newest first."""

    tables: list[TableView]
    tasks: list[TaskSummary]
    hidden: dict[str, list[str]]
    """Columns that nobody but you sees, by table; `*` is every table."""
    joins: list[dict[str, Any]]
    """Which columns of two tables name the same things."""
    suggestions: list[str]
    """Up to five questions that are surely answered, none of them asked yet."""


class ArtifactView(BaseModel):
    """A figure, file or full result that a job brought out; its bytes are at `url`."""

    artifact_id: str
    name: str
    role: str
    mime: str
    size_bytes: int
    url: str


class Status(BaseModel):
    """A job: where it stands, and what came of it."""

    task_id: str
    session_id: str | None
    kind: Kind
    state: State
    stage: str
    outcome: Outcome | None
    question: str | None
    mode: Mode
    policy: str
    model: str | None
    planner: str | None
    understood: str | None
    answer: str | None
    result: dict[str, Any] | None
    code: str | None
    language: Language | None
    stdout: Stream
    stderr: Stream
    attempts: list[Attempt]
    artifacts: list[ArtifactView]
    egress: list[WebRequest]
    timings: dict[str, Any]
    usage: dict[str, Any]
    receipt: dict[str, Any]
    error: JobError | None
    notes: list[str]
    cached: bool
    cached_from: str | None
    approval: Approval | None
    parts: list[Part]
    replay: Replay | None
    column: str | None
    operation: str | None
    by: str | None
    table: str | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]
    version: str
    weaknesses: list[str]
    """What is weaker than it should be, each with the mend; empty too when no worker is there to say it."""


class Readiness(BaseModel):
    """Whether jobs would be kept, queued and run, and what is weaker than it should be."""

    ready: bool
    version: str
    store: bool
    redis: bool
    blobs: bool
    worker: bool
    workers: list[dict[str, Any]]
    weaknesses: list[str]
