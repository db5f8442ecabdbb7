"""How is a reply cut into thoughts, fenced blocks and the rest?"""

from __future__ import annotations

import re
from dataclasses import dataclass

REPLY_CHARS_MAX = 250_000
"""Searched for code; a model that writes more than this has written no answer."""

_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning|thought)>", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(think|thinking|reasoning|thought)>", re.IGNORECASE)
_TOKEN = re.compile(r"<\|[a-z_]{1,30}\|>|\[/?TOOL_CALLS\]")
_HTML_FENCE = re.compile(r"</?(?:pre|code|execute|execute_python)(?:[ \t][^<>\n]{0,200})?>", re.IGNORECASE)
_FENCE = re.compile(r"^([ \t]*)(?:>[ \t]?)?(`{3,}|~{3,})[ \t]*([^\n`]*)$")
_ONE_LINE_FENCE = re.compile(r"```(?:(\w+)[ \t]+)?([^`\n]+)```")

CODE_START = re.compile(
    r"^[ \t]*(?:import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|(?:async[ \t]+)?def[ \t]+\w+[ \t]*\("
    r"|class[ \t]+\w+[ \t]*[:(]"
    r"|(?:for[ \t].{1,300}|while[ \t].{1,300}|if[ \t].{1,300}|with[ \t].{1,300}|try):"
    r"|@\w|#[ \t]?\S"
    r"|[A-Za-z_][\w.]*(?:\[[^\n]{1,200}\])?(?:[ \t]*,[ \t]*[A-Za-z_]\w*)*[ \t]*(?:[-+*/%&|]|//|\*\*)?=(?!=)"
    r"|[A-Za-z_][\w.]*[(\[]|>>>[ \t]|In \[\d+\]:)",
    re.MULTILINE,
)
"""What the first line of a piece of Python looks like."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its tag in lower case, what is in it, and whether its end was there."""

    tag: str
    code: str
    closed: bool


def without_markers(text: str) -> str:
    """The reply with plain line ends, and without a chat template's own tokens (`<|python_tag|>`)."""
    text = text[:REPLY_CHARS_MAX].replace("\r\n", "\n").replace("\r", "\n")
    text = _TOKEN.sub("", text)
    # Where there is no fence, HTML may stand in for it.
    return text if "```" in text else _HTML_FENCE.sub("\n", text)


def strip_thoughts(text: str) -> str:
    """The reply without what the model thought aloud; nothing, if it never stopped thinking."""
    at = 0
    while opened := _THOUGHT.match(text, at):
        closed = _THOUGHT_END.search(text, opened.end())
        if not closed:
            return ""
        at = closed.end()
    # Some chat templates swallow the opening tag.
    fence = text.find("```", at)
    closed = _THOUGHT_END.search(text, at, fence if fence >= 0 else len(text))
    return text[closed.end() if closed else at :]


def fenced_blocks(text: str) -> list[Block]:
    """All fenced blocks, in order; the last one may lack its end."""
    blocks: list[Block] = []
    fence = tag = ""
    indent = 0
    held: list[str] = []
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not fence:
            if mark:
                indent, fence, tag, held = len(mark[1]), mark[2], _tag(mark[3]), []
            elif one := _ONE_LINE_FENCE.search(line):
                blocks.append(Block((one[1] or "").lower(), one[2], True))
        elif mark and _closes(mark, fence, indent):
            blocks.append(Block(tag, "\n".join(held), True))
            fence = ""
        else:
            held.append(line)
    if fence:
        blocks.append(Block(tag, "\n".join(held), False))
    return blocks


def _closes(mark: re.Match[str], fence: str, indent: int) -> bool:
    # A fence that stands deeper is in a string of the code; one with a single word after it opens a block.
    return mark[2].startswith(fence) and len(mark[1]) < indent + 4 and len(mark[3].split()) != 1


def _tag(info: str) -> str:
    # ```python title="x"``` and ```{python}``` are both seen.
    words = info.strip().strip("{}.").split()
    return words[0].strip("{}.,").lower() if words else ""
