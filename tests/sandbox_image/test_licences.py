"""What exports of the gateway carry of this folder is under the gateway's licence, and says so."""

import ast
from pathlib import Path

import pytest

import sandbox_image

FOLDER = Path(sandbox_image.__file__).parent
SAID = "# SPDX-License-Identifier: Apache-2.0\n"
CARRIED = sorted([*(FOLDER / "charts").glob("*.py"), FOLDER / "forecasting.py"])


@pytest.mark.parametrize("path", CARRIED, ids=lambda path: path.stem)
def test_a_file_that_is_carried_says_its_licence_and_imports_no_other(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith(SAID)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert all(node.level < 2 and not (node.module or "").startswith("sandbox_image") for node in nodes)
    if path.parent == FOLDER:
        assert not any(node.level for node in nodes)


@pytest.mark.parametrize("name", ["chart.txt", "forecast.txt"])
def test_what_is_carried_says_its_licence_once(name: str) -> None:
    text = (FOLDER.parent / "gateway" / "exports" / name).read_text("utf-8")
    assert text.startswith(SAID)
    assert text.count("SPDX") == 1


def test_the_readme_names_them() -> None:
    said = " ".join((FOLDER / "README.md").read_text("utf-8").split())
    assert "`charts/` and `forecasting.py` are Apache-2.0" in said
