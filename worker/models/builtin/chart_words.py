"""Which words ask for a chart, and for one of which kind?"""

from __future__ import annotations

from dataclasses import dataclass

from worker.models.builtin.grammar import Parser, alt, applied, meaning, phrase, seq

AUTO = "auto"
"""A chart was asked for, and it was not said of which kind."""
KINDS: dict[str, tuple[str, ...]] = {
    "bar": ("bar chart", "bar graph", "bar plot", "barplot", "barchart", "bar diagram", "bar charts",
            "column chart", "horizontal bar chart", "vertical bar chart"),
    "line": ("line chart", "line graph", "line plot", "line diagram", "line charts"),
    "pie": ("pie chart", "pie graph", "pie plot", "pie diagram", "pie", "pie charts"),
}  # fmt: skip
SCATTER = ("scatter plot", "scatterplot", "scatter chart", "scatter graph", "scatter diagram", "scatter",
           "scattergram")  # fmt: skip
BOX = ("box plot", "boxplot", "box plots", "boxplots", "box chart", "box and whisker plot",
       "box whisker plot",        "box and whiskers plot")  # fmt: skip
HEATMAP = ("heatmap", "heat map")


@dataclass(frozen=True)
class ChartAs:
    """A chart was asked for after all else (`as a bar chart`)."""

    kind: str


def chart_as() -> Parser:
    """Match `as a bar chart`, `in a pie chart`, `and plot it`."""
    kinds = alt(
        meaning(KINDS), applied(phrase("chart", "graph", "plot", "diagram", "figure"), lambda _: AUTO)
    )
    named = applied(
        seq(phrase("as", "as a", "as an", "in a", "on a", "using a", "with a",
                   "and show it as a",
                   "and draw it as a", "and plot it as a", "and display it as a"), kinds),
        lambda v: ChartAs(v[1]),
    )  # fmt: skip
    asked = phrase("and plot it", "and draw it", "and chart it", "and graph it", "and plot them",
                   "and draw a chart",
                   "and show a chart", "and make a chart", "and visualize it",
                   "and visualise it")  # fmt: skip
    return alt(named, applied(asked, lambda _: ChartAs(AUTO)))
