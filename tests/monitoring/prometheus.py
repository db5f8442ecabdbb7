"""A real Prometheus on loopback, for tests that ask it."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.conftest import free_port
from tests.engine_services import missing, wait_for
from tests.monitoring.dashboard import FOLDER

WINDOW = "20s"
"""In place of Grafana's `$__rate_interval`."""


@dataclass
class Prometheus:
    """One that scrapes every second."""

    url: str

    def get(self, path: str, **params: str) -> Any:
        reply = httpx.get(f"{self.url}/api/v1/{path}", params=params, timeout=10, trust_env=False)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The samples of an expression as it stands in the dashboard; those that are numbers."""
        found = self.get("query", query=expression.replace("$__rate_interval", WINDOW))["result"]
        values = [(row["metric"], float(row["value"][1])) for row in found]
        return [(labels, value) for labels, value in values if not math.isnan(value)]

    def scrapes(self) -> float:
        """How often the target that was scraped least has been."""
        counts = self.query("min(count_over_time(up[1h]))")
        return counts[0][1] if counts else 0


@contextmanager
def prometheus(folder: Path, targets: dict[str, str]) -> Iterator[Prometheus]:
    """With our own configuration and rules, but for where the `targets` of each job are."""
    if shutil.which("prometheus") is None:
        missing("prometheus is not installed")
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(FOLDER / name) for name in config["rule_files"]]
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [targets[job["job_name"]]]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = Prometheus(f"http://127.0.0.1:{port}")
    try:
        wait_for(lambda: _is_up(found), 30, "Prometheus did not start")
        yield found
    finally:
        process.terminate()
        process.wait(20)


def _is_up(found: Prometheus) -> bool:
    try:
        return httpx.get(f"{found.url}/-/ready", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
