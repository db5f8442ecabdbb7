"""Is what was seen of a part good, weak or broken, and what mends it? Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from client.doctor.advice import Advice
from policies.model import Limits
from worker.engines.base import EngineFacts

Level = Literal["ok", "warn", "fail"]
_SECCOMP_FILTER = 2
_MIB = 1 << 20
_ROUNDING = 1.02
"""Engines round a memory limit to pages and a share of a cpu to microseconds."""


@dataclass(frozen=True)
class Check:
    """One line of the doctor."""

    name: str
    level: Level
    message: str
    fix: str = ""


def exit_status(checks: Iterable[Check]) -> int:
    """1 if anything fails; warnings alone are 0."""
    return int(any(check.level == "fail" for check in checks))


def judge_python(version: tuple[int, ...]) -> Check:
    """The interpreter that runs worker and gateway."""
    text = ".".join(map(str, version[:3]))
    if version < (3, 11):
        return Check(
            "python", "fail", f"Python {text} is too old", "install Python 3.11 or newer, then: make setup"
        )
    return Check("python", "ok", f"Python {text}")


def judge_engine(url: str, facts: EngineFacts) -> list[Check]:
    """The engine and its runtime; each weakness that it knows of itself is a warning."""
    runtime = f"{facts.runtime} {first_line(facts.runtime_version)}".strip()
    cgroups = f"cgroup v{facts.cgroup_version.lstrip('v')}"
    checks = [
        Check("engine", "ok", f"{facts.name} {facts.version} at {url}, runtime {runtime}, {cgroups}"),
    ]
    for weakness in facts.weaknesses:
        checks.append(Check("engine", "warn", *parted(weakness)))
    return checks


def judge_policy(name: str, where: str, refused: str) -> Check:
    """Whether jobs under a policy run, and `where`; `refused` is why they do not."""
    if refused:
        return Check(f"policy {name}", "warn", *parted(refused))
    return Check(f"policy {name}", "ok", f"runs on {where}")


def parted(sentence: str) -> tuple[str, str]:
    """What is weak and why, and what mends it, of a sentence that has both."""
    what, _, mend = sentence.rpartition(": ")
    return (what, mend.removesuffix(".")) if what else (sentence, "")


def judge_hosts(hosts: Sequence[str] | None) -> list[Check]:
    """Which names of other machines code can read; Podman copies the host's own file of them."""
    if not hosts:
        return []
    fix = (
        'put base_hosts_file = "none" and host_containers_internal_ip = "none" under [containers] of its '
        "containers.conf, and restart its service"
    )
    return [Check("inside: hosts", "warn", f"code can read names of this host: {', '.join(hosts)}", fix)]


def judge_image(image: str, digest: str | None) -> Check:
    """The sandbox image."""
    if digest is None:
        return Check("image", "fail", f"{image} is not in the engine", "run: make image")
    return Check("image", "ok", f"{image} ({digest[:19]})")


def judge_readiness(url: str, answer: dict[str, Any], advice: Advice) -> list[Check]:
    """What the gateway says of itself and of the parts behind it."""
    checks = [Check("gateway", "ok", f"answers at {url}")]
    if not answer.get("ready"):
        parts = [name for name in ("store", "redis", "blobs", "worker") if answer.get(name) is False]
        reason = f"not ready: {', '.join(parts) or 'no reason given'}"
        checks = [Check("gateway", "fail", f"{url} {reason}", advice.gateway_log)]
    workers = answer.get("workers") or []
    if answer.get("worker") is False or not workers:
        checks.append(Check("worker", "fail", "no worker has a heartbeat", advice.worker_log))
    else:
        checks.append(Check("worker", "ok", f"{len(workers)} with a heartbeat"))
    checks += [
        Check("workers", "warn", *parted(str(weakness))) for weakness in answer.get("weaknesses") or []
    ]
    return checks


def judge_workers(heartbeats: Sequence[dict[str, Any]]) -> list[Check]:
    """What the workers say of themselves: a problem is why jobs do not run."""
    checks = []
    for fact in heartbeats:
        if problem := fact.get("problem"):
            checks.append(
                Check("worker", "fail", first_line(str(problem)), "mend it; the worker goes on by itself")
            )
    return checks


def judge_inside(seen: dict[str, Any], limits: Limits) -> list[Check]:
    """The limits as code inside a sandbox sees them, held against its policy."""
    return [
        _at_most("memory", _mib(seen.get("memory_max")), limits.memory_bytes / _MIB, "MiB"),
        _at_most("pids", seen.get("pids_max"), limits.pids, "processes"),
        _at_most("cpu", seen.get("cpus"), limits.cpus, "cpus"),
        _exactly("seccomp", seen.get("seccomp") == _SECCOMP_FILTER, "a filter is on", "no seccomp filter"),
        _exactly("no-new-privs", seen.get("no_new_privs") == 1, "set", "not set"),
        _capabilities(seen),
        _exactly("user", bool(seen.get("uid")), f"uid {seen.get('uid')}", "code runs as root"),
        _network(seen.get("interfaces")),
        _root(seen.get("writable"), limits.tmpfs_bytes),
        *judge_hosts(seen.get("hosts")),
    ]


def judge_model(spec: str, known: Sequence[str] | None, error: str = "") -> Check:
    """The model that writes code.

    Args:
        spec: `SANDGLASS_MODEL`.
        known: The models its server has; None: it was not asked, or did not answer.
        error: Why it did not answer.
    """
    provider, _, name = spec.partition(":")
    if provider == "builtin":
        return Check("model", "ok", "builtin: rules, no model; SANDGLASS_MODEL names one")
    if provider == "scripted":
        return Check("model", "warn", "scripted replies, for tests and demos only", "set SANDGLASS_MODEL")
    if error:
        return Check("model", "fail", f"{spec}: {error}", "start its server, or set SANDGLASS_MODEL=builtin")
    if provider == "ollama" and known is not None and not {name, f"{name}:latest"} & set(known):
        return Check("model", "fail", f"Ollama does not have {name}", f"run: ollama pull {name}")
    return Check("model", "ok", f"{spec} answers")


def first_line(text: str) -> str:
    """The first line, without a program's name for itself."""
    return (text.splitlines() or [""])[0].removeprefix("runc version ").removeprefix("crun version ")


def _at_most(name: str, value: float | None, limit: float, unit: str) -> Check:
    name = f"inside: {name}"
    if value is None:
        return Check(name, "fail", f"no limit can be seen; the policy says {limit:g} {unit}", _CGROUP_FIX)
    if value > limit * _ROUNDING:
        return Check(name, "fail", f"{value:g} {unit} are allowed; the policy says {limit:g}", _CGROUP_FIX)
    return Check(name, "ok", f"{value:g} {unit}")


def _mib(value: float | None) -> float | None:
    return None if value is None else value / _MIB


_CGROUP_FIX = (
    "the engine must be able to set cgroup limits: run it as root, or delegate the controllers to the user"
)
_ENGINE_FIX = "the engine does not apply the policy; update it or use another (DOCKER_HOST)"


def _exactly(name: str, good: bool, yes: str, no: str) -> Check:
    return Check(f"inside: {name}", "ok", yes) if good else Check(f"inside: {name}", "fail", no, _ENGINE_FIX)


def _capabilities(seen: dict[str, Any]) -> Check:
    held = {name: seen.get(name) for name in ("cap_eff", "cap_prm", "cap_bnd")}
    bad = [f"{name} {value}" for name, value in held.items() if value is None or int(str(value), 16) != 0]
    return _exactly("capabilities", not bad, "none", ", ".join(bad))


def _network(interfaces: list[str] | None) -> Check:
    if interfaces is None:
        return Check("inside: network", "fail", "the interfaces cannot be listed", _ENGINE_FIX)
    others = sorted(set(interfaces) - {"lo"})
    return _exactly("network", not others, "lo only", f"other interfaces: {', '.join(others)}")


def _root(writable: dict[str, int] | None, tmpfs_bytes: int) -> Check:
    if writable is None:
        return Check("inside: root", "fail", "it cannot be told what is writable", _ENGINE_FIX)
    # A small tmpfs counts towards the memory limit; anything larger is the host's disk or memory.
    bad = [folder for folder, size in writable.items() if size > tmpfs_bytes]
    return _exactly("root", not bad, "read-only, but for sized tmpfs", f"writable: {', '.join(bad)}")
