"""What did a run come to? One pure function over all that the worker saw."""

from __future__ import annotations

from dataclasses import dataclass

from policies.model import Policy
from store.records import Outcome

_MIB = 1 << 20


@dataclass(frozen=True)
class Signals:
    """What the worker saw of one attempt. `status` is the runner's word, under a mac."""

    status: str | None = None
    """The `end` frame's status, or None: no end came."""
    signal: int | None = None
    exit_code: int | None = None
    error_name: str | None = None
    """The exception's class, as the code's own process said; advice only."""
    error_message: str = ""
    protocol_error: str | None = None
    """A frame that may not be."""
    clock_ended: bool = False
    """The worker's own clock ran out before any end came."""
    over_bytes: bool = False
    """More came than the policy lets out."""
    container_oom: bool = False
    """The engine says that the kernel killed in this container for memory."""
    loading: bool = False


@dataclass(frozen=True)
class Verdict:
    """The outcome, and a message that a person understands (empty when ok)."""

    outcome: Outcome
    message: str = ""


def judge(signals: Signals, policy: Policy) -> Verdict:
    """Decide. The worker's own observations go before the runner's word, and that before the code's."""
    if signals.over_bytes:
        return Verdict("output_limit", _flood_message(policy))
    if signals.protocol_error is not None:
        return Verdict(
            "runner_lost", f"The sandbox broke its protocol and was removed: {signals.protocol_error}."
        )
    if signals.status is None:
        return _judge_silence(signals, policy)
    if signals.status == "ok":
        return Verdict("ok")
    if signals.status == "timeout":
        return Verdict("timeout", _timeout_message(signals, policy))
    if signals.status == "oom":
        return Verdict("oom", _memory_message(policy))
    if signals.status == "output_limit":
        return Verdict("output_limit", _flood_message(policy))
    if signals.status == "killed":
        return Verdict("code_error", _death_message(signals))
    if signals.error_name == "OSError" and "[Errno 28]" in signals.error_message:
        return Verdict("disk_limit", _disk_message(policy))
    return Verdict("code_error", _error_message(signals))


def _judge_silence(signals: Signals, policy: Policy) -> Verdict:
    if signals.container_oom:
        return Verdict("oom", _memory_message(policy))
    if signals.clock_ended:
        return Verdict("timeout", _timeout_message(signals, policy))
    return Verdict(
        "runner_lost", "The sandbox ended before the code did, and took its result with it. Run it again."
    )


def _timeout_message(signals: Signals, policy: Policy) -> str:
    if signals.loading:
        return (
            f"Reading the file took longer than {policy.limits.load_wall_seconds:g} s, "
            f"the limit of policy {policy.name!r}. Upload a smaller file, or use a policy that allows more."
        )
    return (
        f"The code ran longer than {policy.limits.code_wall_seconds:g} s, the limit of policy "
        f"{policy.name!r}, and was ended."
    )


def _memory_message(policy: Policy) -> str:
    return (
        f"Out of memory: more than {policy.limits.memory_bytes // _MIB} MiB was needed, "
        f"the limit of policy {policy.name!r}."
    )


def _disk_message(policy: Policy) -> str:
    return (
        f"No space left in the sandbox: policy {policy.name!r} allows "
        f"{policy.limits.tmpfs_bytes // _MIB} MiB for tables and files together."
    )


def _flood_message(policy: Policy) -> str:
    return (
        f"More output came than policy {policy.name!r} lets out "
        f"({policy.output.flood_bytes // _MIB} MiB), and the code was ended."
    )


def _death_message(signals: Signals) -> str:
    if signals.loading:
        return f"Its reader broke down ({signals.signal or signals.exit_code}); the file may be damaged."
    if signals.signal:
        return f"The code's process was killed by signal {signals.signal}."
    return f"The code ended its own process (exit status {signals.exit_code}) before it was done."


def _error_message(signals: Signals) -> str:
    if signals.error_name is None:
        return "The code failed."
    return f"{signals.error_name}: {signals.error_message}".rstrip(": ")
