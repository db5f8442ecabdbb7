"""Which tests, regressions and rules for outliers can a question ask for?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin.cores_time import two_values
from worker.models.builtin.filters import ARTICLE
from worker.models.builtin.frame import Filter, Frame, Scalar
from worker.models.builtin.grammar import (
    Context,
    Found,
    Parser,
    alt,
    applied,
    bound,
    listed,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.mentions import column, named_columns
from worker.models.builtin.schema import Column

_RUN = opt(phrase("run", "do", "perform", "fit", "make", "conduct", "compute", "calculate", "run a", "run an",
                  "do a", "do an", "perform a", "perform an", "fit a", "conduct a",
                      "conduct an"))  # fmt: skip
_AVERAGE = opt(phrase("average", "mean", "the average", "the mean", "average of", "mean of"))
_SIGNIFICANT = phrase(
    "is there a significant difference in", "is there a statistically significant difference in",
    "is there any significant difference in", "is there a significant difference in the",
    "is there a statistically significant difference in the", "test the difference in",
    "test for a difference in", "test for a significant difference in", "significance of the difference in",
    "is there a significant difference of", "is there any difference in", "is there a difference in",
    "is there a difference in the", "is there a statistically significant difference of",
    "is there a difference of", "is there any significant difference of",
)  # fmt: skip
_DIFFER = phrase("differ significantly", "significantly differ", "significantly different",
    "significantly higher",
                 "differ statistically", "statistically different", "differ",
                 "vary significantly")  # fmt: skip


def stats_frame() -> Parser:
    """Match every question of this file."""
    return alt(
        _regression(),
        _groupscompared(),
        _association(),
        _correlation_test(),
        _outliers(),
        _quantiles(),
    )


def _regression() -> Parser:
    """Match `linear regression of price on area and rooms`."""
    head = phrase("linear regression of", "regression of", "regress", "ols regression of", "ols of",
                  "simple linear regression of", "multiple linear regression of", "multiple regression of",
                  "least squares regression of", "linear model of", "linear regression for")  # fmt: skip
    on = phrase("on", "against", "onto", "as a function of", "on the")

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        names = tuple(found.name for found in (v[3], *v[6]))
        if len(set(names)) == len(names) and all_numbers(context, (v[3], *v[6]), "a linear regression"):
            yield Frame("regression", columns=names)

    return bound(seq(_RUN, head, ARTICLE, column(), on, ARTICLE, listed(column(), "and")), make)


def all_numbers(context: Context, columns: tuple[Column, ...], what: str) -> bool:
    """Return whether all columns hold numbers that mean something; if not, say so."""
    for one in columns:
        if one.kind != "number" or (one.id_like and not one.calendar):
            context.blame(f"{what} needs columns of numbers, and {one.name} is not one")
            return False
    return True


def _groupscompared() -> Parser:
    """Match `t-test of salary between A and B`, `anova of salary by department`, `does salary differ ...`."""
    t_test = applied(
        phrase("t test", "welch t test", "welch's t test", "two sample t test", "independent t test",
            "t tests",
               "independent samples t test", "unpaired t test", "ttest"),
        lambda _: "t_test",
    )  # fmt: skip
    anova = applied(
        phrase("anova", "one way anova", "analysis of variance", "one way analysis of variance"),
        lambda _: "anova",
    )
    of = opt(phrase("of", "on", "for", "comparing", "in", "of the"))
    test = seq(_RUN, ARTICLE, alt(t_test, anova), of, _AVERAGE)
    named = applied(seq(test, column(), _among()), lambda v: (v[0][2], v[1], v[2]))
    asked = applied(seq(_SIGNIFICANT, _AVERAGE, column(), _among()), lambda v: ("", v[2], v[3]))
    does = applied(
        seq(phrase("does", "do"), ARTICLE, _AVERAGE, column(), _DIFFER, _among()), lambda v: ("", v[3], v[5])
    )
    is_ = applied(
        seq(phrase("is", "are"), ARTICLE, _AVERAGE, column(), phrase("significantly different",
            "statistically different", "different"), _among()),
        lambda v: ("", v[3], v[5]),
    )  # fmt: skip
    return bound(alt(named, asked, does, is_), lambda c, v: compared(c, *v))


def _among() -> Parser:
    """Match `between A and B` or `by department`; the value is the column and its two values, if named."""
    groups = applied(
        seq(phrase("by", "between", "across", "among", "between the", "across the", "among the", "over",
            "for each",
                   "between groups of", "for different", "between different"), column()),
        lambda v: (v[1], ()),
    )  # fmt: skip
    pair = applied(seq(phrase("between", "for", "of", "between the"), two_values()), lambda v: v[1])
    flags = applied(seq(phrase("between", "for", "of", "between the"), _with_and_without), lambda v: v[1])
    return alt(groups, pair, flags)


def _with_and_without(context: Context, at: int) -> Iterator[Found]:
    """Match `smokers and non-smokers`: the two values of a flag."""
    for found, end in column("boolean")(context, at):
        second = end + 2
        words = (context.norm(end), context.norm(end + 1))
        if words in {("and", "non"), ("and", "not")} and second < len(context.tokens):
            if named_columns(context, second, second + 1) == [found]:
                yield (found, (False, True)), second + 1


phrase("non")


def compared(
    context: Context, test: str, value: Column, groups: tuple[Column, tuple[Scalar, ...]]
) -> Iterator[Frame]:
    """Yield the test that compares the means of the groups: Welch's of two, else an anova."""
    by, pair = groups
    if not all_numbers(context, (value,), "a comparison of means"):
        return
    if by.name == value.name or by.kind not in {"text", "boolean"}:
        context.blame(f"a comparison needs groups, and {by.name} has none")
        return
    two: tuple[Scalar, ...] = pair or _both_values(by)
    if test == "anova" and not pair:
        yield Frame("anova", columns=(value.name, by.name))
    elif two and test != "anova":
        yield Frame(
            "t_test", columns=(value.name, by.name), filters=(Filter(by.name, "in", tuple(sorted(two))),)
        )
    elif test == "t_test":
        context.blame(f"a t-test compares two groups, and {by.name} has {by.unique}: ask for an anova")
    elif not pair and by.unique > 2:
        yield Frame("anova", columns=(value.name, by.name))


def _both_values(by: Column) -> tuple[Scalar, ...]:
    """Return the two values of a column that holds just two."""
    if by.kind == "boolean" and by.unique == 2:
        return (False, True)
    return tuple(sorted(by.values)) if by.unique == 2 and len(by.values) == 2 else ()


def _association() -> Parser:
    """Match `chi-square test of gender and department`, `are gender and department independent`."""
    word = phrase(
        "chi square test", "chi squared test", "chi square", "chi squared", "chi2 test",
            "chi square test for independence",
        "chi square test of independence", "chi squared test of independence",
            "chi squared test for independence",
    )  # fmt: skip
    joint = phrase("and", "with", "vs", "versus", "on", "by", ",")
    pair = applied(seq(ARTICLE, column(), joint, ARTICLE, column()), lambda v: (v[1], v[4]))
    ahead = applied(
        seq(_RUN, ARTICLE, word, phrase("of", "between", "for", "on", "between the", "of the"), pair),
        lambda v: v[4],
    )
    there = applied(
        seq(phrase("is there an association between", "is there a significant association between",
                   "is there a statistically significant association between", "test the association between",
                   "association between", "test the independence of"), pair),
        lambda v: v[1],
    )  # fmt: skip
    are = applied(seq(phrase("are"), pair, phrase("independent", "associated", "significantly associated")),
                  lambda v: v[1])  # fmt: skip
    is_ = applied(
        seq(phrase("is"), ARTICLE, column(), phrase("independent of", "associated with",
            "significantly associated with"),
            ARTICLE, column()),
        lambda v: (v[2], v[5]),
    )  # fmt: skip

    return bound(alt(ahead, there, are, is_), independence)


def independence(context: Context, pair: tuple[Column, Column]) -> Iterator[Frame]:
    """Yield the chi-square test of two columns of categories."""
    wrong = [one.name for one in pair if one.kind not in {"text", "boolean"} or one.unique < 2]
    if wrong:
        context.blame(f"a chi-square test needs two columns of categories, and {wrong[0]} is not one")
    elif pair[0].name != pair[1].name:
        yield Frame("chi_square", columns=(pair[0].name, pair[1].name))


def _correlation_test() -> Parser:
    """Match `is the correlation between price and area significant`."""
    joint = phrase("and", "with", "to", "vs", "versus")
    pair = applied(seq(ARTICLE, column(), joint, ARTICLE, column()), lambda v: (v[1], v[4]))
    is_ = applied(
        seq(phrase("is the correlation between", "is the correlation of"), pair,
            phrase("significant", "statistically significant")),
        lambda v: v[1],
    )  # fmt: skip
    ahead = applied(
        seq(phrase("is there a significant correlation between", "correlation test of",
            "correlation test between",
                   "is there a statistically significant correlation between",
                   "significance of the correlation between", "p value of the correlation between",
                   "test the correlation between", "test the correlation of"), pair),
        lambda v: v[1],
    )  # fmt: skip

    def make(context: Context, pair: tuple[Column, Column]) -> Iterator[Frame]:
        if pair[0].name != pair[1].name and all_numbers(context, pair, "a correlation"):
            yield Frame("correlation_test", columns=(pair[0].name, pair[1].name))

    return bound(alt(is_, ahead), make)


def _outliers() -> Parser:
    """Match `find outliers in price`, `how many outliers are in price`."""
    inside = phrase(
        "in", "of", "for", "in the", "of the", "in column", "are in", "are there in", "are there in the"
    )
    count = phrase("how many outliers", "number of outliers", "count of outliers", "count outliers",
        "count the outliers",
                     )  # fmt: skip
    rows = phrase("outliers", "find outliers", "detect outliers", "rows with outliers", "outlier rows",
                  "which rows are outliers", "find the outliers", "detect the outliers", "any outliers",
                  "outlying rows", "rows that are outliers")  # fmt: skip
    head = alt(applied(count, lambda _: "outlier_count"), applied(rows, lambda _: "outliers"))
    ahead = applied(seq(head, inside, column(), opt(phrase("values", "column"))), lambda v: (v[0], v[2]))
    behind = applied(seq(column(), phrase("outliers")), lambda v: ("outliers", v[0]))

    def make(context: Context, v: tuple[Any, Column]) -> Iterator[Frame]:
        if all_numbers(context, (v[1],), "a search for outliers"):
            yield Frame(v[0], columns=(v[1].name,))

    return bound(alt(ahead, behind), make)


def _quantiles() -> Parser:
    """Match `quartiles of price`, `interquartile range of price`."""
    kinds = phrase("quartiles", "percentiles", "deciles")
    span = phrase("interquartile range", "inter quartile range", "iqr")
    of = phrase("of", "for", "of the", "in")

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        if all_numbers(context, (v[3],), "a quantile"):
            kind = v[0] in {"quartiles", "percentiles", "deciles"}
            yield Frame("quantiles" if kind else "iqr", columns=(v[3].name,), which=v[0] if kind else "")

    return bound(seq(alt(kinds, span), of, ARTICLE, column(), opt(phrase("values"))), make)
