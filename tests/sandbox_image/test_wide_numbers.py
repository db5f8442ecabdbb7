"""Do numbers wider than a float, and dates beyond the year 9999, come out as what they are?"""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox_image.results import to_typed
from sandbox_image.tables import Sql


def rows(query: str) -> Any:
    return to_typed(Sql({}, 1, None)(query), 1_000_000).result["value"]["rows"]


@pytest.mark.parametrize(
    ("query", "cell"),
    [
        ("SELECT 12345678901234567890.123456789::DECIMAL(38, 9)", "12345678901234567890.123456789"),
        ("SELECT 1.5::DECIMAL(38, 30)", 1.5),
        ("SELECT 0.1::DECIMAL(38, 20)", 0.1),
        ("SELECT 0.1::DECIMAL(4, 2)", 0.1),
        ("SELECT 170141183460469231731687303715884105727::HUGEINT", 170141183460469231731687303715884105727),
        ("SELECT sum(x) FROM (VALUES (9007199254740993), (2)) t(x)", 9007199254740995),
        ("SELECT sum(x) FROM (VALUES (0.1::DECIMAL(18, 4)), (123456789012.3456)) t(x)", 123456789012.4456),
        ("SELECT NULL::HUGEINT", None),
        ("SELECT DATE '12000-05-06'", "12000-05-06"),
        ("SELECT TIMESTAMP '12000-05-06 01:02:03'", "12000-05-06T01:02:03"),
    ],
)
def test_a_cell_of_sql_is_what_it_is(query: str, cell: Any) -> None:
    assert rows(query) == [[cell]]


def test_missing_values_beside_wide_numbers_stay_missing() -> None:
    assert rows("SELECT * FROM (VALUES (9007199254740993::HUGEINT), (NULL)) t(x)") == [
        [9007199254740993],
        [None],
    ]
    assert rows("SELECT * FROM (VALUES (3::HUGEINT), (NULL)) t(x)") == [[3], [None]]
    assert rows("SELECT 1::HUGEINT AS a, 2::HUGEINT AS a LIMIT 0") == []


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        (Decimal("12345678901234567.12"), "12345678901234567.12"),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("1234.56"), 1234.56),
        (Decimal(1) / 3, 1 / 3),
        (np.datetime64("12000-01-01"), "12000-01-01"),
    ],
)
def test_a_value_of_python_is_what_it_is(value: Any, typed: Any) -> None:
    assert to_typed(value, 1_000_000).result == {"type": "scalar", "value": typed}


def test_a_column_of_far_dates_is_written_alike() -> None:
    far = pd.Series(np.array(["12000-01-01", "2020-01-01"], dtype="datetime64[s]"))
    assert to_typed(far, 1_000_000).result["value"]["values"] == ["12000-01-01", "2020-01-01"]
