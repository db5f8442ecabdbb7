"""What does Podman do otherwise than Docker, behind the same API?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.seccomp import PROFILE_PATH
from policies.spec import profile_by_path
from worker.engines.base import EngineRefusedError
from worker.engines.docker import DockerEngine


class PodmanEngine(DockerEngine):
    """Podman, by its Docker-compatible API socket, rootful or rootless."""

    name = "podman"

    def __init__(self, url: str, seccomp_path: Path = PROFILE_PATH) -> None:
        """`seccomp_path` is a path on the service's host, which may be another one than the worker's."""
        super().__init__(url)
        self._seccomp_path = seccomp_path

    async def create(self, body: dict[str, Any]) -> str:
        """As Docker's; refuses a runtime other than the service's own, which Podman 4.3 would ignore."""
        wanted = body.get("HostConfig", {}).get("Runtime")
        if wanted and wanted != (served := (await self.facts()).runtime):
            raise EngineRefusedError(
                f"podman's API runs every container with {served}, not with {wanted}: "
                f"start its service as `podman --runtime {wanted} system service`"
            )
        try:
            return await super().create(profile_by_path(body, self._seccomp_path))
        except EngineRefusedError as error:
            if "seccomp" not in str(error):
                raise
            raise EngineRefusedError(
                f"podman cannot read our seccomp profile at {self._seccomp_path} on its host ({error}): copy "
                "policies/seccomp.json there and set SANDGLASS_SECCOMP_PATH to where it lies"
            ) from error

    def _runtime_version(self, version: Mapping[str, Any], runtime: str) -> str:
        # Podman's /version names the runtime by its path: "OCI Runtime (runc)".
        for part in version.get("Components") or []:
            if "runtime" in str(part.get("Name", "")).lower():
                return str(part.get("Version", "unknown"))
        return "unknown"
