"""How long does llm-sandbox take for `print(1)`, a session for each run? Runs in its own environment."""

import json
import sys
import time

import docker
from docker.types import Ulimit
from llm_sandbox import SandboxSession  # type: ignore[import-not-found]  # in its own environment


def main(url: str, image: str, stack: str, count: int) -> None:
    client = docker.DockerClient(base_url=url, version="1.40", timeout=120)
    runs = []
    for _ in range(count):
        started = time.perf_counter()
        with SandboxSession(
            client=client,
            image=image,
            lang="python",
            keep_template=True,
            # There is no network: what it would download is a newer pip.
            skip_environment_setup=True,
            runtime_configs={
                "network_mode": "none",
                # Without it, its `stop` at the end waits 10 s for a first process that ignores SIGTERM.
                "init": True,
                # Explicit: an engine whose root lacks CAP_SYS_RESOURCE cannot set its own defaults.
                "ulimits": [Ulimit(name=name, soft=1024, hard=1024) for name in ("nofile", "nproc")],
                "labels": {"sandglass.stack": stack},
            },
        ) as session:
            said = session.run("print(1)")
            result = time.perf_counter() - started
        if said.exit_code != 0 or said.stdout.strip() != "1":
            sys.exit(f"exit {said.exit_code}, stdout {said.stdout!r}, stderr {said.stderr!r}")
        runs.append({"result_seconds": result, "removed_seconds": time.perf_counter() - started})
    print(json.dumps(runs))


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
