"""How is all warm before the code is known: imported and used once, in a process that then only forks?"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from .processes import receive_message, send_message, set_dumpable
from .syscalls import refuse_system_calls


def main(channel: socket.socket) -> NoReturn:
    """Be the zygote on `channel` until the runner is gone."""
    try:
        _close_all_but({0, 1, 2, channel.fileno()})
        _warm()
        woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        send_message(channel, {"ready": True})
        _serve(channel, woken)
    except BaseException as error:
        os.write(2, f"zygote: {type(error).__name__}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


def _warm() -> None:
    """Import what nearly every run needs, and run once."""
    from . import child, kernel, plotting  # noqa: F401

    kernel.run("python", "None")
    namespace = kernel.namespace()
    exec("import pandas as pd, numpy as np", namespace)  # noqa: S102
    import duckdb  # noqa: F401
    from IPython.core.interactiveshell import InteractiveShell

    plotting.install(InteractiveShell.instance())
    gc.collect()
    gc.freeze()


def _serve(channel: socket.socket, woken: int) -> None:
    while True:
        ready, _, _ = select.select([channel.fileno(), woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _report_exits(channel)
        if channel.fileno() not in ready:
            continue
        received = receive_message(channel)
        if received is None:
            return
        _, descriptors = received
        pid = os.fork()
        if pid == 0:
            _become_child(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        send_message(channel, {"forked": pid})


def _report_exits(channel: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        send_message(channel, {"exited": pid, "status": status})


def _become_child(descriptors: list[int]) -> NoReturn:
    """Let go of all that is the zygote's and be the process that runs code."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    stdout, stderr, channel = descriptors
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    _close_all_but({0, 1, 2, channel})
    os.setpgid(0, 0)
    os.set_inheritable(channel, False)  # a program that takes this one's place must not seem to be it
    set_dumpable(True)  # this process has no secret; without it, its own /proc files would not be its own
    Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    refuse_system_calls()
    from .child import main as child_main

    sys.stdin = open(0, closefd=False)  # noqa: SIM115, PTH123
    child_main(socket.socket(fileno=channel))


def _close_all_but(kept: set[int]) -> None:
    for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
        if descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)
