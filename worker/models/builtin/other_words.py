"""By which other words than the table's own may a value be called?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.models.builtin import lexicon

if TYPE_CHECKING:
    from worker.models.builtin.schema import Column


_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {
    form: day
    for day, name in enumerate(_WEEK)
    for form in (name, f"{name}s", *(name[:size] for size in (3, 4, 5) if size < len(name)))
}
"""Names of weekdays, their plurals and short forms."""


OTHER_WORDS = frozenset({*lexicon.SEXES, *WEEKDAYS, *lexicon.MONTHS})
MOST_VALUES = 12


def of_several_years(columns: tuple[Column, ...]) -> bool:
    """Whether a month's name may be one of several years, or about dates."""
    return any(
        column.kind == "date" or (column.calendar and column.stems[-1] == "year" and column.unique > 1)
        for column in columns
    )


def other_words(found: Column, *, dated: bool) -> dict[str, str]:
    """Return the values of `found` by words that surely mean them: `women` for F, `Sunday` for Sun.

    With `dated` the table has dates: then the name of a month may be about those.
    """
    if not found.all_values or len(found.values) > MOST_VALUES:
        return {}
    held = {" ".join(value.split()).casefold(): value for value in found.values}
    if len(held) < len(found.values):
        return {}
    if found.sexed:
        return {word: next(held[v] for v in held if v in forms) for word, forms in lexicon.SEXES.items()}
    for names, usable in ((WEEKDAYS, True), (lexicon.MONTHS, not dated)):
        owners = {value: names[text] for text, value in held.items() if text in names}
        if usable and len(owners) == len(found.values) > 1 and len(set(owners.values())) == len(owners):
            called = {number: value for value, number in owners.items()}
            return {word: called[number] for word, number in names.items() if number in called}
    return {}
