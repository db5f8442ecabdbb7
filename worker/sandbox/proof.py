"""Does a new sandbox run on the kernel it was made for, under our seccomp profile?

Judged by its runner's facts, before any code ran in it; the engine's word is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.seccomp import MARK
from policies.spec import GVISOR
from worker.engines.base import EngineRefusedError, EngineUnfitError


def refuse_unproven(engine_name: str, runtime: str, facts: Mapping[str, Any]) -> None:
    """Refuse a sandbox whose facts do not prove that it is what was asked for.

    gVisor puts on no filter of ours (it is the wall to the host's kernel itself); the dummy has no processes.

    Args:
        engine_name: Which kind of engine made it.
        runtime: The OCI runtime that it was made for.
        facts: What its runner says.

    Raises:
        EngineRefusedError: No proof; the message says what to mend.
    """
    _refuse_other_kernel(runtime, facts)
    found = facts.get("seccomp_mark")
    if found == MARK or runtime == GVISOR or engine_name == "dummy":
        return
    shown = found if type(found) is int else type(found).__name__  # it may be long, or nested without end
    raise EngineRefusedError(
        f"the sandbox does not carry our seccomp profile (its mark is {shown}, not {MARK}): "
        "build the image of this version (sandglass image); with Podman on another host, copy "
        "policies/seccomp.json of this version there and set SANDGLASS_SECCOMP_PATH to where it lies"
    )


def _refuse_other_kernel(runtime: str, facts: Mapping[str, Any]) -> None:
    on_gvisor = facts.get("gvisor") is True
    if runtime == GVISOR and not on_gvisor:
        raise EngineUnfitError(
            "The engine said gVisor, and the sandbox came up on another kernel, so it was removed: "
            "the engine ignores the runtime; name one that runs gVisor in SANDGLASS_GVISOR_ENGINE_URL."
        )
    if runtime != GVISOR and on_gvisor:
        raise EngineUnfitError(
            f"The sandbox came up on gVisor where {runtime} was to be, so it was removed: "
            'the policy must say runtime = "runsc", or the engine have another runtime.'
        )
