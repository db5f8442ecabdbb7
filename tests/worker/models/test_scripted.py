"""Does a scripted model say its lines, in order, with the delays and errors that they ask for?"""

import json
from pathlib import Path

import pytest

from worker.models.base import (
    Message,
    ModelRefusedError,
    ModelReplyError,
    ModelUnavailableError,
    Reply,
)
from worker.models.scripted import Line, ScriptedModel, ScriptError, read_script


async def say(model: ScriptedModel, timeout_seconds: float = 5) -> Reply:
    return await model.complete(
        [Message("user", "hi")], max_output_tokens=10, timeout_seconds=timeout_seconds
    )


async def test_lines_are_said_in_order_with_their_counts() -> None:
    model = ScriptedModel(["a", Line(text="b", finish="length", input_tokens=3, output_tokens=4)])
    assert await say(model) == Reply("a")
    assert await say(model) == Reply("b", 3, 4, "length")
    with pytest.raises(ModelUnavailableError, match="no further reply"):
        await say(model)


async def test_a_repeated_line_never_ends() -> None:
    model = ScriptedModel([Line(text="a", repeat=True)])
    assert [(await say(model)).text for _ in range(5)] == ["a"] * 5


@pytest.mark.parametrize(
    ("kind", "error"),
    [("unavailable", ModelUnavailableError), ("refused", ModelRefusedError), ("reply", ModelReplyError)],
)
async def test_each_error_can_be_played(kind: str, error: type[Exception]) -> None:
    line = Line.model_validate({"error": kind, "text": "as told"})
    with pytest.raises(error, match="as told"):
        await say(ScriptedModel([line]))


async def test_a_delay_beyond_the_timeout_is_a_timeout() -> None:
    with pytest.raises(ModelUnavailableError, match="did not finish"):
        await say(ScriptedModel([Line(text="a", delay_seconds=60)]), timeout_seconds=0.02)


async def test_a_line_over_the_cap_is_a_reply_error() -> None:
    with pytest.raises(ModelReplyError, match="larger"):
        await say(ScriptedModel(["x" * (1 << 20), "x" * ((1 << 20) + 1)][1:]))


def test_a_script_file_holds_strings_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "replies.json"
    path.write_text(json.dumps(["a", {"text": "b", "repeat": True}]))
    assert read_script(str(path)) == [Line(text="a"), Line(text="b", repeat=True)]


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', '[{"txt": "a"}]', "[" * 100_000, '["a"'])
def test_what_is_no_script_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "replies.json"
    path.write_text(text)
    with pytest.raises(ScriptError):
        read_script(str(path))
