"""Every route for every kind of caller: nobody, a wrong key, another tenant, and the owner."""

from collections.abc import AsyncIterator

import pytest
import structlog

from gateway.app import log_as_json
from gateway.auth import Caller
from store.keys import hash_key
from store.records import ApiKey, Artifact, Job, Table, WebRequest
from store.records import Request as JobRequest
from tests.gateway.conftest import CSV, Gateway
from tests.gateway.moved import ended, waiting

ROUTES = [
    ("POST", "/sessions", 201, 201),
    ("GET", "/sessions", 200, 200),
    ("GET", "/sessions/{session}", 404, 200),
    ("POST", "/sessions/{session}/files", 404, 201),
    ("GET", "/sessions/{session}/files/sales.csv", 404, 200),
    ("GET", "/sessions/{session}/export?format=html", 404, 200),
    ("GET", "/sessions/{session}/tables/sales", 404, 200),
    ("PATCH", "/sessions/{session}", 404, 202),
    ("PATCH", "/sessions/{session}/tables/sales", 404, 202),
    ("POST", "/sessions/{session}/analyze", 404, 202),
    ("POST", "/analyze", 202, 202),
    ("POST", "/execute", 202, 202),
    ("POST", "/execute?session", 404, 202),
    ("GET", "/status/{task}", 404, 200),
    ("GET", "/status/{task}?wait=1", 404, 200),
    ("POST", "/status/{task}/cancel", 404, 200),
    ("POST", "/status/{task}/approve", 404, 200),
    ("POST", "/status/{task}/reject", 404, 200),
    ("POST", "/status/{task}/replay", 404, 202),
    ("POST", "/sessions/{session}/batch", 404, 202),
    ("POST", "/sessions/{session}/compute", 404, 202),
    ("GET", "/artifacts/{artifact}", 404, 200),
    ("POST", "/uploads", 201, 201),
    ("PUT", "/uploads/{upload}", 404, 204),
    ("DELETE", "/sessions/{session}", 404, 204),
]


async def _one() -> AsyncIterator[bytes]:
    yield b"\x89PNG"


async def _things(gateway: Gateway) -> dict[str, str]:
    made = await gateway.session()
    size, sha256 = await gateway.services.blobs.put("alpha/a/1", _one(), 100)
    artifact = Artifact(
        tenant_id="alpha",
        task_id=made["task_id"],
        name='<b>"plot.svg',
        role="figure",
        mime="image/svg+xml",
        size_bytes=size,
        sha256=sha256,
        blob_key="alpha/a/1",
    )
    await gateway.services.store.insert_artifact(artifact)
    table = Table(
        tenant_id="alpha",
        session_id=made["session_id"],
        name="sales",
        file_id="f",
        position=0,
        profile={"rows": 0},
        blob_key="alpha/a/1",
        sha256=sha256,
        size_bytes=size,
    )
    await gateway.services.store.upsert_table(table)
    grant = await gateway.client.post("/uploads", json={"name": "a.csv", "size_bytes": len(CSV)})
    ids = {"session": made["session_id"], "task": made["task_id"], "artifact": artifact.artifact_id}
    return {**ids, "upload": grant.json()["upload_id"]}


def _request(path: str, things: dict[str, str]) -> dict[str, object]:
    if path == "/uploads":
        return {"json": {"name": "a.csv", "size_bytes": 3}}
    if path == "/uploads/{upload}":
        return {"content": CSV}
    if path == "/execute":
        return {"json": {"code": "1"}}
    if path == "/execute?session":
        return {"json": {"code": "1", "session_id": things["session"]}}
    if path.endswith(("/approve", "/reject")):
        return {"json": {}}
    if path.endswith("/batch"):
        return {"json": {"questions": ["How many rows?"]}}
    if path.endswith("/compute"):
        return {"json": {"column": "revenue", "operation": "sum"}}
    if path.endswith("}/analyze"):
        return {"json": {"question": "How many rows?"}}
    if path == "/analyze":
        return {"files": {"files": ("a.csv", CSV)}, "data": {"question": "How many rows?"}}
    if path in ("/sessions", "/sessions/{session}/files"):
        return {"files": {"files": ("a.csv", CSV)}}
    return {}


def _change(path: str) -> dict[str, object]:
    return {"json": {"read_as": {}} if path.endswith("sales") else {"hidden": {"sales": ["revenue"]}}}


@pytest.mark.parametrize(("method", "path", "other", "right"), ROUTES)
async def test_only_the_owner_gets_through(
    gateway: Gateway, method: str, path: str, other: int, right: int
) -> None:
    things = await _things(gateway)
    if "wait" in path:
        await gateway.client.post(f"/status/{things['task']}/cancel")
    if path.endswith(("/approve", "/reject")):
        things["task"] = (await waiting(gateway)).task_id
    if path.endswith("/replay"):
        things["task"] = (await ended(gateway, code="1", receipt={"code_sha256": "0"})).task_id
    url = path.format(**things)
    statuses = []
    for client in (gateway.anonymous, gateway.wrong, gateway.other, gateway.client):
        request: dict[str, object] = {}
        if method in ("POST", "PUT"):
            request = _request(path, things)
        elif method == "PATCH":
            request = _change(path)
        reply = await client.request(method, url, **request)
        statuses.append(reply.status_code)
        if reply.status_code >= 400:
            assert set(reply.json()["error"]) == {"code", "message", "request_id"}
            assert reply.json()["error"]["request_id"] == reply.headers["x-request-id"]
        if reply.status_code == 401:
            assert reply.headers["www-authenticate"].startswith("Bearer")
    assert statuses == [401, 401, other, right]


async def test_every_route_of_the_app_is_in_the_matrix(gateway: Gateway) -> None:
    schema = (await gateway.anonymous.get("/openapi.json")).json()
    served = {(method.upper(), path) for path, calls in schema["paths"].items() for method in calls}
    names = {
        "session": "{session_id}",
        "task": "{task_id}",
        "artifact": "{artifact_id}",
        "upload": "{upload_id}",
    }
    tested = {(method, path.partition("?")[0].format(**names)) for method, path, _, _ in ROUTES}
    tested = {
        (method, path.replace("sales.csv", "{name}").replace("tables/sales", "tables/{name}"))
        for method, path in tested
    }
    open_calls = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}
    assert served - tested == open_calls


async def test_an_artifact_is_a_download_that_no_browser_runs(gateway: Gateway) -> None:
    things = await _things(gateway)
    reply = await gateway.client.get(f"/artifacts/{things['artifact']}")
    assert reply.content == b"\x89PNG"
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-security-policy"] == "sandbox; default-src 'none'"
    disposition = reply.headers["content-disposition"]
    assert disposition == ("attachment; filename=\"_b__plot.svg\"; filename*=UTF-8''_b__plot.svg")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic abc", "Bearer two words", "Bearer " + "k" * 5000, "Bearer k\xe9y"],
)
async def test_what_is_no_bearer_key_is_401(gateway: Gateway, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1")}
    reply = await gateway.anonymous.get("/sessions", headers=headers)
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "unauthorized"


async def test_a_key_in_the_url_does_not_count(gateway: Gateway) -> None:
    assert (await gateway.anonymous.get(f"/sessions?key={gateway.key}")).status_code == 401


async def test_a_revoked_key_ends_at_once(gateway: Gateway) -> None:
    assert (await gateway.client.get("/sessions")).status_code == 200
    key = await gateway.services.store.find_key(hash_key(gateway.key))
    assert key is not None
    await gateway.services.store.revoke_key(key.key_id)
    assert (await gateway.client.get("/sessions")).status_code == 401


async def test_the_key_is_in_no_log_and_no_answer(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    replies = [await gateway.client.get(path) for path in ("/sessions", "/nowhere", "/status/x")]
    logged = capsys.readouterr()
    assert "request" in logged.out
    assert gateway.key not in logged.out + logged.err + "".join(reply.text for reply in replies)
    assert gateway.key not in repr(Caller("alpha", "id"))


async def test_an_error_in_the_midst_of_the_check_logs_no_key(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(gateway.services.store, "find_key", broken)
    before = structlog.get_config()
    log_as_json(cache=False)
    try:
        assert (await gateway.client.get("/sessions")).status_code == 500
    finally:
        structlog.configure(**before)
    logged = capsys.readouterr().out
    assert "ZeroDivisionError" in logged
    assert gateway.key not in logged


@pytest.mark.parametrize("tenant", ["a b", "../x", "", "ä", "a/b"])
async def test_a_tenant_that_cannot_name_a_folder_gets_nowhere(gateway: Gateway, tenant: str) -> None:
    await gateway.services.store.insert_key(ApiKey(tenant_id=tenant, name="x", sha256=hash_key("other")))
    headers = {"Authorization": "Bearer other"}
    assert (await gateway.anonymous.get("/sessions", headers=headers)).status_code == 401


async def test_a_malformed_body_of_nobody_is_401_not_400(gateway: Gateway) -> None:
    assert (await gateway.anonymous.post("/execute", content=b"{")).status_code == 401


async def test_through_a_session_of_ones_own_nothing_of_another_tenant_is_reached(gateway: Gateway) -> None:
    things = await _things(gateway)
    files = (await gateway.client.get(f"/sessions/{things['session']}")).json()["files"]
    reply = await gateway.other.post("/sessions", files={"files": ("mine.csv", CSV)})
    mine = reply.json()["session_id"]
    for name in (files[0]["file_id"], files[0]["name"], f"../{things['session']}/files/sales.csv"):
        assert (await gateway.other.get(f"/sessions/{mine}/files/{name}")).status_code == 404
    assert (await gateway.client.get(f"/sessions/{things['session']}/files/{files[0]['file_id']}")).is_success


async def test_no_answer_to_another_tenant_holds_anything_of_a_job(gateway: Gateway) -> None:
    things = await _things(gateway)
    canary = "canary-5e1f"
    job = Job(
        tenant_id="alpha",
        session_id=things["session"],
        kind="execute",
        request=JobRequest(code=canary),
        answer=canary,
        artifacts=[{"artifact_id": things["artifact"], "name": canary, "size_bytes": 1}],
        egress=[WebRequest(attempt=1, host=canary, allowed=False, reason=canary)],
    )
    await gateway.services.store.insert_job(job)
    assert canary in (await gateway.client.get(f"/status/{job.task_id}")).text
    things["task"] = job.task_id
    paths = [path for method, path, _, _ in ROUTES if method == "GET"]
    for path in [*paths, "/status/{task}/events", "/readyz", "/metrics"]:
        assert canary not in (await gateway.other.get(path.format(**things))).text
