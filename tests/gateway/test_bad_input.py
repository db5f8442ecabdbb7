"""Requests that are wrong in every way that JSON, HTTP and Unicode allow: a clear 4xx, never a 500."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.json_reply import JSONReply
from gateway.views import status_of
from store.records import Job, Request, Stream
from tests.gateway.conftest import Gateway
from tests.gateway.moved import waiting

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "question: missing"),
        ({"question": ""}, 422, "question: must not be empty"),
        ({"question": " \n"}, 422, "question: must not be empty"),
        ({"question": "x" * 4001}, 422, "4000"),
        ({"question": "x" * 100_000}, 422, "4000"),
        ({"question": 5}, 422, "question"),
        ({"question": {"$gt": ""}}, 422, "question"),
        ({"question": "a\x00b"}, 422, "NUL"),
        ({"question": "x", "mode": "magic"}, 422, "mode"),
        ({"question": "x", "policy": "open"}, 422, "default, live-data, strict"),
        ({"question": "x", "policy": "../default"}, 422, "default, live-data, strict"),
        ({"question": "x", "model": "http://x"}, 422, "PROVIDER"),
        ({"question": "x", "model": "ollama:../../x y"}, 422, "PROVIDER"),
        ({"question": "x", "cache": "maybe"}, 422, "cache"),
        ({"question": "x", "tenant_id": "beta"}, 422, "tenant_id: unknown field"),
        ([], 422, "JSON object"),
        ("x", 422, "JSON object"),
        (17, 422, "JSON object"),
    ],
)
async def test_a_bad_question_is_named(gateway: Gateway, body: Any, status: int, words: str) -> None:
    made = await gateway.session()
    reply = await gateway.client.post(f"/sessions/{made['session_id']}/analyze", json=body)
    assert reply.status_code == status
    assert words in reply.json()["error"]["message"]


async def test_a_question_of_4000_characters_is_taken(gateway: Gateway) -> None:
    made = await gateway.session()
    reply = await gateway.client.post(
        f"/sessions/{made['session_id']}/analyze", json={"question": "ö" * 4000}
    )
    assert reply.status_code == 202


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "malformed_json"),
        (b"", JSON, 400, "malformed_json"),
        (b'{"code": "\xff"}', JSON, 400, "malformed_json"),
        (b'{"code": NaN}', JSON, 400, "malformed_json"),
        (b'{"code": ' + b"1" * 10_000 + b"}", JSON, 400, "malformed_json"),
        (b'{"code": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, 400, "malformed_json"),
        (b'{"code": "\\ud800"}', JSON, 422, "invalid_request"),
        (b'{"code": "1", "\\ud800": 1}', JSON, 422, "invalid_request"),
        (b'{"code": "1", "language": "perl"}', JSON, 422, "invalid_request"),
        (b'{"code": "' + b"x" * 100_001 + b'"}', JSON, 422, "invalid_request"),
        (b'{"code": "' + b"x" * (256 << 10) + b'"}', JSON, 413, "too_large"),
        (b'{"code": "1"}', {"Content-Type": "text/plain"}, 415, "unsupported_type"),
        (b'{"code": "1"}', {}, 415, "unsupported_type"),
        (b'{"code": "1", "session_id": "nope"}', JSON, 404, "session_not_found"),
        (b'{"code": "1", "session_id": ""}', JSON, 422, "invalid_request"),
    ],
)  # fmt: skip
async def test_a_bad_body_is_named(
    gateway: Gateway, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    reply = await gateway.client.post("/execute", content=content, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
    assert await gateway.services.store.count_jobs("alpha") == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "route_not_found"),
        ("GET", "/sessions/", 404, "route_not_found"),
        ("PUT", "/sessions", 405, "method_not_allowed"),
        ("GET", "/execute", 405, "method_not_allowed"),
        ("GET", "/sessions?limit=0", 422, "invalid_request"),
        ("GET", "/sessions?limit=x", 422, "invalid_request"),
        ("GET", "/sessions/nope", 404, "session_not_found"),
        ("GET", "/sessions/%00", 404, "session_not_found"),
        ("GET", "/sessions/%ff", 404, "session_not_found"),
        ("GET", "/status/" + "a" * 5000, 404, "task_not_found"),
        ("GET", "/status/$ne", 404, "task_not_found"),
        ("GET", "/artifacts/nope", 404, "artifact_not_found"),
        ("GET", "/artifacts/..%2f..%2fetc%2fpasswd", 404, "route_not_found"),
        ("POST", "/status/nope/cancel", 404, "task_not_found"),
        ("DELETE", "/sessions/nope", 404, "session_not_found"),
    ],
)
async def test_what_is_not_there_says_what(
    gateway: Gateway, method: str, path: str, status: int, code: str
) -> None:
    reply = await gateway.client.request(method, path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


async def test_an_unknown_file_of_a_session_is_named(gateway: Gateway) -> None:
    made = await gateway.session()
    reply = await gateway.client.get(f"/sessions/{made['session_id']}/files/other.csv")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "file_not_found")


@pytest.mark.parametrize("request_id", ["x" * 65, "a b", "ä", '"', ""])
async def test_a_request_id_that_is_none_is_replaced(gateway: Gateway, request_id: str) -> None:
    headers = {"X-Request-ID": request_id.encode("utf-8")}
    reply = await gateway.anonymous.get("/healthz", headers=headers)
    assert len(reply.headers["x-request-id"]) == 32


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters(codec=None), max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["question", "code", "language", "mode", "policy", "model", "cache", "session_id"]
    + ["questions", "column", "operation", "by", "table", "approve", "seen", "reason"]
)
bodies = st.dictionaries(names | st.text(max_size=5), values, max_size=6) | values


wanted = st.fixed_dictionaries({"column": st.text(max_size=20), "operation": st.just("sum")})
paths = ["/execute", "/sessions/{}/analyze", "/sessions/{}/batch", "/sessions/{}/compute"]


@given(
    body=bodies | wanted, path=st.sampled_from([*paths, "/status/waiting/approve", "/status/waiting/reject"])
)
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
async def test_no_json_makes_a_500(gateway: Gateway, body: Any, path: str) -> None:
    if "{}" in path:
        sessions = await gateway.services.store.list_sessions("alpha", 1)
        path = path.format(sessions[0].session_id if sessions else (await gateway.session())["session_id"])
    path = path.replace("waiting", (await waiting(gateway)).task_id) if "waiting" in path else path
    content = json.dumps(body).encode()
    reply = await gateway.client.post(path, content=content, headers=JSON)
    assert reply.status_code in (200, 202, 400, 404, 409, 422, 429), reply.text
    assert reply.json()


@given(content=st.binary(max_size=300), headers=st.sampled_from([JSON, {"Content-Type": "multipart/form-data; boundary=x"}]))  # fmt: skip  # noqa: E501
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
async def test_no_bytes_make_a_500(gateway: Gateway, content: bytes, headers: dict[str, str]) -> None:
    for path in ("/execute", "/sessions", "/analyze"):
        reply = await gateway.client.post(path, content=b"--x\r\n" + content, headers=headers)
        assert reply.status_code in (400, 415, 422), reply.text


@given(
    path=st.binary(max_size=40),
    query=st.binary(max_size=20),
)
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
async def test_no_path_makes_a_500(gateway: Gateway, path: bytes, query: bytes) -> None:
    for start in ("/status/", "/sessions/", "/artifacts/", "/"):
        url = f"{start}{quote(path)}?{quote(query)}"
        assert (await gateway.client.get(url)).status_code in (200, 404, 422)


def test_no_record_makes_json_that_is_none() -> None:
    result = {"type": "table", "columns": ["x"], "rows": [[float("nan")], [float("inf")], ["\ud800"]]}
    job = Job(tenant_id="a", kind="execute", request=Request(), result=result, stdout=Stream(text="\udcff"))
    text = JSONReply(status_of(job).model_dump(mode="json")).body
    status = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert status["result"]["rows"] == [[None], [None], ["?"]]
    assert status["stdout"]["text"] == "?"
