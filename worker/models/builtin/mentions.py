"""Which column or number do the words at this place name?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from worker.models.builtin import lexicon
from worker.models.builtin.grammar import Context, Found, Parser, memo, phrase
from worker.models.builtin.schema import NAMINGS, Column, Table
from worker.models.builtin.tokens import stem

MAX_WORDS = 12
LEAST_CUT = 5
"""Shorter beginnings may be those of several words (`exp`: expense, exposure, experience)."""
FUNCTION_WORDS = frozenset(
    word for said in lexicon.AGGREGATES.values() for text in said for word in text.split()
) | {"number", "count"}
_OPENING = set("([\"'“‘`")
_CLOSING = set(")]\"'”’`,.?!;:")


def _columns_at(context: Context, at: int) -> Iterator[tuple[Column, int]]:
    if at >= len(context.tokens):
        return
    if context.tokens[at].kind in {"quoted", "name"}:
        found = _quoted_columns(context, at)
        if len(found) == 1:
            yield found[0], at + 1
        return
    for end in range(min(len(context.tokens), at + MAX_WORDS), at, -1):
        if any(token.kind in {"quoted", "name"} for token in context.tokens[at:end]):
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
    full = _fully_named(context, at, end)
    if full:
        return full
    stems = tuple(stem(word) for word in spoken)
    if any(word not in context.table.all_stems for word in stems) or _inside_a_name(context, at, end):
        return []
    if any(partly_named(column, stems, context.table) for column in context.table.columns):
        return [column for column in context.table.columns if _within(column, stems)]
    return []


def _fully_named(context: Context, at: int, end: int) -> list[Column]:
    spoken = tuple(token.norm for token in context.tokens[at:end])
    raw = context.text[context.tokens[at].start : context.tokens[end - 1].end]
    forms = (raw, raw.casefold(), "".join(spoken), " ".join(stem(word) for word in spoken))
    for naming, form in zip(NAMINGS, forms, strict=True):
        found = context.table.names.get((naming, form))
        if found and (naming != "joined" or len(raw) > 2 or found[0].words == spoken):
            return found
    inner = tuple(word for word in spoken if word != "of")
    if len(inner) == len(spoken) - 1 > 1 and "of" not in (spoken[0], spoken[-1]):
        found = context.table.names.get(("stems", " ".join(stem(word) for word in inner)))
        if found and len(found) == 1 and spoken[0] not in FUNCTION_WORDS:
            return found
    unknown = [word for word in spoken if len(word) >= LEAST_CUT + 3 and word not in context.table.all_stems]
    return shortened(context.table.columns, spoken) if unknown and len(spoken) > 1 else []


def shortened(columns: tuple[Column, ...], spoken: tuple[str, ...]) -> list[Column]:
    """Return the columns whose name holds short forms of the words (`lifeExp`: life expectancy)."""
    if len(set(spoken) & FUNCTION_WORDS):
        return []
    found = []
    for one in columns:
        pairs = list(zip(one.words, spoken, strict=True)) if len(one.words) == len(spoken) else []
        cut = [long for short, long in pairs if _cuts(short, long)]
        if (
            cut
            and len(cut) < len(pairs)
            and all(stem(short) == stem(long) or long in cut for short, long in pairs)
        ):
            found.append(one)
    return found


def _cuts(short: str, long: str) -> bool:
    """Whether `short` can only be the beginning of `long`, cut off before a vowel (`popul`, `population`)."""
    if (short, long) == ("exp", "expectancy"):
        return True
    cut = LEAST_CUT <= len(short) <= len(long) - 3 and long.startswith(short)
    return cut and short[-1] not in "aeiouy" and long[len(short)] in "aeiou" and stem(long) != stem(short)


def _inside_a_name(context: Context, at: int, end: int) -> bool:
    """Whether the words are a part of a name written in full: then they are no short form of another."""
    if context.full_names is None:
        size = len(context.tokens)
        spans = [
            (start, stop)
            for start in range(size)
            for stop in range(start + 2, min(size, start + MAX_WORDS) + 1)
        ]
        context.full_names = [
            (start, stop)
            for start, stop in spans
            if all(token.kind not in {"quoted", "name"} for token in context.tokens[start:stop])
            and len(_fully_named(context, start, stop)) == 1
        ]
    return any(start <= at and end <= stop and stop - start > end - at for start, stop in context.full_names)


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
        before = found.stems[:start]
        after = [w for w in found.words[start + size :] if w not in lexicon.TRAILING_UNITS]
        if all(word in lexicon.LEADING_WORDS or word in own for word in before) and all(
            stem(word) in lexicon.TRAILING_WORDS for word in after
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


def number() -> Parser:
    """Match a number; the value is an int or a float. A currency's sign may not contradict the table."""
    sign = phrase(*lexicon.CURRENCIES)

    def parse(context: Context, at: int) -> Iterator[Found]:
        for symbol, after in sign(context, at):
            if context.table.currencies - lexicon.CURRENCIES[symbol]:
                context.blame(f'"{symbol}" may be another currency than that of the numbers: leave it out')
                return
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


def described_column(context: Context, word: str) -> Column | None:
    """Return the one column of numbers that an adjective such as `heaviest` is about, if there is one."""
    _, stems = lexicon.ADJECTIVES[word]
    found = [c for c in context.table.of_kind("number") if stems & set(c.stems) and not c.id_like]
    if len(found) > 1:
        context.blame(f'"{word}" may be about {found[0].name} or {found[1].name}: name one of them')
    return found[0] if len(found) == 1 else None
