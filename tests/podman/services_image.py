"""How do the tests get an image with Redis and a MongoDB, where there is no registry to ask?"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.engine_services import APP_IMAGE, missing
from tests.ferretdb import server as ferretdb

HERE = Path(__file__).parent
_LOADER = "/opt/redis/lib/loader"
_REDIS = f"""#!/bin/sh
exec {_LOADER} --library-path /opt/redis/lib "/opt/redis/${{0##*/}}" "$@"
"""
# The unit starts `bash start.sh`; FerretDB listens on loopback only.
_BASH = """#!/usr/bin/python3
import socket, subprocess, threading

def carry(source, to):
    while data := source.recv(65536):
        to.sendall(data)
    to.shutdown(socket.SHUT_WR)

subprocess.Popen(["ferretdb", "--listen", "127.0.0.1:27018", "--data", "/data/db"])
listening = socket.create_server(("0.0.0.0", 27017))
while True:
    client, _ = listening.accept()
    try:
        server = socket.create_connection(("127.0.0.1", 27018))
    except OSError:
        client.close()
        continue
    for pair in ((client, server), (server, client)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


def build(podman: list[str], tag: str, folder: Path, environ: dict[str, str]) -> None:
    """Build it on the product's own image, from this machine's programs."""
    server = shutil.which("redis-server")
    if server is None:
        missing("redis-server is not installed")
    assert server is not None
    ferretdb.build()
    _put_redis(Path(server).resolve(), folder / "opt/redis")
    scripts = folder / "bin"
    scripts.mkdir()
    shutil.copy(ferretdb.BINARY, scripts / "ferretdb")
    for name, text in (("redis-server", _REDIS), ("redis-cli", _REDIS), ("bash", _BASH)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    command = [*podman, "build", "-q", "--network=none", "--build-arg", f"BASE={APP_IMAGE}"]
    command += ["-t", tag, "-f", str(HERE / "Containerfile"), str(folder)]
    built = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=200, check=False
    )
    assert built.returncode == 0, built.stderr


def _put_redis(server: Path, folder: Path) -> None:
    """The server and its client are two programs, or one of two names; with the libraries of this machine."""
    (folder / "lib").mkdir(parents=True)
    shutil.copy(server, folder / "redis-server")
    shutil.copy(Path(shutil.which("redis-cli") or server).resolve(), folder / "redis-cli")
    for program in ("redis-server", "redis-cli"):
        listed = subprocess.run(
            ["ldd", folder / program], capture_output=True, text=True, timeout=20, check=True
        )
        for line in listed.stdout.splitlines():
            words = line.split()
            if "=>" in words:
                shutil.copy(words[2], folder / "lib" / words[0])
            elif "ld-linux" in line:
                shutil.copy(words[0], folder / "lib/loader")
