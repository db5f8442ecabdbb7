"""Where do workers connect? A socket that is there with its right mode from the first moment."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from worker.engine_proxy.settings import BadSettingsError

_BACKLOG = 256
_MODE = 0o660


def listening_socket(path: Path, group: int | None) -> socket.socket:
    """A socket at `path` for the group alone; one that a dead proxy left is replaced.

    Raises:
        BadSettingsError: Another proxy listens there, or it cannot be made.
    """
    _must_be_free(path)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    sock = socket.socket(socket.AF_UNIX)
    try:
        made.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            sock.bind(str(made))
        finally:
            os.umask(before)
        if group is not None:
            os.chown(made, -1, group)
        made.chmod(_MODE)
        sock.listen(_BACKLOG)
        made.replace(path)
    except OSError as error:
        sock.close()
        raise BadSettingsError(
            f"SANDGLASS_PROXY_LISTEN: no socket can be made at {path}: {error.strerror or error}; "
            "the folder must be there and this user's, and SANDGLASS_PROXY_GROUP a group of its own"
        ) from None
    return sock


def _must_be_free(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadSettingsError(f"SANDGLASS_PROXY_LISTEN: {path}: {error.strerror}") from None
    if not stat.S_ISSOCK(mode):
        raise BadSettingsError(f"SANDGLASS_PROXY_LISTEN: {path} is there and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise BadSettingsError(f"SANDGLASS_PROXY_LISTEN: another process listens at {path}")
