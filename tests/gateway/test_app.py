"""Start and health: what the gateway refuses to start with, and what it says of itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from gateway.app import create_app
from gateway.settings import Settings, StartRefusedError, load_settings
from store.base import StoreUnavailableError
from store.keys import hash_key
from store.open import open_store
from store.records import ApiKey, utc_now
from tests.gateway.conftest import Gateway


async def _start(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        pass


@pytest.mark.parametrize("revoked", [False, True])
async def test_without_a_key_it_does_not_start(tmp_path: Path, redis_url: str, revoked: bool) -> None:
    url = f"sqlite://{tmp_path / 'sandglass.db'}"
    if revoked:
        store = open_store(url)
        await store.open()
        key = ApiKey(tenant_id="a", name="a", sha256=hash_key("k"), revoked_at=utc_now())
        await store.insert_key(key)
        await store.close()
    with pytest.raises(StartRefusedError, match="sandglass keys create"):
        await _start(Settings(store=url, redis_url=redis_url))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDGLASS_STORE", "postgres://u:secret@h/db"),
        ("SANDGLASS_REDIS_URL", "http://u:secret@h"),
        ("SANDGLASS_PORT", "99999"),
        ("SANDGLASS_MAX_UPLOAD_BYTES", "0"),
        ("SANDGLASS_MAX_FILES", "many"),
        ("SANDGLASS_MAX_QUEUED_PER_TENANT", "-1"),
    ],
)
def test_a_bad_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartRefusedError, match=name) as caught:
        load_settings()
    assert "secret" not in str(caught.value)


def test_a_bad_policy_of_the_operator_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDGLASS_POLICY_DIR", str(tmp_path))
    (tmp_path / "lab.toml").write_text('name = "lab"\nnetwork = "allow-list"\n[egress]\nhosts = ["127.1"]\n')
    with pytest.raises(StartRefusedError, match=r"lab\.toml: egress\.hosts\.0: it is an IP address"):
        load_settings()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("STORE", "REDIS_URL", "PORT"):
        monkeypatch.delenv(f"SANDGLASS_{name}", raising=False)
    assert load_settings().store == f"sqlite://{tmp_path}/.sandglass/sandglass.db"
    monkeypatch.setenv("SANDGLASS_PORT", "8123")
    monkeypatch.setenv("SANDGLASS_MODEL", "another part's")
    assert load_settings().port == 8123


async def test_health_needs_no_key_and_says_the_version(gateway: Gateway) -> None:
    reply = await gateway.anonymous.get("/healthz")
    assert reply.status_code == 200
    assert reply.json()["status"] == "ok"
    assert reply.json()["version"]


async def test_ready_needs_a_worker_and_lists_its_weaknesses(gateway: Gateway) -> None:
    without = await gateway.anonymous.get("/readyz")
    assert without.status_code == 503
    assert without.json() | {"version": ""} == {
        "ready": False, "version": "", "store": True, "redis": True, "blobs": True, "worker": False,
        "workers": [], "weaknesses": [],
    }  # fmt: skip
    facts = {
        "worker": "secret-host",
        "engine": {"name": "podman", "version": "4.3"},
        "policies": {"default": "ok", "strict": "gVisor is missing"},
        "weaknesses": ["old runc"],
    }
    await _beat(gateway, "sandglass:worker:w1", facts)
    await _beat(gateway, "sandglass:worker:w2", {"problem": "no engine at unix:///secret/podman.sock"})
    await _beat(gateway, "sandglass:worker:w3", ["not an object"])
    reply = await gateway.anonymous.get("/readyz")
    assert reply.status_code == 200
    assert reply.json()["workers"][0] in ({"engine": facts["engine"], "policies": facts["policies"]}, {})
    assert "old runc" in reply.json()["weaknesses"]
    assert any("doctor" in weakness for weakness in reply.json()["weaknesses"])
    assert "secret" not in reply.text
    health = await gateway.anonymous.get("/healthz")
    assert health.json()["weaknesses"] == reply.json()["weaknesses"]


async def test_ready_needs_the_blobs(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> None:
        raise StoreUnavailableError("no such bucket")

    await _beat(gateway, "sandglass:worker:w1", {})
    monkeypatch.setattr(gateway.services.blobs, "ping", away)
    reply = await gateway.anonymous.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["store"] is True
    assert reply.json()["blobs"] is False


async def _beat(gateway: Gateway, key: str, facts: Any) -> None:
    async with redis.asyncio.from_url(gateway.settings.redis_url) as client:
        await client.set(key, json.dumps(facts), ex=30)


async def test_openapi_documents_every_call(gateway: Gateway) -> None:
    schema = (await gateway.anonymous.get("/openapi.json")).json()
    operations = [call for path in schema["paths"].values() for call in path.values()]
    assert len({call["operationId"] for call in operations}) == len(operations)
    for call in operations:
        assert call["description"]
        assert "HTTPValidationError" not in json.dumps(call)
        if not call["tags"] == ["health"]:
            assert {"401", "503"} <= set(call["responses"])
            assert call["security"] == [{"HTTPBearer": []}]
    references = {part.split('"')[0] for part in json.dumps(schema).split("#/components/schemas/")[1:]}
    assert references <= set(schema["components"]["schemas"])
    for path in ("/sessions/{session_id}/analyze", "/execute"):
        body = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert body["examples"]
        assert body["schema"]["properties"]


async def test_the_page_that_loads_scripts_from_elsewhere_is_off(gateway: Gateway) -> None:
    assert (await gateway.anonymous.get("/docs")).status_code == 404
    assert (await gateway.anonymous.get("/redoc")).status_code == 404


async def test_a_store_that_does_not_answer_is_said_so(redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StartRefusedError, match="does not answer"):
        await _start(Settings(store=f"sqlite://{tmp_path}/file/s.db", redis_url=redis_url))
