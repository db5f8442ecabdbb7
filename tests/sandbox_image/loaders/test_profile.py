"""What each column means and how it is spread, held against names, values and pandas."""

from __future__ import annotations

import random
from collections.abc import Callable

import duckdb
import pytest

from sandbox_image.loaders import distinct, spread
from sandbox_image.loaders.budget import fit
from tests.sandbox_image.loaders.conftest import Loaded

Load = Callable[..., Loaded]
ROWS = 40
DRAW = random.Random(5)  # noqa: S311


def _dates(n: int) -> str:
    return f"2024-{n % 12 + 1:02}-{n % 27 + 1:02}"


CELLS: dict[str, Callable[[int], object]] = {
    "count": lambda n: n * 3 % 11,
    "row": lambda n: n + 1,
    "long": lambda n: 4915112340000 + n * 977,
    "money": lambda n: f"{n * 1.37:.2f}",
    "year": lambda n: 1990 + n % 30,
    "month": lambda n: n % 12 + 1,
    "lat": lambda n: f"{48 + n / 100:.4f}",
    "zip": lambda n: 10115 + n,
    "bit": lambda n: n % 2,
    "yes": lambda n: ("yes", "no")[n % 2],
    "date": _dates,
    "country": lambda n: ("Germany", "France", "Italy", "Spain")[n % 4],
    "iso": lambda n: ("DE", "FR", "IT", "ES")[n % 4],
    "word": lambda n: ("red", "green", "blue")[n % 3],
    "code": lambda n: f"A-{n:04}",
    "email": lambda n: f"person{n}@example.org",
    "person": lambda n: f"Person {chr(65 + n % 26)}{chr(65 + n // 26)}x Smith",
    "prose": lambda n: f"the customer number {n} wrote that the parcel had not come in time",
    "uuid": lambda n: f"{n:08x}-0000-4000-8000-00000000{n:04x}",
}
MEANINGS = [
    ("customer_id", "count", "id"),
    ("customerID", "row", "id"),
    ("id", "uuid", "id"),
    ("order number", "row", "id"),
    ("number_of_rooms", "count", "amount"),
    ("no_of_orders", "count", "amount"),
    ("phone", "long", "id"),
    ("contact", "long", "id"),
    ("ean", "long", "id"),
    ("Unnamed", "row", "id"),
    ("paid", "money", "amount"),
    ("price", "money", "amount"),
    ("score", "count", "amount"),
    ("x", "money", "amount"),
    ("revenue", "year", "amount"),
    ("year", "year", "date"),
    ("birth_year", "year", "date"),
    ("year_built", "year", "date"),
    ("years", "count", "amount"),
    ("month", "month", "date"),
    ("months", "month", "amount"),
    ("order_date", "date", "date"),
    ("lat", "lat", "geo"),
    ("pickup_longitude", "lat", "geo"),
    ("zip", "zip", "geo"),
    ("PostalCode", "zip", "geo"),
    ("country", "country", "geo"),
    ("ship_country", "iso", "geo"),
    ("origin", "country", "geo"),
    ("market", "iso", "geo"),
    ("city", "word", "geo"),
    ("city_tax", "money", "amount"),
    ("state", "count", "category"),
    ("survived", "bit", "flag"),
    ("active", "yes", "flag"),
    ("quantity", "bit", "amount"),
    ("colour", "word", "category"),
    ("thing", "word", "category"),
    ("pclass", "count", "category"),
    ("sku", "code", "id"),
    ("part", "code", "id"),
    ("email", "email", "id"),
    ("login", "email", "id"),
    ("name", "person", "text"),
    ("comment", "prose", "text"),
]


@pytest.mark.parametrize(("name", "cells", "meaning"), MEANINGS)
def test_a_column_means_what_its_name_and_values_say(load: Load, name: str, cells: str, meaning: str) -> None:
    text = f"{name},other\n" + "".join(f"{CELLS[cells](n)},x\n" for n in range(ROWS))
    column = load(text).profile["columns"][0]
    assert column["semantic"] == meaning


def test_a_column_without_values_has_a_meaning_and_no_sketch(load: Load) -> None:
    column = load("a,b\n,1\n,2\n").profile["columns"][0]
    assert (column["semantic"], column["sketch"], column["quantiles"], column["std"]) == (
        "text",
        None,
        None,
        None,
    )


def test_quantiles_and_std_are_those_of_pandas(load: Load) -> None:
    table = load("v,w\n" + "".join(f"{DRAW.gauss(10, 3)},{DRAW.randint(-5, 5)}\n" for _ in range(501)))
    for column in table.profile["columns"]:
        data = table.frame[column["name"]]
        places = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
        assert column["quantiles"] == pytest.approx({name: data.quantile(at) for name, at in places.items()})
        assert column["std"] == pytest.approx(data.std())
        assert "approximate" not in column


def test_long_numbers_stay_exact_in_quantiles(load: Load) -> None:
    first = 9_007_199_254_740_993
    column = load("v\n" + "".join(f"{first + 2 * n}\n" for n in range(5))).profile["columns"][0]
    assert (column["min"], column["max"]) == (first, first + 8)
    assert column["quantiles"]["p50"] == first + 4


def test_quantiles_of_dates_are_dates_that_are_there(load: Load) -> None:
    column = load("d\n2024-01-01\n2024-01-02\n2024-03-01\n").profile["columns"][0]
    assert column["quantiles"]["p50"] == "2024-01-02"
    assert column["std"] is None


def test_the_largest_numbers_have_no_std_rather_than_an_error(load: Load) -> None:
    column = load("v\n1e300\n-1e300\n2e300\n").profile["columns"][0]
    assert (column["max"], column["std"]) == (2e300, None)


def test_keys_are_the_columns_that_tell_rows_apart_ids_first(load: Load) -> None:
    rows = "".join(f"Person {chr(65 + n)},{n + 100},{n * 1.5},{n // 2},{n if n else ''}\n" for n in range(9))
    assert load("name,user_id,price,half,gap\n" + rows).profile["keys"] == ["user_id", "name"]


def test_coordinates_are_no_keys(load: Load) -> None:
    rows = "".join(f"{48 + n / 7},{n}\n" for n in range(9))
    assert load("lat,shop_id\n" + rows).profile["keys"] == ["shop_id"]


def test_one_row_has_no_key(load: Load) -> None:
    assert load("id,v\n1,2\n").profile["keys"] == []


def test_a_sketch_is_the_same_for_the_same_values_in_any_order_and_kind_of_number(load: Load) -> None:
    whole = load("id\n" + "".join(f"{n}\n" for n in range(1, 400))).profile["columns"][0]
    gaps = load("id,x\n" + "".join(f"{n},1\n{n},2\n" for n in range(399, 0, -1)) + ",3\n").profile["columns"][
        0
    ]
    assert whole["dtype"] != gaps["dtype"]
    assert whole["sketch"] == gaps["sketch"]
    assert len(whole["sketch"]) == len(duckdb.__version__) + 1 + 128 * 8


def test_amounts_and_prose_have_no_sketch(load: Load) -> None:
    rows = "".join(f"{CELLS['money'](n)},{n},{CELLS['prose'](n)}\n" for n in range(ROWS))
    columns = load("price,quantity,comment\n" + rows).profile["columns"]
    assert [column["sketch"] for column in columns] == [None, None, None]


def test_estimates_of_a_large_table_are_named_and_near_and_its_keys_are_exact(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (distinct, spread):
        monkeypatch.setattr(module, "EXACT_ROWS", 1000)
    monkeypatch.setattr("sandbox_image.loaders.profile.EXACT_ROWS", 1000)
    monkeypatch.setattr(distinct, "_MANY", 500)
    monkeypatch.setattr(distinct, "_VALUES_AT_ONCE", 700)
    rows = "".join(f"{n},{n % 1999},{n * 0.5},w{n if n % 2 else 0},k{n}\n" for n in range(2000))
    ids, nearly, price, word, key = load("id,nearly_id,price,word,key\n" + rows).profile["columns"]
    assert (ids["unique"], nearly["unique"], key["unique"]) == (2000, 1999, 2000)
    assert price["approximate"] == ["unique", "quantiles"]
    assert price["quantiles"]["p50"] == pytest.approx(500, rel=0.02)
    assert word["unique"] == pytest.approx(1001, rel=0.1)
    assert word["approximate"] == ["unique", "top"]
    assert word["top"][0] == ["w0", 1000]


def test_what_is_too_long_loses_hashes_before_values(load: Load) -> None:
    rows = "".join(f"k{n},{n % 50}\n" for n in range(200))
    profile = load("key,item_id\n" + rows).profile
    many = [{**profile["columns"][at % 2], "name": f"field {at}"} for at in range(850)]
    wide = {**profile, "columns": many, "sample": []}
    fit([wide])
    assert wide["read_as"]["left_out"][-1] == "sketch beyond 24 hashes"
    assert wide["columns"][0]["values"] == profile["columns"][0]["values"]
    assert profile["columns"][0]["sketch"].startswith(wide["columns"][0]["sketch"])
