"""Is the dashboard drawn as its file says, and are values written with their units?"""

import time
from pathlib import Path
from typing import Any

import pytest

from bench.dashboard import Line, Source, draw, shown
from tests.monitoring.dashboard import panels


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0413, "s", "41.3 ms"), (36, "s", "36 s"), (600, "s", "10 min"), (0.7692, "percentunit", "76.9%"),
     (12_500, "Bps", "12.5 kB/s"), (116e6, "bytes", "116 MB"), (3, "short", "3"), (0.4, "ops", "0.4 ops/s")],
)  # fmt: skip
def test_a_value_has_its_unit(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_every_panel_is_drawn_and_empty_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def lines(_: Source, target: dict[str, Any]) -> list[Line]:
        asked.append(target["expr"])
        now = time.time()
        return [] if "queue_depth" in target["expr"] else [Line("a", [now - 60, now], [0.0, 1.0])]

    monkeypatch.setattr(Source, "lines", lines)
    assert draw(Source("http://127.0.0.1:1", 1), tmp_path / "d.png") == ["Jobs waiting"]
    assert asked == [target["expr"] for panel in panels() for target in panel["targets"]]
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")
