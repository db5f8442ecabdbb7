"""The whole stack with its blobs on a real S3: asked, charted, exported, deleted, killed under way."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.engine_services import wait_for
from tests.minio.server import SECRET_KEY, MinioServer, running
from tests.providers import ProviderServer
from tests.stack.conftest import Stack, _environ, _need

pytestmark = [pytest.mark.stack, pytest.mark.slow]
CSV = "month,category,revenue\n" + "".join(
    f"2024-{m:02},{c},{m * n}\n" for m in range(1, 13) for n, c in enumerate("ab")
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with running(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture(scope="module")
def bucket(service: MinioServer) -> str:
    return service.bucket()


@pytest.fixture(scope="module")
def s3_stack(
    provider: ProviderServer, service: MinioServer, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    _need()
    home = tmp_path_factory.mktemp("s3")
    settings = {"SANDGLASS_BLOBS": service.blobs_url(bucket), **service.environ}
    settings["SANDGLASS_S3_PUBLIC_ENDPOINT"] = service.endpoint
    environ = _environ(home, provider, **settings)
    stack = Stack(home, environ, provider)
    yield stack
    stack.close()


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text(CSV)
    return path


def test_from_a_direct_upload_to_an_empty_bucket(
    s3_stack: Stack, service: MinioServer, bucket: str, sales: Path
) -> None:
    client = s3_stack.client
    asked = s3_stack.command("ask", "--direct", "--json", str(sales), "What is the total revenue?")
    assert '"succeeded"' in asked.stdout
    session = client.sessions()[0]["session_id"]
    task = client.analyze(session, "Plot the total revenue by month")["task_id"]
    record = client.wait_for(task, limit_seconds=120)
    assert record["outcome"] == "ok", record["error"]
    code = "open('/work/out/a b.txt', 'w').write('kept')"
    ran = client.wait_for(client.execute(code, session_id=session)["task_id"], limit_seconds=120)
    keys = [key.removeprefix("blobs/local/") for key in service.keys(bucket)]
    assert [key for key in keys if task in key] == [
        f"{session}/{task}/figure-1.plotly.json",
        f"{session}/{task}/figure-1.png",
    ]
    assert f"{session}/{ran['task_id']}/a_b.txt" in keys
    assert len([key for key in keys if key.startswith(f"{session}/tables/sales-")]) == 1
    assert len([key for key in keys if key.startswith(f"{session}/files/")]) == 1
    assert len(keys) == 5
    kept = io.BytesIO()
    client.download(ran["artifacts"][0]["artifact_id"], kept)
    assert kept.getvalue() == b"kept"
    for form, begin in (("xlsx", b"PK"), ("html", b"<!")):
        page = io.BytesIO()
        assert client.export(session, form, page) > 1000
        assert page.getvalue().lower().startswith(begin.lower())
    assert list((s3_stack.home / "blobs").glob("*")) == []
    client.delete_session(session)
    assert service.keys(bucket) == []
    assert SECRET_KEY not in s3_stack.logs()


def test_killed_while_a_job_runs_it_ends_once_the_service_is_back(
    s3_stack: Stack, service: MinioServer, bucket: str, sales: Path
) -> None:
    client = s3_stack.client
    code = "import time; time.sleep(3); open('/work/out/a.txt', 'w').write('kept')"
    task = client.execute(code)["task_id"]
    wait_for(lambda: client.status(task)["stage"] == "running", 30, "the code runs")
    service.kill()
    headers = {"Authorization": f"Bearer {s3_stack.key}"}
    with httpx.Client(base_url=s3_stack.url, headers=headers, timeout=60, trust_env=False) as http:
        refused = http.post("/sessions", files={"files": ("sales.csv", sales.read_bytes())})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
        assert "retry-after" in refused.headers
    log = s3_stack.home / "logs/worker.log"
    wait_for(lambda: "SANDGLASS_BLOBS" in log.read_text(), 60, "the worker has failed to put the file")
    service.start()
    record = client.wait_for(task, limit_seconds=90)
    assert (record["outcome"], [row["name"] for row in record["artifacts"]]) == ("ok", ["a.txt"])
    assert f"blobs/local/no-session/{task}/a.txt" in service.keys(bucket)
    started = time.monotonic()
    assert s3_stack.ask(sales, "What is the total revenue?")["outcome"] == "ok"
    assert time.monotonic() - started < 60
