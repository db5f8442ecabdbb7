"""What may change of a session, on SQLite and on MongoDB (FerretDB)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from store.base import Store
from store.records import new_id, utc_now
from tests.store import make
from tests.store.make import OTHER, TENANT

HIDDEN = {"orders": ["email", "a.b", "$set"], "*": ["ssn"]}


async def test_fields_are_written_and_the_others_stay(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    at = utc_now()
    assert await store.update_session(TENANT, session.session_id, {"hidden": HIDDEN, "hidden_at": at})
    joins = [{"left_table": "a", "coverage": 0.5}]
    assert await store.update_session(TENANT, session.session_id, {"joins": joins, "suggestions": ["Q?"]})
    assert await store.update_session(TENANT, session.session_id, {})
    found = await store.get_session(TENANT, session.session_id)
    changed = {"hidden": HIDDEN, "hidden_at": at, "joins": joins, "suggestions": ["Q?"]}
    assert found == session.model_copy(update=changed)
    assert await store.list_sessions(TENANT) == [found]


async def test_writes_of_different_fields_at_once_are_both_kept(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    await asyncio.gather(
        store.update_session(TENANT, session.session_id, {"hidden": HIDDEN}),
        store.update_session(TENANT, session.session_id, {"suggestions": ["Q?"]}),
        store.update_session(TENANT, session.session_id, {"joins": [{"kind": "x"}]}),
    )
    found = await store.get_session(TENANT, session.session_id)
    assert found is not None
    assert (found.hidden, found.suggestions, found.joins) == (HIDDEN, ["Q?"], [{"kind": "x"}])


async def test_of_those_who_hide_at_once_none_is_lost(
    another_store: Callable[[], Awaitable[Store]],
) -> None:
    """As many gateways: each has a connection of its own."""
    stores = [await another_store() for _ in range(4)]
    session = make.session()
    await stores[0].insert_session(session)
    at = utc_now()
    hidden = [{"orders": [f"c{number}"], f"t{number}": ["x"]} for number in range(20)]
    times = [at + timedelta(seconds=number) for number in range(20)]
    hiding = [
        stores[number % 4].hide_columns(TENANT, session.session_id, hidden[number], times[number])
        for number in reversed(range(20))
    ]
    assert await asyncio.gather(*hiding) == [True] * 20
    found = await stores[0].get_session(TENANT, session.session_id)
    assert found is not None
    assert set(found.hidden) == {"orders", *(f"t{number}" for number in range(20))}
    assert sorted(found.hidden["orders"]) == sorted(f"c{number}" for number in range(20))
    assert found.hidden_at == times[-1], "the latest, whoever wrote last"


async def test_to_hide_adds_to_what_is_hidden_and_says_where_there_is_no_session(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    at = utc_now()
    await store.update_session(TENANT, session.session_id, {"hidden": HIDDEN, "suggestions": ["Q?"]})
    more = {"orders": ["email", "$inc"], "a.b": ["c"]}
    assert await store.hide_columns(TENANT, session.session_id, more, at)
    found = await store.get_session(TENANT, session.session_id)
    both = {**HIDDEN, "orders": [*HIDDEN["orders"], "$inc"], "a.b": ["c"]}
    changed = {"hidden": both, "hidden_at": at, "suggestions": ["Q?"]}
    assert found == session.model_copy(update=changed)
    assert not await store.hide_columns(OTHER, session.session_id, more, at)
    assert not await store.hide_columns(TENANT, new_id(), more, at)


async def test_of_another_tenant_or_none_nothing_is_written(store: Store) -> None:
    session = make.session()
    await store.insert_session(session)
    assert not await store.update_session(OTHER, session.session_id, {"suggestions": ["Q?"]})
    assert not await store.update_session(TENANT, new_id(), {"suggestions": ["Q?"]})
    assert not await store.update_session(TENANT, new_id(), {})
    assert await store.get_session(TENANT, session.session_id) == session


@pytest.mark.parametrize(
    "changes", [{"tenant_id": OTHER}, {"created_at": None}, {"hidden": ["x"]}, {"suggestions": 1}]
)
async def test_nothing_else_may_be_written(store: Store, changes: dict[str, object]) -> None:
    session = make.session()
    await store.insert_session(session)
    with pytest.raises(ValueError, match=next(iter(changes))):
        await store.update_session(TENANT, session.session_id, changes)
    assert await store.get_session(TENANT, session.session_id) == session


async def test_what_a_table_was_read_without_comes_back(store: Store) -> None:
    session_id = new_id()
    table = make.table(session_id, hidden=["email", "a.b", "$set"])
    await store.upsert_table(table)
    assert await store.list_tables(TENANT, session_id) == [table]
