"""Is this version of an engine or a runtime older than the one that mends its known escapes?"""

from __future__ import annotations

import re

# Fixed versions, from shared ABUSE.md: runc for CVE-2025-31133, -52565, -52881.
RUNC_FIXED = {(1, 2): (1, 2, 8), (1, 3): (1, 3, 3)}
RUNC_FIXED_FROM = (1, 4, 0)
DOCKER_FIXED_FROM = (29, 4, 3)


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The first dotted number in `text` as three numbers; None: there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        return None
    return int(found[1]), int(found[2]), int(found[3] or 0)


def runc_weaknesses(runtime: str, version: str) -> tuple[str, ...]:
    """What is weak about this OCI runtime, in words for health and doctor."""
    if "runc" not in runtime:
        return ()
    parsed = parse_version(version)
    if parsed is None:
        return (f"the version of {runtime} cannot be told; it should be at least 1.2.8, 1.3.3 or 1.4.0",)
    fixed = RUNC_FIXED.get(parsed[:2], RUNC_FIXED_FROM)
    if parsed >= fixed:
        return ()
    found = ".".join(map(str, parsed))
    return (f"runc {found} is older than the fixed versions (1.2.8, 1.3.3, 1.4.0): update runc",)


def docker_weaknesses(version: str) -> tuple[str, ...]:
    """What is weak about this Docker Engine."""
    parsed = parse_version(version)
    if parsed is not None and parsed >= DOCKER_FIXED_FROM:
        return ()
    return (f"Docker Engine {version or 'of unknown version'} is older than 29.4.3: update it",)
