"""How results look in a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from client.render import cell, plain, result_view, show_failure, show_success, stage_words
from tests.client.fake_gateway import record


def _printed(view: Any) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(view)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def _shown(show: Any, **changes: Any) -> str:
    console = Console(file=io.StringIO(), width=100)
    show(console, record(**changes))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "true"),
        (3, "3"),
        (19.861538461, "19.8615"),
        (1234567.891, "1,234,567.89"),
        (0.00001234, "1.234e-05"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
    ],
)
def test_a_cell(value: object, text: str) -> None:
    assert cell(value) == text


def test_a_series_has_its_index_and_name() -> None:
    value = {"name": "temp_max", "index": ["sun", None], "values": [19.5, None]}
    text = _printed(result_view({"type": "series", "value": value}))
    for shown in ("temp_max", "sun", "19.5", "-"):
        assert shown in text


def test_a_table_is_cut_and_says_by_how_much() -> None:
    rows = [[number, f"row {number}"] for number in range(40)]
    result = {
        "type": "table",
        "value": {"columns": ["n", "name"], "rows": rows},
        "shape": [5000, 2],
        "truncated": True,
    }
    text = _printed(result_view(result))
    assert "row 29" in text
    assert "row 30" not in text
    assert "4,970 more rows" in text


def test_an_empty_table_shows_its_columns() -> None:
    text = _printed(result_view({"type": "table", "value": {"columns": ["a", "b"], "rows": []}}))
    assert "a" in text
    assert "b" in text


def test_column_names_are_not_markup() -> None:
    result = {"type": "table", "value": {"columns": ["[bold]x[/bold]", "[/nope]"], "rows": [["[red]y", 1]]}}
    text = _printed(result_view(result))
    for shown in ("[bold]x[/bold]", "[/nope]", "[red]y"):
        assert shown in text


@pytest.mark.parametrize("value", [42, 0.5, "2024-01-01", False, None])
def test_a_scalar_is_one_line(value: object) -> None:
    assert _printed(result_view({"type": "scalar", "value": value})) == f"{cell(value)}\n"


def test_a_chart_is_left_to_the_artifacts() -> None:
    assert result_view({"type": "chart", "value": {"artifact_id": "a"}}) is None
    assert result_view(None) is None


def test_long_words_are_not_folded() -> None:
    answer = "word " * 60
    assert answer.strip() in _shown(show_success, answer=answer.strip())


def test_code_in_a_pipe_is_as_it_was_written() -> None:
    code = "result = df.query('" + "a > 1 and " * 30 + "b')\n    indented"
    assert code in _shown(show_success, code=code)


def test_printed_text_is_not_shown_twice() -> None:
    stdout = {"text": "hello\n", "bytes": 6, "truncated": False}
    text = _shown(
        show_success,
        answer=None,
        result={"type": "text", "value": "hello\n"},
        stdout=stdout,
        code="print('hi')",
    )
    assert text.count("hello") == 1


def test_output_that_was_cut_says_how_much_was_printed() -> None:
    stdout = {"text": "head\ntail", "bytes": 1234567, "truncated": True}
    assert "1,234,567 bytes were printed" in _shown(show_success, stdout=stdout)


def test_a_failure_shows_reason_suggestions_stderr_and_attempts() -> None:
    attempts = [
        {"number": 1, "outcome": "code_error", "error": "Traceback\nKeyError: 'x'"},
        {"number": 2, "outcome": "timeout", "error": ""},
    ]
    text = _shown(
        show_failure,
        state="failed",
        outcome="timeout",
        error={"code": "timeout", "message": "30 seconds were not enough", "suggestions": ["ask less"]},
        stderr={"text": "a warning", "bytes": 9, "truncated": False},
        attempts=attempts,
    )
    expected = (
        "timeout: 30 seconds",
        "- ask less",
        "a warning",
        "attempt 1: code_error: KeyError: 'x'",
        "attempt 2",
    )
    for shown in expected:
        assert shown in text


def test_a_failure_without_a_reason_still_says_something() -> None:
    assert "cancelled: no reason was given" in _shown(
        show_failure, state="cancelled", outcome=None, error=None
    )


@pytest.mark.parametrize("char", ["\x1b", "\x00", "\x9b", "\u202e", "\ud800", "\r"])
def test_control_and_direction_characters_are_taken_out(char: str) -> None:
    assert plain(f"a{char}b") == "a\ufffdb"


def test_a_new_stage_of_the_server_is_shown_as_it_is() -> None:
    assert stage_words({"stage": "exporting"}) == "exporting"
    assert stage_words({"stage": "repairing", "attempts": [{}, {}]}) == "mending the code (attempt 3)"


@pytest.mark.parametrize("show", [show_success, show_failure])
def test_what_was_left_out_is_told(show: Any) -> None:
    assert "note: not read: bad.json is cut off\n" in _shown(show, notes=["not read: bad.json is cut off"])


HOSTILE = "\x1b]8;;http://evil.example\x07a\x1b[2J\u202eb\x9b31m\x07\r"


@pytest.mark.parametrize("show", [show_success, show_failure])
def test_no_field_of_a_record_steers_the_terminal(show: Any) -> None:
    table = {"columns": [HOSTILE, "n"], "rows": [[HOSTILE, 1]]}
    shown = _shown(
        show,
        outcome=HOSTILE,
        answer=HOSTILE,
        understood=HOSTILE,
        planner=HOSTILE,
        code=HOSTILE,
        language=HOSTILE,
        notes=[HOSTILE],
        result={"type": "table", "value": table},
        stdout={"text": HOSTILE, "bytes": 9, "truncated": True},
        stderr={"text": HOSTILE},
        error={"code": HOSTILE, "message": HOSTILE, "suggestions": [HOSTILE]},
        attempts=[{"number": HOSTILE, "outcome": HOSTILE, "error": HOSTILE}] * 2,
    )
    assert "a\ufffd[2J" in shown
    assert [char for char in shown if char != "\n" and not char.isprintable()] == []


def test_a_stage_that_nobody_knows_steers_no_terminal_either() -> None:
    assert "\x1b" not in stage_words({"stage": HOSTILE})


def test_each_web_request_is_a_line_refused_or_not() -> None:
    asked = {"host": "api.example.org", "port": 443, "scheme": "https", "allowed": True}
    refused = {"host": "ev\x1b[2Jil", "port": 80, "scheme": "http", "allowed": False, "reason": "not listed"}
    sizes = {"sent_bytes": 1200, "received_bytes": 34567}
    for show in (show_success, show_failure):
        text = _shown(show, egress=[{**asked, **sizes}, refused])
        assert "web: https://api.example.org:443: 1,200 bytes sent, 34,567 received" in text
        assert "web, refused: http://ev\ufffd[2Jil:80 (not listed)" in text
    assert "... 5 more web requests" in _shown(show_success, egress=[asked] * 25)
    assert "web" not in _shown(show_success, egress=[])


def test_a_big_file_that_is_read_shows_how_far():
    reading = {"file": "big.csv", "pass": 2, "read_bytes": 45, "of_bytes": 100}
    shown = stage_words({"stage": "profiling", "timings": {"reading": reading}})
    assert shown.endswith("(45 % of big.csv, pass 2)")
