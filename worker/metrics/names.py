"""Which numbers does a worker have, with which labels, and what may a label say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from store.records import Kind, Outcome

PLANNERS = ("builtin", "ollama", "openai", "scripted", "user", "none", "other")
STAGES = ("preparing", "profiling", "planning", "running", "repairing", "interpreting")
_JOB_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900)
"""A stored answer takes 16 ms, a warm run 41 ms, ten clients at once 3 s, a model up to minutes."""
_STEP_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)
_START_SECONDS = (0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60)
"""157 ms on an idle machine, 0.8 s on a busy one, 2.5 s on gVisor."""


@dataclass(frozen=True)
class Label:
    """A label; `values` are all it may say, None: those that the worker's own settings allow."""

    name: str
    values: Sequence[str] | None


@dataclass(frozen=True)
class Definition:
    """One metric. A counter's name is exported with `_total` behind it."""

    kind: Literal["counter", "histogram", "gauge"]
    name: str
    text: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    alone: bool = False
    """A gauge of which only the series that was set last is shown."""


_KIND = Label("kind", get_args(Kind))
_OUTCOME = Label("outcome", get_args(Outcome))
_PLANNER = Label("planner", PLANNERS)
_POLICY = Label("policy", None)
_MODEL = Label("model", None)
_ENGINE = Label("engine", ("podman", "docker", "dummy", "none"))
_SENT = Label("direction", ("sent", "received"))


def _counter(name: str, text: str, *labels: Label) -> Definition:
    return Definition("counter", f"sandglass_{name}", text, labels)


def _seconds(name: str, text: str, buckets: tuple[float, ...], *labels: Label) -> Definition:
    return Definition("histogram", f"sandglass_{name}_seconds", text, labels, buckets)


def _gauge(name: str, text: str, *labels: Label, alone: bool = False) -> Definition:
    return Definition("gauge", f"sandglass_{name}", text, labels, alone=alone)


DEFINITIONS = (
    _counter("jobs_claimed", "Jobs that a process took up, retries included.", _KIND),
    _counter("jobs_finished", "Jobs whose end was written here.", _KIND, _OUTCOME, _PLANNER),
    _counter("jobs_parked", "Jobs that went to wait for an approval.", _KIND),
    _seconds(
        "job", "From the request to the end of a job; approved ones from approval.", _JOB_SECONDS, _KIND
    ),
    _seconds("job_queue", "From the request, or the approval, to its first claim.", _JOB_SECONDS),
    _seconds("job_stage", "How long a job was in a stage.", _STEP_SECONDS, Label("stage", STAGES)),
    _counter("code_attempts", "Pieces of code, run or not, by what came of each.", _OUTCOME),
    _counter("code_repairs", "Attempts after the first one of a question."),
    _counter(
        "answer_lookups",
        "Questions looked up among stored answers; skipped: not wanted, or not that kind.",
        Label("result", ("hit", "miss", "skipped")),
    ),
    _counter("leases_lost", "Jobs given up because another worker may have them."),
    _counter(
        "standby_takes",
        "Sandboxes taken for a job: a warm one was there, or one had to be made.",
        _POLICY,
        Label("result", ("hit", "miss")),
    ),
    _seconds("sandbox_wait", "How long a job waited for its sandbox.", _STEP_SECONDS),
    _counter(
        "sandbox_starts",
        "Sandboxes made, or not made and why.",
        _ENGINE,
        _POLICY,
        Label("result", ("ok", "unavailable", "image_missing", "refused", "unfit", "failed")),
    ),
    _seconds("sandbox_start", "From create to ready.", _START_SECONDS, _ENGINE, _POLICY),
    _gauge("sandboxes_alive", "Sandboxes that were made and not yet destroyed."),
    _gauge("sandboxes_standby", "Those of them that are warm and not taken."),
    _counter("pipe_bytes", "Bytes between worker and sandboxes, counted when one ends.", _SENT),
    _counter("pipe_frames", "Frames between worker and sandboxes, counted when one ends.", _SENT),
    _counter(
        "model_calls",
        "Calls of a language model, retries inside.",
        _MODEL,
        Label("result", ("ok", "unavailable", "refused", "bad_reply", "failed")),
    ),
    _seconds("model_call", "One call of a language model, retries inside.", _STEP_SECONDS, _MODEL),
    _counter(
        "model_tokens",
        "Tokens as the provider counted them.",
        _MODEL,
        Label("direction", ("input", "output")),
    ),
    _counter(
        "egress_requests",
        "Web requests of code; failed: allowed, and cut or not answered.",
        Label("verdict", ("allowed", "refused", "failed")),
    ),
    _counter("egress_bytes", "Bytes of web requests of code.", _SENT),
    _counter(
        "swept",
        "What the sweep found and dealt with.",
        Label("found", ("stray_sandbox", "lease_ended", "unpublished", "expired")),
    ),
    _gauge("jobs_running", "Jobs under way here."),
    _gauge("worker_slots", "Jobs at once, at most."),
    _gauge("worker_processes", "Processes that take jobs and are alive."),
    _counter(
        "worker_processes_started", "Such processes since the worker's start: more than slots were replaced."
    ),
    _counter("metrics_dropped", "Numbers lost because the main process did not read them in time."),
    _gauge("engine_up", "1: the engine answers.", Label("engine", ("usual", "gvisor"))),
    _gauge("store_up", "1: the store answers."),
    _gauge("redis_up", "1: Redis answers."),
    _gauge("heartbeat_timestamp_seconds", "When the last heartbeat was written."),
    _gauge("sweep_timestamp_seconds", "When the last sweep of jobs ended well."),
    _gauge(
        "sandbox_image_info",
        "Always 1; which image sandboxes are made of.",
        Label("digest", None),
        alone=True,
    ),
    _gauge(
        "build_info",
        "Always 1; its labels say what runs.",
        Label("part", ("worker",)),
        Label("version", None),
    ),
)
