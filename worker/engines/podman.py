"""What does Podman do otherwise than Docker, behind the same API?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.engines.docker import DockerEngine


class PodmanEngine(DockerEngine):
    """Podman, by its Docker-compatible API socket, rootful or rootless."""

    name = "podman"

    def _engine_weaknesses(self, version: str) -> tuple[str, ...]:
        return ()

    def _runtime_version(self, version: Mapping[str, Any], info: Mapping[str, Any], runtime: str) -> str:
        # Podman's /version names the runtime by its path: "OCI Runtime (runc)".
        for part in version.get("Components") or []:
            if "runtime" in str(part.get("Name", "")).lower():
                return str(part.get("Version", "unknown"))
        return "unknown"
