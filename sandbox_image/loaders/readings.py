"""How may these cells be read?"""

from __future__ import annotations

from .dates import date_hypotheses
from .hypotheses import EMPTY, IN_FORMULA, TEXT, Hypothesis, boolean_hypotheses, is_missing
from .numbers import number_hypotheses


def candidates(sample: set[str]) -> list[Hypothesis]:
    """The readings that no cell of the sample speaks against, the plainest first; text if there is none."""
    cells = {cell for cell in sample if not is_missing(cell)}
    if not cells:
        return [EMPTY]
    if all(IN_FORMULA.fits(cell) for cell in cells):
        return [IN_FORMULA]
    found = [*boolean_hypotheses(cells), *number_hypotheses(cells), *date_hypotheses(cells)]
    return list(found) or [TEXT]
