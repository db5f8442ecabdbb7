"""Does an image's digest change with all that goes into it?"""

from pathlib import Path

from bench.images import inputs_digest
from bench.peer import FOLDER


def test_the_digest_covers_files_names_and_base(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_text("FROM a")
    first = inputs_digest(tmp_path, "sha256:1")
    assert inputs_digest(tmp_path, "sha256:1") == first
    assert inputs_digest(tmp_path, "sha256:2") != first
    (tmp_path / "Containerfile").rename(tmp_path / "Dockerfile")
    renamed = inputs_digest(tmp_path, "sha256:1")
    assert renamed != first
    (tmp_path / "Dockerfile").write_text("FROM b")
    assert inputs_digest(tmp_path, "sha256:1") != renamed


def test_the_peers_lock_pins_every_package_by_hash() -> None:
    lines = (FOLDER / "requirements.lock").read_text("utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert any(lines[number].startswith("llm-sandbox==0.3.46") for number in pins)
    assert all("--hash=sha256:" in lines[number + 1] for number in pins)
