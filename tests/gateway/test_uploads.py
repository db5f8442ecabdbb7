"""Uploads: what is refused, with which words, and that nothing of a refused request is kept."""

import asyncio
import gzip
import io
import zipfile
from collections.abc import AsyncIterator

import pytest

from tests.gateway.conftest import CSV, Gateway

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
ENCRYPTED = OLE2 + "EncryptedPackage".encode("utf-16-le")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def _packed(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), CSV)
    return buffer.getvalue()


def _encrypted() -> bytes:
    packed = bytearray(_packed("a.csv"))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as file:
        for _ in range(80):
            file.write(b"0" * (1 << 20))
    return buffer.getvalue()


FORM = {"Content-Type": "multipart/form-data; boundary=x"}
TAKEN = [
    ("a.csv", CSV),
    ("a.CSV", CSV),
    ("a.tsv", b"a\tb\n1\t2\n"),
    ("a.txt", b"a|b\n1|2\n"),
    ("a.json", b'[{"a": 1}]'),
    ("a.xlsx", _zip()),
    ("a.xls", OLE2),
    ("utf16.csv", "a,b\n1,2\n".encode("utf-16")),
    ("utf16-without-mark.csv", "a,b\n1,2\n".encode("utf-16-le")),
    ("latin.csv", "größe\n1\n".encode("latin-1")),
    ("ctrl-a.txt", b"a\x01b\n1\x012\n"),
    ("PAR1.csv", b"PAR1,x\n1,2\n"),
    ("数据.csv", CSV),
    ("a.csv.gz", gzip.compress(CSV, mtime=0)),
    ("a.zip", _packed("d/a.csv", "read.me")),
]
REFUSED = [
    ("a.parquet", b"PAR1", 415, "unsupported_type", "csv, tsv, txt, json, xlsx, xls"),
    ("a.pkl", b"\x80\x04", 415, "unsupported_type", ".pkl"),
    ("a.gz", gzip.compress(CSV, mtime=0), 415, "unsupported_type", "sales.csv.gz"),
    ("a.xlsx.gz", gzip.compress(CSV, mtime=0), 415, "unsupported_type", "sales.csv.gz"),
    ("a.csv.gz", CSV, 415, "type_mismatch", ".gz"),
    ("a.zip", CSV, 415, "type_mismatch", ".zip"),
    ("a.zip", _zip(), 415, "type_mismatch", "xlsx workbook"),
    ("a.zip", _packed("a.pdf"), 415, "type_mismatch", "no table"),
    ("a.zip", _packed("a.csv")[:-9], 415, "type_mismatch", "damaged"),
    ("a.zip", _packed("../a.csv"), 422, "invalid_request", "leads out"),
    ("a.zip", _packed("/a.csv"), 422, "invalid_request", "leads out"),
    ("a.zip", _packed(".", "a.csv"), 422, "invalid_request", "no name"),
    ("a.zip", _packed("", "a.csv"), 422, "invalid_request", "no name"),
    ("a.zip", _packed("b.csv", "a.zip"), 422, "invalid_request", "archive itself"),
    ("a.zip", _encrypted(), 415, "password_protected", "a.csv"),
    ("a.zip", _packed(*(f"{i}.csv" for i in range(101))), 413, "too_large", "101 files"),
    ("a.zip", _bomb(), 413, "too_large", "unpacked"),
    ("noextension", CSV, 415, "unsupported_type", "without extension"),
    ("a.csv", PNG, 415, "type_mismatch", "PNG"),
    ("a.csv", _zip(), 415, "type_mismatch", "zip"),
    ("a.csv", b"%PDF-1.7\n", 415, "type_mismatch", "PDF"),
    ("a.csv", b"PAR1\x15\x04", 415, "type_mismatch", "Parquet"),
    ("a.csv", gzip.compress(CSV, mtime=0), 415, "type_mismatch", "gzip"),
    ("a.csv", b"a,b\n1,\x00\n", 415, "type_mismatch", "binary"),
    ("a.json", OLE2, 415, "type_mismatch", ".json"),
    ("a.xlsx", CSV, 415, "type_mismatch", "text"),
    ("a.xlsx", OLE2, 415, "type_mismatch", "OLE2"),
    ("a.xlsx", ENCRYPTED, 415, "password_protected", "password"),
    ("a.xls", _zip(), 415, "type_mismatch", "zip"),
    ("a.xls", b"<html><table></table></html>", 415, "type_mismatch", "HTML"),
    ("a.csv", b"", 422, "empty_file", "a.csv"),
    ("x" * 300 + ".csv", CSV, 422, "invalid_request", "255"),
    ("a.csv", b"a\n" + b"1\n" * (1 << 20), 413, "too_large", str(2 << 20)),
]


@pytest.mark.parametrize(("name", "content"), TAKEN, ids=[name for name, _ in TAKEN])
async def test_a_table_is_taken(gateway: Gateway, name: str, content: bytes) -> None:
    made = await gateway.session(name, content)
    reply = await gateway.client.get(f"/sessions/{made['session_id']}/files/{name}")
    assert reply.content == content


@pytest.mark.parametrize(("name", "content", "status", "code", "words"), REFUSED)
async def test_a_bad_file_is_refused_and_the_good_one_beside_it_is_not_kept(
    gateway: Gateway, name: str, content: bytes, status: int, code: str, words: str
) -> None:
    files = [("files", ("good.csv", CSV)), ("files", (name, content))]
    reply = await gateway.client.post("/sessions", files=files)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert words in reply.json()["error"]["message"]
    await _nothing_is_kept(gateway)


async def test_too_many_files_are_refused(gateway: Gateway) -> None:
    files = [("files", (f"{number}.csv", CSV)) for number in range(4)]
    reply = await gateway.client.post("/sessions", files=files)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "too_many_files")
    await _nothing_is_kept(gateway)


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"data": {"question": "x"}, "files": {"files": ("a.csv", CSV)}}, 422, "question: unknown field"),
        ({"files": {"file": ("a.csv", CSV)}}, 422, "file: unknown field"),
        ({"files": {"files": (None, CSV)}}, 422, "no file name"),
        ({"json": {"files": []}}, 415, "multipart/form-data"),
        ({"content": b"", "headers": FORM}, 400, "ends before"),
        ({"content": b"--x--\r\n", "headers": FORM}, 422, "no file"),
        ({"content": b"junk", "headers": FORM}, 400, "not valid"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "boundary"),
        ({"content": b"a", "headers": {"Content-Type": FORM["Content-Type"] * 99}}, 400, ""),
    ],
)
async def test_a_body_that_is_no_upload(
    gateway: Gateway, request_: dict[str, object], status: int, words: str
) -> None:
    reply = await gateway.client.post("/sessions", **request_)
    assert reply.status_code == status, reply.text
    assert words in reply.json()["error"]["message"]
    await _nothing_is_kept(gateway)


def _multipart(*parts: tuple[str, bytes], end: bool = True) -> bytes:
    body = b"".join(b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return body + (b"--x--\r\n" if end else b"")


FILE_HEAD = 'Content-Disposition: form-data; name="files"; filename="a.csv"'


async def test_a_truncated_body_keeps_nothing(gateway: Gateway) -> None:
    body = _multipart((FILE_HEAD, CSV), (FILE_HEAD, CSV * 1000), end=False)[:-5]
    reply = await gateway.client.post("/sessions", content=body, headers=FORM)
    assert reply.status_code == 400
    await _nothing_is_kept(gateway)


@pytest.mark.parametrize("step", [1, 7, 4096])
async def test_a_body_may_come_in_any_pieces(gateway: Gateway, step: int) -> None:
    body = _multipart((FILE_HEAD, CSV * 20))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    reply = await gateway.client.post("/sessions", content=pieces(), headers=FORM)
    assert reply.status_code == 201
    assert reply.json()["files"][0]["size_bytes"] == len(CSV) * 20


@pytest.mark.parametrize("length", [None, "10", "0", "-5", "many"])
async def test_streamed_bytes_count_whatever_the_content_length_says(
    gateway: Gateway, length: str | None
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"--x\r\n" + FILE_HEAD.encode() + b"\r\n\r\na\n"
        for _ in range(400):
            yield b"1\n" * 5000

    headers = FORM | ({"Content-Length": length} if length is not None else {})
    reply = await gateway.client.post("/sessions", content=endless(), headers=headers)
    assert reply.status_code == 413
    await _nothing_is_kept(gateway)


async def test_a_content_length_over_the_cap_is_refused_before_the_body_is_read(gateway: Gateway) -> None:
    pulled = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal pulled
        pulled += 1
        yield b""

    headers = FORM | {"Content-Length": str(1 << 40), "Expect": "100-continue"}
    reply = await gateway.client.post("/sessions", content=body(), headers=headers)
    assert reply.status_code == 413
    assert pulled == 0


async def test_the_cap_is_for_all_files_of_a_request_together(gateway: Gateway) -> None:
    part = b"a\n" + b"1\n" * 600_000
    files = [("files", (f"{number}.csv", part)) for number in range(2)]
    assert (await gateway.client.post("/sessions", files=files)).status_code == 413
    await _nothing_is_kept(gateway)


async def test_an_upload_to_an_unknown_session_keeps_nothing(gateway: Gateway) -> None:
    reply = await gateway.client.post(f"/sessions/{'0' * 32}/files", files={"files": ("a.csv", CSV)})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "session_not_found")
    await _nothing_is_kept(gateway)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "question: missing"),
        ({"question": " "}, "question: must not be empty"),
        ({"question": "x" * 4001}, "4000"),
        ({"question": "x" * 100_000}, "question: longer than"),
        ({"question": "x", "mode": "magic"}, "mode"),
        ({"question": "x", "policy": "none"}, "default, live-data, strict"),
        ({"question": "x", "model": "magic:8ball"}, "ollama"),
        ({"question": "x", "speed": "fast"}, "speed: unknown field"),
        ({"question": ["x", "y"]}, "question: given more than once"),
    ],
)
async def test_a_one_shot_question_with_bad_fields_keeps_nothing(
    gateway: Gateway, fields: dict[str, str], words: str
) -> None:
    reply = await gateway.client.post("/analyze", files={"files": ("a.csv", CSV)}, data=fields)
    assert reply.status_code == 422
    assert words in reply.json()["error"]["message"]
    await _nothing_is_kept(gateway)


async def test_a_one_shot_question_is_a_job_with_its_files(gateway: Gateway) -> None:
    fields = {"question": "Wie viele?", "mode": "sql", "cache": "false"}
    reply = await gateway.client.post("/analyze", data=fields, files={"files": ("a.csv", CSV)})
    assert reply.status_code == 202
    job = await gateway.job(reply.json()["task_id"])
    files = await gateway.services.store.list_files("alpha", reply.json()["session_id"])
    assert (job.kind, job.request.question, job.request.mode) == ("analyze", "Wie viele?", "sql")
    assert job.request.cache is False
    assert job.request.file_ids == [files[0].file_id]


async def _nothing_is_kept(gateway: Gateway) -> None:
    assert gateway.blobs() == []
    assert await gateway.services.store.list_sessions("alpha") == []
    assert await gateway.services.store.count_jobs("alpha") == 0


async def test_an_upload_that_stops_coming_is_ended(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.paced_body.BODY_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("gateway.middleware._DRAIN_SECONDS", 0.05)
    never = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"--x\r\n" + FILE_HEAD.encode() + b"\r\n\r\na\n"
        await never.wait()

    reply = await gateway.client.post("/sessions", content=stalled(), headers=FORM)
    assert (reply.status_code, reply.json()["error"]["code"]) == (408, "too_slow")
    await _nothing_is_kept(gateway)
