"""What does matplotlib draw with where there is no screen: Agg, whose `plt.show()` keeps the figures?"""

from __future__ import annotations

from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from .plotting import Current

FigureCanvas = FigureCanvasAgg
FigureManager = FigureManagerBase


def show(*_arguments: Any, **_options: Any) -> None:
    """`plt.show()`: capture and close every open figure."""
    Current.collector.capture_open()
