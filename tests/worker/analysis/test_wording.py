"""Are the template's words true to the result, and a model's words harmless?"""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.analysis.grounding import ungrounded_numbers
from worker.analysis.wording import safe_words, template_words


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"type": "scalar", "value": 60.75}, "The result is 60.75."),
        ({"type": "scalar", "value": 1234567}, "The result is 1,234,567."),
        ({"type": "scalar", "value": True}, "The result is true."),
        ({"type": "scalar", "value": None}, "The result is missing (no value)."),
        ({"type": "scalar", "value": "2024-03"}, "The result is 2024-03."),
        ({"type": "chart", "value": {"artifact_id": "a"}}, "The result is a chart."),
        ({"type": "text", "value": "hello\n"}, "The result is: hello"),
        ({"type": "json", "value": {"best": "Toys", "total": 3}}, "The result is: best: Toys; total: 3"),
        (
            {"type": "table", "value": {"columns": ["a", "b"], "rows": [["x", 1]]}, "shape": [1200, 2]},
            "The result is a table of 1,200 rows and 2 columns (a, b). The first row: a x; b 1.",
        ),
        (
            {"type": "table", "value": {"columns": ["a"], "rows": []}, "shape": [0, 1]},
            "The result is a table of 0 rows and 1 column (a).",
        ),
        (
            {"type": "series", "value": {"name": "n", "index": ["x", "y"], "values": [1, 5]}},
            "The result is a series n of 2 values. The largest is 5 (y), the smallest 1 (x).",
        ),
        (None, "The code ran and gave no result."),
    ],
)
def test_each_type_of_result_has_its_words(result: dict[str, Any] | None, words: str) -> None:
    assert template_words(result, "") == words


def test_without_a_result_the_output_is_said() -> None:
    assert template_words(None, "3 rows\n") == "The code printed: 3 rows"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.floats(-1e9, 1e9)), min_size=1, max_size=5))
def test_the_templates_own_numbers_stand_in_the_result(pairs: list[tuple[str, float]]) -> None:
    index, values = [label for label, _ in pairs], [number for _, number in pairs]
    result = {"type": "series", "value": {"name": None, "index": index, "values": values}}
    assert ungrounded_numbers(template_words(result, ""), result) == []


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Total: 60.75.", "Total: 60.75."),
        ("The data: 5 rows.", "The data: 5 rows."),
        ("see data:text/html,x now", "see (link removed) now"),
        ("a < b and c > d", "a < b and c > d"),
        ("![chart](http://evil.example/x.png)", "chart"),
        ("see [here](https://evil.example/?q=1) now", "see here now"),
        ("<script>alert(1)</script>hi", "alert(1)hi"),
        ("<img src=x onerror=alert(1)>hi", "hi"),
        ("go to https://evil.example/a?b=c now", "go to (link removed) now"),
        ("go to www.evil.example now", "go to (link removed) now"),
        ("[a]: //evil.example/x", "[a] : (link removed)"),
        ("![a[b]](//evil.example)", "[a[b]] ((link removed)"),
        ("<https://evil.example>", ""),
        ("[x](javascript:alert(1))", "[x] ((link removed)"),
        ("a\u202eb\u200bc\x00d\x1b[31m", "abcd[31m"),
    ],
)
def test_nothing_that_loads_or_links_is_left(text: str, safe: str) -> None:
    assert safe_words(text) == safe


def test_words_are_bounded() -> None:
    assert len(safe_words("word " * 10_000)) <= 2001


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="![]()<>a/:.h tp\n\"'", max_size=80))
def test_no_text_yields_a_tag_or_an_inline_link(text: str) -> None:
    words = safe_words(text)
    assert "](" not in words
    assert "<a" not in words
    assert not re.search(r"//\S", words)
