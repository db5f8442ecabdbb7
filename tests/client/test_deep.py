"""`sandglass doctor --deep`: what it shows, its exit status, and that it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import docker
import pytest
from rich.console import Console

from client.doctor.deep import Asked
from client.doctor.deep_view import case_line, count_line, show_table
from client.errors import ClientError
from client.stack.config import load_config, remember
from client.stack.engine import FoundEngine
from policies.spec import LABEL_OWNER, LABEL_STACK
from tests.engine_services import IMAGE, ROOT, wait_for
from worker.wall.wall import STACK


def _said(word: str, seen: str = "", case_id: str = "E7") -> dict[str, Any]:
    title = "clone3 is not there"
    return {"event": "case", "case_id": case_id, "title": title, "word": word, "seen": seen, "seconds": 0.5}


def test_the_table_holds_all_that_is_not_simply_held_the_worst_first() -> None:
    console = Console(file=StringIO(), width=100)
    said = [_said("held"), _said("listed", "as engines do", "E3"), _said("not held", "a \x1b[2Jhole", "R1")]
    show_table(console, said)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.index("R1") < shown.index("E3")
    assert "E7" not in shown
    assert "as engines do" in shown
    assert "\x1b" not in shown


def test_a_case_is_a_line_and_the_end_a_count() -> None:
    assert re.fullmatch(r"held +E7 +clone3 is not there  0\.5 s", case_line(_said("held")).plain)
    counts = {"held": 100, "not held": 1, "listed": 16, "not testable": 2}
    assert count_line(counts) == "119 cases: 100 held, 1 not held, 16 listed, 2 not testable"


def test_only_what_was_asked_for_is_passed_on() -> None:
    command = Asked("unix:///x", "", "box:dev", "strict", only="E7").command()
    assert command[1:] == [
        *("-m", "worker.wall", "--engine", "unix:///x", "--image", "box:dev"),
        *("--policy", "strict", "--only", "E7"),
    ]


@pytest.fixture
def deep(
    bare_cli: Callable[..., Any], engine_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """The command, on Podman."""
    monkeypatch.setenv("SANDGLASS_ENGINE_URL", engine_urls["podman"])
    monkeypatch.setenv("SANDGLASS_IMAGE", IMAGE)
    return lambda *words: bare_cli("doctor", "--deep", *words)


@pytest.mark.engine
def test_cases_that_hold_are_status_0_and_json_says_which(deep: Callable[..., Any]) -> None:
    ran = deep("--only", "E7,CIS-5.15,N8", "--json")
    answer = json.loads(ran.out)
    assert ran.code == 0, ran.err
    assert answer["held"] is True
    assert set(answer) == {"held", "engine", "image", "policy", "cases", "counts"}
    assert [(each["case_id"], each["word"]) for each in answer["cases"]] == [
        ("E7", "held"),
        ("N8", "held"),
        ("CIS-5.15", "listed"),
    ]
    assert answer["counts"] == {"held": 2, "not held": 0, "listed": 1, "not testable": 0}


@pytest.mark.engine
def test_a_person_sees_each_case_and_the_count(deep: Callable[..., Any]) -> None:
    ran = deep("--only", "E7,CIS-5.15")
    assert ran.code == 0
    assert "held         E7" in ran.out
    assert "a sandbox is thrown away" in ran.out
    assert ran.out.rstrip().endswith("2 cases: 1 held, 0 not held, 1 listed, 0 not testable")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("words", "image", "reason"),
    [
        (("--only", "E99"), IMAGE, "there is no case 'E99'"),
        (("--only", ","), IMAGE, "',' names no case"),
        (("--policy", "nope"), IMAGE, "no policy named 'nope'"),
        ((), "sandglass-sandbox:never-made", "no such image"),
    ],
)
def test_what_cannot_run_says_why_and_is_status_2(
    deep: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], image: str, reason: str
) -> None:
    monkeypatch.setenv("SANDGLASS_IMAGE", image)
    ran = deep(*words)
    assert ran.code == 2
    assert reason in ran.err


@pytest.mark.engine
def test_settings_that_no_worker_starts_with_are_named(
    deep: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_CONCURRENCY", "lots")
    ran = deep("--only", "E7")
    assert ran.code == 2
    assert "SANDGLASS_CONCURRENCY: Input should be a valid integer" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_an_engine_it_is_status_2(
    bare_cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDGLASS_ENGINE_URL", "unix:///no/such.sock")
    ran = bare_cli("doctor", "--deep")
    assert ran.code == 2
    assert "no container engine answers" in ran.err


def test_what_the_user_names_comes_before_what_a_stack_remembers(
    bare_cli: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Asked] = []

    def note(what: Asked) -> None:
        asked.append(what)
        raise ClientError("far enough")

    monkeypatch.setattr("client.doctor.deep.run_deep", note)
    monkeypatch.setattr("client.stack.engine.ping", lambda url, **_: FoundEngine(url, "podman", "4.3.1"))
    monkeypatch.setenv("SANDGLASS_ENGINE_URL", "unix:///mine.sock")
    monkeypatch.setenv("SANDGLASS_GVISOR_ENGINE_URL", "unix:///my-gvisor.sock")
    remember(load_config(), "unix:///stack.sock", "unix:///stack-gvisor.sock")
    assert bare_cli("doctor", "--deep").code == 2
    assert [(one.engine_url, one.gvisor_url) for one in asked] == [
        ("unix:///mine.sock", "unix:///my-gvisor.sock")
    ]


def test_a_runtime_of_no_such_name_is_refused_in_one_line(bare_cli: Callable[..., Any]) -> None:
    ran = bare_cli("doctor", "--deep", "--runtime", "kata")
    assert (ran.code, ran.err.splitlines()) == (
        2,
        ["sandglass: --runtime is 'kata'; it must be runc or runsc"],
    )


def test_what_goes_with_deep_goes_with_nothing_else(bare_cli: Callable[..., Any]) -> None:
    ran = bare_cli("doctor", "--only", "E7")
    assert ran.code == 2
    assert "--deep" in ran.err


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "Ctrl-C"])
def test_a_signal_ends_it_and_its_containers(
    engine_urls: dict[str, str], home: Path, number: signal.Signals
) -> None:
    url = engine_urls["podman"]
    environ = {**os.environ, "SANDGLASS_ENGINE_URL": url, "SANDGLASS_IMAGE": IMAGE}
    # As a shell's background starts it: with SIGINT ignored.
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-m", "client", "doctor", "--deep"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen([*command, "--only", "R13"], cwd=ROOT, env=environ, **pipes) as process,
        docker.APIClient(base_url=url, version="1.40", timeout=30) as client,
    ):

        def ours() -> list[Any]:
            rows = client.containers(all=True, filters={"label": [f"{LABEL_STACK}={STACK}"]})
            children = _children(process.pid)
            return [row for row in rows if row["Labels"][LABEL_OWNER].split(":")[1] in children]

        try:
            wait_for(lambda: len(ours()) == 2, 60, "its sandboxes are there")
            before = {row["Id"] for row in ours()}
            started = time.monotonic()
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
        finally:
            process.terminate()
        assert process.returncode == 130, said
        assert "its sandboxes are removed" in said
        assert time.monotonic() - started < 15, "it did not wait for the case, which takes some 20 s"
        left = {row["Id"] for row in client.containers(all=True)}
        assert not before & left


def _children(pid: int) -> set[str]:
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
