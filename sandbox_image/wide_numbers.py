"""How do SQL's wide numbers come out exact: HUGEINT and DECIMAL, which pandas would make floats of?"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*\d+\)")
_WHOLE = ("HUGEINT", "UHUGEINT", "BIGNUM")
_FLOAT_DIGITS = 15
"""So many digits a float always holds, and DuckDB's own way to one is quicker."""
_EXACT = 1 << 53
_INT64 = range(-(1 << 63), 1 << 63)


def is_wide(kind: str) -> bool:
    """Whether a DuckDB type may hold numbers that its way to a DataFrame rounds."""
    found = _DECIMAL.fullmatch(kind)
    return kind in _WHOLE or (found is not None and int(found[1]) > _FLOAT_DIGITS)


def narrowed(texts: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Numbers as text as a column: int64 or float64 where that loses no unit, else exact objects."""
    known = [text for text in texts.tolist() if isinstance(text, str)]
    if kind in _WHOLE:
        whole = {text: int(text) for text in known}
        if len(known) == len(texts) and all(number in _INT64 for number in whole.values()):
            return pd.Series([whole[text] for text in texts], dtype=np.int64, index=texts.index)
        exact = all(abs(number) < _EXACT for number in whole.values())
        return _column(
            texts, {text: float(number) if exact else number for text, number in whole.items()}, exact
        )
    # Below 2**53 a float is right to the last digit that anybody reads; above, it loses whole units.
    exact = all(abs(Decimal(text)) < _EXACT for text in known)
    return _column(texts, {text: float(text) if exact else Decimal(text) for text in known}, exact)


def _column(texts: pd.Series[Any], numbers: dict[str, Any], is_float: bool) -> pd.Series[Any]:
    values = [numbers.get(text, np.nan if is_float else None) for text in texts]
    return pd.Series(values, dtype=np.float64 if is_float else object, index=texts.index)
