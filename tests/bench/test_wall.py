"""Do the benchmarks of the wall compare what they say, and say what they found?"""

import os
import subprocess
import sys

import docker
import pytest

from bench.abusers import ABUSERS
from bench.errors import BenchError
from bench.hardening import SNIPPETS, WITHOUT_TARGET
from bench.hardening import table_of as hardening_table
from bench.hardening import targets_of as hardening_targets
from bench.neighbours import JOB, Jobs
from bench.neighbours import table_of as neighbours_table
from bench.neighbours import targets_of as neighbours_targets
from bench.sandboxes import hardened_body, open_body, pin
from policies.model import load_policy
from policies.spec import LABEL_STACK
from tests.engine_services import IMAGE, ROOT

POLICY = load_policy("default")


def test_both_kinds_of_sandbox_have_the_same_image_user_and_limits() -> None:
    hardened, without = hardened_body(POLICY, "sha256:1"), open_body(POLICY, "sha256:1")
    for field in ("Image", "User", "WorkingDir", "NetworkDisabled"):
        assert hardened[field] == without[field]
    for field in ("Memory", "CpuQuota", "CpuPeriod", "PidsLimit", "Ulimits", "NetworkMode", "Init"):
        assert hardened["HostConfig"][field] == without["HostConfig"][field]


def test_the_open_one_has_no_wall() -> None:
    body = open_body(POLICY, "sha256:1")
    assert body["HostConfig"]["SecurityOpt"] == ["seccomp=unconfined"]
    assert body["HostConfig"]["CapDrop"] == []
    assert body["HostConfig"]["ReadonlyRootfs"] is False
    assert "refuse_system_calls = lambda" in body["Entrypoint"][-1]
    assert "Entrypoint" not in hardened_body(POLICY, "sha256:1")


def test_sandboxes_are_kept_on_the_processors_that_are_named() -> None:
    assert hardened_body(POLICY, "i", (0, 1))["HostConfig"]["CpusetCpus"] == "0,1"
    assert "CpusetCpus" not in hardened_body(POLICY, "i")["HostConfig"]


def test_processors_that_are_not_there_are_named() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(BenchError, match="4095"):
        pin((0, 4095))
    assert os.sched_getaffinity(0) == before


def test_the_walls_cost_is_the_ratio_of_medians() -> None:
    times = {name: {"hardened": [0.9, 1.2, 9.0], "open": [0.1, 1.0, 1.0]} for name in SNIPPETS}
    targets = hardening_targets(times)
    assert [target.measured for target in targets] == [1.2, 1.2]
    assert not any(target.reached or WITHOUT_TARGET in target.name for target in targets)
    assert hardening_table(times)[1].split() == ["print(1)", "3", "1.20", "s", "1.00", "s", "1.200x"]


def test_a_job_beside_an_abuser_is_judged_by_the_worse_of_its_two_times() -> None:
    alone = Jobs(warm=[1.0, 1.0, 1.0], fresh=[2.0, 2.0, 2.0])
    beside = {"fork bomb": Jobs([1.5, 1.5, 7.0], [5.0, 5.0, 5.0]), "zombies": Jobs([1.9], [2.0])}
    targets = neighbours_targets(alone, beside)
    assert [(target.measured, target.reached) for target in targets] == [(2.5, False), (1.9, True)]
    table = neighbours_table(alone, beside)
    assert [line.split()[0] for line in table] == ["beside", "nobody", "fork", "zombies"]
    assert table[2].split()[2:] == ["3", "1.50", "s", "7.00", "s", "1.50x", "5.00", "s", "2.50x"]


@pytest.mark.parametrize("code", [*ABUSERS.values(), *SNIPPETS.values(), JOB])
def test_what_is_run_is_sound_python(code: str) -> None:
    compile(code, "bench", "exec")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["bench.hardening", "--rounds", "1"], "the wall's cost, print(1): "),
        (
            ["bench.neighbours", "--rounds", "1", "--jobs", "1", "--abuser", "zombies"],
            "a job beside: zombies: ",
        ),
    ],
)
def test_it_measures_on_a_real_engine_and_leaves_nothing(
    engine_urls: dict[str, str], command: list[str], shown: str
) -> None:
    url = engine_urls["podman"]
    environment = {**os.environ, "SANDGLASS_ENGINE_URL": url, "SANDGLASS_IMAGE": IMAGE}
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as ran:
        try:
            output, said = ran.communicate(timeout=200)
        finally:
            ran.kill()
    # On a machine that does other things a target may well be missed; that is no fault of the benchmark.
    assert ran.returncode in (0, 1), said
    assert shown in output
    assert "Traceback" not in said
    stack = f"sandglass-bench-{ran.pid}"
    with docker.APIClient(base_url=url, version="1.40", timeout=60) as client:
        for label in (stack, f"{stack}-abuser"):
            assert client.containers(all=True, filters={"label": f"{LABEL_STACK}={label}"}) == []
