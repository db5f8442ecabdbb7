"""A hidden column reaches neither model, sample, sandbox nor result, whoever asks and however."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from client.errors import RefusedError
from tests.stack.conftest import Stack

pytestmark = pytest.mark.stack

SECRETS = [f"person{n}@secret.example" for n in range(6)]
ORDERS = "order_id,customer_id,Email,amount\n" + "".join(
    f"{n},{n % 3 + 1},{mail},{n * 10}\n" for n, mail in enumerate(SECRETS, 1)
)
CUSTOMERS = "id,city,ssn\n1,Rome,111-22-3333\n2,Oslo,222-33-4444\n3,Bonn,333-44-5555\n"
TOLD = ["secret.example", "email", "ssn", "222-33"]
PROBE = r"""
import glob, os
found = [f"{name}:{list(frame.columns)}" for name, frame in tables.items()]
for root in ("/work", "/tmp", "/var/tmp", "/dev/shm", "/run"):
    for path in glob.glob(root + "/**/*", recursive=True):
        found.append(path)
        if os.path.isfile(path) and os.access(path, os.R_OK):
            data = open(path, "rb").read()
            found += [f"HELD {path}"] if b"secret" + b".example" in data or b"222" + b"-33" in data else []
for name in tables:
    found.append(repr(sql(f"SELECT * FROM {name}").to_dict()))
found.append(repr(sql("SELECT table_name, column_name FROM information_schema.columns").to_dict()))
print("\n".join(found))
result = len(found)
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in (("orders", ORDERS), ("customers", CUSTOMERS)):
        (tmp_path / f"{name}.csv").write_text(text)
    return [tmp_path / "orders.csv", tmp_path / "customers.csv"]


def done(stack: Stack, task: dict[str, Any]) -> dict[str, Any]:
    record = stack.client.wait_for(task["task_id"], limit_seconds=120)
    assert record["state"] == "succeeded", record["error"]
    return record


def leaks(*said: Any) -> list[str]:
    text = json.dumps(said, ensure_ascii=False, default=str).casefold()
    return [word for word in TOLD if word in text]


def probed(stack: Stack, session_id: str) -> dict[str, Any]:
    record = stack.run(PROBE, session_id=session_id)
    assert record["outcome"] == "ok", record
    assert "orders" in record["stdout"]["text"]
    return {name: record[name] for name in ("stdout", "result", "error")}


def test_what_is_hidden_later_is_gone_everywhere(stack: Stack, files: list[Path]) -> None:
    made = stack.client.create_session(files)
    session_id = made["session_id"]
    first = done(stack, made)
    assert "orders.customer_id belongs to customers.id" in first["answer"]
    before = stack.client.session(session_id)
    assert {"email", "ssn"} <= set(leaks(before))
    assert "sketch" not in json.dumps(before)
    asked = done(stack, stack.client.analyze(session_id, "What is the most common Email in orders?"))
    assert leaks(asked)

    hiding = stack.client.hide(session_id, {"orders": ["EMAIL "], "*": ["ssn"]})
    done(stack, stack.client.analyze(session_id, "How many rows are there in orders?"))
    done(stack, hiding)
    session = stack.client.session(session_id)
    assert leaks(session["tables"], session["joins"], session["suggestions"]) == []
    assert session["hidden"] == {"orders": ["EMAIL "], "*": ["ssn"]}
    assert [table["name"] for table in session["tables"]] == ["orders", "customers"]
    assert len(session["joins"]) == 1
    assert len(session["suggestions"]) == 5
    assert leaks(probed(stack, session_id)) == []
    # The original is its owner's.
    with files[0].open("rb") as stream:
        reply = stack.client._http.get(f"/sessions/{session_id}/files/orders.csv")
        assert reply.content == stream.read()

    seen = len(stack.provider.requests)
    record = done(
        stack, stack.client.analyze(session_id, "How many rows do the orders have?", model="ollama:good")
    )
    assert record["result"]["value"] == 6
    assert leaks(record) == []
    prompts = stack.provider.requests[seen:]
    assert prompts
    # Nor the question and the answer of before.
    assert leaks(prompts) == []

    done(stack, stack.client.hide(session_id, {}))
    assert "email" in leaks(stack.client.session(session_id)["tables"])


def test_what_is_hidden_from_the_start_is_never_read(stack: Stack, files: list[Path]) -> None:
    made = stack.client.create_session(files, hidden={"orders": ["Email"], "customers": ["ssn"]})
    record = done(stack, made)
    assert leaks(record) == []
    assert leaks(probed(stack, made["session_id"])) == []
    more = files[0].parent / "more.csv"
    more.write_text("n,ssn\n1,222-33-9999\n")
    added = stack.client.add_file(made["session_id"], more, hidden={"more": ["SSN"]})
    assert leaks(done(stack, added)) == []
    session = stack.client.session(made["session_id"])
    assert session["hidden"] == {"orders": ["Email"], "customers": ["ssn"], "more": ["SSN"]}
    assert leaks(session["tables"]) == []
    done(stack, stack.client.analyze(made["session_id"], "How many rows are there in orders?"))
    for form in ("ipynb", "py", "xlsx", "html"):
        url = f"/sessions/{made['session_id']}/export"
        reply = stack.client._http.get(url, params={"format": form})
        assert reply.status_code == 200, reply.text
        content = reply.content
        if form == "xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        assert b"secret.example" not in content
        assert b"222-33" not in content


def test_one_shot_code_runs_where_the_original_never_was(stack: Stack, files: list[Path]) -> None:
    server = stack.provider
    good, seen = server.code, len(server.requests)
    try:
        server.code = f"```python\n{PROBE}\n```"
        record = done(
            stack,
            stack.client.one_shot(
                files, "How many rows are in orders?", model="ollama:good", hidden={"*": ["email", "ssn"]}
            ),
        )
    finally:
        server.code = good
    assert "/work/in/orders.parquet" in record["stdout"]["text"]
    assert "upload-" not in record["stdout"]["text"]
    # Put into another sandbox than the one that read them.
    assert "put_seconds" in record["timings"]
    assert leaks({name: record[name] for name in ("stdout", "result", "answer", "notes")}) == []
    assert leaks([one["body"]["messages"][:2] for one in server.requests[seen:]]) == []


def test_a_sheet_of_a_workbook_loses_its_column_and_the_others_stay(stack: Stack, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("north", "south"):
        sheet = book.create_sheet(name)
        for row in (["shop", "email", "sales"], ["a", SECRETS[0], 1], ["b", SECRETS[1], 2]):
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "shops.xlsx")
    made = stack.client.create_session([tmp_path / "shops.xlsx"])
    done(stack, made)
    north, south = [table["name"] for table in stack.client.session(made["session_id"])["tables"]]
    done(stack, stack.client.hide(made["session_id"], {south: ["email"]}))
    tables = stack.client.session(made["session_id"])["tables"]
    names = {table["name"]: [column["name"] for column in table["profile"]["columns"]] for table in tables}
    assert names == {north: ["shop", "email", "sales"], south: ["shop", "sales"]}
    done(stack, stack.client.hide(made["session_id"], {"*": ["email"]}))
    assert leaks(stack.client.session(made["session_id"])["tables"]) == []


def test_a_name_that_is_none_is_refused_with_the_near_one(stack: Stack, files: list[Path]) -> None:
    made = stack.client.create_session(files)
    done(stack, made)
    with pytest.raises(RefusedError, match=r"no column e-mail; did you mean Email\?"):
        stack.client.hide(made["session_id"], {"orders": ["e-mail"]})
    with pytest.raises(RefusedError, match=r"no table order; did you mean orders\?"):
        stack.client.hide(made["session_id"], {"order": ["Email"]})
    assert stack.client.session(made["session_id"])["hidden"] == {}


def test_a_table_that_cannot_be_read_without_is_not_used_at_all(stack: Stack, tmp_path: Path) -> None:
    only = tmp_path / "mails.csv"
    only.write_text("email\na@secret.example\nb@secret.example\n")
    made = stack.client.create_session([only])
    done(stack, made)
    record = stack.client.wait_for(stack.client.hide(made["session_id"], {"mails": ["email"]})["task_id"])
    assert (record["state"], record["outcome"]) == ("failed", "bad_file")
    assert "all columns of mails are hidden" in record["error"]["message"]
    for refused in (
        stack.run("result = list(df.columns)", session_id=made["session_id"]),
        stack.client.wait_for(stack.client.analyze(made["session_id"], "How many rows?")["task_id"]),
    ):
        assert refused["state"] == "failed"
        assert refused["error"]["code"] == "hidden_not_removed"
    assert stack.client.session(made["session_id"])["suggestions"] == []
    done(stack, stack.client.hide(made["session_id"], {}))
    assert stack.run("result = len(df)", session_id=made["session_id"])["result"]["value"] == 2


def test_a_misspelt_name_before_the_tables_are_known_is_said(stack: Stack, files: list[Path]) -> None:
    record = done(stack, stack.client.create_session(files, hidden={"orders": ["mail"], "clients": ["ssn"]}))
    assert any('no table "clients"' in note for note in record["notes"])
    assert any(
        "table orders has only 0 of the 1 columns that are named: mail" in note for note in record["notes"]
    )


def test_a_header_read_otherwise_does_not_bring_a_hidden_column_back(stack: Stack, files: list[Path]) -> None:
    made = stack.client.create_session(files[:1], hidden={"orders": ["Email"]})
    done(stack, made)
    task = stack.client.read_as(made["session_id"], "orders", {"header_row": -1})
    record = stack.client.wait_for(task["task_id"])
    assert (record["state"], record["outcome"]) == ("failed", "bad_file"), record["answer"]
    assert "has 0 of its 1 hidden columns (email)" in record["error"]["message"]
    assert leaks(stack.client.session(made["session_id"])["tables"]) == []


def test_a_run_that_had_begun_ends_with_what_it_has_and_the_next_sees_nothing(
    stack: Stack, files: list[Path]
) -> None:
    made = stack.client.create_session(files[:1])
    done(stack, made)
    code = "import time\ntime.sleep(2)\nresult = list(df.columns)"
    begun = stack.client.execute(code, session_id=made["session_id"])
    for _ in range(100):
        if stack.client.status(begun["task_id"], wait=1)["stage"] == "running":
            break
    hiding = stack.client.hide(made["session_id"], {"*": ["Email"]})
    after = stack.run("result = list(df.columns)", session_id=made["session_id"])
    assert after["result"]["value"] == ["order_id", "customer_id", "amount"]
    assert stack.client.wait_for(begun["task_id"])["result"]["value"][2] == "Email"
    done(stack, hiding)
