"""Which answers may be given again to whoever asks the same?"""

from types import SimpleNamespace
from typing import Any

import pytest

from store.records import Approval
from worker.answers import _is_lasting

CHANGES = {"code": "SELECT sum(a) FROM t", "usage": {}}


def _lasts(kind: str, approval: Approval | None, changes: dict[str, Any] = CHANGES) -> bool:
    job = SimpleNamespace(kind=kind, approval=approval)
    context: Any = SimpleNamespace(job=job, sandbox=None, notes=[])
    key: Any = SimpleNamespace(image="sha256:1")
    return _is_lasting(context, changes, key)


def _approval(*, edited: bool) -> Approval:
    return Approval(state="approved", code=CHANGES["code"], language="sql", edited=edited)


def test_a_plain_answer_lasts() -> None:
    assert _lasts("analyze", None)
    assert _lasts("compute", None)


def test_code_that_a_person_wrote_does_not() -> None:
    assert not _lasts("analyze", _approval(edited=True))
    assert _lasts("analyze", _approval(edited=False))


def test_approved_sql_of_a_compute_is_not_held_against_the_predefined_one_and_does_not() -> None:
    assert not _lasts("compute", _approval(edited=False))


@pytest.mark.parametrize("code", ["import random", "SELECT now()"])
def test_code_that_changes_by_itself_does_not(code: str) -> None:
    assert not _lasts("analyze", None, {"code": code, "usage": {}})
