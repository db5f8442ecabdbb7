"""What does the profile say of a table, in the terms in which questions speak of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from worker.analysis.contract import TableView
from worker.models.builtin import lexicon
from worker.models.builtin.tokens import name_words, stem

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
    def rate_like(self) -> bool:
        """Whether a mean says more than a sum (a price, a rate, an age)."""
        return any(word in lexicon.RATE_WORDS for word in self.stems) and not self.summed

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
class Table:
    """A table as the rules see it."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    words: tuple[str, ...]
    first: bool = True

    @cached_property
    def names(self) -> dict[tuple[str, str], list[Column]]:
        """The columns by each of `NAMINGS` and the name in that form."""
        found: dict[tuple[str, str], list[Column]] = {}
        for column in self.columns:
            if column.words:
                forms = (column.name, column.name.casefold(), "".join(column.words), " ".join(column.stems))
                for naming, form in zip(NAMINGS, forms, strict=True):
                    found.setdefault((naming, form), []).append(column)
        return found

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """The names of columns that are one word each when written, in lower case."""
        return frozenset(c.name.casefold() for c in self.columns if c.name.isidentifier())

    @cached_property
    def currencies(self) -> frozenset[str]:
        """The currencies that names or values tell of, and `currency` where a column is about them."""
        known = lexicon.OTHER_CURRENCIES.union({"currency"}, *lexicon.CURRENCIES.values())
        held = {value for value in self.held if value in known}
        return frozenset(held | (self.all_stems & known))

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """Every word of every column's name."""
        return frozenset(word for column in self.columns for word in column.stems)

    @cached_property
    def held(self) -> dict[str, list[tuple[Column, str]]]:
        """The values of all text columns, by their text without case and needless spaces."""
        found: dict[str, list[tuple[Column, str]]] = {}
        for column in self.of_kind("text"):
            for value in column.values:
                found.setdefault(plain(value), []).append((column, value))
        return found

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(column for column in self.columns if column.name == name)

    def of_kind(self, kind: str) -> tuple[Column, ...]:
        """Return the columns of one kind."""
        return tuple(column for column in self.columns if column.kind == kind)


def plain(text: str) -> str:
    """Return `text` without case and needless spaces, as values are compared."""
    return " ".join(text.split()).casefold()


def read_table(view: TableView, *, first: bool) -> Table:
    """Return `view` in the rules' terms."""
    profile = view.profile
    columns = tuple(_column(raw) for raw in profile.get("columns", []))
    return Table(view.name, int(profile.get("rows", 0)), columns, name_words(view.name), first)


def _column(raw: dict[str, Any]) -> Column:
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
    )


def date_span(column: Column) -> tuple[date, date] | None:
    """Return the first and last day of a date column, if the profile tells."""
    try:
        return date.fromisoformat(str(column.low)[:10]), date.fromisoformat(str(column.high)[:10])
    except ValueError:
        return None
