"""How does the table look that is printed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.samples import Sample

HEADINGS = ("what", "n", "p50", "p99", "worst", "runs/s", "times the warm p50")


@dataclass(frozen=True)
class Row:
    """One line: a thing measured, or why it was not."""

    name: str
    sample: Sample | None
    note: str = ""


def render(rows: Sequence[Row], warm_median: float | None) -> str:
    """The rows as aligned plain text, their notes numbered below."""
    notes: list[str] = []
    body = [_cells(row, warm_median, notes) for row in rows]
    lines = align([HEADINGS, *body])
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join([*lines, "", *notes] if notes else lines)


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width each: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def duration(seconds: float | None) -> str:
    """A time as people read it: `41.3 ms`, `5.12 s`; a dash for none."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def ratio(seconds: float, warm_median: float | None) -> str:
    """How many times as long as a warm run."""
    return f"{seconds / warm_median:.1f}x" if warm_median else "-"


def _cells(row: Row, warm_median: float | None, notes: list[str]) -> list[str]:
    name = row.name
    if row.note:
        notes.append(f"[{len(notes) + 1}] {row.note}")
        name = f"{name} [{len(notes)}]"
    sample = row.sample
    if sample is None:
        return [name, "0", *["not measured"], *["-"] * (len(HEADINGS) - 3)]
    rate = f"{sample.per_second:.1f}" if sample.per_second else "-"
    return [
        name,
        str(sample.count),
        duration(sample.median),
        duration(sample.p99),
        duration(sample.worst),
        rate,
        ratio(sample.median, warm_median),
    ]
