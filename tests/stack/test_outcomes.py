"""Each way that code or a file can be bad has its own outcome, and the next job works."""

from pathlib import Path

import msoffcrypto
import openpyxl
import pytest

from client.errors import ApiError
from tests.stack.conftest import Stack

pytestmark = pytest.mark.stack

BAD_CODE = [
    ("1/0", "code_error", "ZeroDivisionError"),
    ("import os; os._exit(0)", "code_error", "ended its own process"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "code_error", "signal 11"),
    ("while True: pass", "timeout", "10 s"),
    ("x = bytearray(1)\nwhile True: x += bytes(1 << 24)", "oom", "512 MiB"),
    ("while True: print('x' * 10000)", "output_limit", "16 MiB"),
    ("f = open('/work/big', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()", "disk_limit", "128 MiB"),
    ("this is no python", "code_error", "SyntaxError"),
    ("raise SystemExit('timeout oom output_limit')", "code_error", "SystemExit"),
]


@pytest.mark.parametrize(
    ("code", "outcome", "words"), BAD_CODE, ids=[case[1] + str(n) for n, case in enumerate(BAD_CODE)]
)
def test_bad_code(stack: Stack, code: str, outcome: str, words: str) -> None:
    record = stack.run(code, policy="strict")
    assert (record["state"], record["outcome"]) == ("failed", outcome), record["error"]
    assert words in record["error"]["message"]
    assert stack.run("21 * 2")["result"]["value"] == 42


def test_a_flood_is_cut_to_head_and_tail_and_counted(stack: Stack) -> None:
    record = stack.run("print('first'); print('x' * 1_000_000); print('last')")
    stdout = record["stdout"]
    assert record["outcome"] == "ok"
    assert stdout["truncated"] is True
    assert stdout["bytes"] == 1_000_000 + len("first\n\nlast\n")
    assert stdout["text"].startswith("first")
    assert stdout["text"].endswith("last\n")
    assert len(stdout["text"]) < 70_000


def _renamed(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))


def _truncated(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in range(2000):
        book.active.append([row, "text" * 10])
    book.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _locked(path: Path) -> None:
    plain = path.with_suffix(".plain")
    book = openpyxl.Workbook()
    book.save(plain)
    with plain.open("rb") as stream, path.open("wb") as out:
        msoffcrypto.OfficeFile(stream).encrypt("secret", out)


def test_a_renamed_file_is_refused_at_the_door(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    _renamed(path)
    with pytest.raises(ApiError) as caught:
        stack.client.create_session([path])
    assert caught.value.status == 415
    assert "png" in str(caught.value).lower()


def test_an_empty_file_is_refused_at_the_door(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.touch()
    with pytest.raises(ApiError, match="empty"):
        stack.client.create_session([path])


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("cut.xlsx", _truncated, "cut.xlsx"),
        ("no.json", lambda path: path.write_text('{"a": 1, '), "no.json"),
        ("scalar.json", lambda path: path.write_text("42"), "scalar.json"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    stack: Stack, tmp_path: Path, name: str, make: object, words: str
) -> None:
    path = tmp_path / name
    make(path)  # type: ignore[operator]
    made = stack.client.create_session([path])
    record = stack.client.wait_for(made["task_id"])
    assert (record["state"], record["outcome"]) == ("failed", "bad_file")
    assert words in record["error"]["message"]
    asked = stack.client.wait_for(stack.client.analyze(made["session_id"], "How many rows?")["task_id"])
    assert asked["outcome"] == "bad_file"
    assert words in asked["error"]["message"]


def test_a_password_protected_workbook_is_refused_at_the_door(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    _locked(path)
    with pytest.raises(ApiError, match="password") as caught:
        stack.client.create_session([path])
    assert caught.value.status == 415


def test_one_bad_file_of_two_leaves_the_good_table(stack: Stack, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.json"
    good.write_text("a,b\n1,2\n3,4\n")
    bad.write_text("42")
    made = stack.client.create_session([bad, good])
    record = stack.client.wait_for(made["task_id"])
    assert record["outcome"] == "ok"
    assert [note.startswith("not read: bad.json") for note in record["notes"]] == [True]
    session = stack.client.session(made["session_id"])
    assert [table["name"] for table in session["tables"]] == ["good"]
    assert "bad.json" in next(file["error"] for file in session["files"] if file["name"] == "bad.json")
    asked = stack.client.wait_for(
        stack.client.analyze(made["session_id"], "What is the sum of b?")["task_id"]
    )
    assert asked["result"]["value"] == 6


def test_two_files_of_one_name_are_two_tables(stack: Stack, tmp_path: Path) -> None:
    first, second = tmp_path / "x" / "t.csv", tmp_path / "y" / "t.csv"
    for path, value in ((first, 1), (second, 2)):
        path.parent.mkdir()
        path.write_text(f"a\n{value}\n")
    made = stack.client.create_session([first, second])
    stack.client.wait_for(made["task_id"])
    record = stack.run("[len(tables), sorted(tables)]", session_id=made["session_id"])
    assert record["result"]["value"] == [2, ["t", "t_2"]]


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        (lambda c: c.execute("1", policy="lax"), 422, "default, live-data, strict"),
        (lambda c: c.execute("1", language="perl"), 422, "language"),
        (lambda c: c.execute("1", session_id="0" * 32), 404, "session"),
        (lambda c: c.analyze("0" * 32, "How many rows?"), 404, "session"),
        (lambda c: c.status("0" * 32), 404, "task"),
        (lambda c: c.execute("1", colour="red"), 422, "colour"),
        (lambda c: c.execute(""), 422, "code"),
    ],
)
def test_a_bad_call_names_what_is_wrong(stack: Stack, call: object, status: int, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        call(stack.client)  # type: ignore[operator]
    assert caught.value.status == status
    assert words in str(caught.value)


def test_a_wide_result_is_cut_to_fit_and_comes_whole_as_a_file(stack: Stack) -> None:
    record = stack.run("pd.DataFrame(np.random.default_rng(1).random((1000, 100)))")
    assert (record["result"]["truncated"], record["result"]["shape"]) == (True, [1000, 100])
    assert [artifact["name"] for artifact in record["artifacts"]] == ["result.csv"]


def test_files_over_a_limit_are_named(stack: Stack) -> None:
    record = stack.run(
        "from pathlib import Path\nfor at in range(25): Path(f'/work/out/{at:02}.txt').write_text('x')"
    )
    assert len(record["artifacts"]) == 20
    assert [note.startswith("left out: 20.txt, 21.txt, 22.txt and 2 more") for note in record["notes"]] == [
        True
    ]


def test_formulas_without_values_are_said_beside_the_answer(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["a", "b"], [1, 10], [2, "=A3*10"]):
        book.active.append(row)
    book.save(path)
    record = stack.ask(path, "What is the sum of b?")
    assert record["result"]["value"] == 10
    assert "1 formulas without a stored value" in " ".join(record["notes"])
