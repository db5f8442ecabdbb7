"""Which words of a question does no rule, column or value account for?"""

from __future__ import annotations

from worker.models.builtin import lexicon, row_words
from worker.models.builtin.grammar import VOCABULARY, Context
from worker.models.builtin.held_values import value
from worker.models.builtin.mentions import column, listing, similar_columns
from worker.models.builtin.other_words import WEEKDAYS
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Table
from worker.models.builtin.tokens import Token, stem

_FREE_TEXT = ("contain", "includ", "start", "begin", "end", "in the", "in their", "in its")
"""Before these, or after them, stand words that nothing knows."""


def unknown_words(context: Context) -> tuple[str, ...]:
    """Return the words that no rule, column or value accounts for."""
    covered: set[int] = set()
    for at in range(len(context.tokens)):
        for parser in (column(), value(), row_noun()):
            for _, end in parser(context, at):
                covered.update(range(at, end))
    unknown = []
    for at, token in enumerate(context.tokens):
        if at not in covered and token.kind in {"word", "quoted"} and token.norm not in VOCABULARY:
            unknown.append(_hint(token, context.table))
    return tuple(dict.fromkeys(unknown))


def foreign_words(tokens: tuple[Token, ...], table: Table) -> tuple[str, ...]:
    """Return words that are in no rule and nowhere in the table: then it has no reading, seen at a glance."""
    text = " ".join(token.norm for token in tokens)
    if any(word in text for word in _FREE_TEXT):
        return ()
    found = [token for token in tokens if token.kind == "word" and not _known(token.norm, table)]
    return tuple(dict.fromkeys(f'"{token.raw}"' for token in found))


def _known(word: str, table: Table) -> bool:
    single = stem(word)
    return (
        word in VOCABULARY
        or not word.isalpha()
        or word in lexicon.SEXES
        or word in WEEKDAYS
        or single in _UNITS
        or single in _NOUNS
        or _may_be_cut(single, table)
        or word in table.texts
        or single in table.texts
    )


def _may_be_cut(word: str, table: Table) -> bool:
    """Whether a longer name has a word that may be a short form of `word`."""
    longer = (short for c in table.columns if len(c.words) > 1 for short in c.words)
    return any(len(short) > 2 and word.startswith(short) for short in longer)


_NOUNS = row_words.DEATHS | frozenset(
    [noun for nouns, _ in row_words.ROW_SIGNS for noun in nouns]
    + [noun for nouns in row_words.SAME_ROWS.values() for noun in nouns]
)
_UNITS = lexicon.TRAILING_WORDS | {stem(word) for word in lexicon.TRAILING_UNITS} | set(lexicon.ROW_NOUNS)


def _hint(token: Token, table: Table) -> str:
    near = similar_columns(token.norm, table)
    return f'"{token.raw}" (do you mean {listing([c.name for c in near])}?)' if near else f'"{token.raw}"'
