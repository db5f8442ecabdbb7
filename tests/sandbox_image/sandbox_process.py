"""What does a test need to talk to a sandbox: a container by podman, and the worker's side of its pipe?"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from client.stack.engine import podman_environ
from sandbox_image.frames import FROM_SANDBOX, FROM_WORKER, MAX_BLOB_BYTES, FrameReader, FrameWriter
from tests.engine_services import STATE

IMAGE = os.environ.get("SANDGLASS_IMAGE", "sandglass-sandbox:dev")
OUTPUT = {
    "stdout_bytes": 65_536,
    "stderr_bytes": 65_536,
    "flood_bytes": 8 << 20,
    "result_bytes": 1 << 20,
    "artifact_count": 20,
    "artifact_bytes": 20 << 20,
}
_LIMITS = (
    "--network none --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges "
    "--init --tmpfs /work:rw,size=256m,noexec,nosuid,nodev,mode=1777 "
    "--pids-limit 128 --memory 1g --memory-swap 1g --cpus 1 "
    "--ulimit nofile=1024:1024 --ulimit nproc=1024:1024"
).split()


def missing() -> str | None:
    """Why no container can be started here; None when it can."""
    if shutil.which("podman") is None:
        return "podman is not installed"
    found = subprocess.run(["podman", "image", "exists", IMAGE], check=False, timeout=60)
    return None if found.returncode == 0 else f"the image {IMAGE} is not built (sandbox_image/build.sh)"


@dataclass
class Ran:
    """All frames of one attempt."""

    end: dict[str, Any]
    frames: list[tuple[dict[str, Any], bytes]]
    seconds: float
    result: Any = None
    error: dict[str, Any] | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)
    profiles: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, frames: list[tuple[dict[str, Any], bytes]], seconds: float) -> Ran:
        """Put together what the frames of one attempt say."""
        ran = cls(frames[-1][0], frames, seconds)
        for header, blob in frames:
            assert header["attempt"] == ran.end["attempt"]
            match header["type"]:
                case "stdout":
                    ran.stdout += blob
                case "stderr":
                    ran.stderr += blob
                case "result":
                    ran.result = header["result"]
                case "error":
                    ran.error = header
                case "profile":
                    ran.profiles.append(header)
                case "file":
                    name = f"{header['role']}:{header['name']}"
                    ran.files[name] = ran.files.get(name, b"") + blob
        return ran

    @property
    def status(self) -> str:
        return str(self.end["status"])


class SandboxProcess:
    """One container with the default policy's limits."""

    def __init__(self) -> None:
        STATE.mkdir(exist_ok=True)
        self.name = f"sandglass-test-{secrets.token_hex(6)}"
        command = ["podman", "--runtime", "runc", "run", "--rm", "-i", "--name", self.name, *_LIMITS, IMAGE]
        # Not in the work tree: where memory runs out, conmon leaves a file `oom` in its working directory.
        self.process = subprocess.Popen(
            command,
            cwd=tempfile.gettempdir(),
            env={**os.environ, **podman_environ(STATE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.reader = FrameReader(FROM_SANDBOX)
        self.writer = FrameWriter(FROM_WORKER)
        self.number = 0
        self.tables: dict[str, str] = {}
        key = secrets.token_bytes(32)
        self.send({"type": "hello", "version": 1, "key": key.hex()})
        self.reader.key = self.writer.key = key
        header, _ = self.receive(60)
        assert header["type"] == "ready", header
        self.facts = header["facts"]

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(self.writer.encode(header, blob))
        self.process.stdin.flush()

    def receive(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while (frame := self.reader.next()) is None:
            left = deadline - time.monotonic()
            assert left > 0, "no frame in time"
            if select.select([self.process.stdout], [], [], left)[0]:
                data = os.read(self.process.stdout.fileno(), 1 << 20)
                if not data:
                    stderr = self.process.stderr.read() if self.process.stderr else b""
                    raise EOFError(stderr.decode("utf-8", "replace"))
                self.reader.feed(data)
        return frame

    def put(self, name: str, data: bytes) -> None:
        for start in range(0, max(1, len(data)), MAX_BLOB_BYTES):
            chunk = data[start : start + MAX_BLOB_BYTES]
            self.send({"type": "put", "name": name, "last": start + MAX_BLOB_BYTES >= len(data)}, chunk)

    def run(self, code: str, language: str = "python", wall_seconds: float = 20, **options: Any) -> Ran:
        self.number += 1
        output = OUTPUT | options.pop("output", {})
        started = time.monotonic()
        self.send(
            {
                "type": "run",
                "attempt": self.number,
                "language": language,
                "code": code,
                "tables": options.pop("tables", []),
                "wall_seconds": wall_seconds,
                "output": output,
            }
        )
        return self._collect(started, wall_seconds + 15)

    def load(self, files: list[dict[str, str]], wall_seconds: float = 60) -> Ran:
        self.number += 1
        started = time.monotonic()
        header = {"attempt": self.number, "files": files, "wall_seconds": wall_seconds, "output": OUTPUT}
        self.send({"type": "load", **header})
        return self._collect(started, wall_seconds + 15)

    def _collect(self, started: float, seconds: float) -> Ran:
        ran = Ran.of(list(self._until_end(seconds)), time.monotonic() - started)
        assert ran.end["attempt"] == self.number
        return ran

    def _until_end(self, seconds: float) -> Iterator[tuple[dict[str, Any], bytes]]:
        while True:
            frame = self.receive(seconds)
            yield frame
            if frame[0]["type"] == "end":
                return

    def close(self) -> str:
        """End the container; gives back what the runner wrote to stderr."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            command = ["podman", "rm", "-f", "-t", "0", self.name]
            subprocess.run(command, check=False, capture_output=True, timeout=60)
            self.process.wait(15)
        stderr = self.process.stderr.read().decode("utf-8", "replace") if self.process.stderr else ""
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return stderr


def dumps(value: Any) -> str:
    """`value` as JSON, for messages of assertions."""
    return json.dumps(value, ensure_ascii=False)[:2000]
