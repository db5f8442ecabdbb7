"""Does a new sandbox carry our seccomp profile? Judged by its runner's facts, before any code ran in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.model import Policy
from policies.seccomp import MARK
from worker.engines.base import EngineRefusedError


def refuse_unproven(engine_name: str, policy: Policy, facts: Mapping[str, Any]) -> None:
    """Refuse a sandbox whose facts do not prove our profile.

    gVisor puts on no filter of ours (it is the wall to the host's kernel itself); the dummy has no processes.

    Raises:
        EngineRefusedError: No proof; the message says what to mend.
    """
    found = facts.get("seccomp_mark")
    if found == MARK or policy.runtime == "runsc" or engine_name == "dummy":
        return
    raise EngineRefusedError(
        f"the sandbox does not carry our seccomp profile (its mark is {found!r}, not {MARK}): "
        "build the image of this version (sandglass image); with Podman on another host, copy "
        "policies/seccomp.json of this version there and set SANDGLASS_SECCOMP_PATH to where it lies"
    )
