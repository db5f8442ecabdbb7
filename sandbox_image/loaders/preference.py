"""Which reading is taken where a column's cells allow several?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .dates import COMPACT
from .hypotheses import TEXT, Hypothesis
from .numbers import AMBIGUOUS_COMMA, AMBIGUOUS_POINT

_ORDERS = {"dmy": "day", "mdy": "month", "ymd": "year"}
_SEASON = re.compile("([0-9]{4})-([0-9]{2})")
_SHORT_YEAR = re.compile("[0-9]{1,2}.[0-9]{1,2}.([0-9]{2})(?![0-9])")


@dataclass
class FileStyle:
    """What the columns that can be read in one way only say about the habits of the file."""

    delimiter: str
    decimals: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)

    def learn(self, fitting: Sequence[Hypothesis]) -> None:
        """Take a column's possible readings into account."""
        decimals = {hypothesis.decimal for hypothesis in fitting if hypothesis.kind == "number"}
        orders = {hypothesis.order for hypothesis in fitting if hypothesis.order}
        if len(decimals) == 1 and "" not in decimals:
            self.decimals |= decimals
        if len(orders) == 1:
            self.orders |= orders


def choose(fitting: Sequence[Hypothesis], sample: set[str], style: FileStyle) -> tuple[Hypothesis, list[str]]:
    """One of the readings that fit all cells, and what was assumed to come to it."""
    first = next((each for each in fitting if each.key == COMPACT), fitting[0])
    if first.key.startswith("date:%Y-%m:") and _are_seasons(sample):
        return TEXT, ["seasons from one year to the next, such as 2009-10, not months"]
    if first.kind == "date":
        return _choose_date([each for each in fitting if each.kind == "date"], sample, style)
    if first.kind == "number":
        return _choose_number(fitting, sample, style)
    return first, []


def _are_seasons(sample: set[str]) -> bool:
    """Whether each cell is a year and the next one: months of several years would not be so in step."""
    found = [each for cell in sample if (each := _SEASON.fullmatch(cell))]
    return len(found) > 1 and all(int(each[2]) == (int(each[1]) + 1) % 100 for each in found)


def _choose_date(
    fitting: Sequence[Hypothesis], sample: set[str], style: FileStyle
) -> tuple[Hypothesis, list[str]]:
    orders = {hypothesis.order for hypothesis in fitting if hypothesis.order}
    orders -= _impossible(orders, sample)
    if len(orders) < 2:
        return next(each for each in fitting if not orders or each.order in orders), []
    assumed = "assumed: every cell fits both ways; read_as.date_order says otherwise"
    if len(style.orders & orders) == 1:
        wanted, why = next(iter(style.orders & orders)), "as in the file's other dates"
    elif "mdy" not in orders or "dmy" not in orders:
        wanted, why = next(order for order in ("ymd", *sorted(orders)) if order in orders), assumed
    elif style.delimiter == ";" or style.decimals == {","} or ":%d." in fitting[0].key:
        wanted, why = "dmy", "assumed: no cell has a day over 12"
    else:
        wanted, why = "mdy", "assumed: no cell has a day over 12"
    chosen = next(hypothesis for hypothesis in fitting if hypothesis.order == wanted)
    return chosen, [f"ambiguous dates read {_ORDERS[wanted]} first ({why})"]


def _impossible(orders: set[str], sample: set[str]) -> set[str]:
    """Orders that years of two digits speak against: a file holds many days and few years."""
    if "ymd" not in orders or len(orders) == 1:
        return set()
    first = {cell[:2] for cell in sample if cell[:2].isdigit()}
    last = {found[1] for cell in sample if (found := _SHORT_YEAR.match(cell))}
    if len(first) < len(last):
        return orders - {"ymd"}
    return {"ymd"} if len(last) < len(first) or "mdy" in orders else set()


def _choose_number(
    fitting: Sequence[Hypothesis], sample: set[str], style: FileStyle
) -> tuple[Hypothesis, list[str]]:
    first = fitting[0]
    readings = {hypothesis.decimal for hypothesis in fitting}
    if not {".", ","} <= readings or first.decimal == "":
        return first, []
    marked = [cell for cell in sample if "," in cell or "." in cell]
    unsure = all(AMBIGUOUS_COMMA.fullmatch(cell) for cell in marked)
    unsure = unsure or all(AMBIGUOUS_POINT.fullmatch(cell) for cell in marked)
    if not marked or not unsure:
        return first, []
    if len(style.decimals) == 1:
        wanted = next(iter(style.decimals))
        chosen = next(hypothesis for hypothesis in fitting if hypothesis.decimal == wanted)
        said = "point" if wanted == "." else "comma"
        return chosen, [f"ambiguous numbers read with a decimal {said}, as in the file's other columns"]
    comma = any("," in cell for cell in marked)
    if style.delimiter == ";":
        marks = "commas" if comma else "points"
        return TEXT, [f"its {marks} may be decimal marks or thousands separators; read_as.decimal says which"]
    said = "commas read as thousands separators" if comma else "points read as decimal marks"
    return first, [f"{said} (assumed: each stands before three digits)"]
