"""How is JSON decoded piece by piece, so that a large file is never whole in memory?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from .errors import NOT_A_TABLE, TOO_LARGE, TRUNCATED_FILE, UNREADABLE_FILE, BadFileError

_BLOCK = 1 << 16
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
        self._decoder = json.JSONDecoder()

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
                problem = ""
            except json.JSONDecodeError as error:
                problem = error.msg
            except RecursionError:
                raise BadFileError(NOT_A_TABLE, f"{self._name} is nested too deeply to be a table.") from None
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
                    raise self._broken(problem)

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
        self._passed += self._at
        self._buffer = self._buffer[self._at :] + block
        self._at = 0
        return True

    def _broken(self, problem: str) -> BadFileError:
        at = self._passed + self._at
        if self._ended and self._text_is_open():
            return BadFileError(
                TRUNCATED_FILE,
                f"{self._name} is cut off: the JSON ends in the middle. Export or send it again.",
            )
        return BadFileError(
            UNREADABLE_FILE, f"{self._name} is not valid JSON near character {at:,}: {problem}."
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
