"""Which reading is taken where a column's cells allow several?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .hypotheses import TEXT, Hypothesis
from .numbers import AMBIGUOUS_COMMA, AMBIGUOUS_POINT


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
    first = fitting[0]
    if first.kind == "date":
        return _choose_date(fitting, style)
    if first.kind == "number":
        return _choose_number(fitting, sample, style)
    return first, []


def _choose_date(fitting: Sequence[Hypothesis], style: FileStyle) -> tuple[Hypothesis, list[str]]:
    orders = {hypothesis.order for hypothesis in fitting}
    if not {"dmy", "mdy"} <= orders:
        return fitting[0], []
    if len(style.orders) == 1:
        wanted, why = next(iter(style.orders)), "as in the file's other dates"
    elif style.delimiter == ";" or ":%d." in fitting[0].key:
        wanted, why = "dmy", "assumed: no cell has a day over 12"
    else:
        wanted, why = "mdy", "assumed: no cell has a day over 12"
    said = "day first" if wanted == "dmy" else "month first"
    chosen = next(hypothesis for hypothesis in fitting if hypothesis.order == wanted)
    return chosen, [f"ambiguous dates read {said} ({why})"]


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
    if style.delimiter == ";" and comma:
        return TEXT, ["its commas may be decimal marks or thousands separators"]
    said = "commas read as thousands separators" if comma else "points read as decimal marks"
    return first, [f"{said} (assumed: each stands before three digits)"]
