"""What does a coverage-guided fuzzer try on the engine proxy: its reader of HTTP, and its judge?"""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

from policies.model import load_policy
from policies.spec import Marks, container_body
from worker.engine_proxy.calls import Create, Listing, OnContainer, Refused, canonical
from worker.engine_proxy.create import LONGEST_LIFE_SECONDS
from worker.engine_proxy.judge import Request, Rules, judge
from worker.engine_proxy.reading import BadRequestError, read_request

NOW = 1_800_000_000.0
ID = "ab" * 32
_POLICY = load_policy("default")
RULES = Rules("ours", "sandglass-sandbox:dev", "/p.json", lambda _: _POLICY)
GOOD = container_body(_POLICY, "sha256:" + ID, Marks("ours", "w:1:2", int(NOW) + 900))
_UPGRADE = b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
_ATTACH = b"/attach?stdin=1&stdout=1&stderr=1&stream=1"
_REMOVE = b"?v=True&link=False&force=True"
_LIST = (
    b"/containers/json?limit=-1&all=1&size=0&trunc_cmd=0"
    b"&filters=%7B%22label%22%3A%5B%22sandglass.stack%3Dours%22%5D%7D"
)
_ONE = b"/containers/" + ID.encode()
_LINES = (
    *((b"GET", path) for path in (b"/version", b"/info", _LIST, _ONE + b"/json")),
    *((b"POST", path) for path in (_ONE + b"/start", _ONE + _ATTACH, b"/containers/create")),
    (b"DELETE", _ONE + _REMOVE),
)
_WORDS = (
    *(b"GET ", b"POST ", b"DELETE ", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"\r\n", b"\r\n\r\n", b"\n", b" "),
    *(b"/version", b"/info", b"/json", b"/start", b"/attach", b"/create", b"?", b"&", b";", b"\t", b"#"),
    *(b"Content-Length: 2\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"{}", b"..", b"//"),
    *(_UPGRADE, b"Connection: close\r\n", b"%2e", b"\x00", b"\xff", _ATTACH, _REMOVE, _LIST, _ONE),
    *(
        b"Content-Type: application/json\r\n",
        b"Expect: 100-continue\r\n",
        b"Host: y\r\n",
        b"/v1.41",
        b"http://x",
    ),
)
_VALUES = (True, False, None, 0, 1, -1, 1.0, 1e308, "", "host", "0:0", "/:/host", ["/:/host"], [], {}, 10**30)


def engine_wire(fdp: Any) -> None:
    """Bytes of a client: refused, or one request that comes to a call of the worker's own."""
    method, path = fdp.PickValueInList(list(_LINES))
    upgrade = _UPGRADE if b"attach" in path else b""
    data = bytearray(method + b" /v1.40" + path + b" HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n")
    for _ in range(fdp.ConsumeIntInRange(0, 3)):
        at = fdp.ConsumeIntInRange(0, len(data))
        new = fdp.PickValueInList(list(_WORDS)) if fdp.ConsumeIntInRange(0, 3) else fdp.ConsumeBytes(4)
        data[at : at + fdp.ConsumeIntInRange(0, 4)] = new
    try:
        request = asyncio.run(_read(bytes(data)))
    except BadRequestError:
        return
    if request is None:
        return
    assert request.method.isupper()
    assert request.method.encode() + b" " + request.target.encode("latin-1") + b" HTTP/1.1\r\n" in data
    _must_be_harmless(judge(request, RULES, NOW))


def engine_judge(fdp: Any) -> None:
    """A create body with wrong parts: what goes on is what the policy comes to."""
    body: Any = copy.deepcopy(GOOD)
    for _ in range(fdp.ConsumeIntInRange(0, 3)):
        part = fdp.PickValueInList([body, body["HostConfig"], body["Labels"]])
        fresh = fdp.ConsumeUnicodeNoSurrogates(10)
        key = fdp.PickValueInList([*part, *(name.lower() for name in part), fresh])
        value = fdp.PickValueInList(list(_VALUES)) if fdp.ConsumeBool() else fdp.ConsumeUnicode(8)
        part[key] = value
        if not isinstance(body.get("HostConfig"), dict) or not isinstance(body.get("Labels"), dict):
            break
    data = bytearray(json.dumps(body).encode())
    for _ in range(fdp.ConsumeIntInRange(0, 2)):
        at = fdp.ConsumeIntInRange(0, len(data))
        data[at : at + fdp.ConsumeIntInRange(0, 3)] = fdp.ConsumeBytes(3)
    headers = (("host", "x"), ("content-type", "application/json"), ("content-length", str(len(data))))
    request = Request("POST", "/v1.40/containers/create", headers, bytes(data))
    _must_be_harmless(judge(request, RULES, NOW))


async def _read(data: bytes) -> Request | None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_request(reader)


def _must_be_harmless(call: Any) -> None:
    if isinstance(call, Refused):
        assert 400 <= call.status < 500
        assert call.reason.isprintable()
    elif isinstance(call, Create):
        made = container_body(_POLICY, call.image, call.marks)
        assert canonical(call.body) == canonical(made)
        assert call.marks.stack == "ours"
        assert NOW < call.marks.deadline <= NOW + LONGEST_LIFE_SECONDS
    elif isinstance(call, OnContainer):
        assert call.container_id == ID
    elif isinstance(call, Listing):
        assert "sandglass.stack=ours" in call.labels


ENGINE_TARGETS = {function.__name__: function for function in (engine_wire, engine_judge)}
