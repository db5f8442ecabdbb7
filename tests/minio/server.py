"""How does a test get a server that speaks S3? A MinIO of its own, on loopback, that it may kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from botocore.config import Config
from botocore.session import Session

from tests.engine_services import missing

HERE = Path(__file__).parent
BINARY = HERE.parents[1] / ".sandglass/bin/minio"
ACCESS_KEY, SECRET_KEY = "sandglass-tests", "geheim-0123456789"
_BUILD_SECONDS = 280  # below the limit of one test; `make test` has built it before
_READY_SECONDS = 30


def build() -> None:
    """Build the server if it is older than its sources; without Go skip here, and fail in CI."""
    built = subprocess.run([HERE / "build.sh"], capture_output=True, text=True, timeout=_BUILD_SECONDS)
    if built.returncode:
        missing(f"the MinIO test server could not be built: {built.stderr.strip()[-500:]}")


@dataclass
class MinioServer:
    """A MinIO with its data in `folder`."""

    folder: Path
    port: int = field(default_factory=lambda: _free_port())
    _process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The keys, as gateway and worker are given them."""
        return {"SANDGLASS_S3_ACCESS_KEY": ACCESS_KEY, "SANDGLASS_S3_SECRET_KEY": SECRET_KEY}

    def start(self) -> None:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MINIO_")},
            "MINIO_ROOT_USER": ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": SECRET_KEY,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "HOME": str(self.folder),
        }
        command = [BINARY, "server", "--quiet", "--address", f"127.0.0.1:{self.port}", self.folder / "data"]
        with (self.folder / "minio.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        deadline = time.monotonic() + _READY_SECONDS
        with httpx.Client(trust_env=False) as client:
            while time.monotonic() < deadline:
                try:
                    if client.get(f"{self.endpoint}/minio/health/cluster").status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.05)
        raise RuntimeError(f"MinIO did not start: {(self.folder / 'minio.log').read_text()[-2000:]}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def pause(self) -> None:
        """Have it say nothing, with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @cached_property
    def client(self) -> Any:
        """botocore's own client, to make buckets and to look."""
        return Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )

    def bucket(self) -> str:
        """A new bucket."""
        name = f"test-{uuid4().hex}"
        self.client.create_bucket(Bucket=name)
        return name

    def blobs_url(self, bucket: str, prefix: str = "blobs") -> str:
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1"

    def keys(self, bucket: str) -> list[str]:
        """All that is in a bucket, parts of unfinished uploads too (as `upload:KEY`)."""
        listed = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        # MinIO lists unfinished uploads of an exact key only; its folder of them tells of all.
        parts = [path for path in (self.folder / "data/.minio.sys/multipart").rglob("*") if path.is_file()]
        return [one["Key"] for one in listed] + [f"upload:{path.name}" for path in parts]


@contextmanager
def running(folder: Path) -> Iterator[MinioServer]:
    """Run a server with its data in `folder`; the caller may kill it and start it again."""
    build()
    server = MinioServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
