"""Which column, which value, which kind of row do the words at this place name?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from worker.models.builtin import lexicon
from worker.models.builtin.grammar import Context, Found, Parser, memo, phrase
from worker.models.builtin.schema import NAMINGS, Column, Table, plain
from worker.models.builtin.tokens import stem

MAX_WORDS = 12
_OPENING = set("([\"'“‘`")
_CLOSING = set(")]\"'”’`,.?!;:")


def _columns_at(context: Context, at: int) -> Iterator[tuple[Column, int]]:
    if at >= len(context.tokens):
        return
    if context.tokens[at].kind == "quoted":
        found = _quoted_columns(context, at)
        if len(found) == 1:
            yield found[0], at + 1
        return
    for end in range(min(len(context.tokens), at + MAX_WORDS), at, -1):
        if any(token.kind == "quoted" for token in context.tokens[at:end]):
            continue
        found = named_columns(context, at, end)
        if len(found) > 1:
            context.blame(_alike(context, at, end, found))
            return
        if found and not glued(context, at, end):
            yield found[0], end
            return


any_column: Parser = memo(_columns_at)


def column(*kinds: str) -> Parser:
    """Match a column of one of `kinds` (any, when none is given) by its name or the words of its name."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        for found, end in any_column(context, at):
            if not kinds or found.kind in kinds:
                yield found, end

    return parse


def _quoted_columns(context: Context, at: int) -> list[Column]:
    wanted = context.tokens[at]
    exact = [column for column in context.table.columns if column.name.strip() == wanted.raw]
    return exact or [c for c in context.table.columns if c.name.strip().casefold() == wanted.norm]


def named_columns(context: Context, at: int, end: int) -> list[Column]:
    """Return the columns that the words `at:end` name, the surest kind of match only."""
    spoken = tuple(token.norm for token in context.tokens[at:end])
    raw = context.text[context.tokens[at].start : context.tokens[end - 1].end]
    stems = tuple(stem(word) for word in spoken)
    joined = "".join(spoken)
    for naming, form in zip(NAMINGS, (raw, raw.casefold(), joined, " ".join(stems)), strict=True):
        found = context.table.names.get((naming, form))
        if found and (naming != "joined" or len(raw) > 2 or found[0].words == spoken):
            return found
    if any(word not in context.table.all_stems for word in stems):
        return []
    if any(partly_named(column, stems, context.table) for column in context.table.columns):
        return [column for column in context.table.columns if _within(column, stems)]
    return []


def _within(found: Column, stems: tuple[str, ...]) -> bool:
    """Whether the name holds the words in a row: what is only said in part could mean it too."""
    size = len(stems)
    return any(found.stems[start : start + size] == stems for start in range(len(found.stems) - size + 1))


def partly_named(found: Column, spoken: tuple[str, ...], table: Table) -> bool:
    """Whether `spoken` is the head of the column's name and what is left out does not change it."""
    size = len(spoken)
    own = {stem(word) for word in table.words} - lexicon.CHANGED_WORDS - {"total", "sum"}
    for start in range(len(found.stems) - size + 1):
        if found.stems[start : start + size] != spoken or size == len(found.stems):
            continue
        before, after = found.stems[:start], found.stems[start + size :]
        if all(word in lexicon.LEADING_WORDS or word in own for word in before) and all(
            word in lexicon.TRAILING_WORDS for word in after
        ):
            return True
    return False


def similar_columns(spoken: str, table: Table) -> list[Column]:
    """Return the columns with `spoken` among the words of their name, to tell a person about."""
    return [column for column in table.columns if stem(spoken) in column.stems]


def _alike(context: Context, at: int, end: int, found: list[Column]) -> str:
    raw = context.text[context.tokens[at].start : context.tokens[end - 1].end]
    return f'"{raw}" fits {listing([c.name for c in found])} alike. Name one of them in full'


def listing(names: list[str]) -> str:
    """Return `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def glued(context: Context, at: int, end: int) -> bool:
    """Whether the words `at:end` are a part of something longer, such as `non-EU` or `C++`."""
    start, stop = context.tokens[at].start, context.tokens[end - 1].end
    before = context.text[start - 1] if start else " "
    after = context.text[stop] if stop < len(context.text) else " "
    return not (before.isspace() or before in _OPENING) or not (after.isspace() or after in _CLOSING)


def value(*, common: bool = True) -> Parser:
    """Match a value that a text column holds; the value is `(column, value)`, one reading for each.

    With `common` false, a value that is also a word of questions (`all`, `no`) is not taken for one,
    unless it is in capitals (`IT`) in a question that is not.
    """

    def parse(context: Context, at: int) -> Iterator[Found]:
        if at >= len(context.tokens):
            return
        for end in range(min(len(context.tokens), at + MAX_WORDS), at, -1):
            found = _valued(context, at, end)
            if found and (common or not _common_word(context, at, end)):
                yield from ((pair, end) for pair in found)
                return

    return parse


def _common_word(context: Context, at: int, end: int) -> bool:
    raw = context.text[context.tokens[at].start : context.tokens[end - 1].end]
    if raw.casefold() not in lexicon.STOP_VALUES:
        return False
    if len(raw) > 1 and raw.isupper() and not context.text.isupper():
        return False
    context.blame(f'"{raw}" is a common word and also a value: name its column, as in "where ... is {raw}"')
    return True


def _valued(context: Context, at: int, end: int) -> list[tuple[Column, str]]:
    token = context.tokens[at]
    if token.kind == "quoted":
        if end != at + 1:
            return []
        raw = token.raw
    elif glued(context, at, end):
        return []
    else:
        raw = context.text[token.start : context.tokens[end - 1].end]
    found = context.table.held.get(plain(raw), [])
    for held in {column.name: column for column, _ in found}.values():
        hits = [text for column, text in found if column.name == held.name]
        if len(hits) > 1:
            same = listing([repr(hit) for hit in hits])
            context.blame(f"{held.name} holds {same}, which differ only in case or spaces")
    once = Counter(column.name for column, _ in found)
    return [(column, text) for column, text in found if once[column.name] == 1]


def holds(held: Column, text: str) -> list[str]:
    """Return the values of `held` that are `text`, whatever its case."""
    return [value for value in held.values if plain(value) == plain(text)]


def literal() -> Parser:
    """Match a quoted text; the value is the text as it was written."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        if at < len(context.tokens) and context.tokens[at].kind == "quoted":
            yield context.tokens[at].raw, at + 1

    return parse


def number() -> Parser:
    """Match a number; the value is an int or a float. A currency sign before it says nothing."""
    sign = phrase("$", "€", "£", "¥")

    def parse(context: Context, at: int) -> Iterator[Found]:
        for _, after in sign(context, at):
            at = after
        if at >= len(context.tokens) or context.norm(at + 1) == "%":
            return
        token = context.tokens[at]
        if token.kind == "number" and re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", token.raw):
            context.blame(f'"{token.raw}" may be a decimal or thousands: write it without the point')
        elif token.kind == "number":
            yield (float(token.norm) if "." in token.norm else int(token.norm)), at + 1

    return parse


def whole_number() -> Parser:
    """Match a count such as `5` or `five`."""
    spelled = phrase(*lexicon.NUMBER_WORDS)

    def parse(context: Context, at: int) -> Iterator[Found]:
        for word, end in spelled(context, at):
            yield lexicon.NUMBER_WORDS[word], end
        if (
            at < len(context.tokens)
            and context.tokens[at].kind == "number"
            and context.tokens[at].norm.isdigit()
        ):
            yield int(context.tokens[at].norm), at + 1

    return parse


def row_noun() -> Parser:
    """Match a word for a row: `rows`, `records`, or the table's own name where a row surely is one."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        for size in (1, 2, 3):
            if at + size > len(context.tokens):
                return
            spoken = tuple(stem(context.norm(at + step)) for step in range(size))
            if size == 1 and spoken[0] in lexicon.ROW_NOUNS:
                yield spoken[0], at + 1
            elif all(spoken) and is_row(context, spoken):
                yield " ".join(spoken), at + size

    return parse


def counting_column(table: Table) -> Column | None:
    """Return the column that says how many of a thing one row stands for, if there is one."""
    return next((c for c in table.of_kind("number") if not c.id_like and _counts(c, "count")), None)


def _counts(found: Column, noun: str) -> bool:
    """Whether the column may say how many of `noun` one row stands for."""
    if found.rate_like:
        return False
    return found.stems[-1] in lexicon.COUNT_WORDS | {noun} or found.stems[0] in lexicon.COUNT_WORDS


def is_row(context: Context, spoken: tuple[str, ...]) -> bool:
    """Whether every row surely is one `spoken`: the table is called so, or has one id of it in each row."""
    table = context.table
    ids = [c for c in table.columns if c.stems in {(*spoken, "id"), (*spoken, "number"), (*spoken, "no")}]
    named = tuple(stem(word) for word in table.words if not word.isdigit())[-len(spoken) :] == spoken
    for found in ids:
        if found.unique < table.rows or found.nulls:
            if named:
                context.blame(
                    f'"{spoken[-1]}" may mean a row or a {found.name}: ask for rows or unique {found.name}'
                )
            return False
    if not ids and not named:
        return False
    counted = [c for c in table.of_kind("number") if not c.id_like and _counts(c, spoken[-1])]
    if counted:
        context.blame(
            f'"{spoken[-1]}" may mean a row or what {counted[0].name} counts: ask for rows to count rows'
        )
        return False
    same = [c for c in table.columns if c.stems == spoken or c.stems == (*spoken, "name")]
    if any(c.unique < table.rows - c.nulls for c in same):
        context.blame(
            f'"{spoken[-1]}" may mean a row or a {same[0].name}: ask for rows or for unique {same[0].name}'
        )
        return False
    return True
