"""Where are a worker's numbers read? At `/metrics` of a port of its main process, if it is given one."""

from __future__ import annotations

import os
import socket
import threading
from http.server import ThreadingHTTPServer
from importlib.metadata import version

import structlog
from prometheus_client import MetricsHandler

from policies.model import PolicyError, policy_names
from worker.metrics.bounds import Bounds
from worker.metrics.pipe import NumbersPipe
from worker.metrics.record import say, say_to
from worker.metrics.tally import PROCESS, Tally
from worker.models.settings import ModelSettings
from worker.settings import Settings

_SLOW_SECONDS = 10
log = structlog.get_logger()


class WorkerMetrics:
    """One worker's: opened before it forks, served by its main process. Without a port it does nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pipe: NumbersPipe | None = None
        self._server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """Where it listens; 0: nowhere."""
        return self._server.server_address[1] if self._server is not None else 0

    def open(self) -> None:
        """Before the fork: from now on numbers are kept."""
        if self._settings.metrics_port:
            self._pipe = NumbersPipe()
            say_to(self._pipe.say)

    def begin_process(self) -> None:
        """In a process that takes jobs, after its fork."""
        if self._server is not None:
            # Else the port would be taken as long as this process outlives the main one.
            self._server.socket.close()
            self._server = None
        say(PROCESS)
        say("sandglass_worker_processes_started")

    def serve(self) -> None:
        """In the main process, once the others are there. A port that is taken is logged: jobs go on."""
        if self._pipe is None:
            return
        tally = Tally(Bounds(ModelSettings(), _policies()))
        self._pipe.drain(tally.apply)
        say("sandglass_build_info", part="worker", version=version("sandglass"))
        say("sandglass_worker_slots", self._settings.concurrency)
        address = (self._settings.metrics_host, self._settings.metrics_port)
        try:
            self._server = _server(address, tally)
        except OSError as error:
            log.error("no metrics: the address cannot be had", address=address, error=str(error))
            return
        threading.Thread(target=self._server.serve_forever, name="sandglass-metrics", daemon=True).start()

    def close(self) -> None:
        """End the serving; fine when it never began."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _server(address: tuple[str, int], tally: Tally) -> ThreadingHTTPServer:
    class Handler(MetricsHandler):
        registry = tally.registry
        timeout = _SLOW_SECONDS

        def do_GET(self) -> None:  # noqa: N802 - the base class's name
            if self.path.partition("?")[0] == "/metrics":
                super().do_GET()
            else:
                self.send_error(404, "only /metrics is here")

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    return Server(address, Handler)


def _policies() -> list[str]:
    try:
        return list(policy_names())
    except PolicyError as error:  # spoilt after the start; its jobs are refused, and say why
        log.error("policies of the metrics", error=str(error), pid=os.getpid())
        return []
