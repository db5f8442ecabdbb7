"""Who may import whom, and how large a file may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"gateway", "worker", "store", "policies", "client", "sandbox_image", "bench"}
FORBIDDEN = {
    "policies": OURS - {"policies"},
    "sandbox_image": OURS - {"sandbox_image"},
    "store": OURS - {"store"},
    "gateway": {
        "worker",
        "client",
        "sandbox_image",
        "docker",
        "podman",
        "pandas",
        "numpy",
        "pyarrow",
        "duckdb",
    },
    "worker": {"gateway", "client", "sandbox_image", "fastapi", "starlette", "interpreter", "pandas"},
    "bench": {"gateway", "sandbox_image"},
    "client": {"gateway", "sandbox_image", "fastapi", "pandas"},
}
LONGEST_FILE = 350


def _sources() -> list[Path]:
    return sorted(path for name in OURS for path in (ROOT / name).rglob("*.py"))


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_part_may(path: Path) -> None:
    part = path.relative_to(ROOT).parts[0]
    assert not _imported(path) & FORBIDDEN[part]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
