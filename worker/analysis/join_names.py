"""Do the names of two columns say that they hold the same things?"""

from __future__ import annotations

from dataclasses import dataclass

from worker.models.builtin.tokens import is_made_up, name_words, stem

# Words that many columns have, whatever they name.
_GENERIC = frozenset(
    "id pk fk key code no nr num number nummer index idx row rank position pos line seq sequence unnamed "
    "name title label value date day type ref reference uuid guid iso iso2 iso3 abbr".split()
)
_OF_A_TABLE = frozenset(
    "dim fact tbl table list data master lookup ref all export sheet new old raw clean info detail".split()
)
_CALENDARS = frozenset("calendar date day holiday".split())
_JOINED_LEAST = 6


@dataclass(frozen=True)
class ColumnName:
    """A column's name without what is generic, and the thing that its table is a list of."""

    words: tuple[str, ...]
    """Empty: the name is generic."""
    table_words: tuple[str, ...]
    whole: str
    """The name as it is compared: in lower case."""

    @property
    def called(self) -> tuple[str, ...]:
        """What the column names as a key: `customer` for `customer_id`, and for `id` of `customers`."""
        return self.words or self.table_words

    @property
    def of_a_calendar(self) -> bool:
        """Whether its table has one row a day."""
        return bool(_CALENDARS & set(self.table_words))


def column_name(table: str, column: str) -> ColumnName:
    """The parts of a column's name that say something."""
    if is_made_up(column):
        # Two columns without a name are not called the same, and row names are not the id of their table.
        return ColumnName((), (), " ".join(name_words(column)))
    words = [stem(word) for word in name_words(column) if not word.isdigit()]
    while words and words[-1] in _GENERIC:
        words.pop()
    if len(words) == 1 and len(words[0]) >= _JOINED_LEAST and words[0].endswith("id"):
        words = [stem(words[0][:-2])]
    of_table = [stem(word) for word in name_words(table) if not word.isdigit()]
    told = tuple(word for word in of_table if word not in _OF_A_TABLE)
    return ColumnName(tuple(words), told, " ".join(name_words(column)))


def refers_to(left: ColumnName, right: ColumnName) -> bool:
    """Whether `left` is called as the key `right`, perhaps with its role in front: `ship_country`."""
    called = right.called
    return bool(left.words and called) and left.words[-len(called) :] == called


def endings(name: ColumnName) -> list[tuple[str, ...]]:
    """All that a key which it refers to can be called."""
    return [name.words[at:] for at in range(len(name.words))]
