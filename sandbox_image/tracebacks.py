"""What does a person, or a model, get to read of an error: only the lines of the code that was run."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

MESSAGE_LIMIT = 10_000
TRACEBACK_LIMIT = 40_000
_FRAMES_LIMIT = 40


def name_of(error: BaseException) -> str:
    """The class of the error as it is written in code."""
    return type(error).__name__


def message_of(error: BaseException) -> str:
    """The text of the error, even where making it fails."""
    try:
        return _clean(str(error), MESSAGE_LIMIT)
    except Exception:
        return "<the text of this error could not be made>"


def format_error(error: BaseException) -> str:
    """The traceback without ANSI codes and without any frame but those of the code (`<run 1>`)."""
    described = traceback.TracebackException.from_exception(error, compact=True)
    for part in _chain(described):
        users = [frame for frame in part.stack if frame.filename.startswith("<run ")]
        if len(users) > _FRAMES_LIMIT:
            users = users[: _FRAMES_LIMIT // 2] + users[-_FRAMES_LIMIT // 2 :]
        part.stack = traceback.StackSummary.from_list(users)
    return _clean("".join(described.format()), TRACEBACK_LIMIT)


def _chain(described: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    todo: list[traceback.TracebackException | None] = [described]
    seen: set[int] = set()
    while todo:
        part = todo.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        todo += [part.__cause__, part.__context__, *(part.exceptions or [])]


def _clean(text: str, limit: int) -> str:
    if len(text) > limit:
        text = f"{text[: limit // 2]}\n...\n{text[-limit // 2 :]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
