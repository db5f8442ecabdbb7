"""How a client says what is hidden and how a table is read: checked strictly, marked before any job."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest

from gateway.table_bodies import ReadAsBody
from sandbox_image.loaders import ReadAs
from store.records import Session, Table, utc_now
from tests.gateway.conftest import CSV, Gateway


async def profiled(gateway: Gateway) -> str:
    """A session whose one table is read already."""
    made = await gateway.session()
    await _end(gateway, made["task_id"])
    columns = [{"name": name, "sketch": "2.0.0:AAAAAAAB"} for name in ("category", "Revenue")]
    table = Table(
        tenant_id="alpha",
        session_id=made["session_id"],
        name="sales",
        file_id="f",
        position=0,
        profile={"name": "sales", "file": "sales.csv", "rows": 2, "columns": columns},
        blob_key="alpha/t",
        sha256="0" * 64,
        size_bytes=9,
    )
    await gateway.services.store.upsert_table(table)
    return made["session_id"]


async def _end(gateway: Gateway, task_id: str) -> None:
    await gateway.services.store.request_cancel("alpha", task_id)


async def test_hiding_is_marked_and_makes_a_job(gateway: Gateway) -> None:
    session_id = await profiled(gateway)
    store = gateway.services.store
    await store.update_session("alpha", session_id, {"suggestions": ["Revenue?"], "joins": [{"a": 1}]})
    before = utc_now()
    reply = await gateway.client.patch(f"/sessions/{session_id}", json={"hidden": {"sales": ["revenue"]}})
    assert reply.status_code == 202, reply.text
    job = await gateway.job(reply.json()["task_id"])
    assert (job.kind, job.request.file_ids, job.request.table) == ("profile", [], None)
    session = await store.get_session("alpha", session_id)
    assert session is not None
    assert (session.hidden, session.suggestions, session.joins) == ({"sales": ["revenue"]}, [], [])
    assert session.hidden_at is not None
    assert session.hidden_at >= before
    shown = (await gateway.client.get(f"/sessions/{session_id}")).json()
    assert shown["hidden"] == {"sales": ["revenue"]}
    assert "sketch" not in json.dumps(shown)


async def test_the_same_key_hides_once(gateway: Gateway) -> None:
    session_id = await profiled(gateway)
    url, key = f"/sessions/{session_id}", {"Idempotency-Key": "k"}
    first = await gateway.client.patch(url, json={"hidden": {"*": ["revenue"]}}, headers=key)
    await gateway.services.store.update_session("alpha", session_id, {"suggestions": ["kept?"]})
    again = await gateway.client.patch(url, json={"hidden": {"*": ["revenue"]}}, headers=key)
    assert again.json() == first.json()
    session = await gateway.services.store.get_session("alpha", session_id)
    assert session is not None
    assert session.suggestions == ["kept?"]
    other = await gateway.client.patch(url, json={"hidden": {}}, headers=key)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ({"sales": ["revenu"]}, "hidden: sales: there is no column revenu; did you mean Revenue?"),
        ({"*": ["zzz"]}, "hidden: *: there is no column zzz; there are: category, Revenue"),
        ({"sale": ["Revenue"]}, "hidden: there is no table sale; did you mean sales?"),
        ({"sales": "Revenue"}, "hidden"),
        ({"sales": [1]}, "hidden"),
        ({"": ["Revenue"]}, "hidden"),
        ([], "hidden"),
        ({"*": ["x"] * 5001}, "hidden"),
    ],
)
async def test_what_means_nothing_is_refused_by_name(gateway: Gateway, hidden: Any, said: str) -> None:
    session_id = await profiled(gateway)
    reply = await gateway.client.patch(f"/sessions/{session_id}", json={"hidden": hidden})
    assert reply.status_code == 422
    assert said in reply.json()["error"]["message"]
    session = await gateway.services.store.get_session("alpha", session_id)
    assert session is not None
    assert session.hidden == {}


async def test_what_is_hidden_already_may_be_named_again(gateway: Gateway) -> None:
    session_id = await profiled(gateway)
    await gateway.services.store.update_session("alpha", session_id, {"hidden": {"sales": ["ssn"]}})
    for hidden in ({"sales": ["ssn", "Revenue"]}, {"*": ["SSN "]}, {"sales.csv": ["revenue"]}):
        reply = await gateway.client.patch(f"/sessions/{session_id}", json={"hidden": hidden})
        assert reply.status_code == 202, reply.text
        await _end(gateway, reply.json()["task_id"])


async def test_before_the_tables_are_known_names_are_taken_as_they_are(gateway: Gateway) -> None:
    made = await gateway.session()
    reply = await gateway.client.patch(f"/sessions/{made['session_id']}", json={"hidden": {"later": ["any"]}})
    assert reply.status_code == 202


@pytest.mark.parametrize("path", ["/sessions", "/sessions/{id}/files", "/analyze"])
async def test_a_form_says_what_is_hidden_before_anything_is_read(gateway: Gateway, path: str) -> None:
    made = await gateway.session()
    await gateway.services.store.update_session("alpha", made["session_id"], {"hidden": {"b": ["x"]}})
    data = {"hidden": json.dumps({"a": ["revenue"]})}
    if path == "/analyze":
        data["question"] = "How many rows?"
    url = path.format(id=made["session_id"])
    reply = await gateway.client.post(url, files={"files": ("a.csv", CSV)}, data=data)
    assert reply.status_code in (201, 202), reply.text
    session = await gateway.services.store.get_session("alpha", reply.json()["session_id"])
    assert session is not None
    before = {"b": ["x"]} if "{id}" in path else {}
    assert session.hidden == before | {"a": ["revenue"]}


async def test_of_two_forms_at_once_none_loses_what_the_other_hides(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await profiled(gateway)
    store = gateway.services.store
    get_session = store.get_session

    async def slow(*ids: str) -> Session | None:
        found = await get_session(*ids)
        await asyncio.sleep(0.1)
        return found

    monkeypatch.setattr(store, "get_session", slow)
    forms = [
        gateway.client.post(
            f"/sessions/{session_id}/files",
            data={"hidden": json.dumps({table: ["ssn"]})},
            files={"files": (f"{table}.csv", CSV)},
        )
        for table in ("a", "b")
    ]
    assert [reply.status_code for reply in await asyncio.gather(*forms)] == [201, 201]
    session = await get_session("alpha", session_id)
    assert session is not None
    assert session.hidden == {"a": ["ssn"], "b": ["ssn"]}


@pytest.mark.parametrize("hidden", ["x", "[1]", '{"a": "b"}', "[" * 5000, '{"a": [1]}', "null"])
@pytest.mark.parametrize("path", ["/sessions", "/analyze"])
async def test_a_form_field_that_is_no_such_json_keeps_nothing(
    gateway: Gateway, path: str, hidden: str
) -> None:
    data = {"hidden": hidden, **({"question": "How many?"} if path == "/analyze" else {})}
    reply = await gateway.client.post(path, files={"files": ("a.csv", CSV)}, data=data)
    assert reply.status_code == 422
    assert "hidden" in reply.json()["error"]["message"]
    assert gateway.blobs() == []
    assert (await gateway.client.get("/sessions")).json() == {"sessions": []}


async def test_a_reading_is_asked_for_with_what_was_given_alone(gateway: Gateway) -> None:
    session_id = await profiled(gateway)
    url = f"/sessions/{session_id}/tables/sales"
    read_as = {"delimiter": ";", "types": {"a.b": "text"}, "nulls": ["-"]}
    reply = await gateway.client.patch(url, json={"read_as": read_as})
    assert reply.status_code == 202, reply.text
    job = await gateway.job(reply.json()["task_id"])
    assert (job.kind, job.request.table, job.request.read_as) == ("profile", "sales", read_as)
    reply = await gateway.client.patch(url, json={"read_as": {}})
    job = await gateway.job(reply.json()["task_id"])
    assert job.request.read_as == {}


@pytest.mark.parametrize(
    ("read_as", "said"),
    [
        ({"delimeter": ";"}, "read_as.delimeter"),
        ({"delimiter": ";;"}, "one character"),
        ({"delimiter": '"'}, "one character"),
        ({"encoding": "klingon"}, "no encoding"),
        ({"encoding": "zip"}, "no encoding"),
        ({"header_row": -2}, "read_as.header_row"),
        ({"header_row": True}, "read_as.header_row"),
        ({"header_rows": 3}, "read_as.header_rows"),
        ({"decimal": ";"}, "read_as.decimal"),
        ({"date_order": "ydm"}, "read_as.date_order"),
        ({"types": {"a": "money"}}, "read_as.types"),
        ({"nulls": "-"}, "read_as.nulls"),
        ({"totals": "no"}, "read_as.totals"),
        ([], "read_as"),
    ],
)
async def test_a_reading_that_is_none_is_refused_by_name(gateway: Gateway, read_as: Any, said: str) -> None:
    session_id = await profiled(gateway)
    reply = await gateway.client.patch(f"/sessions/{session_id}/tables/sales", json={"read_as": read_as})
    assert reply.status_code == 422
    assert said in reply.json()["error"]["message"]


async def test_no_table_of_the_name_is_a_404_with_the_near_one(gateway: Gateway) -> None:
    session_id = await profiled(gateway)
    reply = await gateway.client.patch(f"/sessions/{session_id}/tables/sale", json={"read_as": {}})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "table_not_found")
    assert "did you mean sales?" in reply.json()["error"]["message"]


def test_the_gateway_takes_every_field_that_the_loaders_know() -> None:
    assert set(ReadAsBody.model_fields) == {field.name for field in dataclasses.fields(ReadAs)}


async def test_suggestions_are_those_that_were_not_asked_five_at_most(gateway: Gateway) -> None:
    session_id = await profiled(gateway)
    questions = [f"Question {n}?" for n in range(9)]
    await gateway.services.store.update_session("alpha", session_id, {"suggestions": questions})
    await gateway.client.post(f"/sessions/{session_id}/analyze", json={"question": "question  1"})
    shown = (await gateway.client.get(f"/sessions/{session_id}")).json()["suggestions"]
    assert shown == ["Question 0?", "Question 2?", "Question 3?", "Question 4?", "Question 5?"]
