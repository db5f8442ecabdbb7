"""What did a run come to? One pure function over all that the worker saw."""

from __future__ import annotations

from dataclasses import dataclass

from policies.model import Policy
from store.records import Outcome
from worker.sandbox import messages, web_words
from worker.sandbox.end_frame import End


@dataclass(frozen=True)
class Signals:
    """What the worker saw of one attempt."""

    end: End | None = None
    """The runner's word and facts, under a mac; None: no end came."""
    error_name: str | None = None
    """The exception's class, as the code's own process said: words of a message, never an outcome."""
    error_message: str = ""
    protocol_error: str | None = None
    """A frame that may not be."""
    clock_ended: bool = False
    """The worker's own clock ran out before any end came."""
    over_bytes: str = ""
    """What of it came in a larger measure than the policy lets out."""
    container_oom: bool = False
    """The engine says that the kernel killed in this container for memory."""
    loading: bool = False
    refused: tuple[str, ...] = ()
    """`host: reason` of the attempt's web requests that the worker refused or cut."""


@dataclass(frozen=True)
class Verdict:
    """The outcome, and a message that a person understands (empty when ok)."""

    outcome: Outcome
    message: str = ""


def judge(signals: Signals, policy: Policy) -> Verdict:
    """Decide: the worker's own observations, then the runner's facts; what the code says decides nothing."""
    if signals.over_bytes:
        return Verdict("output_limit", f"{signals.over_bytes[0].upper()}{signals.over_bytes[1:]}.")
    if signals.protocol_error is not None:
        return Verdict(
            "runner_lost", f"The sandbox broke its protocol and was removed: {signals.protocol_error}."
        )
    end = signals.end
    if end is None:
        return _judge_silence(signals, policy)
    if end.status == "ok":
        return Verdict("ok")
    if end.status == "timeout":
        return Verdict("timeout", messages.timeout(policy, signals.loading))
    if end.status == "output_limit":
        return Verdict("output_limit", messages.flood(policy, end.flooded))
    if end.status == "oom" or end.oom_kills:
        return Verdict("oom", messages.memory(policy))
    said = _said(signals, end)
    if end.disk_full:
        return Verdict("disk_limit", f"{messages.disk(policy, end.disk_full)} {said}")
    if signals.refused:
        return Verdict("policy_denied", web_words.denied(policy, signals.refused, said))
    about = (signals.error_name, signals.error_message)
    hint = messages.hint(policy, end, *about) or web_words.hint(policy, *about)
    return Verdict("code_error", f"{said} {hint}".rstrip())


def _judge_silence(signals: Signals, policy: Policy) -> Verdict:
    if signals.container_oom:
        return Verdict("oom", messages.memory(policy))
    if signals.clock_ended:
        return Verdict("timeout", messages.timeout(policy, signals.loading))
    return Verdict(
        "runner_lost", "The sandbox ended before the code did, and took its result with it. Run it again."
    )


def _said(signals: Signals, end: End) -> str:
    if end.status == "killed":
        return messages.death(end, signals.loading)
    if signals.error_name is None:
        return "The code failed."
    return f"{signals.error_name}: {signals.error_message}".rstrip(": ")
