"""What clients and hostile sandboxes put into records comes back from every store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.base import Store
from store.records import Job, Request, Stream, WebRequest, new_id, utc_now
from tests.store import make
from tests.store.make import TENANT

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WEIRD = TEXT | st.sampled_from(
    ["a.b", "$set", "", "\0", "_id", "😀", "é" * 9, "a.$.b", "__proto__", "'; DROP"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WEIRD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WEIRD, inner, max_size=4),
    max_leaves=12,
)
OBJECT = st.dictionaries(WEIRD, JSON, max_size=5)
ON_BOTH = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ON_BOTH
@given(result=OBJECT, text=WEIRD)
async def test_any_result_comes_back(store: Store, result: dict[str, Any], text: str) -> None:
    job = make.job(request=Request(question=text), result=result, answer=text, timings=result)
    await store.insert_job(job)
    assert await store.get_job(TENANT, job.task_id) == job
    await store.claim_job(TENANT, job.task_id, "w", make.soon())
    changes = {"result": {"again": result}, "stdout": {"text": text}, "code": text}
    assert await store.update_job(TENANT, job.task_id, "w", changes)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.result, found.stdout, found.code) == ({"again": result}, Stream(text=text), text)


@ON_BOTH
@given(host=WEIRD, allowed=st.booleans())
async def test_web_requests_come_back(store: Store, host: str, allowed: bool) -> None:
    job = make.job()
    await store.insert_job(job)
    await store.claim_job(TENANT, job.task_id, "w", make.soon())
    asked = WebRequest(attempt=1, host=host, port=443, scheme="https", allowed=allowed, sent_bytes=1 << 40)
    changes = {"state": "failed", "stage": "done", "outcome": "policy_denied", "egress": [asked] * 3}
    assert await store.finish_job(TENANT, job.task_id, "w", changes)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert found.egress == [asked] * 3


@ON_BOTH
@given(profile=OBJECT, name=WEIRD)
async def test_any_profile_and_name_come_back(store: Store, profile: dict[str, Any], name: str) -> None:
    session_id = new_id()
    file, table = make.file(session_id, name), make.table(session_id, name, profile=profile)
    await store.insert_file(file)
    await store.upsert_table(table)
    assert await store.list_files(TENANT, session_id) == [file]
    assert await store.list_tables(TENANT, session_id) == [table]


@ON_BOTH
@given(tenant=WEIRD, key=WEIRD)
async def test_any_tenant_and_key_are_compared_as_they_are(store: Store, tenant: str, key: str) -> None:
    tenant += new_id()
    job = make.job(tenant_id=tenant, idempotency_key=key)
    await store.insert_job(job)
    assert await store.get_job_by_key(tenant, key) == job
    assert await store.get_job_by_key(tenant, key + "x") is None
    assert await store.count_jobs(tenant) == 1


async def test_numbers_beyond_64_bits_stay_exact(store: Store) -> None:
    job = make.job(result={"type": "scalar", "value": 2**200, "low": -(2**63) - 1})
    await store.insert_job(job)
    assert await store.get_job(TENANT, job.task_id) == job


async def test_nan_and_infinities_become_null(store: Store) -> None:
    values = [float("nan"), float("inf"), -float("inf"), 1.5]
    job = make.job(result={"values": values})
    await store.insert_job(job)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert found.result == {"values": [None, None, None, 1.5]}


async def test_lone_surrogates_become_the_replacement_character(store: Store) -> None:
    job = make.job()
    await store.insert_job(job)
    await store.claim_job(TENANT, job.task_id, "w", make.soon())
    changes = {
        "state": "succeeded",
        "answer": "a\ud800b",
        "result": {"\udfff": ["\ud83d"]},
        "stdout": {"text": "\ud800"},
    }
    assert await store.finish_job(TENANT, job.task_id, "w", changes)
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert (found.answer, found.result) == ("a\ufffdb", {"\ufffd": ["\ufffd"]})
    assert found.stdout.text == "\ufffd"


async def test_id_with_a_lone_surrogate_is_just_unknown(store: Store) -> None:
    assert await store.get_session(TENANT, "\ud800") is None
    assert await store.get_job_by_key(TENANT, "\ud800") is None


async def test_result_of_one_mebibyte_comes_back(store: Store) -> None:
    rows = [[number, "x" * 90] for number in range(10_000)]
    job = make.job(result={"type": "table", "rows": rows}, stdout=Stream(text="é" * 65_536, bytes=131_072))
    await store.insert_job(job)
    assert await store.get_job(TENANT, job.task_id) == job


async def test_time_is_cut_to_milliseconds_and_needs_a_zone(store: Store) -> None:
    now = utc_now()
    session = make.session(created_at=now + timedelta(microseconds=999))
    await store.insert_session(session)
    found = await store.get_session(TENANT, session.session_id)
    assert found is not None
    assert found.created_at == now
    with pytest.raises(ValueError, match="no time zone"):
        await store.sweep_leases(now.replace(tzinfo=None))


Verb = Literal["claim", "claim_ended", "renew", "update", "finish", "cancel", "sweep"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim_ended", "renew", "update", "finish", "cancel", "sweep"]),
        st.sampled_from(["v", "w"]),
    ),
    max_size=10,
)


class Model:
    """The rules of the contract, as plainly as they can be said."""

    def __init__(self) -> None:
        self.state, self.owner, self.live, self.deliveries, self.cancel = "queued", "", False, 0, False

    def step(self, verb: Verb, owner: str) -> bool:
        free = self.state == "queued" or (self.state == "running" and not self.live)
        held = self.state == "running" and self.owner == owner
        if verb in ("claim", "claim_ended") and free:
            self.state, self.owner, self.live = "running", owner, verb == "claim"
            self.deliveries += 1
        elif verb == "renew" and held:
            self.live = True
        elif (verb == "finish" and held) or (verb == "sweep" and free):
            self.state = "failed"
        elif verb == "cancel":
            self.cancel = self.cancel or self.state in ("queued", "running")
            self.state = "cancelled" if self.state == "queued" else self.state
            return True
        return free if verb in ("claim", "claim_ended", "sweep") else held


async def act(store: Store, task_id: str, verb: Verb, owner: str) -> bool:
    ids, ended = (TENANT, task_id), {"state": "failed"}
    calls: Mapping[Verb, Any] = {
        "claim": lambda: store.claim_job(*ids, owner, make.soon()),
        "claim_ended": lambda: store.claim_job(*ids, owner, make.ago()),
        "renew": lambda: store.renew_lease(*ids, owner, make.soon()),
        "update": lambda: store.update_job(*ids, owner, {"stage": "x"}),
        "finish": lambda: store.finish_job(*ids, owner, ended),
        "cancel": lambda: store.request_cancel(*ids),
        "sweep": lambda: store.sweep_end(*ids, ended, utc_now()),
    }
    return bool(await calls[verb]())


@ON_BOTH
@given(steps=STEPS)
async def test_job_moves_as_the_model_does(store: Store, steps: list[tuple[Verb, str]]) -> None:
    job, model = make.job(), Model()
    await store.insert_job(job)
    for verb, owner in steps:
        assert await act(store, job.task_id, verb, owner) == model.step(verb, owner), verb
        found = await store.get_job(TENANT, job.task_id)
        assert found is not None
        assert (found.state, found.deliveries, found.cancel_requested) == (
            model.state,
            model.deliveries,
            model.cancel,
        )
        assert found.lease_owner == (model.owner if model.state == "running" else None)


async def test_changes_of_many_owners_at_once_are_all_of_one(store: Store, another_store: Any) -> None:
    job: Job = make.job()
    await store.insert_job(job)
    stores = [store, await another_store(), await another_store()]
    until = make.soon()
    claims = [stores[n % 3].claim_job(TENANT, job.task_id, f"w{n}", until) for n in range(20)]
    won = [claim for claim in await asyncio.gather(*claims) if claim is not None]
    assert len(won) == 1
    owner = won[0].lease_owner or ""
    ends = [
        stores[n % 3].finish_job(TENANT, job.task_id, owner, {"state": "failed", "answer": str(n)})
        for n in range(12)
    ]
    ended = await asyncio.gather(*ends)
    assert ended.count(True) == 1
    found = await store.get_job(TENANT, job.task_id)
    assert found is not None
    assert found.answer == str(ended.index(True))
