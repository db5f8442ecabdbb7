"""What bench.scale counts and shows is what happened."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.errors import BenchError
from bench.samples import Sample
from bench.scale import _host_table, _memory_table, _shared_table
from bench.scale_gateway import GatewayFound, GatewayRow
from bench.scale_host import HostRow, crowd
from bench.scale_load import Shot, fire


def test_a_crowd_does_each_once_and_so_many_at_a_time() -> None:
    done, at_once, lock = [], [0, 0], threading.Lock()

    def work() -> None:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        time.sleep(0.01)
        with lock:
            at_once[0] -= 1
            done.append(1)

    sample = crowd(work, clients=3, count=12)
    assert (len(done), sample.count, at_once[1]) == (12, 12, 3)
    assert sample.per_second is not None
    assert 12 / 0.4 < sample.per_second <= 12 / 0.04


def test_a_crowd_hands_on_what_goes_wrong() -> None:
    def work() -> None:
        raise BenchError("no")

    with pytest.raises(BenchError, match="no"):
        crowd(work, clients=2, count=2)


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(str(self.headers["Authorization"]))
        status = 200 if self.path == "/good" else 503
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_requests_are_counted_and_a_wrong_status_is_an_error() -> None:
    handler = type("Handler", (_Answers,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        sample = fire(url, "k", Shot("GET", "/good", 200), clients=2, seconds=0.3)
        assert sample.count == len(handler.asked) > 2  # type: ignore[attr-defined]
        assert set(handler.asked) == {"Bearer k"}  # type: ignore[attr-defined]
        assert sample.wall_seconds == 0.3
        with pytest.raises(BenchError, match="503, not 200"):
            fire(url, "k", Shot("GET", "/bad", 200), clients=1, seconds=0.2)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_the_tables() -> None:
    sample = Sample((0.5,) * 20, wall_seconds=5.0)
    (_, row) = _host_table([HostRow("print(1)", 4, sample, 1.234)])
    assert row.split() == ["print(1)", "4", "20", "500.0", "ms", "500.0", "ms", "4.00", "1.23"]
    memory = "\n".join(_memory_table({"gateway": 90_000_000}, {"gateway": 95_000_000}, [60_000_000]))
    assert "90 MB" in memory
    assert "95 MB" in memory
    assert "60 MB" in memory
    shared = _shared_table([("sqlite", GatewayFound([GatewayRow("sqlite", "status", 1, sample)], 10**8))])
    assert shared[1].split()[-1] == "4"
    assert "100 MB" in shared[-1]
