"""What does a follow-up question come to, when one thing of the question before is changed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from worker.analysis.contract import Join
from worker.models.builtin import lexicon
from worker.models.builtin.changes import changed
from worker.models.builtin.checks import check
from worker.models.builtin.choosing import Sure, choose
from worker.models.builtin.describing import describe
from worker.models.builtin.follow_words import MARKERS, change
from worker.models.builtin.frame import NotSureError
from worker.models.builtin.grammar import Context, TooLongError
from worker.models.builtin.joined import joined_use, narrowed, used_columns, wide_tables
from worker.models.builtin.mentions import FUNCTION_WORDS, any_column
from worker.models.builtin.schema import Table
from worker.models.builtin.tokens import tokenize, with_names

MAX_WORDS = 14
_CHANGE = change()
_BARE = FUNCTION_WORDS | MARKERS | {"what", "is", "was", "the", "a", "an", "value", "please", "show", "me"}


def settle(
    text: str, tables: tuple[Table, ...], joins: tuple[Join, ...], history: tuple[tuple[str, str], ...]
) -> tuple[Sure | str, str]:
    """Return the one sure reading of `text` or why there is none, and the question that it goes on with."""
    words = [token.norm for token in tokenize(text)]
    if not history or len(words) > MAX_WORDS:
        return choose(text, tables, joins), ""
    marked = _marked(words)
    alone = "" if marked else choose(text, tables, joins)
    if isinstance(alone, Sure) and (not _lone(words) or _is_complete(text, alone)):
        return alone, ""
    before = history[-1][0]
    base, _ = settle(before, tables, joins, history[:-1])
    if isinstance(base, str):
        plain = choose(text, tables, joins)
        sure = isinstance(plain, Sure) and not marked and not _is_bare(words)
        return (plain if sure else _lost(before)), ""
    found = _follow(text, base, tables, joins)
    if isinstance(found, Sure):
        if isinstance(alone, Sure) and alone.frame != found.frame:
            return _two_ways([alone, found]), ""
        return found, before
    rest = _unmarked(text)
    plain = choose(rest, tables, joins) if marked and rest else alone
    if isinstance(plain, Sure):
        return (_unnamed(before) if _is_bare(words) else plain), ""
    return (found or plain or choose(text, tables, joins)), ""


def is_read_alone(
    text: str, tables: tuple[Table, ...], joins: tuple[Join, ...], history: tuple[tuple[str, str], ...]
) -> bool:
    """Return whether `text` has one sure reading, which `settle` gives it after `history` too."""
    alone = choose(text, tables, joins)
    if isinstance(alone, str):
        return False
    words = [token.norm for token in tokenize(text)]
    if not history or len(words) > MAX_WORDS or not (_marked(words) or _lone(words)):
        return True
    return settle(text, tables, joins, history)[0] == alone


def _marked(words: list[str]) -> bool:
    """Whether a word says that it goes on; "between a and b" ends with two names."""
    return bool(MARKERS & {*words[:2], *words[-1:]} | MARKERS - {"and"} & {*words[-2:-1]})


def _lone(words: list[str]) -> bool:
    """Whether the words may be the name of a function alone, which goes on with the question before."""
    short = len(words) <= 4 and not any(word in {"of", "by", "in", "how", "which"} for word in words)
    return short or _is_bare(words)


def _is_bare(words: list[str]) -> bool:
    """Whether a function is all that is said: of which column, and of which rows, was said before."""
    return all(word in _BARE or not word.isalnum() for word in words)


def _is_complete(text: str, one: Sure) -> bool:
    """Whether each function is said with its column, so that nothing is left to the question before."""
    tokens = with_names(text, tokenize(text), one.table.identifiers)
    context = Context(text, tokens, one.table)
    said = {column.name: end - at for at in range(len(tokens)) for column, end in any_column(context, at)}
    words = sum(token.kind != "sign" and token.norm not in {"the", "a", "an"} for token in tokens)
    named = [agg.column for agg in one.frame.aggs if agg.column is not None]
    return bool(named) and all(said.get(name, words) < words for name in named)


def _unmarked(text: str) -> str:
    first, _, rest = text.strip().partition(" ")
    return rest if first.casefold().strip(",") in {"and", "now", "but", "also", "then", "ok"} else ""


def _lost(before: str) -> str:
    return f'it goes on with "{before}", which the rules cannot read over these tables: ask it in full'


def _unnamed(before: str) -> str:
    return f'it may go on with "{before}" or not: name the column, and what it is for'


def _two_ways(found: list[Sure]) -> str:
    said = "; or ".join(describe(one.frame, one.table) for one in found[:2])
    return f"it can be read in more than one way: {said}"


def _follow(text: str, base: Sure, tables: tuple[Table, ...], joins: tuple[Join, ...]) -> Sure | str:
    """Return the reading of `text` as a change of `base`, why there is none, or "" where it is no change."""
    reasons: list[str] = []
    for table in _candidates(base, tables, joins):
        found: dict[object, Sure] = {}
        for one in _changes(text, base, table, reasons):
            why = joined_use(one.frame, table) if table.lookups else ""
            if why in {"", "no other table is needed"}:
                found.setdefault(one.frame, one)
            else:
                reasons.append(why)
        made = list(found.values())
        if len(made) > 1:
            return _two_ways(made)
        if made:
            return Sure(made[0].frame, narrowed(made[0].frame, table))
        if base.table.lookups:
            continue
    return reasons[0] if reasons else ""


def _candidates(base: Sure, tables: tuple[Table, ...], joins: tuple[Join, ...]) -> Iterator[Table]:
    """Yield the table of the question before, alone and then with all that it looks up."""
    own = next(table for table in tables if table.name == base.table.name)
    for table in (own, *(one for one in wide_tables(tables, joins) if one.name == own.name)):
        if used_columns(base.frame) <= {column.name for column in table.columns}:
            yield table


def _changes(text: str, base: Sure, table: Table, reasons: list[str]) -> Iterator[Sure]:
    tokens = with_names(text, tokenize(text), table.identifiers)
    while tokens and tokens[-1].kind == "sign" and tokens[-1].norm in {"?", ".", "!"}:
        tokens = tokens[:-1]
    context = Context(text, tokens, table)
    try:
        made = [value for value, end in _CHANGE(context, 0) if end == len(tokens)]
    except TooLongError:
        return
    for one in dict.fromkeys(made):
        try:
            frame = changed(base.frame, one, context)
            check(frame, table)
            _check_sum(base, frame.aggs, table)
        except NotSureError as reason:
            reasons.append(str(reason))
            continue
        yield Sure(replace(frame, filters=tuple(sorted(set(frame.filters), key=repr))), table)


def _check_sum(base: Sure, aggs: tuple[object, ...], table: Table) -> None:
    """Raise where a new column would be added up of which nobody asks for a total."""
    for agg in aggs:
        if agg in base.frame.aggs or getattr(agg, "function", "") != "sum":
            continue
        column = table.column(getattr(agg, "column", ""))
        if (
            column.rate_like
            or column.parts_of_people
            or column.level_like
            or column.of_one_unit
            or lexicon.UNSUMMED_WORDS & set(column.stems)
        ):
            raise NotSureError(
                f"a total of {column.name} may make no sense: ask for its sum or average in full"
            )
