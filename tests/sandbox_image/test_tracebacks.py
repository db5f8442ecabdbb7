"""Tracebacks: the code's own lines and nothing of ours."""

import linecache

from sandbox_image.tracebacks import format_error, message_of, name_of


def _error_of(code: str) -> BaseException:
    linecache.cache["<run 1>"] = (len(code), None, code.splitlines(keepends=True), "<run 1>")
    try:
        exec(compile(code, "<run 1>", "exec"), {})  # noqa: S102
    except BaseException as error:
        return error
    raise AssertionError("the code did not fail")


def test_only_the_lines_of_the_code_are_shown():
    text = format_error(_error_of("import json\ndef f():\n    return json.loads('{')\nf()\n"))
    assert text.count("File ") == 2
    assert "return json.loads('{')" in text
    assert "decoder.py" not in text
    assert "test_tracebacks" not in text
    assert text.rstrip().endswith("(char 1)")


def test_a_cause_is_shown_with_its_lines():
    text = format_error(_error_of("try:\n    1/0\nexcept Exception as e:\n    raise KeyError('k') from e\n"))
    assert "ZeroDivisionError" in text
    assert "direct cause" in text
    assert text.count('File "<run 1>"') == 2


def test_a_syntax_error_shows_its_line():
    text = format_error(_error_of("x = (1\ny = 2\n"))
    assert "SyntaxError" in text
    assert "x = (1" in text


def test_endless_recursion_stays_short():
    assert len(format_error(_error_of("def f(): f()\nf()\n"))) < 10_000


def test_an_error_whose_text_fails_still_has_one():
    error = _error_of("class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n")
    assert name_of(error) == "E"
    assert message_of(error) == "<the text of this error could not be made>"
    assert "E" in format_error(error)


def test_a_lone_surrogate_becomes_plain_text():
    message_of(_error_of("raise ValueError('\\ud800')")).encode("utf-8")
