"""Who may import whom, and how large a file may be."""

import ast
import subprocess
import sys
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


_PROXY_NEEDS = {"policies", "h11", "worker.engine_proxy", "worker.engines.proxied"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "worker" / "engine_proxy").glob("*.py")), ids=lambda p: p.name
)
def test_the_engine_proxy_imports_nothing_that_it_could_be_tricked_with(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    foreign = {name for name in named if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not any(name.startswith(each) for each in _PROXY_NEEDS)} == set()


def test_the_engine_proxy_loads_no_container_sdk_and_no_client_of_a_store() -> None:
    code = "import sys, worker.engine_proxy.__main__; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert "h11" in loaded.stdout.split(), loaded.stderr
    assert not {"docker", "requests", "redis", "pymongo", "store", "celery"} & set(loaded.stdout.split())
