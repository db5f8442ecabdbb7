"""How is the local stack set up: ports, addresses, names; what of it is remembered between starts?"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from redis import ConnectionPool

from client.errors import StackError
from client.settings import DEFAULT_PORT, home_of
from client.stack.process import Daemon
from store.secret_files import SecretFileError, find_setting

DEFAULT_IMAGE = "sandglass-sandbox:dev"
_REDIS_PORT = 6380
_WORKER_ONLY = frozenset(
    {
        "SANDGLASS_ENGINE_URL",
        "SANDGLASS_GVISOR_ENGINE_URL",
        "SANDGLASS_KEY",
        "DOCKER_HOST",
        "CONTAINERS_CONF",
    }
)
_CLIENT_ONLY = frozenset({"SANDGLASS_KEY", "SANDGLASS_URL", "SANDGLASS_INSTALL", "SANDGLASS_PORT"})
_SYSTEM = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH"})


@dataclass(frozen=True)
class Remembered:
    """What `stack.json` holds; readable by its owner only, for the Redis password."""

    port: int
    redis_port: int
    redis_password: str
    engine_url: str = ""
    gvisor_url: str = ""
    """The second engine, for gVisor; empty: none is needed, or none is there."""
    settings: str = ""
    """Digest of the settings that the services were started with."""


@dataclass(frozen=True)
class StackConfig:
    """The set-up of one start of the stack."""

    home: Path
    stack_id: str
    port: int
    redis_url: str
    redis_port: int
    """0: the operator's own Redis, not ours to start."""
    redis_password: str
    store_url: str
    image: str

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def mark(self) -> str:
        """What the environment of each of our processes holds."""
        return f"SANDGLASS_STACK={self.stack_id}"

    def environ(
        self, engine_url: str, base: Mapping[str, str] = os.environ, gvisor_url: str = ""
    ) -> dict[str, str]:
        """The worker's environment: ours over the operator's."""
        return {
            **base,
            "PYTHONUNBUFFERED": "1",
            "SANDGLASS_HOME": str(self.home),
            "SANDGLASS_STORE": self.store_url,
            "SANDGLASS_REDIS_URL": self.redis_url,
            "SANDGLASS_ENGINE_URL": engine_url,
            "SANDGLASS_GVISOR_ENGINE_URL": gvisor_url,
            "SANDGLASS_STACK": self.stack_id,
            "SANDGLASS_IMAGE": self.image,
            "SANDGLASS_PORT": str(self.port),
            "SANDGLASS_SPOOL": base.get("SANDGLASS_SPOOL") or str(self.home / "spool"),
        }

    def gateway_environ(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The gateway's environment: no engine socket, no model key, whatever the shell holds."""
        full = self.environ("", base)
        return {
            name: value
            for name, value in full.items()
            if name in _SYSTEM
            or name.startswith(("LC_", "PYTHON", "SSL_CERT_"))
            or (name.startswith("SANDGLASS_") and name not in _WORKER_ONLY and not _is_secret(name))
        }


def load_config(environ: Mapping[str, str] = os.environ) -> StackConfig:
    """The set-up from the environment and from what an earlier start left; makes the home folder.

    Raises:
        StackError: A variable is not what it must be, or the folder cannot be written.
    """
    home = home_of(environ)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Another tool may have made it first, open to all; the store and the blobs are in there.
        home.chmod(0o700)
        stack_id = _stack_id(home)
    except OSError as error:
        raise StackError(f"cannot write {error.filename or home}: {error.strerror}") from None
    kept = read_remembered(home)
    running_port = kept.port if kept and Daemon("gateway", home).alive() else DEFAULT_PORT
    port = _port_of(environ, "SANDGLASS_PORT", running_port)
    try:
        own_redis, own_store = (
            find_setting(name, environ) for name in ("SANDGLASS_REDIS_URL", "SANDGLASS_STORE")
        )
    except SecretFileError as error:
        raise StackError(str(error)) from None
    if own_redis:
        _check_redis_url(own_redis)
    redis_port = 0 if own_redis else _redis_port(environ, kept)
    password = kept.redis_password if kept and kept.redis_password else secrets.token_hex(16)
    return StackConfig(
        home=home,
        stack_id=stack_id,
        port=port,
        redis_url=own_redis or f"redis://:{password}@127.0.0.1:{redis_port}/0",
        redis_port=redis_port,
        redis_password=password,
        store_url=own_store or f"sqlite:///{home / 'sandglass.db'}",
        image=environ.get("SANDGLASS_IMAGE") or DEFAULT_IMAGE,
    )


def settings_digest(environ: Mapping[str, str] = os.environ) -> str:
    """SHA-256 (hex) of all settings that worker and gateway read; it tells whether they have changed."""
    settings = {
        name: value
        for name, value in environ.items()
        if name.startswith(("SANDGLASS_", "OPENAI_", "OLLAMA_")) and name not in _CLIENT_ONLY
    }
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def remember(config: StackConfig, engine_url: str, gvisor_url: str = "") -> None:
    """Write `stack.json`, readable by its owner only."""
    kept = Remembered(
        config.port, config.redis_port, config.redis_password, engine_url, gvisor_url, settings_digest()
    )
    write_private(config.home / "stack.json", json.dumps(asdict(kept), indent=1) + "\n")


def read_remembered(home: Path) -> Remembered | None:
    """What the last start left; None: nothing, or nothing that can be read."""
    try:
        return Remembered(**json.loads((home / "stack.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def port_is_free(port: int) -> bool:
    """Whether 127.0.0.1 has nothing listening on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _stack_id(home: Path) -> str:
    path = home / "stack-id"
    if path.exists() and (kept := path.read_text("utf-8").strip()):
        return kept
    write_private(path, secrets.token_hex(6) + "\n")
    return path.read_text("utf-8").strip()


def _check_redis_url(url: str) -> None:
    try:
        ConnectionPool.from_url(url)
    except ValueError:
        # Not shown: it may hold a password.
        raise StackError(
            "SANDGLASS_REDIS_URL is no address; it must be like redis://127.0.0.1:6379/0"
        ) from None


def _redis_port(environ: Mapping[str, str], kept: Remembered | None) -> int:
    if environ.get("SANDGLASS_REDIS_PORT"):
        return _port_of(environ, "SANDGLASS_REDIS_PORT", _REDIS_PORT)
    if kept and kept.redis_port:
        return kept.redis_port
    if port_is_free(_REDIS_PORT):
        return _REDIS_PORT
    return free_port()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_of(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise StackError(f"{name} is {text!r}; it must be a port number from 1 to 65535")
    return int(text)


def _is_secret(name: str) -> bool:
    return name.endswith(("_API_KEY", "_TOKEN", "_SECRET", "_PASSWORD"))
