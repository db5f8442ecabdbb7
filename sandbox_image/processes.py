"""Who runs in this container, and how is all of it but the runner's own ended?"""

from __future__ import annotations

import array
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any, NoReturn

_PR_SET_DUMPABLE = 4
_KILL_SECONDS = 5.0
_MESSAGE_BYTES = 1 << 16
_libc = ctypes.CDLL(None, use_errno=True)


def set_dumpable(allowed: bool) -> None:
    """Say whether other processes of this uid may read this process's memory and descriptors."""
    if _libc.prctl(_PR_SET_DUMPABLE, int(allowed), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")


def send_message(channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send one message, with open files, between the runner and the zygote."""
    packed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    channel.sendmsg([json.dumps(message).encode()], packed)


def receive_message(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next message and its open files; None when the other side is gone."""
    room = socket.CMSG_SPACE(3 * array.array("i").itemsize)
    data, packed, _, _ = channel.recvmsg(_MESSAGE_BYTES, room)
    if not data:
        return None
    descriptors = array.array("i")
    for _, kind, content in packed:
        if kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    return json.loads(data), list(descriptors)


class Zygote:
    """The warm process that forks the code's processes, seen from the runner."""

    def __init__(self, main: Callable[[socket.socket], NoReturn]) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.exits: dict[int, int] = {}
        """Wait status of each code process that ended."""
        self.pid = os.fork()
        if self.pid == 0:
            main(theirs)
        theirs.close()

    def wait_ready(self) -> dict[str, Any]:
        """What the zygote says once everything is warm."""
        return self._expect("ready", None)["ready"]  # type: ignore[no-any-return]

    def fork(self, stdout: int, stderr: int, channel: int) -> int:
        """Fork a process for code with these descriptors; gives back its pid."""
        send_message(self.channel, {"fork": True}, (stdout, stderr, channel))
        pid = int(self._expect("forked", 10.0)["forked"])
        self.exits.pop(pid, None)  # of an earlier process: a fork bomb uses up all pids in seconds
        return pid

    def wait_exit(self, pid: int, seconds: float) -> int | None:
        """The wait status of a process that was forked, or None when it does not end in time."""
        deadline = time.monotonic() + seconds
        while pid not in self.exits:
            if not self.take(max(0.0, deadline - time.monotonic())):
                return None
        return self.exits[pid]

    def take(self, seconds: float) -> bool:
        """Take one message about an ended process, if one comes in time."""
        if not select.select([self.channel], [], [], seconds)[0]:
            return False
        self._keep(self._receive())
        return True

    def _expect(self, key: str, seconds: float | None) -> dict[str, Any]:
        while True:
            if not select.select([self.channel], [], [], seconds)[0]:
                raise RuntimeError(f"the zygote did not answer in {seconds} seconds")
            message = self._receive()
            if key in message:
                return message
            self._keep(message)

    def _receive(self) -> dict[str, Any]:
        received = receive_message(self.channel)
        if received is None:
            raise RuntimeError("the zygote is gone")
        return received[0]

    def _keep(self, message: dict[str, Any]) -> None:
        if "exited" in message:
            self.exits[message["exited"]] = message["status"]


def end_all_but(running: set[int], held: Set[int] = frozenset()) -> bool:
    """Kill every process but PID 1, this one, `running` and `held`; says whether nothing else is left.

    All are stopped at once first (`kill(-1)` is one step for the kernel): what is stopped forks no more, so a
    fork bomb cannot outrun the killing. `held` stay stopped, so that their threads change nothing unwatched.
    """
    spared = running | held | {1, os.getpid()}
    deadline = time.monotonic() + _KILL_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGSTOP)
    try:
        while others := _living() - spared:
            for pid in others:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            _reap_adopted(spared)
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        return True
    finally:
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _living() -> set[int]:
    """The pids of all processes that are not zombies."""
    living = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are all that is needed, a thousand times a second
        if not entry.isdigit():
            continue
        try:
            state = Path(f"/proc/{entry}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            continue
        if state not in (b"Z", b"X"):
            living.add(int(entry))
    return living


def _reap_adopted(spared: set[int]) -> None:
    """Where the runner is PID 1 itself, orphans are its children: take their ends."""
    if os.getpid() != 1:
        return
    for pid in _all_pids() - spared:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _all_pids() -> set[int]:
    return {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}  # noqa: PTH208
