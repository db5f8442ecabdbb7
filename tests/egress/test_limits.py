"""Caps and clocks of a policy, and code that works against them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.egress.world import WEB, World

pytestmark = pytest.mark.engine


def capped(**egress: Any) -> dict[str, Any]:
    return WEB | {"name": "capped", "egress": WEB["egress"] | egress}


def test_N14_an_upload_is_cut_at_the_cap(world: World, own_box: str) -> None:
    ran = world.run(
        "import requests\n"
        "r = requests.post('http://data.example.org/', data=bytes(1 << 20))\nresult = [r.status_code, r.text]",  # noqa: E501
        own_box,
        capped(upload_bytes=100_000),
    )
    status, text = ran.value
    assert status == 403
    assert "policy 'capped' refuses data.example.org" in text
    assert "uploaded all" in text
    (record,) = ran.requests
    assert record["sent_bytes"] == 100_000
    assert "uploaded all" in record["reason"]
    later = world.run("import requests\nrequests.get('https://data.example.org/json')", own_box)
    assert later.outcome == "policy_denied", later
    cut = [entry for entry in ran.log + later.log if entry.pop("body_bytes", 0) < 100_000]
    assert [entry["method"] for entry in cut] == ["POST"], "the cap is the job's, not the request's"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_download_is_cut_at_the_cap(world: World, own_box: str, scheme: str) -> None:
    ran = world.run(
        f"import requests\nr = requests.get('{scheme}://data.example.org/big?bytes=2000000', stream=True)\n"
        "got = 0\n"
        "try:\n"
        "    for piece in r.iter_content(1000): got += len(piece)\n"
        "    result = ['whole', got]\n"
        "except requests.exceptions.RequestException as e: result = [type(e).__name__, got]",
        own_box,
        capped(download_bytes=300_000),
    )
    how, got = ran.value
    assert how != "whole"
    assert got < 300_000
    (record,) = ran.requests
    assert record["received_bytes"] == 300_000
    assert "download" in record["reason"]


def test_no_more_requests_than_allowed(world: World, own_box: str) -> None:
    ran = world.run(
        "import requests\nresult = [requests.get('http://data.example.org/json').status_code for _ in range(8)]",  # noqa: E501
        own_box,
        capped(requests=5),
    )
    assert ran.value == [200] * 5 + [403] * 3
    assert len(ran.log) == 5
    assert "5 requests" in ran.requests[-1]["reason"]


def test_a_slow_drip_is_bounded_by_the_wall_clock(world: World, own_box: str) -> None:
    policy = capped(idle_seconds=1) | {"limits": {"code_wall_seconds": 4}}
    ran = world.run(
        "import requests\nrequests.get('http://data.example.org/drip?pause=0.3')", own_box, policy
    )
    assert ran.outcome == "timeout"
    assert ran.seconds < 10
    ran = world.run(
        "import requests\n"
        "try: requests.get('http://data.example.org/drip?pause=2'); result = 'whole'\n"
        "except requests.exceptions.RequestException: result = 'cut'",
        own_box,
    )
    assert ran.value == "cut"
    assert "1 s" in ran.requests[-1]["reason"]


def test_ten_thousand_connections_in_a_row(world: World, own_box: str) -> None:
    """Refused, reset, left before a word: the worker and the sandbox go on as before."""
    policy = capped(idle_seconds=1, requests=100) | {"limits": {"code_wall_seconds": 60}}
    ran = world.run(
        "import socket, struct\nproxy = ('127.0.0.1', 3128)\nlinger = struct.pack('ii', 1, 0)\n"
        "head = b'CONNECT unlisted.example.org:443 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'\n"
        "def one(at):\n"
        "    with socket.create_connection(proxy, 20) as s:\n"
        "        if at % 3 == 0: return\n"
        "        s.sendall(head)\n"
        "        if at % 3 == 1: return s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)\n"
        "        while data := s.recv(65536): answers.append(b' 403 ' in data)\n"
        "from concurrent.futures import ThreadPoolExecutor\nanswers = []\n"
        "with ThreadPoolExecutor(4) as pool: list(pool.map(one, range(10_000)))\n"
        "result = [len(answers), all(answers)]",
        own_box,
        policy,
    )
    assert (ran.outcome, ran.value) == ("ok", [3333, True]), ran.message
    assert ran.log == []
    assert len(ran.requests) == 1000
    assert world.run("result = 6 * 7", own_box).value == 42


def test_hoarded_connections_end_with_the_attempt(world: World, own_box: str) -> None:
    ran = world.run(
        "import socket\nkept = []\n"
        "for _ in range(300):\n"
        "    s = socket.socket(); s.setblocking(False); s.connect_ex(('127.0.0.1', 3128)); kept.append(s)\n"
        "    try: s.send(b'CONNECT data.example.org:443 HTTP/1.1\\r\\n\\r\\n')\n"
        "    except OSError: pass\n"
        "import time; time.sleep(0.5)\nresult = len(kept)",
        own_box,
        capped(),
    )
    assert (ran.outcome, ran.value) == ("ok", 300), ran.message
    after = world.run(
        "import requests\nresult = requests.get('https://data.example.org/json').status_code", own_box
    )
    assert after.value == 200


def test_code_that_never_reads_costs_one_window(world: World, own_box: str) -> None:
    ran = world.run(
        "import socket, time\ns = socket.create_connection(('127.0.0.1', 3128))\n"
        "s.sendall(b'GET http://data.example.org/big?bytes=50000000 HTTP/1.1\\r\\nHost: data.example.org\\r\\n\\r\\n')\n"  # noqa: E501
        "time.sleep(1.5)\nresult = 1",
        own_box,
        capped(),
    )
    assert ran.value == 1
    assert ran.requests[0]["received_bytes"] < 8 << 20
