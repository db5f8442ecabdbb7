"""What belongs to a stored answer's key, and what code may be stored: pure functions."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from store.records import Job, Part, Request
from worker import answers
from worker.answers import AnswerKey, changes_by_itself, keep_key, plain_question, planner_version
from worker.context import JobContext
from worker.sandbox.collect import DISK_FULL


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("result = df[df.day > pd.Timestamp.now() - pd.Timedelta('7D')]", True),
        ("SELECT count(*) FROM t WHERE day > current_date - 7", True),
        ("SELECT now() - max(day) FROM t", True),
        ("result = df.sample(10)", True),
        ("import random; result = random.choice([1, 2])", True),
        ("import time\nresult = time.time()", True),
        ("from time import time as clock\nresult = clock()", True),
        ("import time\nresult = time.strftime('%Y')", True),
        ("SELECT max(age(born)) FROM people", True),
        ("result = KMeans(3).fit_predict(df[['x']])", True),
        ("result = df['age'].mean()", False),
        ("from datetime import date\nresult = date.today()", True),
        ("result = df['known'].sum()", False),
        ("result = df['time'].max()", False),
        ("SELECT sum(snow) FROM weather", False),
    ],
)
def test_code_that_reads_a_clock_or_draws_lots(code: str, changes: bool) -> None:
    assert changes_by_itself(code) is changes


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        (" total  of\n x ", "total of x", True),
        ('rows where name is "a  b"', 'rows where name is "a b"', False),
        ("rows  where `a  b` is 1", "rows where `a  b` is 1", True),
        ("total of x", "total of X", False),
    ],
)
def test_spaces_between_words_do_not_count(text: str, other: str, same: bool) -> None:
    assert (plain_question(text) == plain_question(other)) is same


def test_the_planners_version_is_computed_once_from_their_source() -> None:
    assert planner_version() is planner_version()
    assert len(planner_version()) == 64


@pytest.mark.parametrize(
    "name", ["analysis/a.py", "analysis/deep/a.py", "models/builtin/a.py", "compute_sql.py", "compute.py"]
)
def test_a_changed_byte_of_any_planner_is_another_version(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a")
    monkeypatch.setattr(answers, "__file__", str(tmp_path / "answers.py"))
    before = planner_version.__wrapped__()
    file.write_text("b")
    assert planner_version.__wrapped__() != before


def kept(*, image: str = "sha256:1", notes: tuple[str, ...] = (), **changes: Any) -> bool:
    """Whether an answer is stored that came out of this image, with these notes and changes."""
    job = Job(tenant_id="t", kind="analyze", request=Request(question="?"))
    context = SimpleNamespace(job=job, sandbox=SimpleNamespace(image_digest=image), notes=list(notes))
    fields = {"outcome": "ok", "code": "result = 1", "usage": {}, **changes}
    key = AnswerKey("digest", "sha256:1")
    return "answer_key" in keep_key(cast(JobContext, context), fields, key)


@pytest.mark.parametrize(
    ("facts", "is_kept"),
    [
        ({}, True),
        ({"image": "sha256:2"}, False),
        ({"outcome": "timeout"}, False),
        ({"notes": (f"left out: a.png ({DISK_FULL})",)}, False),
        ({"notes": ("left out: a.png (too large)",)}, True),
        ({"usage": {"answer_note": "the model gave no words"}}, False),
        ({"parts": [Part(question="?", outcome="ok"), Part(question="?", outcome="timeout")]}, False),
        ({"parts": [Part(question="?", outcome="ok"), Part(question="?", outcome="ok")]}, True),
        ({"parts": [Part(question="?", outcome="ok", code="result = random()")]}, False),
    ],
)
def test_only_a_lasting_answer_is_stored(facts: dict[str, Any], is_kept: bool) -> None:
    assert kept(**facts) is is_kept
