"""Exports run, read, and carry nothing that runs by itself: from a real store, checked by real readers."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nbclient import NotebookClient

from gateway.exports import conversation
from gateway.exports.conversation import Step
from gateway.exports.program import body, comment, sql_literal
from store.records import Artifact, Job, Part, Table
from store.records import Request as JobRequest
from tests.gateway.conftest import Gateway

HOSTILE = '=HYPERLINK("http://evil.example","x") <script>alert(1)</script> [a](http://b.example) $x$\n# code'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _parquet() -> bytes:
    table = pa.table(
        {
            "city": ["Oslo", "Rom", None, "東京"],
            "units": pa.array([2**60, 1, 2, 3], pa.int64()),
            "on": pa.array(["2024-01-01", None, "2024-03-01", "2024-03-02"]).cast(pa.timestamp("ns")),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "export.py"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


class Session:
    """A session with one table; jobs are added as the worker would have ended them."""

    def __init__(self, gateway: Gateway, session_id: str) -> None:
        self.gateway, self.session_id = gateway, session_id

    async def job(self, question: str | None = None, **fields: Any) -> Job:
        kind = fields.pop("kind", "analyze")
        job = Job(
            tenant_id="alpha",
            session_id=self.session_id,
            kind=kind,
            request=JobRequest(question=question, **fields.pop("request", {})),
            **{"state": "succeeded", "outcome": "ok", "language": "python", **fields},
        )
        await self.gateway.services.store.insert_job(job)
        return job

    async def export(self, form: str) -> bytes:
        reply = await self.gateway.client.get(f"/sessions/{self.session_id}/export?format={form}")
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"] == "application/octet-stream"
        assert f'.{form}"' in reply.headers["content-disposition"]
        return reply.content


@pytest.fixture
async def session(gateway: Gateway) -> Session:
    made = await gateway.session()
    content = _parquet()
    size, sha256 = await gateway.services.blobs.put("alpha/t/1", _stream(content), len(content))
    table = Table(
        tenant_id="alpha",
        session_id=made["session_id"],
        name="sales",
        file_id="f",
        position=0,
        profile={"name": "sales", "file": "sales.csv", "rows": 4, "columns": []},
        blob_key="alpha/t/1",
        sha256=sha256,
        size_bytes=size,
    )
    await gateway.services.store.upsert_table(table)
    return Session(gateway, made["session_id"])


async def _asked(session: Session) -> None:
    """Three ways of writing code, each of which changes what the next must not see."""
    await session.job(
        "How many units?",
        code='df["units"] = 0\nsql = pd = 1\nresult = int(tables["sales"]["units"].sum() + 5)',
        answer="5.",
        result={"type": "scalar", "value": 5},
    )
    await session.job(
        "Units by city?",
        language="sql",
        code="SELECT city, sum(units) AS n FROM sales WHERE city IS NOT NULL GROUP BY city ORDER BY n",
        answer="Three cities.",
        result={
            "type": "table",
            "value": {"columns": ["city", "n"], "rows": [["Rom", 1], ["東京", 3], ["Oslo", 2**60]]},
            "shape": [3, 2],
        },
    )
    await session.job(
        kind="execute",
        request={"code": "x = df['units'].tolist()\n(x[0],\n x[1])"},
        result={"type": "json", "value": [2**60, 1]},
    )
    await session.job("Broken?", code="df[", state="failed", outcome="code_error")


async def test_the_notebook_runs_and_gives_the_same(session: Session, tmp_path: Path) -> None:
    await _asked(session)
    notebook = nbformat.reads((await session.export("ipynb")).decode(), as_version=4)
    nbformat.validate(notebook)
    shown = [cell.outputs[0].data["text/plain"] for cell in notebook.cells if cell.get("outputs")]
    assert shown[0] == "5"
    assert str(2**60) in shown[1]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    ran = [cell.outputs[-1].data["text/plain"] for cell in notebook.cells if cell.get("outputs")]
    assert ran[0] == "5"
    assert ran[1].split() == ["city", "n", "0", "Rom", "1", "1", "東京", "3", "2", "Oslo", str(2**60)]
    assert ran[2] == f"({2**60}, 1)"


async def test_the_script_runs_and_gives_the_same(session: Session, tmp_path: Path) -> None:
    await _asked(session)
    await session.job(
        "Draw?",
        code="import matplotlib.pyplot as plt\nplt.plot([1, 2])",
        result={"type": "chart", "value": "f"},
    )
    (tmp_path / "export.py").write_bytes(await session.export("py"))
    ran = _run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "--- 1 ---\n5\n" in ran.stdout
    assert f"({2**60}, 1)" in ran.stdout
    assert (tmp_path / "figure-5-1.png").read_bytes().startswith(b"\x89PNG")


CHART = """\
result = tables["sales"].groupby("city")["units"].sum()
chart("bar", result, title="Units by city", x="city", y="units")
"""


async def test_what_draws_a_chart_carries_the_helper(session: Session, tmp_path: Path) -> None:
    assert b"def chart(kind" not in await session.export("py")
    values = {"name": "units", "index": ["Oslo", "Rom", "東京"], "values": [2**60, 1, 3]}
    await session.job("Draw", code=CHART, result={"type": "series", "value": values, "shape": [3]})
    (tmp_path / "export.py").write_bytes(await session.export("py"))
    ran = _run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "東京" in (tmp_path / "figure-1-1.html").read_text("utf-8")
    notebook = nbformat.reads((await session.export("ipynb")).decode(), as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("application/vnd.plotly.v1+json" in output.get("data", {}) for output in shown)


async def test_another_table_than_that_of_the_answers_is_refused(session: Session, tmp_path: Path) -> None:
    text = (await session.export("py")).decode()
    digest = (await session.gateway.services.store.list_tables("alpha", session.session_id))[0].sha256
    (tmp_path / "export.py").write_text(text.replace(digest, "0" * 64), "utf-8")
    ran = _run(tmp_path)
    assert ran.returncode == 1
    assert "is not the one that the answers were computed from" in ran.stderr


async def test_a_large_table_is_fetched_and_its_parts_are_joined(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "MAX_TABLE_BYTES", 10)
    text = (await session.export("py")).decode()
    assert "is not in here; the code fetches it" in text
    url = f"/sessions/{session.session_id}/tables/sales"
    assert (await session.gateway.client.get(f"{url}?part=0")).content == _parquet()
    assert (await session.gateway.client.get(f"{url}?part=1")).status_code == 404


async def test_a_table_with_a_column_that_is_hidden_by_now_is_given_to_nobody(session: Session) -> None:
    store = session.gateway.services.store
    table = (await store.list_tables("alpha", session.session_id))[0]
    profile = {**table.profile, "columns": [{"name": "City"}, {"name": "units"}]}
    await store.upsert_table(table.model_copy(update={"profile": profile}))
    await session.job("How many?", code="result = 1", answer="1.")
    carried = base64.b64encode(_parquet())[:40].decode()
    assert carried in (await session.export("py")).decode()
    await store.update_session("alpha", session.session_id, {"hidden": {"sales": ["city"]}})
    for form in ("py", "ipynb"):
        text = (await session.export(form)).decode()
        assert carried not in text
        assert "still to be read without its hidden columns" in text
    reply = await session.gateway.client.get(f"/sessions/{session.session_id}/tables/sales")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "hidden_not_removed")


async def test_nothing_in_the_workbook_is_a_formula_or_a_link(session: Session) -> None:
    rows = [[HOSTILE, "@x", "-1+1", "\tx", "plain", -5, 2**60, True, None, "a\x01b"]]
    columns = ["=1+1", "+", "-", "@", "e", "f", "g", "h", "i", "j"]
    table = {"type": "table", "value": {"columns": columns, "rows": rows}, "shape": [5000, 10]}
    await session.job(HOSTILE, code="=1", answer="+1", result=table)
    book = openpyxl.load_workbook(io.BytesIO(await session.export("xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not [text for text in texts if text[0] in "=+-@\t\r"]
    values = [cell.value for cell in book["Q1"][4]]
    assert values == [f"'{HOSTILE}", "'@x", "'-1+1", "'\tx", "plain", -5, str(2**60), True, None, "ab"]
    assert "the first 1 of 5,000 rows" in book["Q1"]["A5"].value


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


async def test_the_page_needs_nothing_and_runs_nothing(session: Session) -> None:
    size, sha256 = await session.gateway.services.blobs.put("alpha/f/1", _stream(PNG), 1000)
    job = await session.job(HOSTILE, code=HOSTILE, answer=HOSTILE, result={"type": "text", "value": HOSTILE})
    artifact = Artifact(
        tenant_id="alpha",
        task_id=job.task_id,
        name='"><script>x',
        role="figure",
        mime="image/png",
        size_bytes=size,
        sha256=sha256,
        blob_key="alpha/f/1",
    )
    await session.gateway.services.store.insert_artifact(artifact)
    row = artifact.model_dump(include={"artifact_id", "name", "role", "mime", "size_bytes"})
    await session.job("Drawn", artifacts=[row], code="1", answer="See.")
    page = (await session.export("html")).decode()
    tags = _Tags()
    tags.feed(page)
    assert not {"script", "a", "link", "iframe", "form"} & {tag for tag, _ in tags.tags}
    loaded = [value for _, attrs in tags.tags for name, value in attrs.items() if name in ("src", "href")]
    assert loaded == [f"data:image/png;base64,{base64.b64encode(PNG).decode()}"]
    assert "&lt;script&gt;alert(1)" in page


async def test_hostile_words_are_no_markup_and_no_code_in_programs(session: Session, tmp_path: Path) -> None:
    hostile = "x\rimport os\u2028print('run')\x0cprint('run')\n</script>![a](http://b.example)"
    await session.job(hostile, answer=hostile, code="result = 1", result={"type": "scalar", "value": 1})
    source = (await session.export("py")).decode()
    (tmp_path / "export.py").write_bytes(source.encode())
    ran = _run(tmp_path)
    assert ran.stdout == "--- 1 ---\n1\n"
    notebook = json.loads(await session.export("ipynb"))
    words = "".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert "![a]" not in words
    assert "</script>" not in words


async def test_each_part_of_a_question_is_there(session: Session) -> None:
    six = {"type": "scalar", "value": 6}
    parts = [
        Part(question="Sum?", outcome="ok", answer="Six.", code="result = 6", result=six),
        Part(question="Why?", outcome="not_answerable", error="No cause is in the data."),
    ]
    await session.job("Sum? Why?", parts=parts, answer="Six. No cause is in the data.", code="result = 6")
    page = (await session.export("html")).decode()
    assert "<h3>Sum?</h3><p>Six.</p>" in page
    assert "No cause is in the data." in page


async def test_numbers_of_the_page_can_be_read(session: Session) -> None:
    values = [2.998278688, 1234567.891, 2007, 3.0, 1e300, -0.00012345678]
    series = {"name": "x", "index": list("abcdef"), "values": values}
    await session.job("Numbers?", code="1", result={"type": "series", "value": series, "shape": [6]})
    page = (await session.export("html")).decode()
    for shown in ("2.99828", "1,234,567.89", ">2007<", ">3<", "1e+300", "-0.000123457"):
        assert shown in page


async def test_an_unknown_form_is_refused_by_name(session: Session) -> None:
    reply = await session.gateway.client.get(f"/sessions/{session.session_id}/export?format=pdf")
    assert reply.status_code == 422
    assert "'ipynb', 'py', 'xlsx' or 'html'" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "query", ["SELECT 1", 'SELECT "a"', "SELECT 'a\\b'\nFROM x", 'a """ b', "é\r\nx", "x\u2028y", ""]
)
def test_a_query_is_the_same_as_python_text(query: str) -> None:
    assert eval(sql_literal(query)) == query  # noqa: S307 - what is tested


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("1 + 1", 2),
        ("x = 3", None),
        ("result = 4\nresult", 4),
        ("x = 'é'; len(x +\n'b')", 2),
        ("'a\\nb'", "a\nb"),
        ("if True:\n    result = 7", 7),
        ("if False:\n    result = 7", None),
        ("def f():\n    result = 1\n    return 8\nf()", 8),
        ('"""a\n  b"""', "a\n  b"),
    ],
)
def test_the_last_expression_is_the_result(code: str, result: Any) -> None:
    space: dict[str, Any] = {"result": "of the question before"}
    exec(body(Step("", "", code, "python", None, ok=True)) or "", space)  # noqa: S102 - what is tested
    assert space["result"] == result


def test_magic_is_no_python() -> None:
    assert body(Step("", "", "%matplotlib inline\n1", "python", None, ok=True)) is None


def test_a_comment_stays_one() -> None:
    assert all(line.startswith("#") for line in comment("a\rb\x0bc\x85d\u2028e\nf").splitlines())
