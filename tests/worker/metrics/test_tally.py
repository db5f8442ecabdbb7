"""Numbers are added up whatever ends, and their labels stay few whatever is said."""

import os
import subprocess
import sys

import pytest

from tests.worker.metrics.saying import a_tally, samples
from worker.metrics.bounds import planner_family
from worker.metrics.names import DEFINITIONS
from worker.metrics.tally import PROCESS

ALIVE = "sandglass_sandboxes_alive"


@pytest.fixture
def child() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.communicate(timeout=10)


def test_gauges_of_a_dead_process_are_gone_and_its_counts_stay(child: "subprocess.Popen[bytes]") -> None:
    tally = a_tally()
    for pid, alive in ((os.getpid(), 2), (child.pid, 3)):
        tally.apply(pid, PROCESS, 1, {})
        tally.apply(pid, ALIVE, alive, {})
        tally.apply(pid, "sandglass_leases_lost", 1, {})
    tally.apply(child.pid, ALIVE, 1, {})
    seen = samples(tally)
    assert (seen[ALIVE], seen[PROCESS], seen["sandglass_leases_lost_total"]) == (3, 2, 2)
    _end(child)
    seen = samples(tally)
    assert (seen[ALIVE], seen[PROCESS], seen["sandglass_leases_lost_total"]) == (2, 1, 2)


def test_a_process_with_the_number_of_a_dead_one_begins_anew() -> None:
    tally = a_tally()
    tally.apply(os.getpid(), ALIVE, 5, {})
    tally.apply(os.getpid(), PROCESS, 1, {})
    assert ALIVE not in samples(tally)


def test_of_an_image_only_the_last_is_shown() -> None:
    tally = a_tally()
    for digest in ("a" * 12, "b" * 12):
        tally.apply(os.getpid(), "sandglass_sandbox_image_info", 1, {"digest": digest})
    assert [name for name in samples(tally) if "image_info" in name] == [
        f"sandglass_sandbox_image_info[{'b' * 12}]"
    ]


def test_whatever_is_said_there_are_few_series() -> None:
    tally = a_tally(model="ollama:llama3.1", models_allowed=("openai:gpt-4o-mini", "ollama:*", "scripted:*"))
    hostile = [
        "",
        "x" * 100_000,
        "tenant-1",
        "a\nb",
        'a"b',
        "ollama:" + "y" * 300,
        "ollama:a b",
        "é",
        "../etc",
    ]
    hostile += [f"openai:m{number}" for number in range(500)] + [f"scripted:/etc/{n}" for n in range(500)]
    before = len(samples(tally))
    for value in hostile:
        for one in DEFINITIONS:
            labels = {label.name: value for label in one.labels}
            if labels:
                tally.apply(os.getpid(), one.name, 1, labels)
    after = samples(tally)
    assert len(after) - before < 1000
    assert not [
        name for name in after if "tenant-1" in name or "etc" in name or "yyy" in name or "m1" in name
    ]
    tally.apply(1, "sandglass_model_tokens", 7, {"model": "ollama:llama3.1", "direction": "input"})
    tally.apply(1, "sandglass_model_tokens", 8, {"model": "openai:gpt-4o-mini", "direction": "output"})
    tally.apply(1, "sandglass_model_tokens", 9, {"model": "ollama:other-one", "direction": "input"})
    seen = samples(tally)
    assert seen["sandglass_model_tokens_total[ollama:llama3.1][input]"] == 7
    assert seen["sandglass_model_tokens_total[openai:gpt-4o-mini][output]"] == 8
    assert seen["sandglass_model_tokens_total[ollama:other][input]"] >= 9


def test_a_script_is_no_label_even_as_the_operators_own_model() -> None:
    tally = a_tally(model="scripted:/srv/secret.json")
    labels = {"model": "scripted:/srv/secret.json", "direction": "input"}
    tally.apply(1, "sandglass_model_tokens", 1, labels)
    assert "sandglass_model_tokens_total[scripted][input]" in samples(tally)


@pytest.mark.parametrize(
    ("name", "family"),
    [(None, "none"), ("", "none"), ("user", "user"), ("builtin", "builtin"), ("ollama:x", "ollama"),
     ("openai:gpt", "openai"), ("scripted:x", "scripted"), ("who:ever", "other"), ("edited by a", "other")],
)  # fmt: skip
def test_the_family_of_a_planner(name: str | None, family: str) -> None:
    assert planner_family(name) == family


def test_what_is_no_number_of_ours_is_refused() -> None:
    with pytest.raises(KeyError):
        a_tally().apply(1, "sandglass_unheard_of", 1, {})


def test_names_are_of_the_conventions() -> None:
    for one in DEFINITIONS:
        assert one.name.startswith("sandglass_")
        assert one.kind != "histogram" or one.name.endswith("_seconds")
        assert not one.name.endswith("_total")
        assert one.text.endswith(".")
        assert list(one.buckets) == sorted(one.buckets)
