"""Does the planner answer questions about eleven other tables as plain loops do?"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from tests.worker.models.builtin import truth as t
from tests.worker.models.builtin.asking import answer, same
from tests.worker.models.builtin.worlds import WORLDS, rows_of

D = date


def is_(name: str, *values: Any) -> Any:
    return lambda row: row[name] in values


PAIRS: list[tuple[str, Any, list[str]]] = [
    ("employees", len, ["how many employees are there", "number of employees", "how many rows"]),
    ("employees", t.mean("salary"), ["average salary", "What is the mean salary of the employees?", "mean of salary"]),
    ("employees", t.by("department", t.mean("salary")), ["average salary by department", "mean salary for each department"]),
    ("employees", t.by("department"), ["how many employees per department", "number of employees by department",
                                       "count of employees in each department"]),
    ("employees", t.where(is_("is_manager", True)), ["how many employees are managers", "how many are manager",
                                                     "number of employees where is_manager is true"]),
    ("employees", t.where(is_("is_manager", False)), ["how many employees are not managers"]),
    ("employees", lambda rows: [(r["FullName"], r["salary"]) for r in rows if r["salary"] == t.high("salary")(rows)],
     ["which full name has the highest salary", "FullName with the highest salary"]),
    ("employees", t.where(lambda r: r["hire_date"].year == 2018), ["how many employees with hire_date in 2018",
        "number of employees where hire date is in 2018"]),
    ("employees", t.where(lambda r: r["birth_date"] < D(1975, 1, 1)), ["how many employees with birth date before 1975"]),
    ("employees", t.where(is_("salary", None)), ["how many missing values in salary", "how many employees are missing salary",
                                                 "number of missing values in the salary column"]),
    ("employees", lambda rows: t.low("hire_date")(rows).isoformat(), ["earliest hire date", "What is the earliest hire_date?"]),
    ("employees", lambda rows: t.high("hire_date")(rows).isoformat(), ["latest hire date", "most recent hire_date"]),
    ("employees", t.where(lambda r: r["age"] > 40), ["how many employees with age over 40", "number of employees with age greater than 40"]),
    ("employees", t.where(is_("office", "Oslo"), t.median("salary")), ["median salary in Oslo", "median salary for the Oslo office"]),
    ("employees", t.by("office", t.different("department")), ["number of unique departments by office"]),
    ("products", t.mean("unit_price"), ["average unit price", "mean unit_price", "what is the average `unit_price`?"]),
    ("products", t.total("total_price"), ["sum of total_price", "sum of total price"]),
    ("products", lambda rows: [("Anvil", 99.5), ("File", 99.5)], ["which product has the highest unit price",
        "which product_name has the highest unit_price?", "product with the highest unit price"]),
    ("products", lambda rows: [("Bolt", 0.1)], ["which product has the lowest unit price"]),
    ("products", lambda rows: [("Bolt", 950), ("Cog", 40), ("Epoxy", 12)], ["top 3 products by stock",
        "the 3 products with the highest stock", "top three product names by stock"]),
    ("products", lambda rows: [("Anvil", 4.5), ("Epoxy", 4.5)], ["which product has the highest rating", "top 2 products by rating"]),
    ("products", t.where(is_("brand", "Bond's"), t.total("stock")), ["sum of stock for Bond's", 'sum of stock where brand is "Bond\'s"']),
    ("products", t.by("brand", t.mean("rating")), ["average rating by brand", "mean rating for each brand"]),
    ("products", t.by("brand"), ["how many products per brand", "number of products by brand"]),
    ("products", lambda rows: dict(enumerate(sorted({r["brand"] for r in rows}))), ["unique brands", "list the distinct brands"]),
    ("products", t.where(lambda r: r["stock"] == 0), ["how many products with stock = 0", "how many products where stock is 0"]),
    ("products", t.where(lambda r: r["product_name"].lower().startswith("b")), ['how many products where product_name starts with "b"']),
    ("products", t.where(lambda r: "o" in r["product_name"].lower()), ['how many products where product name contains "O"']),
    ("students", t.mean("Math Score"), ["average math score", "mean of Math Score", "What is the average of `Math Score`?"]),
    ("students", t.by("School", t.mean("Reading Score")), ["average reading score by school", "mean reading score for each School"]),
    ("students", t.pearson("Math Score", "Reading Score"), ["correlation between math score and reading score"]),
    ("students", t.where(is_("passed", True)), ["how many students are passed",
                                                "number of students where passed is true"]),
    ("students", t.where(is_("School", "St. Mary's")), ["how many students in St. Mary's", "number of students from st. mary's"]),
    ("students", t.where(is_("Grade", "A-")), ["how many students with grade A-", "how many students where Grade is A-"]),
    ("students", t.where(is_("Grade", "A")), ["how many students with grade A"]),
    ("students", t.by("Grade"), ["how many students per grade", "distribution of Grade", "value counts of grade"]),
    ("students", t.quantile("Math Score", 0.75), ["third quartile of math score", "75th percentile of the math score"]),
    ("students", t.by("passed", t.high("Math Score")), ["highest math score by passed"]),
    ("weather", t.mean("temperature"), ["average temperature", "mean temperature", "What was the average temperature?"]),
    ("weather", t.by(t.month("date"), t.mean("temperature")), ["average temperature by month", "temperature trend by month",
        "trend of temperature by month", "monthly temperature trend"]),
    ("weather", t.by(t.month("date"), t.total("rainfall")), ["total rainfall by month", "monthly rainfall"]),
    ("weather", t.by("station", t.high("temperature")), ["highest temperature by station", "maximum temperature for each station"]),
    ("weather", t.where(lambda r: r["date"].month == 2, t.mean("temperature")), ["average temperature in February",
        "average temperature in February 2024", "mean temperature in Feb 2024"]),
    ("weather", t.where(lambda r: r["rainfall"] > 0), ["how many rows with rainfall above 0", "number of rows where rainfall > 0"]),
    ("weather", t.where(lambda r: D(2024, 2, 10) <= r["date"] <= D(2024, 2, 20), t.total("rainfall")),
     ["total rainfall between 2024-02-10 and 2024-02-20", "total rainfall from 2024-02-10 to 2024-02-20"]),
    ("movies", t.by("genre", t.total("gross")), ["total gross by genre", "sum of gross for each genre"]),
    ("movies", len, ["how many movies are there", "number of movies"]),
    ("movies", t.where(is_("year", 2021)), ["how many movies in 2021", "number of movies where year is 2021"]),
    ("movies", t.where(lambda r: r["year"] > 2020), ["how many movies after 2020", "number of movies with year > 2020"]),
    ("movies", t.where(lambda r: 2020 <= r["year"] <= 2021), ["how many movies between 2020 and 2021"]),
    ("movies", t.by("year"), ["how many movies per year", "number of movies by year"]),
    ("movies", lambda rows: [("Dust", 44.0), ("Echo", 44.0)], ["which title has the highest gross", "title with the highest gross"]),
    ("movies", lambda rows: [("Dust", 140), ("Echo", 131)], ["top 2 titles by minutes"]),
    ("movies", t.common("genre"), ["most common genre", "which genre has the most movies", "which genre is the most frequent"]),
    ("movies", t.by("country"), ["how many movies by country", "number of movies for each country"]),
    ("movies", t.where(lambda r: r["country"] != "France"), ["how many movies are not from France", "number of movies except France"]),
    ("movies", t.where(is_("country", "Japan"), t.mean("minutes")), ["average minutes for Japan", "average minutes of movies from Japan"]),
    ("movies", t.low("year"), ["minimum year", "lowest year"]),
    ("patients", len, ["how many patients are there", "number of patients"]),
    ("patients", t.mean("weight_kg"), ["average weight", "mean weight_kg", "average weight kg"]),
    ("patients", t.by("diagnosis"), ["how many patients per diagnosis", "number of patients by diagnosis"]),
    ("patients", t.where(is_("smoker", True)), ["how many patients are smokers", "number of smoker patients"]),
    ("patients", lambda rows: 100 * t.where(is_("smoker", True))(rows) / len(rows), ["what percentage of patients are smokers"]),
    ("patients", t.by("ward", t.mean("height_cm")), ["average height by ward", "mean height_cm for each ward"]),
    ("patients", t.where(lambda r: r["admission_date"].year == 2022), ["how many patients in 2022"]),
    ("patients", t.where(lambda r: (r["admission_date"].year, r["admission_date"].month) == (2023, 1)), ["how many patients in January 2023"]),
    ("patients", t.where(lambda r: r["ward"] == "North" and r["diagnosis"] == "Flu"), ["how many patients in North with Flu",
        "number of patients with flu in the North ward", "how many flu patients in North"]),
    ("accounts", t.total('the "net" sum'), ['sum of `the "net" sum`']),
    ("accounts", t.by("Straße", t.mean("Größe")), ["mean Größe by Straße", "average größe for each straße"]),
    ("accounts", t.by("class", t.mean("Größe")), ["average Größe by class"]),
    ("accounts", t.where(is_("class", "it's")), ["how many rows where class is it's", 'how many rows with class "it\'s"']),
    ("accounts", t.where(is_("naïve", True)), ["how many rows are naïve", "how many rows where naïve is true"]),
    ("survey", t.where(is_("answer", "Most")), ["how many rows where answer is Most", 'how many rows where answer is "most"']),
    ("survey", t.where(is_("answer", "No")), ["how many rows with answer No", "how many rows where answer is no"]),
    ("survey", t.where(is_("zip", "01234")), ["how many rows where zip is 01234", "how many rows with zip 01234"]),
    ("survey", t.common("zip"), ["most common zip"]),
    ("survey", t.mean("hours"), ["average hours", "mean of hours"]),
    ("survey", t.common("answer"), ["most common answer", "mode of answer"]),
    ("survey", t.by("city", t.total("hours")), ["total hours by city", "sum of hours for each city"]),
    ("shipments", t.total("weight"), ["total weight", "sum of weight"]),
    ("shipments", t.by("carrier", t.total("weight")), ["total weight by carrier", "total weight per carrier"]),
    ("shipments", t.where(is_("carrier", "dhl")), ["how many shipments with carrier DHL", "how many shipments by dhl"]),
    ("shipments", t.where(is_("from_city", "Kyiv")), ["how many shipments from Kyiv", "number of shipments where from_city is Kyiv"]),
    ("shipments", t.where(is_("to_city", "Riga")), ["how many shipments where to_city is Riga"]),
    ("shipments", t.by(t.month("ship_date"), t.total("weight")), ["total weight by month of ship_date"]),
    ("shipments", t.where(lambda r: (r["order_date"].year, r["order_date"].month) == (2023, 2)),
     ["how many shipments with order_date in February 2023"]),
    ("tickets", len, ["how many tickets are there"]),
    ("tickets", t.by("status"), ["how many tickets per status", "number of tickets by status", "breakdown of status"]),
    ("tickets", t.where(is_("status", "on hold")), ["how many tickets are on hold", "number of on hold tickets"]),
    ("tickets", t.where(is_("status", "open")), ["how many tickets are open", "number of open tickets", "how many open tickets are there"]),
    ("tickets", t.where(lambda r: r["status"] == "open" and r["priority"] == "High"), ["how many open tickets with priority High",
        "number of open tickets where priority is high"]),
    ("tickets", t.by("priority", t.mean("minutes_spent")), ["average minutes_spent by priority", "average minutes spent by priority"]),
    ("tickets", t.by("assignee"), ["how many tickets by assignee", "number of tickets for each assignee"]),
    ("tickets", t.best("assignee", len), ["which assignee has the most tickets"]),
    ("tickets", t.total("minutes_spent"), ["total minutes spent", "sum of minutes_spent"]),
    ("tickets", t.where(lambda r: r["opened"] > D(2024, 3, 31)), ["how many tickets after March 2024", "how many tickets since 2024-04-01",
        "how many tickets with opened after 2024-03-31"]),
    ("cities", t.by("country", t.total("population")), ["total population by country"]),
    ("cities", lambda rows: [("Essen", 582000)], ["which city has the highest population", "city with the largest population"]),
    ("cities", lambda rows: [("Florø", 9000)], ["which city has the lowest population"]),
    ("cities", t.where(is_("country", "Germany"), t.mean("population")), ["average population in Germany",
        "average population of cities in Germany"]),
    ("cities", t.where(is_("city", "Florø"), t.total("population")), ["total population of Florø"]),
    ("cities", lambda rows: dict(Counter(r["country"] for r in rows)), ["how many cities per country", "number of cities by country"]),
    ("cities", t.high("area_km2"), ["largest area_km2", "max area_km2"]),
    ("cities", lambda rows: [("Arles", 758.9), ("Florø", 691.0)], ["top 2 cities by area_km2"]),
    ("employees", t.where(is_("department", "IT")), ["how many employees in IT", "number of employees in the IT department"]),
    ("employees", t.where(is_("department", "Sales", "IT"), t.mean("salary")), ["average salary for Sales and IT"]),
    ("movies", lambda rows: [tuple(r.values()) for r in rows if r["gross"] == 44.0], ["which movie has the highest gross"]),
    ("movies", lambda rows: dict(enumerate(sorted({r["genre"] for r in rows}))), ["which genres are there", "What genres are there?"]),
    ("tickets", t.where(is_("priority", "High")), ["how many high priority tickets", "number of tickets with high priority"]),
    ("cities", t.mean("area_km2"), ["average area", "mean area of the cities"]),
    ("cities", t.by("country", t.mean("area_km2")), ["average area by country"]),
]  # fmt: skip
CASES = [(table, question, compute) for table, compute, questions in PAIRS for question in questions]


@pytest.mark.parametrize(("table", "question", "compute"), CASES, ids=[f"{n}: {q}" for n, q, _ in CASES])
def test_the_answer_is_true(table: str, question: str, compute: Any) -> None:
    got, true = answer(question, table), compute(rows_of(table))
    assert same(got, true), (got, true)


def test_every_table_is_asked_about() -> None:
    assert {table for table, _, _ in CASES} == set(WORLDS) - {"sales"}
