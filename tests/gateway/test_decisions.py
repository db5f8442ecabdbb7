"""Code that waits: approved as it is, approved with other code, rejected; once, and by its owner only."""

import asyncio
import hashlib
from typing import Any

import pytest

from tests.gateway.conftest import Gateway
from tests.gateway.moved import CODE, claimed, ended, waiting


async def post(gateway: Gateway, task_id: str, verb: str, body: dict[str, Any] | None = None) -> Any:
    return await gateway.client.post(f"/status/{task_id}/{verb}", json=body or {})


def digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


async def test_the_status_shows_the_code_that_waits(gateway: Gateway) -> None:
    job = await waiting(gateway)
    status = (await gateway.client.get(f"/status/{job.task_id}?wait=30")).json()
    assert (status["state"], status["stage"], status["code"]) == (
        "awaiting_approval",
        "awaiting_approval",
        CODE,
    )
    assert (status["approval"]["state"], status["approval"]["code"]) == ("awaiting", CODE)


async def test_who_waits_for_a_job_is_told_when_it_begins_to_wait(gateway: Gateway) -> None:
    job = await claimed(gateway, approve=True)
    waiter = asyncio.create_task(gateway.client.get(f"/status/{job.task_id}?wait=20"))
    await asyncio.sleep(0.1)
    approval = {"state": "awaiting", "code": CODE, "language": "python"}
    assert await gateway.services.store.park_job("alpha", job.task_id, "w", {"approval": approval})
    await gateway.services.queue.announce(await gateway.job(job.task_id))
    reply = await asyncio.wait_for(waiter, 5)
    assert reply.json()["state"] == "awaiting_approval"


async def test_approved_code_is_queued_as_it_was_shown(gateway: Gateway) -> None:
    job = await waiting(gateway)
    reply = await post(gateway, job.task_id, "approve", {"seen": digest(CODE)})
    assert (reply.status_code, reply.json()["state"]) == (200, "queued")
    kept = await gateway.job(job.task_id)
    assert kept.approval is not None
    assert (kept.approval.state, kept.approval.code, kept.approval.edited) == ("approved", CODE, False)
    assert kept.approval.decided_at is not None
    assert kept.published_at is not None
    assert job.task_id in await gateway.queued_ids()


async def test_other_code_is_approved_byte_for_byte(gateway: Gateway) -> None:
    job = await waiting(gateway)
    edited = '\n\nresult = "ä\\u202e"  \n\t\n'
    reply = await post(gateway, job.task_id, "approve", {"code": edited})
    assert reply.status_code == 200
    kept = await gateway.job(job.task_id)
    assert kept.approval is not None
    assert (kept.approval.code, kept.approval.edited) == (edited, True)


@pytest.mark.parametrize(
    ("language", "code", "words"),
    [
        ("python", "result = (1", "never closed"),
        ("python", "this is no python", "invalid syntax (line 1)"),
        ("python", "(" * 500, "line 1"),
        ("python", "-" * 90_000 + "1", "code"),
        ("sql", "DROP TABLE sales", "SELECT"),
        ("sql", "SELECT 1; DROP TABLE sales", "more than one statement"),
        ("sql", "SELECT 'a", "not closed"),
        ("sql", "SELECT 1 /* never", "not closed"),
    ],
)
async def test_other_code_that_is_none_is_refused_and_the_job_still_waits(
    gateway: Gateway, language: str, code: str, words: str
) -> None:
    job = await waiting(gateway, language=language)
    reply = await post(gateway, job.task_id, "approve", {"code": code})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "bad_code")
    assert words in reply.json()["error"]["message"]
    assert await gateway.job(job.task_id) == job


@pytest.mark.parametrize(
    "code",
    ["SELECT 'a;b' AS \"c;d\" -- e;f\nFROM sales;", "WITH a AS (SELECT 1) SELECT * FROM a", "(SELECT 1)"],
)
async def test_a_query_with_marks_in_quotes_is_code(gateway: Gateway, code: str) -> None:
    job = await waiting(gateway, language="sql")
    assert (await post(gateway, job.task_id, "approve", {"code": code})).status_code == 200


async def test_what_was_not_seen_is_not_approved(gateway: Gateway) -> None:
    job = await waiting(gateway)
    reply = await post(gateway, job.task_id, "approve", {"seen": digest("other code")})
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "code_changed")
    assert (await gateway.job(job.task_id)).state == "awaiting_approval"


async def test_a_rejected_job_has_ended_and_says_why(gateway: Gateway) -> None:
    job = await waiting(gateway)
    reply = await post(gateway, job.task_id, "reject", {"reason": "It counts \x1b[2J cancelled orders."})
    status = reply.json()
    assert (reply.status_code, status["state"], status["outcome"]) == (200, "cancelled", "cancelled")
    assert status["error"]["code"] == "rejected"
    assert "cancelled orders" in status["approval"]["reason"]
    assert "\x1b" not in status["approval"]["reason"]
    assert (status["approval"]["state"], status["finished_at"] is None) == ("rejected", False)
    assert job.task_id not in await gateway.queued_ids()


async def test_cancel_ends_it_too(gateway: Gateway) -> None:
    job = await waiting(gateway)
    reply = await gateway.client.post(f"/status/{job.task_id}/cancel")
    assert (reply.status_code, reply.json()["state"]) == (200, "cancelled")


async def test_of_many_decisions_at_once_one_counts(gateway: Gateway) -> None:
    job = await waiting(gateway)
    calls = [post(gateway, job.task_id, verb) for verb in ("approve", "reject") * 4]
    replies = await asyncio.gather(*calls)
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
    won = next(reply for reply in replies if reply.status_code == 200).json()
    assert (await gateway.job(job.task_id)).state == won["state"]


@pytest.mark.parametrize("verb", ["approve", "reject"])
async def test_a_job_that_does_not_wait_is_a_conflict(gateway: Gateway, verb: str) -> None:
    for task_id, state in (
        ((await ended(gateway)).task_id, "succeeded"),
        ((await claimed(gateway)).task_id, "running"),
        (await gateway.task(), "queued"),
    ):
        reply = await post(gateway, task_id, verb)
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "not_awaiting_approval")
        assert state in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("approve", {"code": ""}, "code"),
        ("approve", {"code": 5}, "code"),
        ("approve", {"seen": "abc"}, "seen"),
        ("approve", {"yes": True}, "yes: unknown field"),
        ("reject", {"reason": "x" * 1001}, "reason"),
        ("reject", {"reason": None}, "reason"),
    ],
)
async def test_a_bad_decision_is_named(gateway: Gateway, verb: str, body: dict[str, Any], words: str) -> None:
    job = await waiting(gateway)
    reply = await post(gateway, job.task_id, verb, body)
    assert reply.status_code == 422
    assert words in reply.json()["error"]["message"]
    assert (await gateway.job(job.task_id)).state == "awaiting_approval"


async def test_approve_is_asked_for_in_a_question_and_in_a_form(gateway: Gateway) -> None:
    made = await gateway.session()
    body = {"question": "How many rows?", "approve": True}
    reply = await gateway.client.post(f"/sessions/{made['session_id']}/analyze", json=body)
    assert (await gateway.job(reply.json()["task_id"])).request.approve
    files = {"files": ("a.csv", b"a,b\n1,2\n")}
    form = {"question": "How many rows?", "approve": "true"}
    reply = await gateway.client.post("/analyze", files=files, data=form)
    assert (await gateway.job(reply.json()["task_id"])).request.approve
