"""What is done to the lines of a text file before they are split into cells?"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from .header_rows import is_commented

GAP = re.compile(r" {2,}|\t+")
_SPACES = re.compile(r"[ \t]+")
# Possessive: a line of dashes with a word behind it would be tried from each of its places.
_RULE = re.compile(r"(?:[+:| ]|[-=](?![-=]))*+[-=]{2}[-+=:| ]*+")
_ESCAPED_QUOTE = re.compile(r'\\(["\\])')


def split_spaces(line: str) -> list[str]:
    """The cells of a line whose columns stand apart by spaces; quoted cells may hold some."""
    line = line.strip()
    if not line:
        return []
    if line.startswith("# "):
        cells = split_spaces(line[2:])
        return [f"# {cells[0]}", *cells[1:]] if cells else [line]
    if '"' in line:
        return next(csv.reader([_SPACES.sub(" ", line)], delimiter=" ", skipinitialspace=True))
    return (GAP if GAP.search(line) else _SPACES).split(line)


def is_framed(text: str) -> bool:
    """Whether bars stand at both ends of the lines, or rules of dashes between them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rows = [line for line in lines if not _RULE.fullmatch(line)]
    framed = [line for line in rows if line.startswith("|") and line.endswith("|") and len(line) > 2]
    ruled = any("+-" in line or "-+" in line for line in lines if _RULE.fullmatch(line))
    return ruled or (len(framed) > 1 and len(framed) >= 0.6 * len(rows))


def unframed(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the bars at their ends, the rules between them, and the padding of their cells."""
    for line in lines:
        text = line.strip()
        if not text or _RULE.fullmatch(text):
            continue
        cells = text.removeprefix("|").removesuffix("|").strip().split("|")
        yield "|".join(cell.strip(" \t") for cell in cells) + "\n"


def without_rules(text: str) -> str:
    """The text without lines of dashes, if there are any."""
    if "--" not in text and "==" not in text:
        return text
    return "".join(line for line in text.splitlines(keepends=True) if not _RULE.fullmatch(line.strip()))


def unescaped(line: str) -> str:
    """The line with doubled quotes in place of quotes behind a backslash."""
    return _ESCAPED_QUOTE.sub(lambda found: '""' if found[1] == '"' else "\\", line)


def without_comments(text: str) -> str:
    """The text from its first line that is no comment: prose would mislead about the delimiter."""
    lines = text.splitlines(keepends=True)
    start = 0
    while start < len(lines) and (not lines[start].strip() or is_commented([lines[start]])):
        start += 1
    return "".join(lines[start:]) if len(lines) - start > 1 else text
