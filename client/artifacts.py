"""Where on this machine does an artifact go, whatever name the code gave it?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from client.api import Sandglass
from client.errors import ClientError


def safe_name(name: str) -> str:
    """A file name without folders, leading dots or control characters."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w.() -]", "_", last).lstrip(".")[:120].strip() or "artifact"


def free_path(directory: Path, name: str) -> Path:
    """A path that is not taken: `name`, else `name-2` and so on."""
    path, number = directory / name, 1
    while path.exists() or path.is_symlink():
        number += 1
        path = directory / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return path


def save_artifacts(client: Sandglass, artifacts: Sequence[dict[str, Any]], directory: Path) -> list[Path]:
    """Download all of a task's artifacts; nothing that is there is written over.

    Raises:
        ClientError: The folder cannot be written, or the gateway says no.
    """
    saved = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for artifact in artifacts:
            path = free_path(directory, safe_name(str(artifact.get("name", ""))))
            with path.open("xb") as file:
                client.download(str(artifact["artifact_id"]), file)
            saved.append(path)
    except OSError as error:
        raise ClientError(f"cannot save to {directory}: {error.strerror}") from error
    return saved
