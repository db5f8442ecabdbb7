"""How are Redis, the worker and the gateway of a local stack started, waited for and ended?"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from redis import Redis, RedisError

from client.errors import StackError
from client.settings import PROJECT
from client.stack.config import StackConfig, port_is_free, write_private
from client.stack.process import Daemon, wait_until

Say = Callable[[str], None]
_ADVICE = "mend that and go on with `sandglass up`, or end what has started with `sandglass down`"
_HEARTBEATS = "sandglass:worker:*"
_REDIS_SECONDS = 15.0
_GATEWAY_SECONDS = 45.0
_WORKER_SECONDS = 90.0
_WORKER_GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Services:
    """The three services of one stack."""

    config: StackConfig

    @property
    def redis(self) -> Daemon:
        """The queue's process; unused where the operator gave a Redis."""
        return Daemon("redis", self.config.home)

    @property
    def worker(self) -> Daemon:
        """The worker's process."""
        return Daemon("worker", self.config.home)

    @property
    def gateway(self) -> Daemon:
        """The gateway's process."""
        return Daemon("gateway", self.config.home)

    def start_redis(self, say: Say) -> None:
        """Start Redis and wait until it answers. Raises: StackError."""
        if not self.config.redis_port:
            if not self.redis_answers():
                raise StackError("no Redis answers at SANDGLASS_REDIS_URL; start it, or unset the variable")
            return
        if self.redis.alive() and self.redis_answers():
            return
        self.redis.end()
        port = self.config.redis_port
        if not port_is_free(port):
            raise StackError(
                f"port {port} of 127.0.0.1, which this stack's Redis uses, is taken; "
                "set SANDGLASS_REDIS_PORT to a free one"
            )
        program = shutil.which("redis-server")
        if program is None:
            raise StackError("redis-server is not installed; run: make setup (or set SANDGLASS_REDIS_URL)")
        say(f"starting Redis on 127.0.0.1:{port}")
        self._launch(self.redis, [program, str(self._write_redis_conf())], dict(os.environ))
        self._await(self.redis, self.redis_answers, _REDIS_SECONDS)

    def start_worker(self, engine_url: str, gvisor_url: str, say: Say) -> None:
        """Start the worker and wait until it takes tasks. Raises: StackError."""
        if self.worker.alive():
            return
        self.worker.end(mark=self.config.mark)
        self._forget_heartbeats()
        say("starting the worker")
        environ = self.config.environ(engine_url, gvisor_url=gvisor_url)
        self._launch(self.worker, [sys.executable, "-m", "worker"], environ)

    def await_worker(self) -> None:
        """Wait until the worker answers over the queue. Raises: StackError."""
        self._await(self.worker, lambda: bool(self.workers()), _WORKER_SECONDS)

    def start_gateway(self, say: Say) -> None:
        """Start the gateway and wait until it is ready. Raises: StackError."""
        if self.gateway.alive():
            return
        port = self.config.port
        if not port_is_free(port):
            raise StackError(
                f"port {port} of 127.0.0.1 is taken by another program; "
                "end that, or choose one: SANDGLASS_PORT=8001 sandglass up"
            )
        say(f"starting the gateway on {self.config.url}")
        command = [sys.executable, "-m", "uvicorn", "gateway.app:app_from_env", "--factory"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
        # A client that waits for a status must not hold up `down`.
        command += ["--timeout-graceful-shutdown", "5"]
        self._launch(self.gateway, command, self.config.gateway_environ())

    def await_gateway(self) -> None:
        """Wait until the gateway says that it is ready. Raises: StackError."""
        self._await(self.gateway, self.gateway_ready, _GATEWAY_SECONDS)

    def end_all(self, say: Say) -> bool:
        """End gateway, worker and Redis, in this order; False: none was there."""
        ended = False
        for daemon, grace in ((self.gateway, 10.0), (self.worker, _WORKER_GRACE_SECONDS), (self.redis, 10.0)):
            if daemon.end(grace, self.config.mark):
                say(f"stopped {daemon.name}")
                ended = True
        return ended

    def redis_answers(self) -> bool:
        """Whether Redis answers a PING."""
        try:
            with self._redis_client() as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    def gateway_ready(self) -> bool:
        """Whether the gateway is ready, store and Redis included."""
        try:
            return httpx.get(f"{self.config.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def workers(self) -> list[dict[str, Any]]:
        """What the living workers say of themselves in their heartbeats; empty if Redis does not answer."""
        try:
            with self._redis_client() as client:
                keys = list(client.scan_iter(match=_HEARTBEATS, count=500))
                values = [client.get(key) for key in keys]
            facts = [json.loads(value) for value in values if isinstance(value, bytes)]
        except (RedisError, OSError, ValueError):
            return []
        return [fact for fact in facts if isinstance(fact, dict) and self._is_own(fact)]

    def _is_own(self, fact: dict[str, Any]) -> bool:
        return bool(fact.get("stack", self.config.stack_id) == self.config.stack_id)

    def _forget_heartbeats(self) -> None:
        # One left by a worker that has just ended must not pass for the one that starts now.
        if self.config.redis_port:
            with self._redis_client() as client:
                for key in list(client.scan_iter(match=_HEARTBEATS, count=500)):
                    client.delete(key)

    def _redis_client(self) -> Redis:
        return Redis.from_url(self.config.redis_url, socket_timeout=2, socket_connect_timeout=2)

    def _write_redis_conf(self) -> str:
        # A password, because every user of the machine can reach a port of the loopback interface.
        folder = self.config.home / "redis"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = self.config.home / "redis.conf"
        lines = [
            "bind 127.0.0.1",
            f"port {self.config.redis_port}",
            f'dir "{folder}"',
            f"requirepass {self.config.redis_password}",
            "daemonize no",
            "appendonly yes",
            'save ""',
        ]
        write_private(path, "\n".join(lines) + "\n")
        return str(path)

    def _launch(self, daemon: Daemon, command: list[str], environ: dict[str, str]) -> None:
        # The mark tells our processes from others', should one outlive its parent.
        try:
            daemon.start(command, {**environ, "SANDGLASS_STACK": self.config.stack_id}, directory=PROJECT)
        except OSError as error:
            raise StackError(f"cannot start the {daemon.name}: {error.strerror}: {error.filename}") from None

    def _await(self, daemon: Daemon, ready: Callable[[], bool], limit_seconds: float) -> None:
        wait_until(lambda: daemon.alive() is None or ready(), limit_seconds)
        if daemon.alive() is not None and ready():
            return
        fate = "does not answer" if daemon.alive() else "ended while starting"
        tail = daemon.log_tail(20)
        if daemon.alive():
            daemon.end(mark=self.config.mark)
        raise StackError(f"the {daemon.name} {fate}; the end of {daemon.log_path}:\n{tail}\n{_ADVICE}")
