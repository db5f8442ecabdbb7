"""Text files that no table can be made of."""

from tests.corpus.case import Case

CASES: list[Case] = [
    Case("blank-lines-only", "blank.csv", b"\n  \n\n", refused=("empty_file", "blank lines")),
    Case("nothing", "nothing.csv", b"", refused=("empty_file", "0 bytes")),
]
