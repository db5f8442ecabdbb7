"""How do web requests of code leave the sandbox: connections to a port of loopback, carried as frames?

Carries bytes and knows nothing of HTTP: who may be reached is decided outside (docs/decisions/0010). Both
directions of a connection have a window, so neither a slow host nor code that never reads holds up the pipe,
and what is kept here is bounded by windows and by the number of connections.
"""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .frames import FrameError
from .pipe import Pipe

ADDRESS = ("127.0.0.1", 3128)
WINDOW_BYTES = 256 << 10
CHUNK_BYTES = 64 << 10
_BACKLOG = 128
"""A connection that finds it full is tried again by the kernel, a second later."""
_CREDIT_BYTES = WINDOW_BYTES // 4
"""Credit is given in pieces of this size: code that reads byte by byte makes no flood of frames."""
_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 1.0
_RESET = struct.pack("ii", 1, 0)


@dataclass
class _Connection:
    """One connection of the code's: what waits, what may still pass, and which side has ended."""

    number: int
    sock: socket.socket
    port: int
    """Of the code's end."""
    waiting: bytearray = field(default_factory=bytearray)
    """Of the host, for the code."""
    may_send: int = WINDOW_BYTES
    may_come: int = WINDOW_BYTES
    written: int = 0
    """Written on to the code, not yet credited."""
    code_ended: bool = False
    host_ended: bool = False
    over: bool = False
    """Over for the worker: what still waits is written on, and nothing is said any more."""
    events: int = 0
    asking: bool = False
    """The code spoke last: it waits for an answer."""
    moved_at: float = field(default_factory=time.monotonic)

    def moved(self, *, asking: bool) -> None:
        """Note that bytes have passed, and which way."""
        self.asking, self.moved_at = asking, time.monotonic()


class Carrier:
    """All connections of a sandbox; open from `listen` to `close`, which is one attempt."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._last = 0
        self._connections: dict[int, _Connection] = {}
        self._listener: socket.socket | None = None
        self._selector: selectors.BaseSelector | None = None
        self._accepting = False
        self._look_at = 0.0
        self._attempt = 0
        self._at_once = 0

    def listen(self, attempt: int, at_once: int) -> None:
        """Take connections from now on, `at_once` of them side by side.

        Raises:
            OSError: The port is taken, by code of an earlier attempt.
        """
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Connections inherit them; the kernel's own would grow to megabytes for each.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WINDOW_BYTES)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
            listener.bind(ADDRESS)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        self._listener, self._attempt, self._at_once = listener, attempt, at_once

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Let `selector` say what is to be done; its keys' data are to be called with the events."""
        self._selector = selector
        self._admit()

    def make_room(self) -> None:
        """Where others wait, break off connections that were answered and have been quiet since.

        Libraries keep them for a next request (requests: as long as the answer is kept), and open a new one
        where they find one broken. To be called often.
        """
        now = time.monotonic()
        if self._listener is None or self._accepting or now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        quiet = [
            one
            for one in self._connections.values()
            if not (one.asking or one.waiting) and now - one.moved_at >= _QUIET_SECONDS
        ]
        if not quiet or not select.select([self._listener], [], [], 0)[0]:
            return
        busy = _unread_ports()  # of code that is too slow, not through
        quiet = [connection for connection in quiet if connection.port not in busy]
        quiet.sort(key=lambda connection: connection.moved_at)
        for connection in quiet[: max(1, self._at_once // 4)]:
            self._reset(connection)

    def take(self, header: dict[str, Any], blob: bytes) -> None:
        """Take a frame of the worker's; one of a connection that is over is dropped.

        Raises:
            FrameError: It is none that the worker may send while code runs, or passes a window.
        """
        kind, number = header["type"], header.get("conn")
        handlers: dict[str, Callable[[_Connection, dict[str, Any], bytes], None]] = {
            "net_data": self._take_data,
            "net_end": self._take_end,
            "net_credit": self._take_credit,
        }
        if kind not in handlers:
            raise FrameError(f"frame {kind!r} while an attempt runs")
        if type(number) is not int or not 1 <= number <= self._last:
            raise FrameError(f"{kind} of a connection that never was: {number!r}")
        connection = self._connections.get(number)
        if connection is not None and not connection.over:
            handlers[kind](connection, header, blob)

    def close(self) -> None:
        """End all connections and listen no more."""
        for connection in self._connections.values():
            _end_by_reset(connection)
            connection.sock.close()
        self._connections.clear()
        if self._listener is not None:
            self._listener.close()
        self._listener = self._selector = None
        self._accepting = False

    def _admit(self) -> None:
        """Listen while there is room for one more; the others wait in the kernel's short queue."""
        if self._selector is None or self._listener is None:
            return
        room = len(self._connections) < self._at_once
        if room and not self._accepting:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        elif not room and self._accepting:
            self._selector.unregister(self._listener)
        self._accepting = room

    def _accept(self, _events: int) -> None:
        assert self._listener is not None  # noqa: S101 - for the type checker
        try:
            sock, (_, port) = self._listener.accept()
        except OSError:
            return  # it was gone before it was taken
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._last += 1
        connection = self._connections[self._last] = _Connection(self._last, sock, port)
        self._pipe.send({"type": "net_open", "attempt": self._attempt, "conn": connection.number})
        self._settle(connection)
        self._admit()

    def _serve(self, connection: _Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._write_on(connection)
            if events & selectors.EVENT_READ:
                self._read_from(connection)
        except OSError:
            self._reset(connection)
            return
        self._settle(connection)

    def _read_from(self, connection: _Connection) -> None:
        try:
            data = connection.sock.recv(min(CHUNK_BYTES, connection.may_send))
        except BlockingIOError:
            return
        connection.may_send -= len(data)
        connection.moved(asking=True)
        if data:
            self._pipe.send({"type": "net_data", "conn": connection.number}, data)
            return
        connection.code_ended = True
        self._pipe.send({"type": "net_end", "conn": connection.number})

    def _write_on(self, connection: _Connection) -> None:
        """Give the code what waits for it, as far as it takes it."""
        while connection.waiting:
            try:
                sent = connection.sock.send(connection.waiting)
            except BlockingIOError:
                return
            del connection.waiting[:sent]
            connection.written += sent
            connection.moved(asking=False)
            if connection.written >= _CREDIT_BYTES and not connection.over:
                credit = {"type": "net_credit", "conn": connection.number, "bytes": connection.written}
                connection.may_come += connection.written
                connection.written = 0
                self._pipe.send(credit)
        if connection.host_ended:
            connection.sock.shutdown(socket.SHUT_WR)

    def _settle(self, connection: _Connection) -> None:
        """Wait for what can happen next; with nothing left to happen, let go of it."""
        if not connection.waiting and connection.host_ended and (connection.code_ended or connection.over):
            self._drop(connection)
            return
        events = selectors.EVENT_WRITE if connection.waiting else 0
        if connection.may_send and not connection.code_ended and not connection.over:
            events |= selectors.EVENT_READ
        if events == connection.events or self._selector is None:
            return
        if not events:
            self._selector.unregister(connection.sock)
        elif not connection.events:

            def serve(found: int) -> None:
                self._serve(connection, found)

            self._selector.register(connection.sock, events, serve)
        else:
            self._selector.modify(connection.sock, events, self._selector.get_key(connection.sock).data)
        connection.events = events

    def _take_data(self, connection: _Connection, _header: dict[str, Any], blob: bytes) -> None:
        if len(blob) > min(CHUNK_BYTES, connection.may_come) or connection.host_ended:
            raise FrameError(f"more data of connection {connection.number} than may come")
        connection.may_come -= len(blob)
        connection.waiting += blob
        self._serve(connection, selectors.EVENT_WRITE)

    def _take_end(self, connection: _Connection, header: dict[str, Any], _blob: bytes) -> None:
        if header.get("reset") is not True:
            connection.host_ended = True
            self._serve(connection, selectors.EVENT_WRITE)
        elif connection.host_ended:
            connection.over = True  # all that the host said is still for the code to read
            self._settle(connection)
        else:
            _end_by_reset(connection)
            self._drop(connection)

    def _take_credit(self, connection: _Connection, header: dict[str, Any], _blob: bytes) -> None:
        count = header.get("bytes")
        if type(count) is not int or not 0 < count <= WINDOW_BYTES - connection.may_send:
            raise FrameError(f"a credit of {count!r} bytes for connection {connection.number}")
        connection.may_send += count
        self._settle(connection)

    def _reset(self, connection: _Connection) -> None:
        """Broken off on this side."""
        _end_by_reset(connection)
        self._drop(connection)
        if not connection.over:
            self._pipe.send({"type": "net_end", "conn": connection.number, "reset": True})

    def _drop(self, connection: _Connection) -> None:
        if connection.events and self._selector is not None:
            self._selector.unregister(connection.sock)
        with contextlib.suppress(OSError):
            connection.sock.close()
        del self._connections[connection.number]
        self._admit()


def _end_by_reset(connection: _Connection) -> None:
    """Have its socket close with a reset: code shall not take half an answer for a whole one."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _unread_ports() -> set[int]:
    """The ports of the code's ends in which the kernel holds bytes that the code has not read."""
    ours = f"0100007F:{ADDRESS[1]:04X}"
    ports = set()
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if remote == ours and int(queues.partition(":")[2], 16):
            ports.add(int(local.partition(":")[2], 16))
    return ports
