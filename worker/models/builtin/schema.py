"""What does the profile say of a table, in the terms in which questions speak of it?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from worker.analysis.contract import TableView
from worker.models.builtin import lexicon
from worker.models.builtin.other_words import OTHER_WORDS, of_several_years, other_words
from worker.models.builtin.plain_text import all_plain, plain
from worker.models.builtin.tokens import name_words, stem

_WORDS = re.compile(r"\w+")
NAMINGS = ("exact", "case", "joined", "stems")


@dataclass(frozen=True)
class Column:
    """A column as the rules see it."""

    name: str
    kind: str
    nulls: int
    unique: int
    low: Any
    high: Any
    values: tuple[str, ...]
    words: tuple[str, ...]
    all_values: bool = False
    """Whether `values` are all that it holds, and not only the most frequent ones."""
    home: str = ""
    """The other table that it is looked up in; empty for a column of the table itself."""
    own: str = ""
    """Its name in its own table, where that is another one than `name`."""
    noun: tuple[str, ...] = ()
    """The words for a row of its table, by which it may be named too (`customer segment`)."""
    repeats: bool = False
    """Of a column of another table: whether some of its rows there have the same value, or none."""
    distance: int = 0
    """How many joins away its table is."""

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return tuple(stem(word) for word in self.words)

    @property
    def id_like(self) -> bool:
        """Whether the numbers are names: adding them up means nothing."""
        return bool(self.stems) and (
            self.stems[-1] in lexicon.ID_WORDS or self.stems[0] == "unnamed" or self.calendar
        )

    @property
    def calendar(self) -> bool:
        """Whether the numbers are years, months or days."""
        return self.kind == "number" and bool(self.words) and self.words[-1] in lexicon.CALENDAR_WORDS

    @property
    def yearly(self) -> bool:
        """Whether it holds the year of each row as a whole number, and not a year of something else."""
        named = self.kind == "number" and self.words in lexicon.YEAR_NAMES and not self.nulls
        return named and all(isinstance(end, int) and 1000 <= end <= 2200 for end in (self.low, self.high))

    @property
    def starts_periods(self) -> bool:
        """Whether it is a date column called `year` (`month`, `quarter`) that holds first days alone."""
        span = date_span(self)
        if self.kind != "date" or span is None or self.words not in {("year",), ("quarter",), ("month",)}:
            return False
        length = {"year": 12, "quarter": 3, "month": 1}[self.words[0]]
        months = [end.year * 12 + end.month - 1 for end in span]
        starts = all(end.day == 1 and at % length == 0 for end, at in zip(span, months, strict=True))
        return starts and self.unique <= (months[1] - months[0]) // length + 1

    @property
    def sexed(self) -> bool:
        """Whether it tells men from women, and nothing else."""
        held = {plain(value) for value in self.values}
        one_each = len(held & lexicon.WOMEN) == len(held & lexicon.MEN) == 1 and len(held) == len(self.values)
        return one_each and bool({"sex", "gender"} & set(self.stems))

    @property
    def whole(self) -> bool:
        """Whether its numbers may all be whole, as far as the profile tells."""
        ends = (self.low, self.high)
        return not any(isinstance(end, float) and not end.is_integer() for end in ends)

    @property
    def rate_like(self) -> bool:
        """Whether a mean says more than a sum (a price, a rate, an age)."""
        return any(word in lexicon.RATE_WORDS for word in self.stems) and not self.summed

    @property
    def parts_of_people(self) -> bool:
        """Whether it is called as people are, and its numbers are not of whole people: shares, perhaps."""
        named = self.kind == "number" and bool(lexicon.PEOPLE_WORDS & {*self.words, *self.stems})
        return named and not self.whole and 0 <= self.low <= self.high <= 100

    @property
    def of_one_unit(self) -> bool:
        """Whether it is the price or cost of one unit, so that a sum over rows is not the total cost."""
        return self.words[:1] == ("unit",) or "per" in self.words

    @property
    def summed(self) -> bool:
        """Whether each value is itself a total of money (`total_price`)."""
        return self.words[:1] == ("total",) and self.stems[-1] in lexicon.MONEY_WORDS

    @property
    def level_like(self) -> bool:
        """Whether neither a sum nor a mean over time is surely meant (a stock, a balance)."""
        return any(word in lexicon.LEVEL_WORDS for word in self.stems)

    @property
    def _adds_up(self) -> bool:
        head = next((word for word in reversed(self.stems) if word not in lexicon.TRAILING_WORDS), "")
        return head in lexicon.ADDITIVE_HEADS or any(word in lexicon.ADDITIVE_WORDS for word in self.stems)

    @property
    def additive(self) -> bool:
        """Whether a sum is surely meant when no operation is named (revenue, quantity)."""
        return (
            self.kind == "number"
            and not self.id_like
            and not self.rate_like
            and bool(self.stems)
            and not self.of_one_unit
            and (self.summed or self._adds_up)
            and not any(word in lexicon.CHANGED_WORDS for word in self.stems)
        )


@dataclass(frozen=True)
class Lookup:
    """A table in which each row of the main table has at most one row."""

    table: str
    key: str
    """The column of that table which tells its rows apart."""
    on: str
    """The column of the wide table that holds a value of the key."""
    first: bool = False
    covered: bool = False
    """Whether surely each value of `on` is there."""


@dataclass(frozen=True)
class Table:
    """A table as the rules see it."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    words: tuple[str, ...]
    first: bool = True
    lookups: tuple[Lookup, ...] = ()
    """The tables that are joined to it, each after those that it is reached by."""
    barred: tuple[tuple[str, str], ...] = ()
    """Tables that can be reached in more than one way, and the ways."""

    @cached_property
    def names(self) -> dict[tuple[str, str], list[Column]]:
        """The columns by each of `NAMINGS` and the name in that form."""
        found: dict[tuple[str, str], list[Column]] = {}
        for column in self.columns:
            if column.words:
                forms = (column.name, column.name.casefold(), "".join(column.words), " ".join(column.stems))
                for naming, form in zip(NAMINGS, forms, strict=True):
                    found.setdefault((naming, form), []).append(column)
        for noun, column in self.entities:
            found.setdefault(("stems", " ".join(noun)), [column])
        for column in self.columns:
            longer = ("stems", " ".join((*column.noun, *column.stems)))
            if column.noun and column.stems[: len(column.noun)] != column.noun and longer not in found:
                found[longer] = [column]
        return found

    @cached_property
    def entities(self) -> tuple[tuple[tuple[str, ...], Column], ...]:
        """The noun of each table that is looked up, with the column that tells its things apart."""
        found = []
        for one in self.lookups:
            mine = [column for column in self.columns if column.home == one.table]
            noun = mine[0].noun if mine else ()
            names = [c for c in mine if c.stems in {("name",), ("title",), (*noun, "name"), (*noun, "title")}]
            sure = [c for c in names if c.kind == "text" and not c.repeats]
            if noun:
                found.append((noun, sure[0] if len(sure) == 1 else self.column(one.on)))
        return tuple(found)

    @cached_property
    def dated(self) -> tuple[Column, ...]:
        """The date columns that may be meant where none is named: those of the nearest table."""
        dates = self.of_kind("date")
        nearest = min((column.distance for column in dates), default=0)
        return tuple(column for column in dates if column.distance == nearest)

    @cached_property
    def years(self) -> tuple[Column, ...]:
        """The one column of years in whole numbers, where there is no date."""
        found = tuple(column for column in self.of_kind("number") if column.yearly and not column.home)
        return found if len(found) == 1 and not self.of_kind("date") else ()

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """The names of columns that are one word each when written, in lower case."""
        return frozenset(c.name.casefold() for c in self.columns if c.name.isidentifier())

    @cached_property
    def currencies(self) -> frozenset[str]:
        """The currencies that names or values tell of, and `currency` where a column is about them."""
        known = lexicon.OTHER_CURRENCIES.union({"currency"}, *lexicon.CURRENCIES.values())
        held = {text for _, texts in self.plain_values for text in texts if text in known}
        return frozenset(held | (self.all_stems & known))

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """Every word of every column's name."""
        return frozenset(word for column in self.columns for word in (*column.stems, *column.noun))

    @cached_property
    def plain_values(self) -> tuple[tuple[Column, list[str]], ...]:
        """The text columns with their values without case and needless spaces, in the order of `values`."""
        return tuple((column, all_plain(column.values)) for column in self.of_kind("text"))

    def held_in(self, asked: str) -> dict[str, list[tuple[Column, str]]]:
        """Return the values that stand in the question `asked`, by their text as `plain` makes it."""
        found: dict[str, list[tuple[Column, str]]] = {}
        within = plain(asked)
        for column, texts in self.plain_values:
            for at, text in enumerate(texts):
                if text in within:
                    found.setdefault(text, []).append((column, column.values[at]))
        dated = of_several_years(self.columns)
        said = OTHER_WORDS.intersection(_WORDS.findall(within))
        called = [(column, other_words(column, dated=dated)) for column in self.of_kind("text") if said]
        for word in {word for _, words in called for word in words} - set(found):
            found[word] = [(column, words[word]) for column, words in called if word in words]
        return found

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(column for column in self.columns if column.name == name)

    def of_kind(self, kind: str) -> tuple[Column, ...]:
        """Return the columns of one kind."""
        return tuple(column for column in self.columns if column.kind == kind)

    @cached_property
    def texts(self) -> str:
        """All words of columns and values in one text without case, to look for a word at once."""
        held = (value for column in self.of_kind("text") for value in column.values)
        names = (word for c in self.columns for word in ("".join(c.words), *c.words, *c.stems, *c.noun))
        own = (word for part in self.words for word in (part, stem(part)))
        return "\n".join((*held, *names, *own)).casefold()


def read_table(view: TableView, *, first: bool) -> Table:
    """Return `view` in the rules' terms."""
    profile = view.profile
    words = name_words(view.name)
    noun = table_noun(words)
    rows = int(profile.get("rows", 0))
    columns = tuple(_column(raw, noun) for raw in profile.get("columns", []))
    ids = {(*noun, "id"), (*noun, "number"), (*noun, "no")}
    if any(column.stems in ids and column.unique < rows for column in columns):
        columns = tuple(replace(column, noun=()) for column in columns)
    return Table(view.name, rows, columns, words, first)


def table_noun(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a row is called, as far as the table's name tells: `dim_customers` is `customer`."""
    return tuple(stem(word) for word in words if word not in lexicon.TABLE_WORDS and not word.isdigit())


def _column(raw: dict[str, Any], noun: tuple[str, ...]) -> Column:
    name = str(raw["name"])
    known = raw.get("values") or [pair[0] for pair in raw.get("top") or () if raw.get("kind") == "text"]
    values = tuple(str(value) for value in known if value is not None)
    return Column(
        name=name,
        kind=str(raw.get("kind", "text")),
        nulls=int(raw.get("nulls") or 0),
        unique=int(raw.get("unique") or 0),
        low=raw.get("min"),
        high=raw.get("max"),
        values=values,
        words=name_words(name),
        noun=noun,
        all_values=raw.get("values") is not None,
    )


def date_span(column: Column) -> tuple[date, date] | None:
    """Return the first and last day of a date column (of a column of years), if the profile tells."""
    if column.yearly:
        return date(column.low, 1, 1), date(column.high, 12, 31)
    try:
        return date.fromisoformat(str(column.low)[:10]), date.fromisoformat(str(column.high)[:10])
    except ValueError:
        return None
