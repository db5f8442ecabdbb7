"""A megabyte of the worst text there is holds up none of those who read what a sandbox says."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from policies.model import load_policy
from worker.analysis.grounding import ungrounded_numbers
from worker.analysis.wording import template_words
from worker.harmless import harmless_changes
from worker.sandbox.collect import safe_name
from worker.sandbox.results import check_result

RESULT_BYTES = load_policy("default").output.result_bytes
SECONDS = 3.0
"""Of CPU; each takes a tenth of that. What takes the square of the length takes minutes."""
UNITS = (
    *(
        "x",
        "\x1b[0;",
        "\x1b]8;;",
        "\r\n",
        "a\u0301\u0323",
        "\u0301\u0323",
        "<a ",
        "</",
        "![",
        "[a](",
        "://",
        "data:",
    ),
    *("1,", "-1 ", "1e1", "one hundred ", "\u202e", "\u1100\u1161", "１"),
)
READERS: dict[str, Callable[[str], object]] = {
    "result": lambda text: check_result({"type": "text", "value": text}, 2 * RESULT_BYTES),
    "grounding": lambda text: ungrounded_numbers("5 of 10", {"type": "text", "value": text}, text[:65_536]),
    "words": lambda text: template_words({"type": "text", "value": text}, text),
    "record": lambda text: harmless_changes({"answer": text, "result": {"type": "text", "value": text}}),
    "name": safe_name,
}


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_a_megabyte_of_it_is_read_in_linear_time(unit: str) -> None:
    text = (unit * (RESULT_BYTES // len(unit.encode())))[: RESULT_BYTES - 200]
    for name, read in READERS.items():
        started = time.process_time()
        read(text)
        assert time.process_time() - started < SECONDS, name


@pytest.mark.parametrize("item", [[], {}, 1, None, {"": 0}, "x"], ids=repr)
def test_a_result_of_as_many_parts_as_fit_is_read_in_linear_time(item: Any) -> None:
    result = {"type": "json", "value": [item] * (RESULT_BYTES // 8)}
    started = time.process_time()
    checked = check_result(result, 2 * RESULT_BYTES)
    template_words(checked, "")
    ungrounded_numbers("5 of 10", checked)
    assert time.process_time() - started < 2 * SECONDS
