"""Charts that are asked for: the right kind, of the numbers that are the answer, or a reason why not."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from sandbox_image.charts import chart
from tests.worker.models.builtin import asking
from tests.worker.models.builtin.profiles import view
from tests.worker.models.builtin.worlds import frame_of, view_of
from worker.analysis.contract import Decline, Plan, Question
from worker.models.builtin import plan

DRAWN = [
    ("sales", "bar chart of total revenue by region", "bar"),
    ("sales", "Plot revenue by region", "bar"),
    ("sales", "Show me revenue by region as a bar chart", "bar"),
    ("sales", "draw a pie chart of revenue by region", "pie"),
    ("sales", "pie chart of region", "pie"),
    ("sales", "column chart of average price by region", "bar"),
    ("sales", "line chart of revenue by month", "line"),
    ("sales", "plot revenue by month and region", "line"),
    ("sales", "bar graph of revenue by region and category", "bar"),
    ("sales", "chart the top 3 regions by revenue", "bar"),
    ("sales", "scatter plot of revenue against quantity", "scatter"),
    ("sales", "plot revenue vs quantity", "scatter"),
    ("sales", "box plot of revenue by region", "box"),
    ("sales", "boxplot of revenue", "box"),
    ("sales", "histogram of revenue", "histogram"),
    ("sales", "distribution of revenue", "histogram"),
    ("sales", "distribution of region", "bar"),
    ("sales", "trend of revenue", "line"),
    ("sales", "monthly revenue trend as a bar chart", "bar"),
    ("sales", "correlation heatmap", "heatmap"),
    ("sales", "plot the correlation between revenue and quantity", "scatter"),
    ("sales", "bar chart of orders by region", "bar"),
    ("weather", "plot missing values per column", "bar"),
]
REFUSED = [
    ("sales", "pie chart of average revenue by region", "parts of a whole"),
    ("sales", "pie chart of total profit by region", "below 0"),
    ("sales", "line chart of total revenue by region", "bar chart"),
    ("sales", "plot total revenue", "one number"),
    ("weather", "plot rainfall by humidity", "scatter"),
    ("weather", "box plot of rainfall by month", "periods"),
    ("sales", "chart the top region by revenue", "cannot show"),
    ("sales", "scatter plot of revenue against region", "numbers"),
    ("sales", "plot revenue by region upside down", "upside"),
    ("sales", "bar chart of quarterly revenue growth forecast", ""),
    ("sales", "3d chart of revenue by region", ""),
]


@pytest.mark.parametrize(("table", "question", "kind"), DRAWN, ids=[question for _, question, _ in DRAWN])
def test_the_chart_that_is_asked_for_is_drawn(
    table: str, question: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []

    def kept(*given: Any, **options: Any) -> Any:
        drawn.append((given, options, chart(*given, **options)))
        return drawn[-1][2]

    monkeypatch.setattr(asking, "chart", kept)
    made = asking.planned(question, table)
    result = asking.run(made, {table: frame_of(table)})
    [(given, options, figure)] = drawn
    assert given[0] == kind
    assert figure is not None
    assert result["type"] in {"series", "table", "scalar"}
    assert re.fullmatch(r"[A-Z0-9].*", options["title"])
    if kind not in {"pie", "heatmap"}:
        assert figure.layout.xaxis.title.text or figure.layout.yaxis.title.text


@pytest.mark.parametrize(
    ("table", "question", "reason"), REFUSED, ids=[question for _, question, _ in REFUSED]
)
def test_a_chart_that_cannot_show_it_is_declined_with_the_reason(
    table: str, question: str, reason: str
) -> None:
    assert reason in asking.declined(question, table).reason


def test_the_bars_are_the_numbers_of_the_answer() -> None:
    made = asking.planned("bar chart of total revenue by region", "sales")
    space: dict[str, Any] = {"df": frame_of("sales"), "chart": chart}
    figure = eval(made.code.strip().splitlines()[-1], space | {"result": _result(made.code, space)})  # noqa: S307
    truth = frame_of("sales").fillna({"region": "(missing)"}).groupby("region")["revenue"].sum()
    drawn = dict(zip(figure.data[0].x, figure.data[0].y, strict=True))
    if figure.data[0].orientation == "h":
        drawn = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert drawn == pytest.approx(truth.to_dict())


def _result(code: str, space: dict[str, Any]) -> Any:
    held = dict(space)
    exec(code, held)  # noqa: S102 - the planner's own code
    return held["result"]


def test_time_goes_across_whichever_group_is_named_first() -> None:
    frame = pd.DataFrame({"firm": ["a", "b"] * 4, "year": [1950, 1950, 1951, 1951, 1952, 1952, 1953, 1953]})
    frame["sales"] = range(8)
    charted: list[pd.DataFrame] = []
    for question in ("line chart of sales by firm and year", "line chart of sales by year and firm"):
        made = plan(Question(question, (view("things", frame),)))
        assert isinstance(made, Plan), made
        held: dict[str, Any] = {"df": frame, "chart": lambda *given, **_: charted.append(given[1]), "pd": pd}
        exec(made.code, held)  # noqa: S102 - the planner's own code
        assert list(charted[-1].index) == [1950, 1951, 1952, 1953]
        assert list(charted[-1].columns) == ["a", "b"]


def test_nothing_is_drawn_that_was_not_asked_for() -> None:
    for question in (
        "total revenue by region",
        "top 3 regions by revenue",
        "correlation between revenue and quantity",
    ):
        assert "chart(" not in asking.planned(question, "sales").code


def test_sql_draws_no_chart_and_says_so() -> None:
    made = plan(Question("bar chart of revenue by region", (view_of("sales"),), "sql"))
    assert isinstance(made, Decline)
    assert "pandas" in made.reason
