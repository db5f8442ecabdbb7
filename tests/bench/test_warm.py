"""Does the runner measure only runs that printed `1`, and stop in time?"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench.errors import BenchError
from bench.warm import run_back_to_back, run_paced
from client.settings import Access

OK = {
    "state": "succeeded",
    "outcome": "ok",
    "error": None,
    "stdout": {"text": "1\n"},
    "timings": {"standby": "warm"},
}


class _Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self._answer(self.server.accept_status, {"task_id": "t"})

    def do_GET(self) -> None:
        self._answer(
            200, self.server.records.pop(0) if len(self.server.records) > 1 else self.server.records[0]
        )

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    accept_status = 202

    def __init__(self, records: list[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Gateway)
        self.records, self.connections, self.bodies = records, 0, list[dict[str, Any]]()

    @property
    def access(self) -> Access:
        return Access(f"http://127.0.0.1:{self.server_address[1]}", "key")


@contextmanager
def _serving(*records: dict[str, Any]) -> Iterator[_Server]:
    with _Server(list(records)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_a_client_keeps_its_connection_and_submits_the_code() -> None:
    ticks: list[int] = []
    with _serving(OK) as server:
        found = run_paced(server.access, 3, 0.01, 10, lambda: ticks.append(1))
    assert server.connections == 1
    assert server.bodies == [{"code": "print(1)", "language": "python"}] * 3
    assert len(ticks) == len(found.runs) == 3
    assert found.warm_share == 1


def test_a_run_lasts_until_the_record_has_ended() -> None:
    with _serving({**OK, "state": "running"}, {**OK, "timings": {"standby": "cold"}}) as server:
        found = run_paced(server.access, 1, 0.01, 10, lambda: None)
    assert [run.standby for run in found.runs] == ["cold"]


def test_clients_share_the_runs() -> None:
    with _serving(OK) as server:
        found = run_back_to_back(server.access, 4, 22, 10, lambda: None)
    assert len(found.runs) == len(server.bodies) == 22
    assert server.connections <= 4


@pytest.mark.parametrize(
    "record",
    [
        {**OK, "stdout": {"text": "2\n"}},
        {**OK, "state": "failed", "outcome": "engine_error", "error": {"code": "engine_error"}},
    ],
)
def test_a_run_that_did_not_print_1_is_no_measurement(record: dict[str, Any]) -> None:
    with _serving(record) as server, pytest.raises(BenchError, match="came to"):
        run_paced(server.access, 1, 0.01, 10, lambda: None)


def test_a_refusal_is_no_measurement() -> None:
    with _serving(OK) as server:
        server.accept_status = 429
        with pytest.raises(BenchError, match="429, not 202"):
            run_back_to_back(server.access, 2, 4, 10, lambda: None)


def test_time_runs_out() -> None:
    with _serving(OK) as server, pytest.raises(BenchError, match="of 1000 runs were done in 0.05 s"):
        run_paced(server.access, 1000, 0.02, 0.05, lambda: None)


def test_no_gateway_is_said_with_what_to_do() -> None:
    with _serving(OK) as server:
        gone = server.access
    with pytest.raises(BenchError, match="sandglass up"):
        run_paced(gone, 1, 0.01, 10, lambda: None)
