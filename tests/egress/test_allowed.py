"""Web requests to listed hosts, with the libraries that people use, over HTTP and HTTPS."""

from __future__ import annotations

import hashlib

import pytest

from tests.egress.names import ONE, SIX, THREE, TWO
from tests.egress.servers import CSV
from tests.egress.world import WEB, World

pytestmark = pytest.mark.engine
BOTH = pytest.mark.parametrize("scheme", ["http", "https"])
ROWS = [["Oslo", 3], ["Rome", 18], ["Lima", 21]]
WIDE = WEB | {
    "limits": {"code_wall_seconds": 60},
    "egress": WEB["egress"] | {"upload_bytes": 1 << 30, "download_bytes": 1 << 30},
}


@BOTH
def test_requests_gets(world: World, scheme: str) -> None:
    ran = world.run(
        f"import requests\nr = requests.get('{scheme}://data.example.org/json?a=1')\n"
        "result = [r.status_code, r.json()['answer']]"
    )
    assert (ran.outcome, ran.value) == ("ok", [200, 42]), ran
    (entry,) = ran.log
    assert entry == {
        "scheme": scheme,
        "address": ONE,
        "host": "data.example.org",
        "method": "GET",
        "path": "/json?a=1",
    }


@BOTH
def test_a_verdict_with_bytes_is_in_the_record(world: World, scheme: str) -> None:
    ran = world.run(f"import requests\nrequests.get('{scheme}://data.example.org/big?bytes=100000').content")
    (record,) = ran.requests
    port, method = (443, "CONNECT") if scheme == "https" else (80, "GET")
    assert (record["host"], record["port"], record["method"]) == ("data.example.org", port, method)
    assert (record["allowed"], record["reason"], record["address"]) == (True, "", ONE)
    assert 100 < record["sent_bytes"] < 10_000
    assert 100_000 < record["received_bytes"] < 110_000


@BOTH
def test_requests_posts(world: World, scheme: str) -> None:
    body = hashlib.sha256(b"row" * 200_000).hexdigest()
    code = f"import requests\nresult = requests.post('{scheme}://data.example.org/', data=b'row' * 200_000).json()"  # noqa: E501
    assert world.value(code + "['sha256']") == body


@BOTH
def test_an_upload_of_an_iterator_is_chunked(world: World, scheme: str) -> None:
    """The server of the test reads no chunked bodies: what counts is that it comes there as it was sent."""
    ran = world.run(
        f"import requests\nr = requests.post('{scheme}://data.example.org/', data=iter([b'a', b'b']))\nresult = r.status_code"  # noqa: E501
    )
    assert (ran.outcome, ran.value) == ("ok", 200), ran
    assert ran.log[0]["method"] == "POST"


def test_a_redirect_goes_on_to_another_listed_host(world: World) -> None:
    ran = world.run(
        "import requests\n"
        "r = requests.get('http://data.example.org/redirect?to=https://also.example.net/json')\n"
        "result = [r.json()['answer'], len(r.history)]"
    )
    assert ran.value == [42, 1]
    assert [(entry["scheme"], entry["address"]) for entry in ran.log] == [("http", ONE), ("https", TWO)]
    assert [record["host"] for record in ran.requests] == ["data.example.org", "also.example.net"]


def test_a_session_keeps_its_connection(world: World) -> None:
    ran = world.run(
        "import requests\nwith requests.Session() as s:\n"
        "    result = [s.get('https://data.example.org/json').status_code for _ in range(5)]"
    )
    assert ran.value == [200] * 5
    assert len(ran.requests) == 1


@BOTH
def test_requests_streams(world: World, scheme: str) -> None:
    code = (
        f"import requests\nr = requests.get('{scheme}://data.example.org/big?bytes=3000000', stream=True)\n"
        "result = sum(len(piece) for piece in r.iter_content(10_000))"
    )
    assert world.value(code) == 3_000_000


@BOTH
def test_urllib(world: World, scheme: str) -> None:
    code = f"import urllib.request\nresult = urllib.request.urlopen('{scheme}://data.example.org/csv').read().decode()"
    assert world.value(code) == CSV.decode()


@BOTH
@pytest.mark.parametrize("path", ["csv", "gzip", "chunked"])
def test_pandas_reads_a_table(world: World, scheme: str, path: str) -> None:
    assert world.value(f"result = pd.read_csv('{scheme}://data.example.org/{path}').values.tolist()") == ROWS


def test_beautiful_soup_reads_a_page(world: World) -> None:
    code = (
        "import requests\nfrom bs4 import BeautifulSoup\n"
        "page = BeautifulSoup(requests.get('https://data.example.org/page').text, 'html.parser')\n"
        "result = [page.h1.text, [cell.text for cell in page.find_all('td')]]"
    )
    assert world.value(code) == ["Prices", ["tea", "4"]]


@BOTH
def test_twenty_megabytes_come_whole(world: World, scheme: str) -> None:
    size = 20 << 20
    code = (
        "import hashlib, requests\n"
        f"data = requests.get('{scheme}://data.example.org/big?bytes={size}').content\n"
        "result = [len(data), hashlib.sha256(data).hexdigest()]"
    )
    digest = hashlib.sha256(bytes(range(256)) * (size // 256)).hexdigest()
    assert world.value(code, "wide", WIDE) == [size, digest]


def test_both_directions_at_once(world: World) -> None:
    """100 MB each way at the same time: the pipe never stands still."""
    code = (
        "import requests, threading\nseen = []\n"
        "def up(): seen.append(requests.post('http://data.example.org/', data=bytes(25 << 20)).json()['bytes'])\n"  # noqa: E501
        "def down(): seen.append(len(requests.get('http://data.example.org/big?bytes=26214400').content))\n"
        "many = [threading.Thread(target=work) for work in (up, down) * 4]\n"
        "for t in many: t.start()\nfor t in many: t.join()\nresult = seen"
    )
    assert world.value(code, "wide", WIDE) == [25 << 20] * 8


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATA.Example.ORG", ONE),
        ("a.wild.example.org", THREE),
        ("a.b.wild.example.org", THREE),
        ("six.example.org", SIX),
    ],
)
def test_names_that_a_list_covers(world: World, name: str, address: str) -> None:
    ran = world.run(
        f"import requests\nresult = [requests.get(f'{{s}}://{name}/json').status_code for s in ('http', 'https')]"  # noqa: E501
    )
    assert ran.value == [200, 200], ran
    assert [(entry["address"], entry["host"].lower()) for entry in ran.log] == [(address, name.lower())] * 2


def test_sixteen_requests_side_by_side(world: World) -> None:
    code = (
        "import requests\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "get = lambda at: requests.get('https://data.example.org/json').json()['answer']\n"
        "with ThreadPoolExecutor(16) as pool: result = list(pool.map(get, range(48)))"
    )
    assert world.value(code) == [42] * 48


@BOTH
def test_answers_that_are_kept_do_not_keep_others_out(world: World, scheme: str) -> None:
    """requests holds the connection of each answer as long as the answer; 16 may be open at once."""
    ran = world.run(
        f"import requests\nkept = [requests.get('{scheme}://data.example.org/json') for _ in range(40)]\n"
        "result = {r.status_code for r in kept} == {200}"
    )
    assert (ran.outcome, ran.value) == ("ok", True), ran.message
    assert {record["reason"] for record in ran.requests} == {""}


def test_a_later_attempt_of_the_same_sandbox_asks_again(world: World) -> None:
    world.value(
        "import requests\ns = requests.Session()\nresult = s.get('https://data.example.org/json').status_code"
    )
    assert world.value("result = s.get('https://data.example.org/json').status_code") == 200


def test_an_unknown_authority_is_refused_by_the_code_itself(world: World) -> None:
    """The bundle is what is trusted: without the policy's own authority the certificate is not."""
    code = (
        "import certifi, requests\n"
        "try: requests.get('https://data.example.org/json', verify=certifi.where())\n"
        "except requests.exceptions.SSLError as e: result = str(e)"
    )
    assert "CERTIFICATE_VERIFY_FAILED" in world.value(code)
