"""What would an analyst ask beyond sums? The truth is scipy's and statsmodels', called on plain lists."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.api import OLS, add_constant

from tests.questions import truth as t
from tests.questions.asked import Asked, asked
from tests.questions.truth import Compute, Rows, Within

S = partial(asked, "staff.csv")
W = partial(asked, "seattle-weather.csv")
G = partial(asked, "grunfeld.csv")
R = partial(asked, "statecrime.csv")


def _both(rows: Rows, *names: str) -> list[list[Any]]:
    known = [row for row in rows if all(row[name] is not None for name in names)]
    return [[row[name] for row in known] for name in names]


def regression(up: str, *across: str) -> Compute:
    def compute(rows: Rows) -> Within:
        held = _both(rows, up, *across)
        fit = OLS(np.array(held[0], float), add_constant(np.array(held[1:], float).T)).fit()
        found = [("intercept", fit.params[0]), ("R squared", fit.rsquared), ("n", len(held[0]))]
        for at, name in enumerate(across, start=1):
            found += [(f"slope of {name}", fit.params[at]), (f"p-value of {name}", fit.pvalues[at])]
        return Within(tuple(found))

    return compute


def t_test(value: str, by: str, first: str, second: str) -> Compute:
    def compute(rows: Rows) -> Within:
        a, b = ([r[value] for r in rows if r[by] == one and r[value] is not None] for one in (first, second))
        test = stats.ttest_ind(a, b, equal_var=False)
        found = [("t", test.statistic), ("p-value", test.pvalue), ("degrees of freedom", test.df)]
        return Within((*found, (f"mean of {first}", np.mean(a)), (f"n of {second}", len(b))))

    return compute


def anova(value: str, by: str) -> Compute:
    def compute(rows: Rows) -> Within:
        values, groups = _both(rows, value, by)
        test = stats.f_oneway(
            *([v for v, g in zip(values, groups, strict=True) if g == one] for one in sorted(set(groups)))
        )
        return Within((("F", test.statistic), ("p-value", test.pvalue), ("n", len(values))))

    return compute


def chi_square(first: str, second: str) -> Compute:
    def compute(rows: Rows) -> Within:
        held = _both(rows, first, second)
        counts = Counter(zip(*held, strict=True))
        grid = [[counts[a, b] for b in sorted(set(held[1]))] for a in sorted(set(held[0]))]
        test = stats.chi2_contingency(grid)
        found = [("chi-square", test.statistic), ("degrees of freedom", test.dof), ("p-value", test.pvalue)]
        return Within((*found, ("n", len(held[0]))))

    return compute


def correlation_test(first: str, second: str) -> Compute:
    def compute(rows: Rows) -> Within:
        held = _both(rows, first, second)
        test = stats.pearsonr(*held)
        return Within((("correlation", test.statistic), ("p-value", test.pvalue), ("n", len(held[0]))))

    return compute


def outliers(name: str) -> Compute:
    def compute(rows: Rows) -> int:
        values = t.held(rows, name)
        low, high = np.percentile(values, [25, 75])
        reach = 1.5 * (high - low)
        return sum(not low - reach <= value <= high + reach for value in values)

    return compute


def quantiles(name: str, *percents: int) -> Compute:
    return lambda rows: {f"{one}%": float(np.percentile(t.held(rows, name), one)) for one in percents}


def iqr(name: str) -> Compute:
    return lambda rows: float(stats.iqr(t.held(rows, name)))


def _periods(rows: Rows, name: str, how: Any, size: int) -> dict[str, float]:
    sorted_in: dict[str, list[float]] = {}
    for row in rows:
        sorted_in.setdefault(row["date"].isoformat()[:size], []).append(row[name])
    return {period: float(how(values)) for period, values in sorted(sorted_in.items())}


def growth(name: str, back: int = 1, size: int = 7) -> Compute:
    def compute(rows: Rows) -> Within:
        sums = list(_periods(rows, name, sum, size).items())
        pairs = zip(sums[back:], sums, strict=False)
        return Within(
            tuple((period, 100 * (now / before - 1)) for (period, now), (_, before) in pairs if before > 0)
        )

    return compute


def moving(name: str, window: int, how: Any = sum) -> Compute:
    def compute(rows: Rows) -> Within:
        sums = list(_periods(rows, name, how, 7).items())
        ends = range(window - 1, len(sums))
        return Within(
            tuple((sums[at][0], np.mean([v for _, v in sums[at + 1 - window : at + 1]])) for at in ends)
        )

    return compute


def cumulative(name: str, size: int = 7) -> Compute:
    def compute(rows: Rows) -> Within:
        sums = _periods(rows, name, sum, size)
        return Within(tuple(zip(sums, np.cumsum(list(sums.values())), strict=True)))

    return compute


STATISTICS: list[Asked] = [
    S(t_test("Annual Salary", "Gender", "F", "M"), "Welch two-sided Annual Salary Gender F M",
      "t-test of annual salary between F and M", "t test of annual salary between F and M",
      "Welch t-test of annual salary between F and M", "run a t-test on annual salary between F and M",
      "is there a significant difference in average annual salary between F and M?",
      "does annual salary differ significantly between F and M?",
      "is the mean annual salary significantly different between F and M?"),
    W(t_test("temp_max", "weather", "rain", "sun"), "Welch temp_max weather rain sun",
      "t-test of temp_max between rain and sun", "independent t-test of temp_max between rain and sun",
      "is there a significant difference in temp_max between rain and sun?"),
    S(anova("Annual Salary", "Department"), "analysis variance Annual Salary Department equal",
      "anova of annual salary by department", "one-way anova of annual salary by department",
      "analysis of variance of annual salary across departments",
      "run an anova of annual salary by department",
      "does annual salary differ significantly between departments?",
      "is there a significant difference in annual salary across departments?"),
    W(anova("wind", "weather"), "analysis wind weather", "anova of wind by weather",
      "one way ANOVA of wind between weather", "is there a significant difference in wind by weather"),
    S(chi_square("Gender", "Department"), "chi-square Gender Department",
      "chi-square test of gender and department", "chi square test between gender and department",
      "run a chi-squared test of gender and department", "are gender and department independent?",
      "is gender independent of department?", "is there an association between gender and department?",
      "chi-square test for independence of gender and department"),
    S(chi_square("Office", "Department"), "chi-square Office Department",
      "chi2 test of office and department",
      "is there a significant association between office and department?"),
    S(correlation_test("Annual Salary", "Performance Rating"), "correlation two-sided Annual Salary",
      "is the correlation between annual salary and performance rating significant?",
      "is there a significant correlation between annual salary and performance rating?",
      "correlation test of annual salary and performance rating",
      "p-value of the correlation between annual salary and performance rating"),
    R(correlation_test("poverty", "murder"), "correlation poverty murder",
      "is the correlation between poverty and murder statistically significant?",
      "test the correlation between poverty and murder"),
    R(regression("murder", "poverty"), "least squares murder poverty 95",
      "linear regression of murder on poverty", "regress murder on poverty",
      "regression of murder on poverty",
      "run a linear regression of murder on poverty", "fit a linear regression of murder on poverty"),
    R(regression("murder", "poverty", "single"), "least squares murder poverty single",
      "linear regression of murder on poverty and single",
      "multiple regression of murder on poverty and single",
      "regress murder on poverty, single"),
    W(regression("temp_max", "temp_min", "wind"), "least temp_max temp_min wind",
      "linear regression of temp_max on temp_min and wind",
      "OLS regression of temp_max on temp_min and wind"),
    S(outliers("Annual Salary"), "Annual Salary 1.5 interquartile",
      "how many outliers are in annual salary?", "number of outliers in annual salary"),
    W(outliers("wind"), "wind 1.5", "how many outliers are there in wind?", "count the outliers in wind"),
    R(outliers("violent"), "violent 1.5", "how many outliers in violent"),
    W(quantiles("wind", 25, 50, 75), "quartiles wind", "quartiles of wind",
      "what are the quartiles of wind?"),
    W(quantiles("temp_max", *range(10, 100, 10)), "deciles temp_max", "deciles of temp_max"),
    W(quantiles("wind", 1, 5, 10, 25, 50, 75, 90, 95, 99), "percentiles wind", "percentiles of wind",
      "show the percentiles of wind"),
    W(iqr("wind"), "interquartile wind", "interquartile range of wind", "IQR of wind",
      "what is the interquartile range of wind?"),
    W(growth("precipitation"), "growth sum precipitation month before percent",
      "month over month growth of precipitation", "monthly growth rate of precipitation",
      "precipitation growth by month", "month-over-month precipitation growth", "mom growth of precipitation",
      "growth of precipitation by month", "percentage change in precipitation by month"),
    W(growth("precipitation", size=4), "growth sum precipitation year before percent",
      "year over year growth of precipitation", "yoy growth of precipitation",
      "annual growth of precipitation",
      "growth of precipitation per year"),
    W(growth("precipitation", back=12), "growth precipitation month year before",
      "year over year growth of precipitation by month", "yoy precipitation growth by month"),
    W(moving("precipitation", 3), "moving average 3 months sum precipitation",
      "3-month moving average of precipitation", "3 month rolling average of precipitation",
      "moving average of precipitation over 3 months", "three month moving average of precipitation"),
    W(moving("temp_max", 6, np.mean), "moving average 6 months temp_max",
      "6-month moving average of average temp_max", "6 month rolling mean of mean temp_max"),
    W(cumulative("precipitation"), "cumulative sum precipitation month",
      "cumulative precipitation by month", "cumulative sum of precipitation by month",
      "running total of precipitation by month", "cumulative total of precipitation per month"),
    W(cumulative("precipitation", 4), "cumulative sum precipitation year",
      "cumulative precipitation by year", "running total of precipitation by year"),
]  # fmt: skip
