"""What no policy lists, and what hides behind a listed name: refused, with the policy's and the host's name."""  # noqa: E501

from __future__ import annotations

import pytest

from tests.egress.names import HOSTS, ONE, PRIVATE, UNLISTED
from tests.egress.world import WEB, Ran, World

pytestmark = pytest.mark.engine
TRY = """
import http.client, requests, socket, ssl, urllib.request
def said(work):
    try: got = work()
    except Exception as error: return f'{type(error).__name__}: {error}'
    return f'{got.status_code} {got.reason} {got.text}' if hasattr(got, 'status_code') else str(got)
def raw(text, more=b''):
    with socket.create_connection(('127.0.0.1', 3128), 5) as s:
        s.settimeout(10)
        s.sendall(text.encode('latin-1') + more)
        got = b''
        try:
            while data := s.recv(65536): got += data
        except OSError as error: got += repr(error).encode()
        return got.decode('latin-1')
"""


def nothing_left(ran: Ran) -> None:
    """No server saw anything, and the record says no to all of it."""
    assert ran.outcome == "ok", ran
    assert ran.log == []
    assert ran.requests
    assert not any(record["allowed"] and not record["reason"] for record in ran.requests), ran.requests
    assert all(record["address"] is None for record in ran.requests)


NOT_LISTED = [
    "unlisted.example.org",
    "sub.data.example.org",
    "wild.example.org",
    "data.example.org.evil.example",
    "data-example.org",
    "example.org",
    "xn--dta-0na.example.org",
    "localhost",
]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hosts_that_are_not_listed(world: World, scheme: str) -> None:
    ran = world.run(
        TRY + f"result = [said(lambda: requests.get(f'{scheme}://{{n}}/json')) for n in {NOT_LISTED}]"
    )
    nothing_left(ran)
    for name, text in zip(NOT_LISTED, ran.value, strict=True):
        assert "403" in text
        assert f"policy 'web' refuses {name}:" in text
        assert "not listed" in text or "localhost" in name
    assert [record["host"] for record in ran.requests] == NOT_LISTED


def test_the_error_names_policy_and_host_in_each_library(world: World) -> None:
    ran = world.run(
        TRY + "result = [said(work) for s in ('http', 'https') for work in (\n"
        "    lambda: urllib.request.urlopen(f'{s}://unlisted.example.org/'),\n"
        "    lambda: pd.read_csv(f'{s}://unlisted.example.org/'),\n"
        "    lambda: requests.get(f'{s}://unlisted.example.org/'))]"
    )
    nothing_left(ran)
    for text in ran.value:
        assert "policy 'web' refuses unlisted.example.org" in text


def test_an_error_of_a_refusal_is_policy_denied(world: World) -> None:
    for call in (
        "requests.get('https://unlisted.example.org/')",
        "pd.read_csv('http://unlisted.example.org/')",
    ):
        ran = world.run(f"import requests\nprint('before')\n{call}")
        assert ran.outcome == "policy_denied", ran
        assert "unlisted.example.org" in ran.message
        assert "'web'" in ran.message
        assert ran.stdout == "before\n"


SPELLINGS = [
    ONE, "757946881", "0x2d.0x21.0x5a.0x1", "0x2d215a01", "055.041.0132.01", "45.33.23041", "45.33.90.1.",
    "[::ffff:45.33.90.1]", "[2606:4700:77::1]", "[2606:4700:77::1%25lo]", "127.0.0.1", "2130706433", "127.1",
    "0", "[::]", "[::1]", "169.254.169.254", "10.77.0.1",
]  # fmt: skip


def test_ip_literals_in_all_spellings(world: World) -> None:
    ran = world.run(
        TRY
        + f"result = [raw(f'GET http://{{n}}/json HTTP/1.1\\r\\nHost: {{n}}\\r\\n\\r\\n') for n in {SPELLINGS}]\n"  # noqa: E501
        f"result += [raw(f'CONNECT {{n}}:443 HTTP/1.1\\r\\nHost: {{n}}\\r\\n\\r\\n') for n in {SPELLINGS}]"
    )
    nothing_left(ran)
    for text in ran.value:
        assert text.startswith(("HTTP/1.1 403 ", "HTTP/1.1 400 ")), text


ODD = [
    "data.example.org.", "data.example.org@unlisted.example.org", "unlisted.example.org@data.example.org",
    "data.example.org:443@unlisted.example.org", "data%2eexample.org", "data.example.org%00.evil.example",
    "d\u00e4ta.example.org", "data.example.org#@unlisted.example.org", "data.example.org\\@unlisted.example.org",  # noqa: E501
    "data..example.org", "-data.example.org", "data_.example.org", "*.wild.example.org", "data.example.org,evil",  # noqa: E501
]  # fmt: skip


def test_odd_names(world: World) -> None:
    ran = world.run(
        TRY
        + f"result = [raw(f'GET http://{{n}}/json HTTP/1.1\\r\\nHost: {{n}}\\r\\n\\r\\n') for n in {ODD!r}]\n"
        f"result += [raw(f'CONNECT {{n}}:443 HTTP/1.1\\r\\nHost: {{n}}\\r\\n\\r\\n') for n in {ODD!r}]"
    )
    nothing_left(ran)
    for text in ran.value:
        assert text.startswith(("HTTP/1.1 403 ", "HTTP/1.1 400 ")), text


def test_crlf_and_other_smuggling(world: World) -> None:
    texts = [
        "GET http://unlisted.example.org/\\r\\nHost: data.example.org HTTP/1.1\\r\\n\\r\\n",
        "CONNECT data.example.org\\r\\n:443 HTTP/1.1\\r\\n\\r\\n",
        "CONNECT data.example.org:443\\nX: y HTTP/1.1\\r\\n\\r\\n",
        "GET http://data.example.org\\r/ HTTP/1.1\\r\\n\\r\\n",
        "GET / HTTP/1.1\\r\\nHost: data.example.org\\r\\n\\r\\n",
        "GET ftp://data.example.org/ HTTP/1.1\\r\\nHost: data.example.org\\r\\n\\r\\n",
        "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03",
        "x" * 70_000,
    ]
    calls = ",".join(f'raw("{text}")' for text in texts)
    ran = world.run(TRY + f"result = [{calls}]")
    assert ran.outcome == "ok", ran
    assert ran.log == []
    for text in ran.value:
        assert text.startswith(("HTTP/1.1 403 ", "HTTP/1.1 400 ", "HTTP/1.1 431 ")), text


def test_the_host_header_is_made_from_what_was_decided(world: World) -> None:
    ran = world.run(
        TRY + "result = raw('GET http://data.example.org/json HTTP/1.1\\r\\nHost: unlisted.example.org\\r\\n"
        "Proxy-Connection: keep-alive\\r\\nConnection: close\\r\\n\\r\\n')"
    )
    assert all(entry.get("host", "data.example.org") == "data.example.org" for entry in ran.log), ran.log
    assert not any(entry["scheme"] == "headers" for entry in ran.log), "a proxy's header was passed on"


def test_other_ports(world: World) -> None:
    ports = [22, 25, 8080, 8443, 0, 65536, 443443]
    ran = world.run(
        TRY
        + f"result = [raw(f'CONNECT data.example.org:{{p}} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n') for p in {ports}]\n"  # noqa: E501
        f"result += [raw(f'GET http://data.example.org:{{p}}/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n') for p in {ports}]\n"  # noqa: E501
        "result += [raw('CONNECT data.example.org:80 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')]"
    )
    nothing_left(ran)
    for text in ran.value:
        assert text.startswith("HTTP/1.1 403 "), text
        assert "data.example.org" in text


@pytest.mark.parametrize("name", ["mixed", "private", "metadata", "loopback"])
def test_listed_names_with_an_address_that_is_not_public(world: World, name: str) -> None:
    ran = world.run(
        TRY
        + f"result = [said(lambda: requests.get(f'{{s}}://{name}.example.org/json')) for s in ('http', 'https')]"  # noqa: E501
    )
    nothing_left(ran)
    for text in ran.value:
        assert f"policy 'web' refuses {name}.example.org" in text


def test_a_name_that_is_public_first_and_private_then(world: World) -> None:
    get = TRY + "result = said(lambda: requests.get('http://turns.example.org/json'))"
    assert world.run(get).value.startswith("200 ")
    world.name_resolves_to(HOSTS.replace(f"{ONE} turns.", f"{PRIVATE} turns."))
    try:
        ran = world.run(get)
    finally:
        world.name_resolves_to(HOSTS)
    nothing_left(ran)
    assert "policy 'web' refuses turns.example.org" in ran.value


@pytest.mark.parametrize(
    "target",
    [
        "http://unlisted.example.org/",
        f"http://{PRIVATE}/",
        "https://private.example.org/",
        "http://localhost/",
    ],
)
def test_a_redirect_to_what_is_refused(world: World, target: str) -> None:
    ran = world.run(
        TRY + f"result = said(lambda: requests.get('http://data.example.org/redirect?to={target}'))"
    )
    assert "policy 'web' refuses" in ran.value
    assert [entry["address"] for entry in ran.log] == [ONE]
    assert [record["allowed"] for record in ran.requests] == [True, False]


def test_a_tunnel_to_a_listed_name_that_asks_for_another(world: World) -> None:
    ran = world.run(
        TRY + "def ask(sni):\n"
        "    s = socket.create_connection(('127.0.0.1', 3128), 5)\n"
        "    s.sendall(b'CONNECT data.example.org:443 HTTP/1.1\\r\\nHost: data.example.org\\r\\n\\r\\n')\n"
        "    assert b' 200 ' in s.recv(1000)\n"
        "    c = ssl._create_unverified_context()\n"
        "    return said(lambda: c.wrap_socket(s, server_hostname=sni).version())\n"
        "result = [ask('unlisted.example.org'), ask(None), ask('also.example.net')]"
    )
    nothing_left(ran)
    for text in ran.value:
        assert text.startswith(("SSLError", "SSLEOFError", "ConnectionResetError")), text
    assert any("unlisted.example.org" in record["reason"] for record in ran.requests)


def test_a_tunnel_that_is_no_tls(world: World) -> None:
    ran = world.run(
        TRY
        + "result = raw('CONNECT data.example.org:443 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'GET / HTTP/1.0\\r\\n\\r\\n')"  # noqa: E501
    )
    nothing_left(ran)


def test_what_is_left_open_or_says_nothing_ends_by_the_clocks(world: World) -> None:
    """The policy's idle_seconds are 3: half-open, silent, and a host that never answers."""
    ran = world.run(
        TRY + "from concurrent.futures import ThreadPoolExecutor\n"
        "def half():\n"
        "    with socket.create_connection(('127.0.0.1', 3128), 5) as s:\n"
        "        s.sendall(b'GET http://data.exa'); s.settimeout(15); return s.recv(1000).decode()\n"
        "def mute():\n"
        "    with socket.create_connection(('127.0.0.1', 3128), 5) as s:\n"
        "        s.sendall(b'CONNECT data.example.org:443 HTTP/1.1\\r\\n\\r\\n'); s.settimeout(15)\n"
        "        got = b''\n"
        "        while data := s.recv(1000): got += data\n"
        "        return repr(got)\n"
        "works = [half, mute, lambda: requests.get('http://data.example.org/silent', timeout=15),\n"
        "    lambda: requests.get('http://deaf.example.org/', timeout=15),\n"
        "    lambda: requests.get('http://nowhere.example.org/', timeout=15)]\n"
        "with ThreadPoolExecutor(8) as pool: result = list(pool.map(said, works))"
    )
    assert ran.outcome == "ok", ran
    assert ran.seconds < 12
    half, mute, silent, deaf, nowhere = ran.value
    assert "408" in half
    assert "200" in mute or "400" in mute
    assert "504" in silent or "Connection" in silent or "502" in silent
    assert "deaf.example.org" in deaf
    assert "nowhere.example.org" in nowhere
    assert all(record["reason"] for record in ran.requests)


def test_half_an_answer_is_not_taken_for_a_whole_one(world: World) -> None:
    for scheme in ("http", "https"):
        ran = world.run(TRY + f"result = said(lambda: requests.get('{scheme}://data.example.org/half').text)")
        assert "Error" in ran.value, ran.value


def test_the_unlisted_server_is_there(world: World) -> None:
    """Else the tests above would hold of themselves: one policy lists it, and is let through."""
    policy = WEB | {"name": "other", "egress": {"hosts": ["unlisted.example.org"]}}
    try:
        ran = world.run(
            TRY + "result = said(lambda: requests.get('https://unlisted.example.org/json'))", "own", policy
        )
    finally:
        world.end("own")
    assert ran.value.startswith("200 ")
    assert [entry["address"] for entry in ran.log] == [UNLISTED]
