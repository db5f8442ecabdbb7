"""How do people ask whether things go together? The truth is scipy's, called on plain lists."""

from __future__ import annotations

from functools import partial

from scipy import stats

from tests.questions.asked import Asked, asked
from tests.questions.asked_statistics import anova, chi_square, correlation_test, t_test
from tests.questions.truth import Compute, Rows, Within

T = partial(asked, "tips.csv")
P = partial(asked, "penguins.csv")
N = partial(asked, "gapminder.csv")


def flagged(value: str, flag: str) -> Compute:
    """Return Welch's test of the rows without the flag against those with it."""

    def compute(rows: Rows) -> Within:
        without, with_ = ([row[value] for row in rows if row[flag] is wanted] for wanted in (False, True))
        test = stats.ttest_ind(without, with_, equal_var=False)
        found = [("t", test.statistic), ("p-value", test.pvalue), (f"n of {flag}", len(with_))]
        return Within((*found, (f"mean of not {flag}", sum(without) / len(without))))

    return compute


RELATIONS: list[Asked] = [
    T(flagged("tip", "smoker"), "Welch tip smoker", "t-test of tip by smoker", "t test tip by smoker",
      "Is there a significant difference of tip between smokers and non smokers?",
      "is there a significant difference in tip between smokers and non-smokers",
      "does tip depend on smoker?", "is there a relation between smoker and tip?"),
    T(t_test("tip", "sex", "Female", "Male"), "Welch tip sex", "is tip different between men and women",
      "does tip depend on sex?", "t-test of tip between female and male", "does the tip differ by sex?"),
    T(anova("tip", "day"), "variance tip day", "does tip depend on day?",
      "is there a relation between tip and day?", "is tip different across day"),
    T(chi_square("smoker", "sex"), "square smoker sex", "is there a relationship between smoker and sex?",
      "does smoker depend on sex?", "are smoker and sex related?"),
    T(correlation_test("total_bill", "tip"), "Pearson total_bill tip",
      "is there a relation between total_bill and tip?", "is total_bill related to tip?"),
    T(correlation_test("tip", "total_bill"), "Pearson tip", "does tip depend on total_bill?"),
    P(anova("body_mass_g", "species"), "variance body_mass_g", "does body mass depend on species?",
      "is body_mass_g related to species?"),
    P(chi_square("species", "island"), "square species island",
      "is there a relation between species and island?",
      "is there any relationship between species and island"),
    N(anova("lifeExp", "continent"), "variance lifeExp", "does lifeExp depend on continent?"),
]  # fmt: skip
