"""How is an engine proxy set up? Environment variables, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from policies.seccomp import PROFILE_PATH

_STACK = re.compile(r"[A-Za-z0-9._:@-]{1,100}")


class BadSettingsError(ValueError):
    """The proxy must not start like this; the message says what to change."""


@dataclass(frozen=True)
class Settings:
    """One proxy: one engine, one stack, one socket."""

    engine: Path
    """The engine's own socket."""
    listen: Path
    """The socket that workers use."""
    stack: str
    image: str
    seccomp_path: str
    """Of `policies/seccomp.json` on the engine's host, for a Podman; the same as the workers'."""
    max_sandboxes: int
    group: int | None
    """The group that may connect; None: the process's own."""


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings that the environment comes to.

    Raises:
        BadSettingsError: A variable is not what it must be.
    """
    group = environ.get("SANDGLASS_PROXY_GROUP", "")
    return Settings(
        engine=_socket(environ, "SANDGLASS_PROXY_ENGINE", "unix:///run/engine.sock"),
        listen=_socket(environ, "SANDGLASS_PROXY_LISTEN", "/run/sandglass-engine/engine.sock"),
        stack=_matching(environ.get("SANDGLASS_STACK") or "default", "SANDGLASS_STACK"),
        image=environ.get("SANDGLASS_IMAGE") or "sandglass-sandbox:dev",
        seccomp_path=environ.get("SANDGLASS_SECCOMP_PATH") or str(PROFILE_PATH),
        max_sandboxes=_number(
            environ.get("SANDGLASS_MAX_SANDBOXES") or "64", "SANDGLASS_MAX_SANDBOXES", 1, 1000
        ),
        group=_number(group, "SANDGLASS_PROXY_GROUP", 0, 1 << 31) if group else None,
    )


def _socket(environ: Mapping[str, str], name: str, default: str) -> Path:
    given = environ.get(name) or default
    path = Path(given.removeprefix("unix://"))
    if not path.is_absolute():
        raise BadSettingsError(f"{name} is {given!r}; it must be a path, like unix:///run/engine.sock")
    return path


def _matching(stack: str, name: str) -> str:
    if not _STACK.fullmatch(stack):
        raise BadSettingsError(f"{name} is {stack!r}; it must match {_STACK.pattern}")
    return stack


def _number(text: str, name: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
        raise BadSettingsError(f"{name} is {text!r}; it must be a number from {lowest} to {highest}")
    return int(text)
