"""The chart helper is one script that needs numpy, pandas and plotly alone: exports carry it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pandas as pd

from sandbox_image import charts
from sandbox_image.charts.__main__ import PARTS, script

FOLDER = Path(charts.__file__).parent
CARRIED = Path(__file__).parents[3] / "gateway" / "exports" / "chart.txt"


def test_its_parts_one_after_the_other_are_a_script():
    space: dict[str, object] = {}
    exec(compile(script(), "<carried>", "exec"), space)  # noqa: S102 - our own files
    figure = space["chart"]("bar", pd.Series({"a": 1, "b": 2}), title="t")  # type: ignore[operator]
    assert figure.data[0].y == (1, 2)


def test_exports_carry_it_as_it_is():
    command = "python -m sandbox_image.charts > gateway/exports/chart.txt"
    assert CARRIED.read_text("utf-8") == script(), f"run: {command}"


def test_it_needs_nothing_else():
    found: set[str] = set()
    for path in FOLDER.glob("*.py"):
        if path.stem == "__main__":
            continue
        assert path.stem in PARTS
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])
    assert found - set(sys.stdlib_module_names) == {"numpy", "pandas", "plotly"}
