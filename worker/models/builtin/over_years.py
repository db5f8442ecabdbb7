"""Which trends are there along a column of years in whole numbers, where there is no date?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.frame import Agg, Dim, Frame
from worker.models.builtin.grammar import Context
from worker.models.builtin.row_nouns import counting_column
from worker.models.builtin.schema import Column


def over_years(context: Context, what: Any, said: Any, periods: set[str], best: Any) -> Iterator[Frame]:
    """Yield the trend along a column of years in whole numbers."""
    held = context.table.years[0]
    finer = [c.name for c in context.table.columns if c.calendar and c.name != held.name]
    if periods - {"year"} or (finer and not periods):
        names = " and ".join([held.name, *finer])
        context.blame(f'the only time is {names}: ask for "over the years"')
        return
    agg = what if isinstance(what, Agg) else chosen_over_years(context, what)
    if agg is None or agg.column == held.name:
        return
    if said and agg.function == "mean" and held.unique < context.table.rows:
        context.blame(f'an average with "yearly" may mean two things: ask for "average {agg.column} by year"')
        return
    which = best[0] if best else ""
    yield Frame("trend", (agg,), (Dim(held.name),), which=which, chart="line")


def chosen_over_years(context: Context, found: Column) -> Agg | None:
    """Return a sum of what surely adds up, else the mean; None (and why) for what may be totals."""
    held = context.table.years[0]
    counted = lexicon.MASS_WORDS | lexicon.STOCK_WORDS | {"pop", "gdp", "number", "total"}
    unsure = found.level_like or counted & set(found.stems) or counting_column(context.table)
    if found.id_like or (unsure and held.unique < context.table.rows):
        context.blame(f"it is not sure whether {found.name} is to be added up or averaged over the years")
        return None
    return Agg("sum" if found.additive else "mean", found.name)
