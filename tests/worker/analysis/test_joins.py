"""Joins are found in profiles of the real loaders, and none that the values do not show."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox_image.loaders import LoadLimits, load_file
from worker.analysis.contract import Join, TableView
from worker.analysis.joins import find_joins
from worker.sandbox.profiles import check_profile

LIMITS = LoadLimits(memory_bytes=1 << 30, threads=1)
Finder = Callable[..., set[tuple[str, str, str]]]


def lines(header: str, *rows: object) -> str:
    return "\n".join([header, *(str(row) for row in rows)]) + "\n"


@pytest.fixture
def views(tmp_path: Path) -> Callable[..., list[TableView]]:
    """Profiles of CSV texts by table name, as the worker checks them."""

    def load(**texts: str) -> list[TableView]:
        found = []
        for name, text in texts.items():
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            profiles = load_file(path, f"{name}.csv", "csv", tmp_path, set(), LIMITS)
            checked = check_profile({"file_id": "f", "tables": profiles})["tables"]
            found += [TableView(table["name"], table) for table in checked]
        return found

    return load


@pytest.fixture
def found(views: Callable[..., list[TableView]]) -> Finder:
    """The joins as `a.b`, `c.d`, kind."""

    def find(**texts: str) -> set[tuple[str, str, str]]:
        return {
            (f"{j.left_table}.{j.left_column}", f"{j.right_table}.{j.right_column}", j.kind)
            for j in find_joins(views(**texts))
        }

    return find


CUSTOMERS = lines("id,name", *(f"{i},Customer {i}" for i in range(1, 101)))
ORDERS = lines("order_id,customer_id,amount", *(f"{i},{i % 90 + 1},{i * 1.5}" for i in range(1, 301)))
COUNTRIES = lines("code,country", "DE,Germany", "FR,France", "US,United States", "JP,Japan", "BR,Brazil")


def test_customer_id_belongs_to_the_id_of_customers(found: Finder) -> None:
    assert found(customers=CUSTOMERS, orders=ORDERS) == {
        ("orders.customer_id", "customers.id", "many_to_one")
    }


def test_the_order_of_the_tables_does_not_matter(found: Finder) -> None:
    assert found(orders=ORDERS, customers=CUSTOMERS) == found(customers=CUSTOMERS, orders=ORDERS)


@pytest.mark.parametrize("column", ["country_code", "nation", "ship_country", "market"])
def test_a_code_is_found_under_any_name_that_has_its_values(found: Finder, column: str) -> None:
    sales = lines(f"{column},units", *(f"{code},{n}" for n in range(9) for code in ("DE", "FR", "US", "JP")))
    assert found(sales=sales, countries=COUNTRIES) == {(f"sales.{column}", "countries.code", "many_to_one")}


def test_code_on_the_left_country_code_on_the_right(found: Finder) -> None:
    cities = lines("city,code", "Berlin,DE", "Bonn,DE", "Paris,FR", "Boston,US", "Austin,US", "Kobe,JP")
    countries = COUNTRIES.replace("code,", "country_code,", 1)
    assert ("cities.code", "countries.country_code", "many_to_one") in found(
        cities=cities, countries=countries
    )


def test_equal_names_without_common_values_are_no_join(found: Finder) -> None:
    other = lines("customer_id,city", *(f"{i},Rome" for i in range(9001, 9050)))
    assert found(orders=ORDERS, elsewhere=other) == set()


def test_ids_of_two_lists_that_both_count_from_one_are_no_join(found: Finder) -> None:
    products = lines("id,title", *(f"{i},Product {i}" for i in range(1, 201)))
    assert found(customers=CUSTOMERS, products=products) == set()


def test_a_count_that_happens_to_lie_within_ids_is_no_join(found: Finder) -> None:
    visits = lines(
        "day,group,visitors", *(f"2024-01-{i % 28 + 1:02},{i % 7 + 1},{i % 50 + 1}" for i in range(99))
    )
    assert found(customers=CUSTOMERS, visits=visits) == set()


def test_text_ids_are_not_joined_with_number_ids(found: Finder) -> None:
    padded = lines("customer_id,city", *(f"{i:03},Rome" for i in range(1, 101)))
    assert found(orders=ORDERS, customers=padded) == set()


def test_a_right_side_that_repeats_is_no_key(found: Finder) -> None:
    doubled = lines("customer_id,city", *(f"{i},Rome" for i in range(1, 101)), "5,Oslo")
    assert found(orders=ORDERS, customers=doubled) == set()


def test_a_right_side_with_a_gap_is_no_key(found: Finder) -> None:
    """pandas matches missing with missing, so rows would be multiplied or made up."""
    gap = lines("customer_id,city", *(f"{i},Rome" for i in range(1, 101)), ",Oslo")
    assert found(orders=ORDERS, customers=gap) == set()


def test_half_of_the_values_is_not_enough_without_a_name(found: Finder) -> None:
    sales = lines(
        "market,units", *(f"{code},{n}" for n in range(9) for code in ("DE", "FR", "US", "XX", "YY"))
    )
    assert found(sales=sales, countries=COUNTRIES) == set()


@pytest.mark.parametrize("name", ['""', "Unnamed: 0", "...1"])
def test_row_numbers_without_a_name_are_no_join(found: Finder, name: str) -> None:
    """R and pandas write them in front of every table; each has those from 1 on."""
    states = lines(
        f"{name},state,status", *(f"{i},State {i},{'new' if i % 2 else 'old'}" for i in range(1, 61))
    )
    sales = lines(f"{name},region,sold", *(f"{i},North {i % 4},{i * 7}" for i in range(1, 301)))
    customers = lines(f"{name},customer_id,city", *(f"{i},{101 - i},City {i}" for i in range(1, 101)))
    assert found(states=states, sales=sales) == set()
    assert found(customers=customers, orders=ORDERS) == {
        ("orders.customer_id", "customers.customer_id", "many_to_one")
    }


def test_row_names_without_a_name_may_be_found_by_their_values(found: Finder) -> None:
    jobs = lines('"",pay', *(f"job number {i},{i * 31}" for i in range(1, 41)))
    staff = lines("person,job", *(f"P{i},job number {i % 40 + 1}" for i in range(1, 200)))
    assert found(jobs=jobs, staff=staff) == {("staff.job", "jobs.column_1", "many_to_one")}


def test_single_letters_are_no_join_without_a_name(found: Finder) -> None:
    grades = lines("mark,meaning", "A,best", "B,good", "C,fair", "D,poor")
    blocks = lines("block,seats", *(f"{letter},{n}" for n in range(9) for letter in "ABCD"))
    assert found(grades=grades, blocks=blocks) == set()


def test_sparse_numbers_are_found_by_their_values(found: Finder) -> None:
    chosen = random.Random(3).sample(range(10**6, 10**8), 150)  # noqa: S311
    staff = lines("employee_number,name", *(f"{n},Person {n}" for n in chosen))
    trips = lines("trip,traveller_id", *(f"T{i:04},{chosen[i % 120]}" for i in range(400)))
    assert found(staff=staff, trips=trips) == {("trips.traveller_id", "staff.employee_number", "many_to_one")}


def test_two_keys_are_one_to_one_and_said_once(found: Finder) -> None:
    details = lines("customer_id,vat", *(f"{i},{i * 7919 % 100003}" for i in range(1, 101)))
    assert found(customers=CUSTOMERS, details=details) == {
        ("details.customer_id", "customers.id", "one_to_one")
    }


def test_the_same_list_of_two_years_is_not_joined_by_its_row_numbers(found: Finder) -> None:
    assert found(sales_2023=ORDERS, sales_2024=ORDERS.replace("1.5", "2.5")) == set()


def test_a_name_beats_values_that_agree_by_chance(found: Finder) -> None:
    vips = lines("customer_id,city", *(f"{i},Rome" for i in range(1, 95)))
    joins = found(customers=CUSTOMERS, orders=ORDERS, suppliers=vips.replace("customer_id", "supplier_id"))
    assert joins == {("orders.customer_id", "customers.id", "many_to_one")}


def test_daily_tables_join_by_their_date(found: Finder) -> None:
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 7) for day in range(1, 28)]
    weather = lines("date,temp", *(f"{day},{n % 30}" for n, day in enumerate(days)))
    shop = lines("date,revenue", *(f"{day},{n}" for n, day in enumerate(days * 2)))
    assert found(weather=weather, shop=shop) == {("shop.date", "weather.date", "many_to_one")}


def test_a_year_that_two_lists_have_is_no_join_but_of_two_lists_by_year_it_is(found: Finder) -> None:
    prices = lines("year,index", *(f"{year},{year % 7}" for year in range(1990, 2020)))
    cars = lines("year,maker", *(f"{1990 + n % 30},Maker {n % 7}" for n in range(200)))
    rain = lines("year,rain", *(f"{year},{year % 11}" for year in range(1995, 2015)))
    assert found(prices=prices, cars=cars) == set()
    assert found(prices=prices, rain=rain) == {("rain.year", "prices.year", "one_to_one")}


def test_coverage_is_the_share_of_values_that_the_key_has(views: Callable[..., list[TableView]]) -> None:
    sales = lines("country_code,units", "DE,1", "FR,2", "US,3", "ZZ,4", "DE,5")
    joins = find_joins(views(sales=sales, countries=COUNTRIES))
    assert joins == (Join("sales", "country_code", "countries", "code", "many_to_one", 0.75),)


def test_large_columns_are_compared_by_their_sketches(views: Callable[..., list[TableView]]) -> None:
    draw = random.Random(1)  # noqa: S311
    numbers = draw.sample(range(10**9), 40_000)
    users = lines("uid,plan", *(f"u{n:09},free" for n in numbers))
    events = lines("who,what", *(f"u{draw.choice(numbers[:20_000]):09},click" for _ in range(60_000)))
    (join,) = find_joins(views(users=users, events=events))
    assert (join.left_column, join.right_column) == ("who", "uid")
    assert join.coverage == 1.0


def test_a_half_of_a_large_column_is_estimated(views: Callable[..., list[TableView]]) -> None:
    users = lines("user_id,plan", *(f"{n * 7},free" for n in range(20_000)))
    events = lines(
        "user_id,what", *(f"{n * 7 if n % 4 else n * 7 + 1},click" for n in range(20_000) for _ in "12")
    )
    (join,) = find_joins(views(users=users, events=events))
    assert join.coverage == pytest.approx(0.75, abs=0.13)


def test_two_hundred_tables_of_fifty_columns_take_little_time(views: Callable[..., list[TableView]]) -> None:
    header = ",".join(["customer_id", *(f"field_{n}_code" for n in range(49))])
    rows = [",".join([str(i), *(f"K{(i * 31 + n) % 97:02}" for n in range(49))]) for i in range(1, 131)]
    (one,) = views(wide=lines(header, *rows))
    tables = [TableView(f"wide_{n}", {**one.profile, "name": f"wide_{n}"}) for n in range(199)]
    tables.append(TableView("customers", views(customers=CUSTOMERS)[0].profile))
    started = time.process_time()
    joins = find_joins(tables)
    assert time.process_time() - started < 5
    assert len([join for join in joins if join.right_table == "customers"]) == 199
