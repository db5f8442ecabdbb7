"""How the doctor judges what it sees."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from client.doctor.advice import advice_for
from client.doctor.examine import examine_model, examine_policies
from client.doctor.inside import PROBE, last_complaint, read_probe
from client.doctor.judge import (
    Check,
    exit_status,
    judge_engine,
    judge_image,
    judge_inside,
    judge_model,
    judge_policy,
    judge_python,
    judge_readiness,
    judge_workers,
)
from client.stack.config import load_config
from policies.model import Limits
from worker.engines.base import EngineFacts

GOOD: dict[str, Any] = {
    "memory_max": 1 << 30,
    "pids_max": 128,
    "cpus": 1.0,
    "seccomp": 2,
    "no_new_privs": 1,
    "cap_eff": "0000000000000000",
    "cap_prm": "0000000000000000",
    "cap_bnd": "0000000000000000",
    "uid": 65532,
    "interfaces": ["lo"],
    "hosts": [],
    "writable": {"/tmp": 16 << 20},
}


def _failed(checks: list[Check]) -> list[str]:
    return [check.name.removeprefix("inside: ") for check in checks if check.level == "fail"]


def test_a_good_sandbox_has_nothing_wrong() -> None:
    assert _failed(judge_inside(GOOD, Limits())) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"memory_max": None}, "memory"),
        ({"memory_max": 2 << 30}, "memory"),
        ({"pids_max": 4096}, "pids"),
        ({"cpus": None}, "cpu"),
        ({"cpus": 4.0}, "cpu"),
        ({"seccomp": 0}, "seccomp"),
        ({"no_new_privs": 0}, "no-new-privs"),
        ({"cap_bnd": "00000000a80425fb"}, "capabilities"),
        ({"cap_eff": None}, "capabilities"),
        ({"uid": 0}, "user"),
        ({"interfaces": ["lo", "eth0"]}, "network"),
        ({"interfaces": None}, "network"),
        ({"writable": {"/": 100 << 30}}, "root"),
        ({"writable": None}, "root"),
    ],
)
def test_each_limit_that_does_not_hold_is_named(change: dict[str, Any], name: str) -> None:
    checks = judge_inside({**GOOD, **change}, Limits())
    assert _failed(checks) == [name]
    assert all(check.fix for check in checks if check.level == "fail")


def test_nothing_seen_is_nothing_passed() -> None:
    assert len(_failed(judge_inside({}, Limits()))) == 9


def test_the_probe_runs_and_can_be_read() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )
    seen = read_probe("noise\n" + ran.stdout)
    assert seen is not None
    assert set(seen) == set(GOOD)
    assert "lo" in seen["interfaces"]


@pytest.mark.parametrize("text", ["", "SANDGLASS-DOCTOR {", "SANDGLASS-DOCTOR []", "something else"])
def test_a_probe_that_said_nothing_is_none(text: str) -> None:
    assert read_probe(text) is None


def test_each_weakness_of_an_engine_is_a_warning() -> None:
    facts = EngineFacts(
        "podman", "4.3.1", "runc", "runc version 1.1.5\nspec: 1", ("runc",), "1", ("runc is old: update it",)
    )
    checks = judge_engine("unix:///x", facts)
    assert [check.level for check in checks] == ["ok", "warn"]
    assert "runtime runc 1.1.5" in checks[0].message
    assert (checks[1].message, checks[1].fix) == ("runc is old", "update it")
    assert exit_status(checks) == 0


def test_a_policy_that_is_refused_is_a_warning_with_the_mend() -> None:
    check = judge_policy("strict", "", "Policy 'strict' runs on gVisor, and there is none: install it.")
    assert (check.name, check.level, check.fix) == ("policy strict", "warn", "install it")
    assert judge_policy("strict", "podman with runsc", "") == Check(
        "policy strict", "ok", "runs on podman with runsc"
    )


def test_a_spoilt_policy_file_is_a_line_of_the_doctor_not_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text("name = ")
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    (check,) = asyncio.run(examine_policies("dummy:", "", "mend it"))
    assert (check.name, check.level) == ("policies", "fail")
    assert check.message.startswith("own.toml: not TOML")


def test_names_of_the_host_that_code_can_read_are_a_warning() -> None:
    checks = judge_inside({**GOOD, "hosts": ["db.internal"]}, Limits())
    assert [(check.name, check.level) for check in checks if check.level != "ok"] == [
        ("inside: hosts", "warn")
    ]
    assert "db.internal" in checks[-1].message
    assert "containers.conf" in checks[-1].fix


def test_an_image_that_is_missing_fails() -> None:
    check = judge_image("box:dev", None)
    assert (check.level, check.fix) == ("fail", "run: make image")
    assert judge_image("box:dev", "sha256:0123456789abcdef").level == "ok"


def test_an_old_python_fails() -> None:
    assert judge_python((3, 10, 1)).level == "fail"
    assert judge_python((3, 11, 0)).level == "ok"


def test_readiness_without_a_worker_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDGLASS_HOME", str(tmp_path))
    body = {"ready": False, "store": True, "redis": True, "worker": False, "workers": []}
    checks = judge_readiness("http://x", body, advice_for(load_config()))
    assert [check.level for check in checks] == ["fail", "fail"]
    assert "worker" in checks[0].message
    assert checks[0].fix == f"see {tmp_path}/logs/gateway.log"


def test_what_is_weak_about_the_workers_is_a_warning_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SANDGLASS_HOME", str(tmp_path))
    body = {"ready": True, "worker": True, "workers": [{}, {}]}
    body["weaknesses"] = ["the workers have 2 different sandbox images: give all hosts one image"]
    last = judge_readiness("http://x", body, advice_for(load_config()))[-1]
    assert (last.level, last.fix) == ("warn", "give all hosts one image")
    assert last.message == "the workers have 2 different sandbox images"


def test_a_worker_with_a_problem_fails() -> None:
    assert judge_workers([{"worker": "vm"}]) == []
    assert judge_workers([{"problem": "no such image\nat all"}])[0].message == "no such image"


@pytest.mark.parametrize(
    ("spec", "known", "error", "level"),
    [
        ("builtin", None, "", "ok"),
        ("scripted", None, "", "warn"),
        ("ollama:llama3.1", ["llama3.1:latest"], "", "ok"),
        ("ollama:llama3.1:8b", ["llama3.1:latest"], "", "fail"),
        ("ollama:llama3.1", None, "refused", "fail"),
        ("openai:gpt-4o-mini", None, "401", "fail"),
        ("openai:gpt-4o-mini", None, "", "ok"),
    ],
)
def test_the_model_is_judged(spec: str, known: list[str] | None, error: str, level: str) -> None:
    assert judge_model(spec, known, error).level == level


def test_the_workers_last_complaint_is_found() -> None:
    lines = [
        "[2026: WARNING/ForkPoolWorker-1] " + json.dumps({"error": "first", "level": "error"}),
        "[2026: WARNING/ForkPoolWorker-1] " + json.dumps({"error": "second", "level": "error"}),
        json.dumps({"event": "fine", "level": "info"}),
    ]
    assert last_complaint("\n".join(lines)) == "second"
    assert last_complaint("nothing here") == ""


def test_the_command_fails_and_says_how_to_mend(
    bare_cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SANDGLASS_ENGINE_URL", "unix:///no/such.sock")
    monkeypatch.setenv("SANDGLASS_REDIS_URL", "redis://127.0.0.1:9/0")
    ran = bare_cli("doctor", "--json")
    answer = json.loads(ran.out)
    failed = {check["name"]: check["fix"] for check in answer["checks"] if check["level"] == "fail"}
    assert ran.code == 1
    assert answer["healthy"] is False
    assert set(failed) == {"engine", "redis", "gateway"}
    assert all(failed.values())


@pytest.mark.parametrize("named", ["", "unix:///no/such.sock"])
def test_in_a_container_it_sends_nobody_to_a_local_stack(
    bare_cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    (tmp_path / "contents.json").touch()
    monkeypatch.setattr("client.settings._IMAGE_CONTENTS", tmp_path / "contents.json")
    monkeypatch.setattr("client.doctor.examine.find_engine", lambda home: None)
    monkeypatch.delenv("SANDGLASS_KEY", raising=False)
    monkeypatch.setenv("SANDGLASS_ENGINE_URL", named)
    monkeypatch.setenv("SANDGLASS_REDIS_URL", "redis://127.0.0.1:9/0")
    ran = bare_cli("doctor", "--json")
    checks = json.loads(ran.out)["checks"]
    failed = {check["name"] for check in checks if check["level"] == "fail"}
    assert failed == ({"engine"} if named else set()) | {"redis", "gateway"}
    assert "sandglass up" not in ran.out
    assert "engine-proxy" in ran.out or not named


@pytest.mark.parametrize("spec", ["nope:x", "ollama:", ":"])
def test_a_model_of_no_known_form_fails(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_MODEL", spec)
    check = examine_model()
    assert (check.level, "known forms" in check.message) == ("fail", True)
