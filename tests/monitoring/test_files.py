"""Prometheus takes our files, every alert fires when it must, and no metric is forgotten anywhere."""

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.engine_services import missing
from tests.monitoring.dashboard import (
    DASHBOARD,
    DOCS,
    FOLDER,
    alerts,
    expressions,
    names_in,
    of_gateway,
    of_worker,
    panels,
)

UNITS = {"short", "s", "percentunit", "ops", "reqps", "Bps", "bytes"}


def _promtool(*words: str) -> str:
    if shutil.which("promtool") is None:
        missing("promtool is not installed (Debian: prometheus)")
    command = ["promtool", *words]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_config_and_rules() -> None:
    assert f"{len(alerts())} rules found" in _promtool("check", "config", "prometheus.yml")


def test_every_alert_fires_where_it_must_and_none_elsewhere() -> None:
    assert "SUCCESS" in _promtool("test", "rules", "alerts.test.yml")
    tried = set(re.findall(r'alertname="(\w+)"', (FOLDER / "alerts.test.yml").read_text()))
    assert tried == {rule["alert"] for rule in alerts()}


def test_every_metric_is_on_the_dashboard_and_nothing_else_is() -> None:
    shown = {name for _, expression in expressions() for name in names_in(expression)}
    assert shown == of_gateway() | of_worker()


def test_every_metric_is_in_the_docs_and_nothing_else_is() -> None:
    rows = re.findall(r"^\| `(sandglass_\w+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == of_gateway() | of_worker()


def test_alerts_are_of_metrics_that_there_are_and_stand_in_the_docs() -> None:
    told = DOCS.read_text("utf-8")
    for rule in alerts():
        assert names_in(rule["expr"]) <= of_gateway() | of_worker()
        assert f"| `{rule['alert']}` |" in told
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"]


def test_panels_lie_side_by_side_and_say_what_they_are() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    cells = [
        {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        for at in (panel["gridPos"] for panel in panels())
    ]
    assert not [pair for pair in itertools.combinations(cells, 2) if pair[0] & pair[1]]
    for panel in panels():
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert all(target["legendFormat"] for target in panel["targets"])


def test_grafana_is_told_where_both_are() -> None:
    provisioning = FOLDER / "grafana/provisioning"
    source = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"][0]
    named = {target["datasource"]["uid"] for panel in panels() for target in panel["targets"]}
    assert named == {source["uid"]}
    interval = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval
    provider = yaml.safe_load((provisioning / "dashboards/sandglass.yml").read_text())["providers"][0]
    assert Path(provider["options"]["path"]).name == DASHBOARD.parent.name


@pytest.mark.parametrize("job", ["sandglass-gateway", "sandglass-worker"])
def test_all_addresses_of_a_name_are_scraped(job: str) -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    found = next(one for one in jobs if one["job_name"] == job)["dns_sd_configs"][0]
    assert found["type"] == "A"
    assert found["names"] == [job.removeprefix("sandglass-")]
    assert found["port"] == {"sandglass-gateway": 8000, "sandglass-worker": 9464}[job]
