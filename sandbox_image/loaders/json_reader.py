"""How is JSON decoded piece by piece, so that a large file is never whole in memory?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from .errors import NOT_A_TABLE, TOO_LARGE, TRUNCATED_FILE, UNREADABLE_FILE, BadFileError

_BLOCK = 1 << 16
_BATCH_CHARACTERS = 1 << 20
_BATCH_VALUES = 5_000
MAX_VALUE_CHARACTERS = 32 << 20
_WHITE = " \t\n\r"


class JsonReader:
    """A cursor over JSON text. Every method raises BadFileError where it is not JSON or ends too early."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._name = name
        self._buffer = ""
        self._at = 0
        self._passed = 0
        self._ended = False
        self._line = 1
        self._line_start = 0
        self.repeated_keys = 0
        """Keys that an object has twice; the later value is taken."""
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object)

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _WHITE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def peek_inside(self) -> str:
        """The first character inside the array that comes next; nothing is consumed."""
        at = self._at
        while True:
            inside = self._buffer[at + 1 :].lstrip(_WHITE)
            if inside:
                return inside[0]
            # `_more` drops what was consumed: the cursor moves, and `at` with it.
            if not self._more():
                raise self._broken("the array does not end")
            at = self._at

    def take(self, wanted: str) -> None:
        """Consume one character."""
        found = self.peek()
        if found != wanted:
            raise self._broken(f"expected {wanted!r}, found {found!r}" if found else "it ends too early")
        self._at += 1

    def value_within(self, characters: int) -> tuple[bool, Any]:
        """Consume one value if it is no longer than that: whether it was, and the value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                if end < len(self._buffer) or self._ended:
                    self._at = end
                    return True, value
            except RecursionError:
                raise self._too_deep() from None
            except ValueError:
                pass
            if len(self._buffer) - self._at > characters or not self._more(len(self._buffer) - self._at):
                return False, None

    def value(self) -> Any:
        """Consume one whole value.

        Raises:
            BadFileError: Also when the value is longer than the cap.
        """
        if not self.peek():
            raise self._broken("it ends too early")
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                # A number at the buffer's end may go on.
                if end < len(self._buffer) or self._ended:
                    self._at = end
                    return value
                problem, place = "", self._at
            except json.JSONDecodeError as error:
                problem, place = error.msg, error.pos
            except RecursionError:
                raise self._too_deep() from None
            except ValueError as error:
                raise BadFileError(
                    UNREADABLE_FILE, f"{self._name}: a number cannot be read: {error}."
                ) from None
            if len(self._buffer) - self._at > MAX_VALUE_CHARACTERS:
                raise BadFileError(
                    TOO_LARGE,
                    f"{self._name} has a single value of more than {MAX_VALUE_CHARACTERS:,} characters. "
                    "Send the table as an array of records or as JSON lines.",
                )
            if not self._more(at_least=len(self._buffer) - self._at):
                if problem:
                    raise self._broken(problem, place)

    def batches(self) -> Iterator[list[Any]]:
        """Consume the array that comes next, many elements at a time."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            values = self._block()
            if values is not None:
                yield values
                continue
            values = []
            size = self._passed + self._at
            while len(values) < _BATCH_VALUES and self._passed + self._at - size < _BATCH_CHARACTERS:
                values.append(self.value())
                if self.peek() == "]":
                    self._at += 1
                    yield values
                    return
                self.take(",")
            yield values

    def line_batches(self) -> Iterator[list[Any]]:
        """Consume one value after the other, many at a time, until the text ends."""
        while self.peek():
            whole = self._lines()
            if whole:
                yield whole
                continue
            values: list[Any] = []
            size = self._passed + self._at
            while len(values) < _BATCH_VALUES and self._passed + self._at - size < _BATCH_CHARACTERS:
                if not self.peek():
                    break
                values.append(self.value())
            yield values

    def _lines(self) -> list[Any] | None:
        """Many lines decoded at once; None where a line is not one whole value."""
        while len(self._buffer) - self._at < _BATCH_CHARACTERS and self._more(_BATCH_CHARACTERS):
            pass
        end = self._buffer.rfind("\n", self._at, self._at + _BATCH_CHARACTERS)
        lines = [line for line in self._buffer[self._at : end].split("\n") if line.strip()] if end > 0 else []
        repeated = self.repeated_keys
        try:
            values = self._decoder.decode(f"[{','.join(lines)}]")
        except (ValueError, RecursionError):
            values = []
        if not lines or len(values) != len(lines):
            self.repeated_keys = repeated
            return None
        self._at = end
        return list(values)

    def _block(self) -> list[Any] | None:
        """Many elements decoded at once; None where no end of an element is found by a look at the text."""
        while len(self._buffer) - self._at < _BATCH_CHARACTERS and self._more(_BATCH_CHARACTERS):
            pass
        mark = "}," if self.peek() == "{" else "],"
        end = self._buffer.rfind(mark, self._at, self._at + _BATCH_CHARACTERS)
        if end < 0:
            return None
        repeated = self.repeated_keys
        try:
            # What is balanced up to there is a row of whole elements; else it is no JSON.
            values, stop = self._decoder.raw_decode(f"[{self._buffer[self._at : end + 1]}]")
        except (ValueError, RecursionError):
            self.repeated_keys = repeated
            return None
        if stop != end + 3 - self._at:
            return None
        self._at = end + 2
        return list(values)

    def elements(self) -> Iterator[Any]:
        """Consume the array that comes next, element by element."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self._at += 1
                return
            self.take(",")

    def keys(self) -> Iterator[str]:
        """Consume the object that comes next; after each key the caller consumes its value."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._broken("expected a key in double quotes")
            key = self.value()
            self.take(":")
            yield str(key)
            if self.peek() == "}":
                self._at += 1
                return
            self.take(",")

    def _more(self, at_least: int = 0) -> bool:
        if self._ended:
            return False
        block = self._text.read(max(_BLOCK, at_least))
        if not block:
            self._ended = True
            # One more try with what there is: a number may end where the file ends.
            return self._at < len(self._buffer)
        newlines = self._buffer.count("\n", 0, self._at)
        if newlines:
            self._line += newlines
            self._line_start = self._passed + self._buffer.rfind("\n", 0, self._at) + 1
        self._passed += self._at
        self._buffer = self._buffer[self._at :] + block
        self._at = 0
        return True

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.repeated_keys += len(pairs) - len(found)
        return found

    def _too_deep(self) -> BadFileError:
        return BadFileError(NOT_A_TABLE, f"{self._name} is nested too deeply to be a table.")

    def _broken(self, problem: str, place: int | None = None) -> BadFileError:
        at = self._at if place is None else place
        said = said_problem(self._buffer, at, problem)
        if said == problem and self._ended and self._text_is_open():
            return BadFileError(
                TRUNCATED_FILE,
                f"{self._name} is cut off: the JSON ends in the middle. Export or send it again.",
            )
        line = self._line + self._buffer.count("\n", 0, at)
        last = self._buffer.rfind("\n", 0, at)
        column = at - last if last >= 0 else self._passed + at - self._line_start + 1
        return BadFileError(
            UNREADABLE_FILE,
            f"{self._name} is not valid JSON in line {line:,}, column {column:,}: {said}.",
        )

    def _text_is_open(self) -> bool:
        rest = self._buffer[self._at :]
        if not rest.strip():
            return True
        try:
            self._decoder.raw_decode(rest)
        except json.JSONDecodeError as error:
            return error.pos >= len(rest.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        return False


def said_problem(text: str, at: int, problem: str) -> str:
    """What people write into JSON that JSON has not, said plainly; else the decoder's words."""
    here = text[at : at + 10].lstrip()
    before = text[:at].rstrip()[-1:]
    if (here[:1] in ("]", "}") and before == ",") or "trailing comma" in problem:
        return "a comma with nothing after it; take it away"
    if here.startswith(("//", "/*", "#")):
        return "a comment, which JSON has not; take it away"
    if here.startswith("'"):
        return "single quotes; JSON has double ones"
    for word, right in (("True", "true"), ("False", "false"), ("None", "null"), ("undefined", "null")):
        if here.startswith(word):
            return f"{word}; JSON says {right}"
    return problem
