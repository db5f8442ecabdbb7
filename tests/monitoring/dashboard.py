"""What do dashboard, alerts and docs say of which metrics exist?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gateway.backlog import Snapshot
from gateway.metrics import GatewayMetrics
from store.records import Backlog
from worker.metrics.names import DEFINITIONS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "compose/monitoring"
DASHBOARD = FOLDER / "grafana/dashboards/sandglass.json"
DOCS = ROOT / "docs/metrics.md"
_NAME = re.compile(r"sandglass_[a-z_]+[a-z]")
_OF_HISTOGRAM = re.compile(r"_(?:bucket|count|sum)$")


def panels() -> list[dict[str, Any]]:
    """The panels that show something."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Each query of the dashboard, with the title of its panel."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def alerts() -> list[dict[str, Any]]:
    """All alert rules."""
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def names_in(text: str) -> set[str]:
    """Names of our metrics as definitions have them: without `_bucket`, and counters with `_total`."""
    return {_OF_HISTOGRAM.sub("", name) for name in _NAME.findall(text)}


def of_gateway() -> set[str]:
    """What a gateway exports."""
    metrics = GatewayMetrics()
    metrics.snapshot = Snapshot(Backlog(), 0, redis_up=True, workers=1, slots=1, waiters=0)
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
        if family.name.startswith("sandglass_")
    }


def of_worker() -> set[str]:
    """What a worker exports."""
    return {one.name + ("_total" if one.kind == "counter" else "") for one in DEFINITIONS}
