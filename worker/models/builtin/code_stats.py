"""Which code of scipy and statsmodels computes a test, a regression or the values far from all others?"""

from __future__ import annotations

from collections.abc import Callable

from worker.models.builtin.code_filters import listed, literal
from worker.models.builtin.frame import Frame, Scalar
from worker.models.builtin.schema import Table

TOO_FEW = "not enough different values to tell"
QUANTILES = {
    "quartiles": (0.25, 0.5, 0.75),
    "deciles": tuple(at / 10 for at in range(1, 10)),
    "percentiles": (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99),
}


def _guarded(condition: str, lines: list[str]) -> list[str]:
    """Return lines that compute only where `condition` says that it can be."""
    return [
        f"if {condition}:",
        f"    result = {literal(TOO_FEW)}",
        "else:",
        *(f"    {line}" for line in lines),
    ]


def _series(cells: list[tuple[str, str]]) -> list[str]:
    return ["result = pd.Series({", *(f"    {literal(name)}: {value}," for name, value in cells), "})"]


def _regression(frame: Frame, _: Table, rows: str) -> list[str]:
    up, *across = frame.columns
    cells = [("intercept", "model.params[0]")]
    for at, name in enumerate(across, start=1):
        cells += [
            (f"slope of {name}", f"model.params[{at}]"),
            (f"slope of {name}, low", f"interval[{at}, 0]"),
            (f"slope of {name}, high", f"interval[{at}, 1]"),
            (f"p-value of {name}", f"model.pvalues[{at}]"),
        ]
    cells += [("R squared", "model.rsquared"), ("n", "len(known)")]
    return [
        "from statsmodels.regression.linear_model import OLS",
        "",
        f"known = {rows}[{listed(frame.columns)}].dropna().astype(float)",
        f"across = np.column_stack([np.ones(len(known)), known[{listed(tuple(across))}]])",
        *_guarded(
            "len(known) < across.shape[1] + 2 or np.linalg.matrix_rank(across) < across.shape[1] "
            f"or known[{literal(up)}].nunique() < 2",
            [
                f"model = OLS(known[{literal(up)}].to_numpy(), across).fit()",
                "interval = model.conf_int(alpha=0.05)",
                *_series(cells),
            ],
        ),
    ]


def two_names(by: str, groups: tuple[Scalar, ...]) -> tuple[str, str]:
    """Return what two groups are called: values, or for a flag `smoker` and `not smoker`."""
    if groups == (False, True):
        return f"not {by}", by
    return str(groups[0]), str(groups[1])


def _t_test(frame: Frame, _: Table, rows: str) -> list[str]:
    value, by = frame.columns
    groups = next(one.values for one in frame.filters if one.column == by and one.op == "in")
    first, second = two_names(by, groups)
    lines = ["from scipy import stats", ""]
    for name, group in zip(("first", "second"), groups, strict=True):
        kept = f"{rows}[{literal(by)}] == {literal(group)}"
        lines.append(f"{name} = {rows}.loc[{kept}, {literal(value)}].dropna()")
    cells = [
        (f"mean of {first}", "first.mean()"),
        (f"mean of {second}", "second.mean()"),
        (f"{first} - {second}", "first.mean() - second.mean()"),
        ("difference, low", "interval.low"),
        ("difference, high", "interval.high"),
        ("t", "test.statistic"),
        ("degrees of freedom", "test.df"),
        ("p-value", "test.pvalue"),
        (f"n of {first}", "len(first)"),
        (f"n of {second}", "len(second)"),
    ]
    computed = [
        "test = stats.ttest_ind(first, second, equal_var=False)",
        "interval = test.confidence_interval(0.95)",
        *_series(cells),
    ]
    return [
        *lines,
        *_guarded("min(len(first), len(second)) < 2 or max(first.nunique(), second.nunique()) < 2", computed),
    ]


def _anova(frame: Frame, _: Table, rows: str) -> list[str]:
    value, by = (literal(name) for name in frame.columns)
    cells: list[tuple[str, str]] = [
        ("F", "test.statistic"),
        ("degrees of freedom between", "len(groups) - 1"),
        ("degrees of freedom within", "len(known) - len(groups)"),
        ("p-value", "test.pvalue"),
        ("eta squared", "1 - within / ((known - known.mean()) ** 2).sum()"),
        ("n", "len(known)"),
        ("groups", "len(groups)"),
    ]
    return [
        "from scipy import stats",
        "",
        f"known = {rows}.dropna(subset=[{value}, {by}]).set_index({by})[{value}].astype(float)",
        "groups = [group for _, group in known.groupby(level=0)]",
        "within = sum(((group - group.mean()) ** 2).sum() for group in groups)",
        *_guarded(
            "len(groups) < 2 or max(group.nunique() for group in groups) < 2",
            ["test = stats.f_oneway(*groups)", *_series(cells)],
        ),
    ]


def _chi_square(frame: Frame, _: Table, rows: str) -> list[str]:
    first, second = (f"{rows}[{literal(name)}]" for name in frame.columns)
    cells = [
        ("chi-square", "test.statistic"),
        ("degrees of freedom", "test.dof"),
        ("p-value", "test.pvalue"),
        ("Cramér's V", 'stats.contingency.association(counts, method="cramer")'),
        ("n", "counts.to_numpy().sum()"),
        ("smallest expected count", "test.expected_freq.min()"),
    ]
    return [
        "from scipy import stats",
        "",
        f"counts = pd.crosstab({first}, {second})",
        *_guarded("min(counts.shape) < 2", ["test = stats.chi2_contingency(counts)", *_series(cells)]),
    ]


def _correlation_test(frame: Frame, _: Table, rows: str) -> list[str]:
    first, second = (f"known[{literal(name)}]" for name in frame.columns)
    cells = [
        ("correlation", "test.statistic"),
        ("correlation, low", "interval.low"),
        ("correlation, high", "interval.high"),
        ("p-value", "test.pvalue"),
        ("n", "len(known)"),
    ]
    return [
        "from scipy import stats",
        "",
        f"known = {rows}[{listed(frame.columns)}].dropna()",
        *_guarded(
            "len(known) < 4 or known.nunique().min() < 2",
            [
                f"test = stats.pearsonr({first}, {second})",
                "interval = test.confidence_interval(0.95)",
                *_series(cells),
            ],
        ),
    ]


def _outliers(frame: Frame, _: Table, rows: str) -> list[str]:
    values = f"{rows}[{literal(frame.columns[0])}]"
    far = "far.sum()" if frame.kind == "outlier_count" else f"{rows}[far]"
    computed = [
        f"far = ({values} < low - 1.5 * (high - low)) | ({values} > high + 1.5 * (high - low))",
        f"result = {far}",
    ]
    return [f"low, high = {values}.quantile([0.25, 0.75])", *_guarded("not high > low", computed)]


def _quantiles(frame: Frame, _: Table, rows: str) -> list[str]:
    shares: tuple[Scalar, ...] = QUANTILES[frame.which]
    values = f"{rows}[{literal(frame.columns[0])}]"
    return [f'result = {values}.quantile({listed(shares)}).rename(lambda share: f"{{share:.0%}}")']


def _iqr(frame: Frame, _: Table, rows: str) -> list[str]:
    values = f"{rows}[{literal(frame.columns[0])}]"
    return [f"result = {values}.quantile(0.75) - {values}.quantile(0.25)"]


STATS_WRITERS: dict[str, Callable[[Frame, Table, str], list[str]]] = {
    "regression": _regression,
    "t_test": _t_test,
    "anova": _anova,
    "chi_square": _chi_square,
    "correlation_test": _correlation_test,
    "outliers": _outliers,
    "outlier_count": _outliers,
    "quantiles": _quantiles,
    "iqr": _iqr,
}
