"""An engine of the tests' own: it keeps what it was asked, and answers as it was told to."""

import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Answering = Callable[[bytes, socket.socket], None]


class FakeEngine:
    """One thread for each connection; `answering` is given the head that came, and the connection."""

    def __init__(self, path: Path, answering: Answering) -> None:
        self.path = path
        self.asked: list[str] = []
        self._answering = answering
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            self.asked.append(" ".join(head.decode().split(" ")[:2]))
            self._answering(head, connection)


def answer(connection: socket.socket, status: int, value: object) -> None:
    """A plain answer in JSON."""
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


@contextmanager
def fake_engine(answering: Answering) -> Iterator[FakeEngine]:
    """A fake engine, ended with the block."""
    with tempfile.TemporaryDirectory(prefix="sg-fake-") as folder:
        engine = FakeEngine(Path(folder) / "engine.sock", answering)
        try:
            yield engine
        finally:
            engine.close()
