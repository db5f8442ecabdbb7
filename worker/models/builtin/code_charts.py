"""Which matplotlib code draws the figure that goes with a reading?"""

from __future__ import annotations

from worker.models.builtin.code_filters import literal

MAX_BARS = 30


def _text(words: str) -> str:
    """Return source of a text that matplotlib does not take for a formula."""
    return literal(words.replace("$", r"\$"))


def _start() -> list[str]:
    return ["", "import matplotlib.pyplot as plt", "", "figure, axes = plt.subplots(figsize=(9, 4.5))"]


def _end(title: str, across: str, up: str) -> list[str]:
    return [
        f"axes.set_title({_text(title)})",
        f"axes.set_xlabel({_text(across)})",
        f"axes.set_ylabel({_text(up)})",
        "figure.tight_layout()",
    ]


def line_lines(measure: str, period: str) -> list[str]:
    """Return the lines of a line chart of `result` over time."""
    return [
        *_start(),
        'axes.plot(result.index.astype(str), result.to_numpy(), marker="o")',
        "step = max(1, len(result) // 12)",
        "axes.set_xticks(range(0, len(result), step))",
        'axes.tick_params(axis="x", rotation=45)',
        *_end(f"{measure[:1].upper()}{measure[1:]} by {period}", period, measure),
    ]


def histogram_lines(name: str) -> list[str]:
    """Return the lines of a histogram of `values`."""
    return [
        *_start(),
        'axes.hist(values, bins=min(30, max(5, values.nunique())), edgecolor="white")',
        *_end(f"Distribution of {name}", name, "number of rows"),
    ]


def bar_lines(name: str) -> list[str]:
    """Return the lines of a bar chart of the most frequent values in `result`."""
    return [
        *_start(),
        f"most = result.head({MAX_BARS})",
        "axes.bar(most.index.astype(str), most.to_numpy())",
        'axes.tick_params(axis="x", rotation=45)',
        *_end(f"Distribution of {name}", name, "number of rows"),
    ]
