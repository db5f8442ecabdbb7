"""Which indexes does the MongoDB store have?"""

from __future__ import annotations

from collections.abc import Mapping

INDEXES: Mapping[str, list[tuple[list[tuple[str, int]], bool]]] = {
    "sessions": [([("tenant_id", 1), ("created_at", -1), ("seq", -1)], False)],
    "files": [([("tenant_id", 1), ("session_id", 1), ("seq", 1)], False)],
    "tables": [([("tenant_id", 1), ("session_id", 1), ("position", 1)], False)],
    "jobs": [
        ([("once", 1)], True),
        ([("tenant_id", 1), ("session_id", 1), ("created_at", -1), ("seq", -1)], False),
        ([("state", 1), ("tenant_id", 1)], False),
        ([("state", 1), ("lease_until", 1)], False),
        ([("state", 1), ("awaiting_since", 1)], False),
        ([("tenant_id", 1), ("answer_key", 1), ("finished_at", -1)], False),
    ],
    "artifacts": [([("tenant_id", 1), ("task_id", 1)], False)],
    "uploads": [([("tenant_id", 1)], False), ([("expires_at", 1)], False)],
    "keys": [([("sha256", 1)], True)],
}
"""By collection: fields in order, and whether they are unique."""
