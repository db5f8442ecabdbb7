"""Which nasty files are there?"""

from __future__ import annotations

from collections import Counter

from tests.corpus import (
    book_cells,
    book_layout,
    book_old,
    json_shapes,
    json_values,
    refused_books,
    refused_text,
    text_marks,
    text_totals,
)
from tests.corpus.case import Case

MODULES = (
    text_marks,
    text_totals,
    refused_text,
    book_cells,
    book_layout,
    book_old,
    refused_books,
    json_shapes,
    json_values,
)
"""A module of cases has a list `CASES`; one that is not named here is not run."""
CASES: list[Case] = [case for module in MODULES for case in module.CASES]


def repeated_ids() -> list[str]:
    """Ids that two cases have."""
    return [name for name, count in Counter(case.id for case in CASES).items() if count > 1]
