"""Does what a sandbox brought out run in a real browser? Chromium opens it, a listener is the judge."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.memory import family, read_parents
from store.open import open_blobs, open_store
from store.records import Artifact, Job, Request, Session, StoredFile
from tests.gateway.browser_visits import CHROMIUM
from tests.gateway.conftest import make_store
from tests.gateway.hostile_pages import Listener, hostile_files
from tests.gateway.server_process import ROOT, Server, serving, variables_of

SESSION_SECONDS = 200


@dataclass
class Seen:
    """What the browser saw at each visit, and who called the listener."""

    visits: dict[str, dict[str, Any]]
    listener: Listener
    hostile: dict[str, tuple[str, str, bytes]]
    said: str
    """What the program wrote to stderr."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Seen]:
    """All visits, made once."""
    if shutil.which(CHROMIUM) is None:
        message = f"{CHROMIUM} is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = tmp_path_factory.mktemp("browser")
    with Listener() as listener:
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        hostile = hostile_files(listener.url)
        url, key, addresses = asyncio.run(_fill(folder, hostile))
        with serving(variables_of(url, redis_url), key) as server:
            visits = [{"name": name, "url": server.url + address} for name, address in addresses.items()]
            visits += _attackers_pages(listener, server, hostile, addresses)
            found, said = _browse(folder, visits, {"Authorization": f"Bearer {key}"})
        listener.shutdown()
        yield Seen(found, listener, hostile, said)


async def _fill(folder: Path, hostile: dict[str, tuple[str, str, bytes]]) -> tuple[str, str, dict[str, str]]:
    """A store with all of it, and what is asked for by name of the visit."""
    url, keys = await make_store(folder)
    store, blobs = open_store(url), open_blobs(url)
    await store.open()
    await blobs.open()

    async def put(key: str, content: bytes) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        await blobs.put(key, chunks(), len(content))

    page = hostile["html"][2].decode()
    job = Job(tenant_id="alpha", kind="execute", request=Request(code=page), answer=page, notes=[page])
    job.result = {"type": "text", "value": page}
    addresses = {
        "record": f"/status/{job.task_id}",
        "error": f"/artifacts/{'<script>window.ran=true</script>'}",
    }
    for case, (name, mime, content) in hostile.items():
        artifact = Artifact(
            tenant_id="alpha",
            task_id=job.task_id,
            name=name,
            role="file",
            mime=mime,
            size_bytes=len(content),
            sha256="0" * 64,
            blob_key=f"alpha/b/{case}",
        )
        await put(artifact.blob_key, content)
        await store.insert_artifact(artifact)
        addresses[case] = f"/artifacts/{artifact.artifact_id}"
    session = Session(tenant_id="alpha")
    file = StoredFile(
        tenant_id="alpha",
        session_id=session.session_id,
        name="upload.csv",
        format="csv",
        size_bytes=len(page),
        sha256="0" * 64,
        blob_key="alpha/b/upload",
    )
    await put(file.blob_key, page.encode())
    await store.insert_session(session)
    await store.insert_file(file)
    await store.insert_job(job)
    addresses["upload"] = f"/sessions/{session.session_id}/files/upload.csv"
    await blobs.close()
    await store.close()
    return url, keys["alpha"], addresses


def _attackers_pages(
    listener: Listener,
    server: Server,
    hostile: dict[str, tuple[str, str, bytes]],
    addresses: dict[str, str],
) -> list[dict[str, str]]:
    """The control: the same bytes from a server that does not care. And a page that embeds the gateway's."""
    visits = []
    for case in ("html", "svg", "xml", "png-as-html"):
        _, mime, content = hostile[case]
        raw = content.replace(b"/hit/", b"/hit/control-")
        listener.pages[f"/control/{case}"] = (mime, raw)
        visits.append({"name": f"control-{case}", "url": f"{listener.url}/control/{case}"})
    tags = []
    for case in ("html", "svg", "xml", "pdf", "js", "png-that-is-html", "html-as-text"):
        source = server.url + addresses[case]
        tags += [f"<script src='{source}'></script>", f"<iframe src='{source}'></iframe>"]
        tags += [f"<object data='{source}'></object>", f"<embed src='{source}'><img src='{source}'>"]
        tags += [f"<link rel=stylesheet href='{source}'>"]
    frame = "".join(tags) + f"<iframe src='{server.url}{addresses['record']}'></iframe>"
    listener.pages["/embed"] = ("text/html", f"<!doctype html>embedded{frame}".encode())
    return [*visits, {"name": "embed", "url": f"{listener.url}/embed"}]


def _browse(
    folder: Path, visits: list[dict[str, str]], headers: dict[str, str]
) -> tuple[dict[str, dict[str, Any]], str]:
    downloads = folder / "downloads"
    downloads.mkdir()
    plan = json.dumps({"visits": visits, "headers": headers, "downloads": str(downloads)})
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.gateway.browser_visits"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, said = process.communicate(plan, timeout=SESSION_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_all(process.pid)
        output, said = process.communicate(timeout=10)
        said += f"\nkilled after {SESSION_SECONDS} s"
    finally:
        _kill_all(process.pid)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {line["name"]: line for line in lines}, said


def _kill_all(root: int) -> None:
    # Playwright gives the browser a process group of its own: that of the program is not enough.
    for pid in family(root, read_parents()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


CASES = sorted(hostile_files(""))


def test_the_browser_came_to_the_end_of_its_visits(seen: Seen) -> None:
    expected = {*CASES, "record", "error", "upload", "embed"}
    assert expected <= set(seen.visits), seen.said


@pytest.mark.parametrize("case", ["html", "svg", "xml", "png-as-html"])
def test_the_oracle_sees_the_same_bytes_run_where_nobody_cares(seen: Seen, case: str) -> None:
    assert seen.listener.hits(f"control-{case}"), (seen.visits.get(f"control-{case}"), seen.said)


@pytest.mark.parametrize("case", CASES)
def test_an_artifact_is_saved_and_not_shown(seen: Seen, case: str) -> None:
    visit = seen.visits[case]
    assert visit["download"], visit
    assert (visit["text"], visit["scripts_ran"], visit["dialogs"]) == ("", False, 0)
    # Chromium may hold back what it takes for dangerous; what it saved is what there was.
    assert visit["saved"] in (seen.hostile[case][2].hex(), None)
    assert seen.listener.hits(case) == []


def test_names_come_out_safe(seen: Seen) -> None:
    assert seen.visits["bidi"]["download"] == "invoicegnp.html"
    assert not set(seen.visits["header"]["download"]) & set('"\r\n<>/\\')
    assert seen.visits["xml"]["download"] == "data.xml"
    assert seen.visits["html"]["saved"], "no download was saved at all"


def test_an_original_is_saved_too(seen: Seen) -> None:
    assert seen.visits["upload"]["download"] == "upload.csv"


@pytest.mark.parametrize("case", ["record", "error"])
def test_a_record_and_an_error_are_shown_as_text_that_does_nothing(seen: Seen, case: str) -> None:
    visit = seen.visits[case]
    assert visit["download"] is None
    assert "<script>" in visit["text"]
    assert (visit["scripts_ran"], visit["dialogs"]) == (False, 0)


def test_a_page_of_the_attackers_cannot_run_what_it_embeds(seen: Seen) -> None:
    visit = seen.visits["embed"]
    assert "embedded" in visit["text"]
    assert (visit["scripts_ran"], visit["dialogs"]) == (False, 0)


def test_nobody_but_the_controls_called_the_listener(seen: Seen) -> None:
    called = {path for path in seen.listener.called if not path.startswith(("/control/", "/hit/control-"))}
    assert called <= {"/embed", "/favicon.ico"}


def test_the_gateway_was_really_asked(seen: Seen) -> None:
    # Guards against a key that the browser does not send: then all would be an error's JSON.
    assert "not_found" in seen.visits["error"]["text"]
    assert '"answer"' in seen.visits["record"]["text"]
