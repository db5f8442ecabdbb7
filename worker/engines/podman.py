"""What does Podman do otherwise than Docker, behind the same API?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.engines.base import EngineRefusedError
from worker.engines.docker import DockerEngine


class PodmanEngine(DockerEngine):
    """Podman, by its Docker-compatible API socket, rootful or rootless."""

    name = "podman"

    async def create(self, body: dict[str, Any]) -> str:
        """As Docker's; refuses a runtime other than the service's own, which Podman 4.3 would ignore."""
        wanted = body["HostConfig"].get("Runtime") if "HostConfig" in body else None
        if wanted and wanted != (served := (await self.facts()).runtime):
            raise EngineRefusedError(
                f"podman's API runs every container with {served}, not with {wanted}: "
                f"start its service as `podman --runtime {wanted} system service`"
            )
        return await super().create(body)

    def _engine_weaknesses(self, version: str) -> tuple[str, ...]:
        return ()

    def _runtime_version(self, version: Mapping[str, Any], info: Mapping[str, Any], runtime: str) -> str:
        # Podman's /version names the runtime by its path: "OCI Runtime (runc)".
        for part in version.get("Components") or []:
            if "runtime" in str(part.get("Name", "")).lower():
                return str(part.get("Version", "unknown"))
        return "unknown"
