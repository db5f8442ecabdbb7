"""What do `plt.show()` and `fig.show()` do where there is no screen: they keep the figure.

Neither library is imported here: matplotlib is told by `MPLBACKEND` (layout.py) to use our backend, and
plotly's `show` is replaced when the code imports plotly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from .figures import FigureCollector


class Current:
    """The collector of the run that goes on."""

    collector = FigureCollector()


class _PlotlyHook(MetaPathFinder, Loader):
    """Replaces `show` of plotly's figures right after their module is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "plotly.basedatatypes":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Patching(spec.loader, _replace_show)
        return spec


class _Patching(Loader):
    def __init__(self, loader: Loader, patch: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._patch = patch

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._patch(module)


def _replace_show(module: ModuleType) -> None:
    def show_figure(figure: Any, *_arguments: Any, **_options: Any) -> None:
        Current.collector.capture_plotly(figure)

    module.BaseFigure.show = show_figure


def chart(*given: Any, **options: Any) -> Any:
    """Draw a readable chart and keep it as PNG and plotly JSON; the arguments are those of `charts.chart`."""
    from . import charts

    figure = charts.chart(*given, **options)
    if figure is not None:
        Current.collector.capture_plotly(figure)
    return figure


def forecast(*given: Any, **options: Any) -> Any:
    """Return the next values of a series; the arguments are those of `forecasting.forecast`."""
    from . import forecasting

    return forecasting.forecast(*given, **options)


def install(shell: Any) -> None:
    """Let plotly's `fig.show()` and `display(figure)` of matplotlib keep the figure."""
    sys.meta_path.insert(0, _PlotlyHook())
    shell.display_formatter.ipython_display_formatter.for_type_by_name(
        "matplotlib.figure", "Figure", lambda figure: Current.collector.capture_matplotlib(figure)
    )
