"""Is this version of an engine or a runtime older than the one that mends its known escapes?"""

from __future__ import annotations

import re
from typing import NamedTuple

# Fixed versions, from shared ABUSE.md: runc for CVE-2025-31133, -52565, -52881.
_FIXED = "1.2.8, 1.3.3, 1.4.0-rc.3"
_STAGES = {"dev": -4, "alpha": -3, "beta": -2, "rc": -1}
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:[-~](dev|alpha|beta|rc)[.-]?(\d+)?)?")


class Version(NamedTuple):
    """A version that sorts as it should: a release candidate comes before its release."""

    major: int
    minor: int
    patch: int
    stage: int = 0
    """0: released; below it `dev`, `alpha`, `beta`, `rc`."""
    number: int = 0

    def __str__(self) -> str:
        names = {value: name for name, value in _STAGES.items()}
        stage = f"-{names[self.stage]}.{self.number}" if self.stage else ""
        return f"{self.major}.{self.minor}.{self.patch}{stage}"


RUNC_FIXED = {(1, 2): Version(1, 2, 8), (1, 3): Version(1, 3, 3)}
RUNC_FIXED_FROM = Version(1, 4, 0, _STAGES["rc"], 3)
DOCKER_FIXED_FROM = Version(29, 4, 3)


def parse_version(text: str) -> Version | None:
    """The first dotted number in `text`; None: there is none."""
    found = _VERSION.search(text)
    if found is None:
        return None
    stage = _STAGES.get(found[4] or "", 0)
    return Version(int(found[1]), int(found[2]), int(found[3] or 0), stage, int(found[5] or 0))


def runc_weaknesses(runtime: str, version: str) -> tuple[str, ...]:
    """What is weak about this OCI runtime, in words for health and doctor."""
    if "runc" not in runtime:
        return ()
    parsed = parse_version(version)
    if parsed is None:
        return (
            f"the version of {runtime} cannot be told, so it may have known escapes to the host: "
            f"make sure that it is one of {_FIXED} or newer",
        )
    if parsed >= RUNC_FIXED.get(parsed[:2], RUNC_FIXED_FROM):
        return ()
    return (
        f"runc {parsed} has known escapes to the host (CVE-2025-31133 and others): "
        f"update it to {_FIXED} or newer, or use policy strict, which runs on gVisor",
    )


def docker_weaknesses(version: str) -> tuple[str, ...]:
    """What is weak about this Docker Engine."""
    parsed = parse_version(version)
    if parsed is not None and parsed >= DOCKER_FIXED_FROM:
        return ()
    return (
        f"Docker Engine {version or 'of unknown version'} has known ways past its checks: "
        f"update it to {DOCKER_FIXED_FROM} or newer",
    )
