"""Which value of which column do the words at this place name?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from worker.models.builtin import lexicon
from worker.models.builtin.grammar import VOCABULARY, Context, Found, Parser, memo, phrase
from worker.models.builtin.mentions import MAX_WORDS, any_column, glued, listing
from worker.models.builtin.plain_text import plain
from worker.models.builtin.schema import Column, Table

_COMPARISON = phrase(*(text for texts in lexicon.COMPARISONS.values() for text in texts))


def _value(*, common: bool) -> Parser:
    """Match a value that a text column holds; the value is `(column, value)`, one reading for each.

    With `common` false no column is named with it. Then a value that may be something else in a question
    (`all`, `May`, `more than 10`) is not taken for one, nor a value that another column spells in two ways.
    """

    def parse(context: Context, at: int) -> Iterator[Found]:
        if at >= len(context.tokens):
            return
        for end in range(min(len(context.tokens), at + MAX_WORDS), at, -1):
            found, sure = _valued(context, at, end)
            if found and (common or (sure and not _may_be_else(context, at, end, found))):
                yield from ((pair, end) for pair in found)
                return

    return parse


_NAMED_VALUE, _BARE_VALUE = memo(_value(common=True)), memo(_value(common=False))


def value(*, common: bool = True) -> Parser:
    """Match a value that a text column holds: of a column that is named, or (`common` false) bare."""
    return _NAMED_VALUE if common else _BARE_VALUE


def _may_be_else(context: Context, at: int, end: int, found: list[tuple[Column, str]]) -> bool:
    """Whether the words may be no value: a common word, a month, a comparison, words of rules alone."""
    raw = context.text[context.tokens[at].start : context.tokens[end - 1].end]
    if context.tokens[at].kind == "quoted" or (len(raw) > 1 and raw.isupper() and not context.text.isupper()):
        return False
    what = ""
    if raw.casefold() in lexicon.STOP_VALUES:
        what = "a common word"
    elif raw.casefold() in lexicon.MONTHS and _undated(context.table, found):
        what = "a month"
    elif end > at + 1 and (_compares(context, at, end) or _only_rules(context, at, end)):
        what = "words of a question"
    if what:
        asked = f"where {found[0][0].name} is {raw}"
        context.blame(f'"{raw}" is {what} and also a value: name its column, as in "{asked}"')
    return bool(what)


def _undated(table: Table, found: list[tuple[Column, str]]) -> bool:
    """Whether the table has dates that are apart from the columns that hold the month's name."""
    dated = any(c.kind == "date" or c.calendar for c in table.columns)
    return dated and any("month" not in column.stems for column, _ in found)


def _compares(context: Context, at: int, end: int) -> bool:
    return any(stop < end and context.tokens[stop].norm[:1].isdigit() for _, stop in _COMPARISON(context, at))


def _only_rules(context: Context, at: int, end: int) -> bool:
    return all(t.kind != "word" or t.norm in VOCABULARY for t in context.tokens[at:end])


def _valued(context: Context, at: int, end: int) -> tuple[list[tuple[Column, str]], bool]:
    """Return the values that the words are, and whether no column holds them in several spellings."""
    token = context.tokens[at]
    if token.kind == "quoted":
        if end != at + 1:
            return [], True
        raw = token.raw
    elif glued(context, at, end):
        return [], True
    else:
        raw = context.text[token.start : context.tokens[end - 1].end]
    found = context.held.get(plain(raw), [])
    if not found and end == len(context.tokens) and context.text[context.tokens[-1].end :].startswith("."):
        found = context.held.get(plain(raw) + ".", [])
    for held in {column.name: column for column, _ in found}.values():
        hits = [text for column, text in found if column.name == held.name]
        if len(hits) > 1:
            same = listing([repr(hit) for hit in hits])
            context.blame(f"{held.name} holds {same}, which differ only in case or spaces")
    once = Counter(column.name for column, _ in found)
    held_once = [(column, text) for column, text in found if once[column.name] == 1]
    return held_once, len(held_once) == len(found)


def holds(held: Column, text: str) -> list[str]:
    """Return the values of `held` that are `text`, whatever its case."""
    return [value for value in held.values if plain(value) == plain(text)]


def plain_word() -> Parser:
    """Match one word that no rule or column knows; the value is the word as it was written."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        word = context.norm(at)
        if (
            word
            and context.tokens[at].kind == "word"
            and word not in VOCABULARY
            and not glued(context, at, at + 1)
        ):
            if not any(True for _ in any_column(context, at)):
                yield context.tokens[at].raw, at + 1

    return parse


def literal() -> Parser:
    """Match a quoted text; the value is the text as it was written."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        if at < len(context.tokens) and context.tokens[at].kind == "quoted":
            yield context.tokens[at].raw, at + 1

    return parse
