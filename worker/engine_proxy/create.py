"""Is a create body exactly the one that its policy comes to? It is computed again, and compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from policies.model import Policy, PolicyError
from policies.spec import (
    LABEL_ATTEMPT,
    LABEL_DEADLINE,
    LABEL_OWNER,
    LABEL_POLICY,
    LABEL_STACK,
    LABEL_TASK,
    Marks,
    container_body,
    profile_by_path,
)
from worker.engine_proxy.calls import Create, Refused, canonical

LONGEST_LIFE_SECONDS = 100_000
"""Beyond the longest job that a worker may be set to (`SANDGLASS_HARD_SECONDS`), and a standby's age."""
LABELS = frozenset({LABEL_STACK, LABEL_TASK, LABEL_ATTEMPT, LABEL_OWNER, LABEL_DEADLINE, LABEL_POLICY})
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PLAIN = {
    LABEL_TASK: re.compile(r"[A-Za-z0-9._-]{1,100}"),
    LABEL_ATTEMPT: re.compile(r"[A-Za-z0-9._-]{1,40}"),
    LABEL_OWNER: re.compile(r"[A-Za-z0-9._:@-]{1,200}"),
    LABEL_DEADLINE: re.compile(r"[1-9][0-9]{0,11}"),
    LABEL_POLICY: re.compile(r"[a-z][a-z0-9-]{0,40}"),
}
_NAMED = 5
_NAME_CHARACTERS = 60
_DEPTH = 3


def judge_create(
    body: Any, stack: str, seccomp_path: str, load: Callable[[str], Policy], now: float
) -> Create | Refused:
    """The create call that a parsed body asks for, of our own making; or why it is none."""
    labels = body.get("Labels") if isinstance(body, dict) else None
    image = body.get("Image") if isinstance(body, dict) else None
    if not isinstance(labels, dict) or set(labels) != LABELS:
        return Refused(f"a sandbox carries these labels and no others: {', '.join(sorted(LABELS))}")
    if reason := _labels_fault(labels, stack, now):
        return Refused(reason)
    if not isinstance(image, str) or not _DIGEST.fullmatch(image):
        return Refused("Image must be the digest of the sandbox image (sha256:...)")
    try:
        policy = load(labels[LABEL_POLICY])
    except PolicyError as error:
        return Refused(f"the engine proxy's policies: {error}")
    marks = Marks(
        stack=stack,
        owner=labels[LABEL_OWNER],
        deadline=int(labels[LABEL_DEADLINE]),
        task=labels[LABEL_TASK],
        attempt=labels[LABEL_ATTEMPT],
    )
    ours = container_body(policy, image, marks)
    # A worker that takes the engine for Podman sends the path of the profile.
    if canonical(body) in (canonical(ours), canonical(profile_by_path(ours, seccomp_path))):
        return Create(policy.name, policy.runtime, marks, image, ours)
    return Refused(_differs(body, ours, policy.name, seccomp_path))


def _labels_fault(labels: Mapping[str, Any], stack: str, now: float) -> str:
    if labels[LABEL_STACK] != stack:
        return f"{LABEL_STACK} must be {stack!r}, which the proxy stands for (SANDGLASS_STACK)"
    for name, pattern in _PLAIN.items():
        if not isinstance(labels[name], str) or not pattern.fullmatch(labels[name]):
            return f"the label {name} must match {pattern.pattern}"
    if not now < int(labels[LABEL_DEADLINE]) <= now + LONGEST_LIFE_SECONDS:
        return f"{LABEL_DEADLINE} must lie within the next {LONGEST_LIFE_SECONDS:,} s"
    return ""


def _differs(body: Any, ours: dict[str, Any], policy: str, seccomp_path: str) -> str:
    named = [_printable(path) for path in _differences(body, ours, _DEPTH)]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    said = f"the body is not what the policy {policy!r} comes to in the engine proxy: "
    said += ", ".join(named[:_NAMED]) + more
    if "HostConfig.SecurityOpt" in named:
        said += (
            f"; the profile of system calls is its text or {seccomp_path}: SANDGLASS_SECCOMP_PATH must be "
            "the same for worker and proxy"
        )
    return f"{said}. Worker and proxy must be of one version and read the same policy files"


def _differences(body: Any, ours: Any, depth: int, path: str = "") -> list[str]:
    if not depth or not isinstance(body, dict) or not isinstance(ours, dict):
        return [] if canonical(body) == canonical(ours) else [path or "all of it"]
    found = []
    for key in sorted(body.keys() | ours.keys()):
        here = f"{path}.{key}" if path else key
        if key not in body or key not in ours:
            found.append(here)
        else:
            found += _differences(body[key], ours[key], depth - 1, here)
    return found


def _printable(name: str) -> str:
    return re.sub(r"[^\x21-\x7e]", "?", name)[:_NAME_CHARACTERS]
