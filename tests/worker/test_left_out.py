"""What a client is told of output that stayed inside."""

from worker.analysis.contract import RunResult
from worker.left_out import left_out


def test_nothing_to_tell() -> None:
    assert left_out(RunResult("ok", facts={"dropped": []})) == []
    assert left_out(RunResult("timeout", "The code ran longer than 30 s.")) == []


def test_files_are_told_of_by_reason() -> None:
    many = [{"name": f"f{at}.txt", "reason": "more files than artifact_count allows"} for at in range(30)]
    link = {"name": "passwd\x1b[31m", "reason": "a link"}
    assert left_out(RunResult("ok", facts={"dropped": [*many, link]})) == [
        "left out: f0.txt, f1.txt, f2.txt and 27 more (more files than artifact_count allows)",
        "left out: passwd (a link)",
    ]


def test_a_refused_result_is_told_of() -> None:
    assert left_out(RunResult("ok", "The result was left out: it is larger than 5 bytes.")) == [
        "The result was left out: it is larger than 5 bytes."
    ]
