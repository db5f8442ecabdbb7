"""In what words is a person told of a limit: which one, how much, of which policy, and what to do?"""

from __future__ import annotations

from collections.abc import Sequence

from policies.model import Policy
from worker.sandbox.end_frame import End

_MIB = 1 << 20


def timeout(policy: Policy, loading: bool) -> str:
    """The clock ran out."""
    if loading:
        return (
            f"Reading the file took longer than {policy.limits.load_wall_seconds:g} s, "
            f"the limit of policy {policy.name!r}. Upload a smaller file, or use a policy that allows more."
        )
    return (
        f"The code ran longer than {policy.limits.code_wall_seconds:g} s, the limit of policy "
        f"{policy.name!r}, and was ended."
    )


def memory(policy: Policy) -> str:
    """The kernel killed for memory."""
    return (
        f"Out of memory: more than {policy.limits.memory_bytes // _MIB} MiB was needed, "
        f"the limit of policy {policy.name!r}."
    )


def disk(policy: Policy, places: Sequence[str]) -> str:
    """A place to write is full."""
    if "/work" in places:
        return f"No space left in the sandbox: {_room(policy)}"
    return f"No space left in {' and '.join(places)} of the sandbox; write to /work: {_room(policy)}"


def flood(policy: Policy, budget: str) -> str:
    """More came than may."""
    if budget == "messages":
        return "The code's process sent more messages than any run needs, and was ended."
    where = f" to {budget}" if budget else ""
    return (
        f"More was printed{where} than policy {policy.name!r} lets out "
        f"({policy.output.flood_bytes // _MIB} MiB), and the code was ended."
    )


def death(end: End, loading: bool) -> str:
    """The process ended before its work did."""
    if loading:
        return f"Its reader broke down ({end.signal or end.exit_code}); the file may be damaged."
    if end.hung_up:
        return (
            "The code cut its process off from the sandbox (it closed or broke the process's connection, "
            "or put another program in its place) and was ended."
        )
    if end.signal:
        return f"The code's process was killed by signal {end.signal}."
    return f"The code ended its own process (exit status {end.exit_code}) before it was done."


def hint(policy: Policy, end: End, error_name: str | None, error_message: str) -> str:
    """Which limit may lie behind an error of the code; empty when none seems to."""
    limits = policy.limits
    if end.pids_refused:
        return (
            f"(Policy {policy.name!r} allows {limits.pids} processes and threads together; "
            f"{end.pids_refused:,} more were refused.)"
        )
    if end.files_full:
        return f"(Policy {policy.name!r} allows {limits.nofile} open files; all were in use.)"
    if policy.runtime == "runsc" and _says_no_process(error_name, error_message):
        # gVisor counts no refusals, so the words are all there is to tell by.
        return f"(Policy {policy.name!r} allows {limits.pids} processes and threads together.)"
    if error_name in ("MemoryError", "OutOfMemoryException"):  # the second is DuckDB's
        return f"(Policy {policy.name!r} gives {limits.memory_bytes // _MIB} MiB of memory.)"
    if "[Errno 28]" in error_message or "[Errno 27]" in error_message:
        return f"({_room(policy)[:1].upper()}{_room(policy)[1:-1]}.)"
    return ""


def _says_no_process(error_name: str | None, error_message: str) -> bool:
    if error_name == "BlockingIOError":
        return "[Errno 11]" in error_message
    return error_name == "RuntimeError" and "can't start new thread" in error_message


def _room(policy: Policy) -> str:
    return (
        f"policy {policy.name!r} allows {policy.limits.tmpfs_bytes // _MIB} MiB "
        "for tables and files together."
    )
