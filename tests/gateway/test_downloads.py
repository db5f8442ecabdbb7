"""Can anything that the sandbox brought out, or named, run in a browser or hurt the disk of who saves it?"""

import re
from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.downloads import content_disposition, inert_type, safe_name
from store.records import Artifact, Job, Request
from tests.gateway.conftest import Gateway

INERT = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
HTML = b"<script>alert(1)</script>"


async def _keep(gateway: Gateway, name: str, mime: str, content: bytes = HTML) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    artifact = Artifact(
        tenant_id="alpha",
        task_id="t",
        name=name,
        role="file",
        mime=mime,
        size_bytes=len(content),
        sha256="0" * 64,
        blob_key="",
    )
    artifact = artifact.model_copy(update={"blob_key": f"alpha/x/{artifact.artifact_id}"})
    await gateway.services.blobs.put(artifact.blob_key, chunks(), len(content))
    await gateway.services.store.insert_artifact(artifact)
    return f"/artifacts/{artifact.artifact_id}"


@pytest.mark.parametrize(
    ("mime", "served"),
    [
        ("image/png", "image/png"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/html", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("application/pdf", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("TEXT/HTML", "application/octet-stream"),
        ("image/png;x=text/html", "application/octet-stream"),
        ("text/plain, text/html", "application/octet-stream"),
        ("image/png\r\nSet-Cookie: a=b", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
async def test_the_sandboxs_type_is_passed_on_only_from_a_fixed_list(
    gateway: Gateway, mime: str, served: str
) -> None:
    reply = await gateway.client.get(await _keep(gateway, "x.bin", mime))
    assert reply.status_code == 200
    assert reply.content == HTML
    assert reply.headers["content-type"] == served
    assert reply.headers["content-disposition"].startswith('attachment; filename="x.bin"')
    assert reply.headers["cache-control"] == "private, no-store"
    assert {name: reply.headers[name] for name in INERT} == INERT
    assert "set-cookie" not in reply.headers


async def test_an_original_is_a_download_as_well(gateway: Gateway) -> None:
    made = await gateway.session("sales.csv", b"a,b\n=1+1,<script>\n")
    reply = await gateway.client.get(f"/sessions/{made['session_id']}/files/sales.csv")
    assert reply.content == b"a,b\n=1+1,<script>\n"
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith('attachment; filename="sales.csv"')
    assert {name: reply.headers[name] for name in INERT} == INERT


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/artifacts/x", "/artifacts/<script>", "/status/x", "/healthz", "/<svg>"])
async def test_every_other_reply_is_inert_too(gateway: Gateway, method: str, path: str) -> None:
    reply = await gateway.client.request(method, path)
    assert {name: reply.headers[name] for name in INERT} == INERT
    assert reply.headers["content-type"] == "application/json"


async def test_a_range_that_is_asked_for_gives_the_whole_with_all_headers(gateway: Gateway) -> None:
    url = await _keep(gateway, "x.html", "text/html")
    reply = await gateway.client.get(url, headers={"Range": "bytes=0-3"})
    assert (reply.status_code, reply.content) == (200, HTML)
    assert {name: reply.headers[name] for name in INERT} == INERT


async def test_html_in_a_record_comes_as_json_and_its_artifact_as_plain_bytes(gateway: Gateway) -> None:
    hostile = "<script>alert(1)</script>"
    job = Job(
        tenant_id="alpha",
        kind="execute",
        request=Request(code="1"),
        answer=hostile,
        result={"type": "text", "value": "data:text/html," + hostile},
        artifacts=[
            {"artifact_id": "a", "name": hostile, "role": "figure", "mime": "text/html", "size_bytes": 1}
        ],
    )
    await gateway.services.store.insert_job(job)
    reply = await gateway.client.get(f"/status/{job.task_id}")
    assert reply.headers["content-type"] == "application/json"
    assert {name: reply.headers[name] for name in INERT} == INERT
    assert reply.json()["answer"] == hostile
    assert reply.json()["artifacts"][0]["mime"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.html", "report.html"),
        ("Umsätze 2024 (final).xlsx", "Umsätze 2024 (final).xlsx"),
        ("売上.csv", "売上.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ('a"; filename=evil.exe; x="', "a_; filename=evil.exe; x=_"),
        ("a\r\nSet-Cookie: x=y", "aSet-Cookie_ x=y"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\u200bb\u2028c\x00d\ud800e", "abcde"),
        (".bashrc", "bashrc"),
        ("...", "download"),
        ("", "download"),
        ("dir/", "download"),
        ("name. . ", "name"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1 .csv", "_com1 .csv"),
        ("console.csv", "console.csv"),
        ("a:b|c?d*e<f>g%h.txt", "a_b_c_d_e_f_g_h.txt"),
        ("x" * 5000 + ".csv", "x" * 196 + ".csv"),
        ("é" * 5000 + ".csv", "é" * 98 + ".csv"),
        ("x." + "y" * 5000, "x." + "y" * 198),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_any_name_makes_one_sound_header(name: str) -> None:
    header = content_disposition(name)
    found = re.fullmatch(
        r"attachment; filename=\"([A-Za-z0-9._ -]+)\"; filename\*=UTF-8''([A-Za-z0-9._~%-]+)", header
    )
    assert found
    assert unquote(found.group(2)) == safe_name(name)
    assert safe_name(safe_name(name)) == safe_name(name)
    assert len(safe_name(name).encode()) <= 201


@given(st.text(max_size=100))
def test_no_type_but_the_listed_ones_gets_through(mime: str) -> None:
    assert inert_type(mime) in (mime, "application/octet-stream")
    assert not re.search("html|svg|xml|script|pdf|[^a-z/.+-]", inert_type(mime).replace("openxml", ""))
