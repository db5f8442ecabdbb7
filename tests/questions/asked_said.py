"""What do people say for what the table calls otherwise: full words for short names, kinds, persons, days?"""

from __future__ import annotations

from functools import partial

from tests.questions import truth as t
from tests.questions.asked import Asked, asked
from tests.questions.refused import Refused, no

T = partial(asked, "tips.csv")
G = partial(asked, "gapminder.csv")
P = partial(asked, "penguins.csv")
L = partial(asked, "la-riots.csv")
S = partial(asked, "stocks.csv")
smokes = t.is_("smoker", True)
rich = t.both(t.is_("year", 2007), t.over("lifeExp", 80))

SAID: list[Asked] = [
    T(t.where(t.is_("day", "Sun"), t.total("tip")), "tip Sun", "What's the total of tips on Sunday?",
      "total tip on Sundays", "sum of tip on Sun"),
    T(t.where(t.is_("day", "Thur")), "day Thur", "how many rows on Thursday"),
    T(t.where(smokes, t.mean("tip")), "tip smoker true", "What is the average tip for smokers?",
      "mean tip of the smokers"),
    T(t.where(t.is_("smoker", False), t.mean("tip")), "tip smoker false", "average tip for non-smokers",
      "average tip of the non smokers"),
    T(t.where(t.is_("smoker", False)), "smoker false", "how many non-smokers are there?"),
    T(t.by("smoker", t.mean("tip")), "tip smoker", "compare average tip between smokers and non-smokers",
      "average tip for smokers and non-smokers", "how does the average tip differ between smokers and "
      "non-smokers?"),
    T(t.by("sex", t.mean("tip")), "tip sex", "Do men have a higher average tip than women?",
      "average tip for men and women", "is the average tip higher for women than for men?",
      "how does the average tip differ between men and women?"),
    T(t.by("day", t.mean("tip")), "tip day", "How does the average tip vary by day?",
      "compare the average tip across days"),
    T(t.where(t.within("total_bill", 10, 20)), "total_bill between 10 and 20",
      "number of rows between 10 and 20 in total_bill"),
    G(t.where(t.is_("year", 2007), t.top_rows("country", "lifeExp")), "lifeExp year 2007",
      "Which country had the highest life expectancy in 2007?"),
    G(t.where(t.is_("continent", "Africa"), t.low("lifeExp")), "lifeExp Africa",
      "What was the minimum life expectancy in Africa?"),
    G(t.by("continent", t.mean("lifeExp")), "lifeExp continent", "average life expectancy by continent"),
    G(t.where(rich, t.different("country")), "country lifeExp 80 2007",
      "How many countries had a lifeExp above 80 in 2007?"),
    G(t.values_of("year"), "year", "What years are covered?", "which years are included?"),
    P(lambda rows: {k: v for k, v in t.by("sex")(rows).items() if k}, "sex",
      "How many male and female penguins are there?"),
    P(t.missing("sex"), "sex missing", "How many missing values does sex have?"),
    P(t.where(t.is_("species", "Gentoo")), "species Gentoo", "how many penguins are of the Gentoo species?"),
    L(t.by("race"), "race", "How many deaths by race?", "number of victims by race"),
    L(t.top("neighborhood", len), "neighborhood", "Which neighborhood had the most deaths?"),
    L(t.where(t.under("age", 18)), "age < 18", "How many victims were under 18?",
      "how many people were under 18"),
    L(t.where(t.both(t.is_("gender", "Male"), t.over("age", 40))), "Male age > 40",
      "how many men were over 40"),
    L(t.by("race", t.mean("latitude")), "latitude race", "average latitude by race"),
    S(t.where(t.is_("symbol", "GOOG"), t.top_rows("date", "price")), "price GOOG date",
      "When was the price of GOOG the highest?"),
]  # fmt: skip

NOT_SAID: list[Refused] = [
    *no("tips.csv", "how many victims are there", "average tip on Monday", "how many animals on Sunday",
        "average tip for non-dinners", "how many companies are there", "how many are over 30",
        "non-smokers", "how many bills on Sunday"),
    *no("gapminder.csv", "how many countries had a lifeExp above 80", "average life expense",
        "average life exposure by continent", "how many deaths in 2007", "average country latitude",
        "how many victims in Africa", "most populous country", "when was lifeExp the highest"),
    *no("penguins.csv", "how many victims were under 18", "how many penguins over 5000", "how many workers",
        "how many companies", "coldest penguin"),
    *no("la-riots.csv", "how many people were over 5000", "how many companies were under 18"),
    *no("stocks.csv", "in how many months", "when was price of GOOG best", "how many companies are there"),
    *no("shop_orders.csv", "how many companies are there", "how many animals are there", "how many deaths",
        "how many buyers are in Germany", "how many customers were under 18", "how many people are there"),
    *no("purchases.csv buyers.csv", "how many shoppers are in Germany", "how many victims"),
    *no("nyc_flights.csv", "how many accidents", "how many workers in May", "how many victims"),
]  # fmt: skip
