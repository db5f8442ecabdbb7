"""What is weak about the workers that live, each and taken together? Pure functions of their heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Heartbeats = Sequence[dict[str, Any]]


def weaknesses(heartbeats: Heartbeats, version: str, store: str | None) -> list[str]:
    """What each worker says of itself, and where workers and gateway do not fit together.

    Args:
        heartbeats: What the workers say.
        version: The gateway's own.
        store: The mark of the store that the gateway uses, if it has one.
    """
    found: set[str] = set()
    for facts in heartbeats:
        listed = facts.get("weaknesses")
        if isinstance(listed, list):
            found.update(str(item) for item in listed)
        if facts.get("problem"):
            # Its words may hold an address of the host; `sandglass doctor` shows them to the operator.
            found.add("a worker cannot reach its container engine or image; run: sandglass doctor")
    return sorted(found | differences(heartbeats, version, store))


def differences(heartbeats: Heartbeats, version: str, store: str | None) -> set[str]:
    """Where hosts were set up apart: nothing fails at once, but answers depend on which host takes a job."""
    found = set()
    if len(images := _said(heartbeats, "image")) > 1:
        found.add(
            f"the workers have {len(images)} different sandbox images, so code may give another result "
            "and stored answers are not shared: give all hosts one image, by its digest"
        )
    if len(versions := {version} | _said(heartbeats, "version")) > 1:
        found.add(
            f"gateway and workers run different versions ({', '.join(sorted(versions))}): finish the update"
        )
    if store is not None and _said(heartbeats, "store") - {store}:
        found.add(
            "a worker uses another store than this gateway, so it takes jobs from the queue and finds none "
            "of them: give both the same SANDGLASS_STORE"
        )
    return found


def _said(heartbeats: Heartbeats, name: str) -> set[str]:
    values = (facts.get(name) for facts in heartbeats)
    return {value for value in values if isinstance(value, str)}
