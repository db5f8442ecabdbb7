"""Sessions through the real store and blobs: what goes in comes back, and goes away when it is told to."""

from store.records import Table
from tests.gateway.conftest import CSV, Gateway


async def test_an_upload_makes_a_session_files_and_a_profile_job(gateway: Gateway) -> None:
    made = await gateway.session()
    job = await gateway.job(made["task_id"])
    files = await gateway.services.store.list_files("alpha", made["session_id"])
    assert made["status_url"] == f"/status/{made['task_id']}"
    assert (job.kind, job.state, job.request.file_ids) == ("profile", "queued", [files[0].file_id])
    assert job.published_at is not None
    assert await gateway.queued_ids() == [job.task_id]


async def test_the_original_comes_back_byte_for_byte_as_an_attachment(gateway: Gateway) -> None:
    made = await gateway.session()
    reply = await gateway.client.get(f"/sessions/{made['session_id']}/files/sales.csv")
    assert reply.content == CSV
    assert reply.headers["content-disposition"].startswith('attachment; filename="sales.csv"')
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "sandbox; default-src 'none'"


async def test_two_files_of_one_name_are_both_kept_and_the_name_gives_the_latest(gateway: Gateway) -> None:
    made = await gateway.session()
    url = f"/sessions/{made['session_id']}/files"
    added = await gateway.client.post(url, files={"files": ("sales.csv", b"a\n1\n")})
    assert added.status_code == 201
    listed = (await gateway.client.get(f"/sessions/{made['session_id']}")).json()["files"]
    assert [file["name"] for file in listed] == ["sales.csv", "sales.csv"]
    assert (await gateway.client.get(f"{url}/sales.csv")).content == b"a\n1\n"
    assert (await gateway.client.get(f"{url}/{listed[0]['file_id']}")).content == CSV


async def test_a_session_shows_profiles_and_tasks_and_no_internals(gateway: Gateway) -> None:
    made = await gateway.session()
    file = (await gateway.services.store.list_files("alpha", made["session_id"]))[0]
    profile = {
        "name": "sales",
        "rows": 2,
        "columns": [{"name": "x", "mean": float("nan"), "top": [["\x1b[2Ja\u202eb\x9b", 1]]}],
    }
    table = Table(
        tenant_id="alpha",
        session_id=made["session_id"],
        name="sales",
        file_id=file.file_id,
        position=0,
        profile=profile,
        blob_key="alpha/t",
        sha256="0" * 64,
        size_bytes=9,
    )
    await gateway.services.store.upsert_table(table)
    reply = await gateway.client.get(f"/sessions/{made['session_id']}")
    view = reply.json()
    assert view["tables"][0]["profile"]["rows"] == 2
    assert view["tables"][0]["profile"]["columns"][0]["mean"] is None
    assert view["tables"][0]["profile"]["columns"][0]["top"] == [["ab", 1]]
    assert [(task["task_id"], task["kind"]) for task in view["tasks"]] == [(made["task_id"], "profile")]
    assert "alpha" not in reply.text
    assert "NaN" not in reply.text


async def test_sessions_are_listed_newest_first(gateway: Gateway) -> None:
    made = [(await gateway.session(f"t{number}.csv"))["session_id"] for number in range(3)]
    listed = (await gateway.client.get("/sessions?limit=2")).json()["sessions"]
    assert {session["session_id"] for session in listed} <= set(made)
    assert len(listed) == 2
    assert (await gateway.other.get("/sessions")).json() == {"sessions": []}


async def test_delete_takes_records_and_bytes(gateway: Gateway) -> None:
    made = await gateway.session()
    assert len(gateway.blobs()) == 1
    url = f"/sessions/{made['session_id']}"
    assert (await gateway.client.delete(url)).status_code == 204
    assert gateway.blobs() == []
    assert (await gateway.client.get(url)).status_code == 404
    assert (await gateway.client.get(f"/status/{made['task_id']}")).status_code == 404
    assert (await gateway.client.delete(url)).status_code == 404


async def test_a_hostile_name_is_only_ever_shown(gateway: Gateway) -> None:
    made = await gateway.session("../../etc/\u202ecsv.csv")
    name = (await gateway.client.get(f"/sessions/{made['session_id']}")).json()["files"][0]["name"]
    assert name == "../../etc/csv.csv"
    assert all(path.is_relative_to(gateway.blob_folder) for path in gateway.blobs())
    quoted = name.replace("/", "%2F")
    reply = await gateway.client.get(f"/sessions/{made['session_id']}/files/{quoted}")
    assert reply.content == CSV
    assert 'filename="csv.csv"' in reply.headers["content-disposition"]
