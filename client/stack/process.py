"""Is the background process of this name ours and alive, and how is it started and ended?"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_POLL_SECONDS = 0.05
_STARTS = " starts ---\n"


@dataclass(frozen=True)
class Identity:
    """A process for certain: its number alone may be given to another one after its end."""

    pid: int
    start_ticks: int
    boot_id: str

    def text(self) -> str:
        """As a pid file holds it."""
        return f"{self.pid} {self.start_ticks} {self.boot_id}\n"


@dataclass(frozen=True)
class Daemon:
    """A background process of a stack: `NAME.pid` and `logs/NAME.log` under the stack's home."""

    name: str
    home: Path

    @property
    def pid_path(self) -> Path:
        """Where its identity is kept while it runs."""
        return self.home / f"{self.name}.pid"

    @property
    def log_path(self) -> Path:
        """Where its stdout and stderr go."""
        return self.home / "logs" / f"{self.name}.log"

    def start(self, command: Sequence[str], environ: Mapping[str, str], directory: Path) -> int:
        """Start it in a session of its own; its process id.

        Raises:
            OSError: The command cannot be started.
        """
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            log.write(f"--- {time.strftime('%Y-%m-%dT%H:%M:%S%z')} {command[0]}{_STARTS}".encode())
            log.flush()
            process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                command,
                env=dict(environ),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        identity = identify(process.pid)
        self.pid_path.write_text(identity.text() if identity else f"{process.pid} 0 gone\n", "utf-8")
        _forget(process)
        return process.pid

    def alive(self) -> int | None:
        """Its process id, or None: it never started, has ended, or its number is another process's now."""
        kept = self._kept()
        return kept.pid if kept and identify(kept.pid) == kept else None

    def crashed(self) -> bool:
        """Whether it was started, was not ended by `end`, and is gone all the same."""
        return self._kept() is not None and self.alive() is None

    def end(self, grace_seconds: float = 10, mark: str = "") -> bool:
        """TERM, wait, KILL, the whole session of it; False: there was nothing to end.

        Args:
            grace_seconds: How long it may take to end by itself.
            mark: `NAME=value` that the environment of a child left over from an ended process must hold.
        """
        kept = self._kept()
        if kept is None:
            return False
        was_alive = self.alive() is not None
        if was_alive:
            _signal(kept.pid, signal.SIGTERM, group=False)
            if not wait_until(lambda: self.alive() is None, grace_seconds):
                _signal(kept.pid, signal.SIGKILL, group=True)
                wait_until(lambda: self.alive() is None, grace_seconds)
        left = _session_members(kept, mark)
        for pid in left:
            _signal(pid, signal.SIGKILL, group=False)
        self.pid_path.unlink(missing_ok=True)
        return was_alive or bool(left)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of its log, of its last start only."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(0, self.log_path.stat().st_size - 64 * 1024))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        _, started, since = text.rpartition(_STARTS)
        return "\n".join((since if started else text).splitlines()[-lines:])

    def _kept(self) -> Identity | None:
        try:
            pid, ticks, boot_id = self.pid_path.read_text("utf-8").split()
            return Identity(int(pid), int(ticks), boot_id)
        except (OSError, ValueError):
            return None


def identify(pid: int) -> Identity | None:
    """The identity of a living process; None: no such process, or a zombie."""
    fields = _stat_fields(pid)
    if fields is None or fields[0] in {"Z", "X"}:
        return None
    return Identity(pid, int(fields[19]), _BOOT_ID.read_text("ascii").strip())


def wait_until(condition: Callable[[], bool], limit_seconds: float) -> bool:
    """Poll until the condition holds; False: it did not within the limit."""
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _stat_fields(pid: int) -> list[str] | None:
    # The command's name may hold blanks and brackets: what counts comes after the last bracket.
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None


def _session_members(kept: Identity, mark: str) -> list[int]:
    """Children that outlived the process: same session, same mark, and the process itself gone."""
    if not mark or identify(kept.pid) is not None or kept.boot_id != _BOOT_ID.read_text("ascii").strip():
        return []
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        fields = _stat_fields(int(entry.name))
        if fields is None or fields[0] == "Z" or int(fields[3]) != kept.pid:
            continue
        if mark.encode() in _environment(entry):
            members.append(int(entry.name))
    return members


def _environment(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _signal(pid: int, number: signal.Signals, *, group: bool) -> None:
    try:
        (os.killpg if group else os.kill)(pid, number)
    except ProcessLookupError:
        return


def _forget(process: subprocess.Popen[bytes]) -> None:
    # It is meant to outlive us; without this, Popen warns at collection that it still runs.
    process.returncode = 0
