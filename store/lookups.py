"""Which question may have a stored answer? What worker and gateway tell each other about it through Redis.

The worker leaves a hint when it keeps an answer; the gateway hands a job with a hint to the workers' look-up,
past the queue. A hint that is lost, or wrong, costs time only: the worker decides by the whole key.
"""

from __future__ import annotations

import hashlib
import json

from store.records import Job

LOOKUPS = "sandglass:lookups"
"""A list of `[tenant_id, task_id]` as JSON, the next to be taken first."""
MAX_WAITING = 1000
"""What is pushed out of the list waits in the store until the reaper publishes it."""
HINT_SECONDS = 7 * 86400
_KINDS = frozenset({"analyze", "compute"})


def asks_the_store(job: Job) -> bool:
    """Whether a stored answer would do, and nothing has to be read first."""
    request = job.request
    return job.kind in _KINDS and request.cache and not request.approve and not request.file_ids


def hint_name(job: Job) -> str:
    """The key in Redis that is there when something like it was answered in the session."""
    request = job.request
    asked = [" ".join((request.question or "").split()), request.mode, request.model, request.policy]
    asked += [request.table, request.column, request.operation, request.by]
    content = [job.tenant_id, job.session_id, job.kind, asked]
    return f"sandglass:answered:{hashlib.sha256(json.dumps(content).encode()).hexdigest()}"
