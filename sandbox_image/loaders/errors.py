"""How does a loader say that a file cannot become a table?"""

from __future__ import annotations

EMPTY_FILE = "empty_file"
UNREADABLE_FILE = "unreadable_file"
WRONG_FORMAT = "wrong_format"
ENCRYPTED_FILE = "encrypted_file"
TRUNCATED_FILE = "truncated_file"
TOO_LARGE = "too_large"
NOT_A_TABLE = "not_a_table"


class BadFileError(Exception):
    """A file that no table can be made of: `code` for programs, `message` for the person who sent it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
