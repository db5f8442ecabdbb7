"""What of a record may a client see: records to views, leases, tenants and blob keys left out."""

from __future__ import annotations

from typing import Any

from gateway.downloads import inert_type
from gateway.schemas import Accepted, ArtifactView, FileView, Status, TableView, TaskSummary
from store.records import Job, Session, StoredFile, Table
from store.text import clean_text, clean_values

_SUGGESTIONS_SHOWN = 5


def status_url(task_id: str) -> str:
    """Where a job's state is."""
    return f"/status/{task_id}"


def accepted(job: Job) -> Accepted:
    """The answer to a request that made `job`."""
    return Accepted(task_id=job.task_id, session_id=job.session_id, status_url=status_url(job.task_id))


def file_view(file: StoredFile) -> FileView:
    """A file without its tenant and blob key."""
    return FileView.model_validate(file.model_dump(include=set(FileView.model_fields)))


def table_view(table: Table) -> TableView:
    """A table without its tenant and blob key; planners need the profile as it is, people a clean one."""
    fields = table.model_dump(include=set(TableView.model_fields))
    columns = [
        {name: value for name, value in column.items() if name != "sketch"}
        for column in table.profile.get("columns", [])
    ]
    profile = {**table.profile, "columns": columns} if columns else table.profile
    return TableView.model_validate({**fields, "profile": clean_values(profile)})


def joins_view(session: Session) -> list[dict[str, Any]]:
    """How the tables belong together, in clean words."""
    return [dict(clean_values(join)) for join in session.joins]


def suggestions_view(session: Session, asked: list[str]) -> list[str]:
    """Five questions of those that nobody has asked."""
    known = {_plain_words(question) for question in asked}
    fresh = [one for one in session.suggestions if _plain_words(one) not in known]
    return [clean_text(one) for one in fresh[:_SUGGESTIONS_SHOWN]]


def _plain_words(question: str) -> str:
    return " ".join(question.casefold().split()).rstrip("?. ")


def task_summary(job: Job) -> TaskSummary:
    """A job in one line."""
    return TaskSummary(
        task_id=job.task_id,
        kind=job.kind,
        question=job.request.question,
        state=job.state,
        outcome=job.outcome,
        created_at=job.created_at,
        column=job.request.column,
        operation=job.request.operation,
        by=job.request.by,
        result=job.result if job.result is not None and job.result.get("type") == "scalar" else None,
    )


def status_of(job: Job) -> Status:
    """All of a job that is its owner's business."""
    code = job.code if job.code is not None else job.request.code
    same = set(Status.model_fields) & set(type(job).model_fields) - {"artifacts", "code", "language"}
    return Status(
        **job.model_dump(include=same),
        question=job.request.question,
        mode=job.request.mode,
        policy=job.request.policy,
        model=job.request.model,
        column=job.request.column,
        operation=job.request.operation,
        by=job.request.by,
        table=job.request.table,
        code=code,
        language=job.language or (job.request.language if code is not None else None),
        artifacts=[_artifact(item) for item in job.artifacts],
    )


def _artifact(item: dict[str, Any]) -> ArtifactView:
    artifact_id = str(item.get("artifact_id", ""))
    return ArtifactView(
        artifact_id=artifact_id,
        name=str(item.get("name", "")),
        role=str(item.get("role", "file")),
        mime=inert_type(str(item.get("mime", ""))),
        size_bytes=int(item.get("size_bytes", 0)),
        url=f"/artifacts/{artifact_id}",
    )
