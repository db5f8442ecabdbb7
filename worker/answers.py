"""Is the answer to this very question there already, and may this one serve the next who asks?"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from policies.spec import GVISOR, policy_digest
from store.base import BlobMissingError
from store.records import Job, Request, Table
from worker.analysis.contract import Turn
from worker.artifacts import copy_artifacts, renamed
from worker.context import JobContext
from worker.ending import ending
from worker.engines.base import EngineError
from worker.models.settings import ModelSettings
from worker.sandbox.collect import DISK_FULL
from worker.tables import NOT_READ, session_of

log = structlog.get_logger()
_TAKEN_OVER = (
    "planner",
    "understood",
    "answer",
    "code",
    "language",
    "stdout",
    "stderr",
    "attempts",
    "receipt",
)
_MODEL_SETTINGS = (
    "ollama_url",
    "openai_url",
    "ollama_context_tokens",
    "openai_context_tokens",
    "schema_tokens",
    "max_output_tokens",
)
_SPACES = re.compile(r"""("[^"]*"|'[^']*'|`[^`]*`|“[^”]*”)|\s+""")
_CHANGING = re.compile(
    r"\b(?:now|today|utcnow|localtime|gmtime|time_ns|perf_counter|monotonic|current_\w+|transaction_timestamp|"
    r"get_current_\w+|localtimestamp|random\w*|rand\w*|sample|shuffle|permutation|choice\w*|secrets|"
    r"uuid\w*|gen_random_uuid|tablesample|reservoir|urandom|getpid|nextval|ctime|KMeans|train_test_split)\b|"
    r"\btime\s*\.\s*(?:time|strftime)\b|\bfrom\s+time\s+import\b|\bage\s*\(",
    re.IGNORECASE,
)
"""Names in code whose value is another one the next time: clocks and chance."""


@dataclass(frozen=True)
class AnswerKey:
    """Names one answer; `image` is the sandbox image that it must come out of."""

    digest: str
    image: str


async def key_of(
    context: JobContext, spec: str, tables: Sequence[Table], turns: Sequence[Turn] = ()
) -> AnswerKey | None:
    """What the answer of this job is stored under; None: its kind of answer is not stored.

    Args:
        context: The job.
        spec: Which model writes the code, as resolved.
        tables: All that the code may see, in order.
        turns: The questions before, the oldest first, if the answer depends on them.

    Raises:
        JobFailedError: The session was deleted.
    """
    job, policy = context.job, context.policy
    if policy.egress is not None:
        return None
    hidden = (await session_of(context)).hidden
    try:
        image = await _image_of(context)
    except EngineError:  # the run will say it in words
        return None
    parts = [
        _model(spec),
        _told(spec, context.runtime.models),
        _asked(job.kind, job.request),
        [[table.name, table.sha256, table.profile] for table in tables],
        hidden,
        [[turn.question, turn.answer, turn.code] for turn in turns],
        policy_digest(policy),
        image,
        planner_version(),
    ]
    return AnswerKey(_digest(parts), image)


async def stored_answer(context: JobContext, key: AnswerKey | None) -> dict[str, Any] | None:
    """The end of this job, if an earlier one of the tenant has its answer; else None."""
    source = await find_stored(context, key)
    return await taken_over(context, key, source) if key is not None and source is not None else None


async def find_stored(context: JobContext, key: AnswerKey | None) -> Job | None:
    """The earlier job of the tenant that has the answer, if this one may be given it."""
    request = context.job.request
    if key is None or not request.cache or request.approve:
        return None
    return await context.runtime.store.find_answer(context.job.tenant_id, key.digest)


async def taken_over(context: JobContext, key: AnswerKey, source: Job) -> dict[str, Any] | None:
    """The end of this job, with the answer of `source` and copies of its files; None: one is lost."""
    try:
        artifacts, ids = await copy_artifacts(context, source)
    except BlobMissingError:
        log.warning("a stored answer has lost a file; asked anew", cached_from=source.task_id)
        return None
    fields = {name: getattr(source, name) for name in _TAKEN_OVER}
    # Which file beside the tables could not be read is each session's own matter.
    of_run = [note for note in source.notes if not note.startswith(NOT_READ)]
    context.notes += [note for note in of_run if note not in context.notes]
    return ending(
        "ok",
        **fields,
        result=renamed(source.result, ids),
        parts=[part.model_copy(update={"result": renamed(part.result, ids)}) for part in source.parts],
        artifacts=artifacts,
        usage={name: source.usage[name] for name in ("model", "answer_source") if name in source.usage},
        cached=True,
        cached_from=await _origin(context, source),
        answer_key=key.digest,
    )


def keep_key(context: JobContext, changes: dict[str, Any], key: AnswerKey | None) -> dict[str, Any]:
    """`changes` with the key, if the answer in them may be given to the next who asks."""
    if key is not None and changes["outcome"] == "ok" and _is_lasting(context, changes, key):
        changes["answer_key"] = key.digest
    return changes


async def _image_of(context: JobContext) -> str:
    """The digest that a sandbox of this policy would be made from. Raises: EngineError."""
    engines, on_gvisor = context.runtime.engines, context.policy.runtime == GVISOR
    second = engines.second if on_gvisor else None
    engine = await second() if second is not None else await engines.usual()
    return await context.runtime.image_digest(engine)


@cache
def planner_version() -> str:
    """Changes with anything that turns a question into code or words."""
    digest = hashlib.sha256(version("sandglass").encode())
    here = Path(__file__).parent
    files = [*(here / "analysis").rglob("*.py"), *(here / "models").rglob("*.py"), *here.glob("compute*.py")]
    for path in sorted(files):
        digest.update(f"{path.relative_to(here)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def plain_question(text: str) -> str:
    """`text` with its spaces made one, but for those inside of quotes, which may be part of a name."""
    return _SPACES.sub(lambda found: found[1] or " ", text).strip()


def changes_by_itself(code: str) -> bool:
    """Whether code may give another result on the same data: it reads a clock, or draws lots."""
    return bool(_CHANGING.search(code))


def _is_lasting(context: JobContext, changes: dict[str, Any], key: AnswerKey) -> bool:
    approval, sandbox = context.job.approval, context.sandbox
    codes = [changes.get("code") or "", *(part.code or "" for part in changes.get("parts", []))]
    return not (
        (approval is not None and approval.edited)  # a person's code, not the planner's
        or (approval is not None and context.job.kind == "compute")  # not held against the predefined SQL
        or (sandbox is not None and sandbox.image_digest != key.image)  # a standby of an older image
        or "answer_note" in changes.get("usage", {})  # the model found no words: the next time it may
        or any(part.outcome != "ok" for part in changes.get("parts", []))
        or any(DISK_FULL in note for note in context.notes)
        or any(changes_by_itself(code) for code in codes)
    )


async def _origin(context: JobContext, source: Job) -> str:
    """The task that ran the code, while it is there."""
    if source.cached_from is not None:
        origin = await context.runtime.store.get_job(source.tenant_id, source.cached_from)
        if origin is not None:
            return origin.task_id
    return source.task_id


def _asked(kind: str, request: Request) -> list[Any]:
    return [
        kind,
        plain_question(request.question or ""),
        request.mode,
        request.table,
        request.column,
        request.operation,
        request.by,
    ]


def _model(spec: str) -> list[str]:
    """The name; of a script also what it says, as its file may change under the same name."""
    provider, _, name = spec.partition(":")
    if provider == "scripted" and not name.lstrip().startswith("["):
        try:
            return [spec, hashlib.sha256(Path(name).read_bytes()).hexdigest()]
        except (OSError, ValueError):
            return [spec]
    return [spec]


def _told(spec: str, settings: ModelSettings) -> list[Any]:
    """Where a model is, and how much it is shown and may say: none of it counts for the rules."""
    if spec.strip() in ("", "builtin"):
        return []
    return [getattr(settings, name) for name in _MODEL_SETTINGS]


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
