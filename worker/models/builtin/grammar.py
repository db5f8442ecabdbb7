"""How are small parsers put together so that every reading of a question is found and no word is skipped?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from worker.models.builtin.schema import Column, Table
from worker.models.builtin.tokens import Token

VOCABULARY: set[str] = set()
"""Every word that some rule knows: the others are named when a question is declined."""


@dataclass
class Context:
    """The question being read, the table it is read against, and why readings failed."""

    text: str
    tokens: tuple[Token, ...]
    table: Table
    reasons: list[str] = field(default_factory=list)
    """Why whole readings of the question were given up."""
    hints: list[str] = field(default_factory=list)
    """Why parts of it were: of use where nothing better can be said."""
    month_of_no_year: bool = False
    """Whether a month was named that could be in several years."""
    full_names: list[tuple[int, int]] | None = None
    """Where names of columns of two words or more are written in full; None until it is asked for."""
    steps: int = 0
    seen: dict[tuple[int, int], list[tuple[Any, int]]] = field(default_factory=dict)
    """What each remembered parser found at each place."""

    @cached_property
    def held(self) -> dict[str, list[tuple[Column, str]]]:
        """The values of the table that stand in the question."""
        return self.table.held_in(self.text)

    def identified(self, name: str) -> bool:
        """Whether the column is written as one word, exactly as it is called (`total_price`)."""
        return any(t.kind == "name" and t.norm == name.strip().casefold() for t in self.tokens)

    def norm(self, at: int) -> str:
        """Return the normalised word at `at`, or nothing past the end, in quotes or for a column's name."""
        if at >= len(self.tokens) or self.tokens[at].kind in {"quoted", "name"}:
            return ""
        return self.tokens[at].norm

    def blame(self, hint: str) -> None:
        """Keep a reason why a part of a reading was given up."""
        if hint not in self.hints:
            self.hints.append(hint)

    def refuse(self, reason: str) -> None:
        """Keep a reason why a whole reading was given up."""
        if reason not in self.reasons:
            self.reasons.append(reason)


class TooLongError(Exception):
    """Reading the question takes more steps than is sensible."""


MAX_STEPS = 400_000
Found = tuple[Any, int]
Parser = Callable[[Context, int], Iterator[Found]]


def phrase(*alternatives: str) -> Parser:
    """Match one of the phrases; the value is the phrase."""
    split = sorted({tuple(text.split()) for text in alternatives}, key=len, reverse=True)
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for words in split:
        VOCABULARY.update(words)
        by_first.setdefault(words[0] if words else "", []).append(words)
    nothing = by_first.pop("", [])

    def parse(context: Context, at: int) -> Iterator[Found]:
        context.steps += 1
        if context.steps > MAX_STEPS:
            raise TooLongError
        for words in (*by_first.get(context.norm(at), ()), *nothing):
            if all(context.norm(at + step) == word for step, word in enumerate(words)):
                yield " ".join(words), at + len(words)

    return parse


def meaning(table: dict[str, tuple[str, ...]]) -> Parser:
    """Match one of the phrases of `table`; the value is the key it stands under."""
    return alt(*(constant(phrase(*phrases), key) for key, phrases in table.items()))


def constant(parser: Parser, made: Any) -> Parser:
    """Match the parser; the value is always `made`."""
    return applied(parser, lambda _: made)


def alt(*parsers: Parser) -> Parser:
    """Match any of the parsers: every match of each is a reading."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        for parser in parsers:
            yield from parser(context, at)

    return parse


def seq(*parsers: Parser) -> Parser:
    """Match the parsers one after the other; the value is the tuple of their values."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        yield from _sequence(parsers, context, at)

    return parse


def _sequence(parsers: tuple[Parser, ...], context: Context, at: int) -> Iterator[Found]:
    if not parsers:
        yield (), at
        return
    for value, after in parsers[0](context, at):
        for rest, end in _sequence(parsers[1:], context, after):
            yield (value, *rest), end


def opt(parser: Parser) -> Parser:
    """Match the parser or nothing (None)."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        yield from parser(context, at)
        yield None, at

    return parse


def applied(parser: Parser, function: Callable[[Any], Any]) -> Parser:
    """Match the parser; the value is `function` of its value."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        for value, end in parser(context, at):
            yield function(value), end

    return parse


def bound(parser: Parser, function: Callable[[Context, Any], Iterable[Any]]) -> Parser:
    """Match the parser; each of `function(context, value)` is a reading (none: no match)."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        for value, end in parser(context, at):
            for made in function(context, value):
                yield made, end

    return parse


def many(parser: Parser, *, least: int = 0) -> Parser:
    """Match the parser as often as it goes or fewer times; the value is a tuple."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        if least == 0:
            yield (), at
        for value, after in parser(context, at):
            if after > at:
                for rest, end in many(parser, least=max(0, least - 1))(context, after):
                    yield (value, *rest), end

    return parse


def memo(parser: Parser) -> Parser:
    """Match the parser, but only once at each place, and give each distinct match once."""

    def parse(context: Context, at: int) -> Iterator[Found]:
        key = (id(parser), at)
        if key not in context.seen:
            context.seen[key] = list(dict.fromkeys(parser(context, at)))
        yield from context.seen[key]

    return parse


def skipped(parser: Parser) -> Parser:
    """Match the parser any number of times for its length alone: each end once, the value None."""
    return memo(applied(many(parser), lambda _: None))


def listed(parser: Parser, *separators: str) -> Parser:
    """Match one or more, with `,` or a separator between them."""
    between = alt(
        phrase(",", *separators), applied(seq(phrase(","), phrase(*separators)), lambda pair: pair[1])
    )
    return applied(seq(parser, many(seq(between, parser))), lambda v: (v[0], *(pair[1] for pair in v[1])))
