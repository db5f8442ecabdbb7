"""As test_sabotage, of what the worker itself holds: decisions on web requests, words, tenants, repairs."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from policies.egress import Asked, Verdict
from store.sqlite import SqliteStore
from worker.sandbox.account import Account
from worker.wall import resources_more
from worker.wall.case import probe
from worker.wall.registry import CASES
from worker.wall.wall import Wall

NO_WALL = cast(Wall, None)
"""These probes make no sandbox."""
Patch = Callable[[pytest.MonkeyPatch], None]


def _put(where: str, what: Any) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(where, what)


def _allow_all(asked: Asked, egress: Any) -> Verdict:
    return Verdict(True, asked.host, asked.port or 80)


def _forget_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = SqliteStore.list_files
    monkeypatch.setattr(SqliteStore, "list_files", lambda self, _, session: honest(self, "tenant-a", session))


def _forget_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "grant_upload", lambda self, count: count)


@pytest.mark.parametrize(
    ("patch", "noticed_by"),
    [
        (_put("worker.sandbox.exchange.decide", _allow_all), ("N3", "N5", "N8", "N9", "N11")),
        (_put("worker.sandbox.dial.judge_addresses", lambda addresses: ""), ("N3", "N4", "N5", "N10")),
        (_forget_caps, ("N14",)),
        (_put("worker.wall.protocol.safe_words", str), ("P4",)),
        (_put("worker.analysis.interpret.ungrounded_numbers", lambda *_: []), ("P5",)),
        (_forget_tenants, ("S5",)),
    ],
    ids=["list of hosts", "addresses", "upload cap", "links", "numbers", "tenants"],
)
async def test_what_the_worker_no_longer_holds_is_noticed(
    patch: Patch, noticed_by: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [await probe(CASES[case_id], NO_WALL) for case_id in noticed_by]
    assert {verdict.word for verdict in before} == {"held"}
    patch(monkeypatch)
    for case_id in noticed_by:
        verdict = await probe(CASES[case_id], NO_WALL)
        assert verdict.word == "not held", verdict
        assert "the probe failed" not in verdict.seen, verdict


@pytest.mark.engine
def test_repairs_beyond_the_policy_are_noticed(probes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = resources_more.answer_question

    def one_more(question: Any, sandbox: Any, model: Any, policy: Any, *rest: Any, **more: Any) -> Any:
        limits = policy.limits.model_copy(update={"attempts": policy.limits.attempts + 1})
        return honest(question, sandbox, model, policy.model_copy(update={"limits": limits}), *rest, **more)

    monkeypatch.setattr(resources_more, "answer_question", one_more)
    assert probes.verdict("R14").word == "not held"


@pytest.mark.engine
def test_output_that_is_not_cleaned_is_noticed(probes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.sandbox.text.clean_text", str)
    assert probes.verdict("P2").word == "not held"
