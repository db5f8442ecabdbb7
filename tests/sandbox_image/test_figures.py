"""Figures: each is captured once, and a value that is a figure is known as one."""

import matplotlib as mpl
import pytest

from sandbox_image.figures import PLOTLY, FigureCollector

mpl.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

PNG_START = b"\x89PNG\r\n"


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_open_figures_are_captured_and_closed():
    plt.plot([1, 2])
    plt.figure()
    plt.bar(["a"], [1])
    collector = FigureCollector()
    collector.capture_open()
    assert [figure.name for figure in collector.figures] == ["figure-1.png", "figure-2.png"]
    assert all(figure.content.startswith(PNG_START) for figure in collector.figures)
    assert plt.get_fignums() == []


def test_an_empty_figure_is_no_figure():
    plt.figure()
    collector = FigureCollector()
    collector.capture_open()
    assert collector.figures == []


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plt.gcf(),
        lambda: plt.subplots()[1],
        lambda: plt.subplots(1, 2)[1],
        lambda: plt.subplots(),
        lambda: plt.plot([1, 2]),
        lambda: plt.hist([1, 2, 2]),
        lambda: plt.bar(["a"], [1]),
    ],
    ids=["figure", "axes", "array of axes", "subplots", "plot", "hist", "bar"],
)
def test_what_drawing_gives_back_is_a_chart(draw):
    collector = FigureCollector()
    assert collector.of_value(draw()) == "figure-1.png"
    collector.capture_open()
    assert len(collector.figures) == 1


@pytest.mark.parametrize("value", [3, [1, 2], {"a": 1}, "x", None])
def test_other_values_are_no_chart(value):
    assert FigureCollector().of_value(value) is None


def test_a_huge_figure_is_drawn_small_enough():
    figure = plt.figure(figsize=(500, 500), dpi=300)
    figure.add_subplot().plot([1, 2])
    collector = FigureCollector()
    collector.capture_open()
    assert collector.figures[0].content.startswith(PNG_START)


def test_a_plotly_figure_is_a_picture_and_its_json():
    from plotly import graph_objects

    collector = FigureCollector()
    figure = graph_objects.Figure(graph_objects.Bar(x=["a"], y=[1]))
    assert collector.of_value(figure) == collector.of_value(figure) == "figure-1.png"
    assert [one.name for one in collector.figures] == ["figure-1.png", "figure-1.plotly.json"]
    assert collector.figures[0].content.startswith(PNG_START)
    assert collector.figures[1].mime == PLOTLY
    assert b'"type":"bar"' in collector.figures[1].content


def test_a_plotly_figure_that_only_a_browser_can_draw_is_its_json_and_a_note():
    from plotly import graph_objects

    collector = FigureCollector()
    figure = graph_objects.Figure(graph_objects.Surface(z=[[1, 2], [3, 4]]))
    assert collector.of_value(figure) == "figure-1.plotly.json"
    assert [one.name for one in collector.figures] == ["figure-1.plotly.json"]
    [(name, reason)] = collector.dropped
    assert (name, "surface" in reason) == ("figure-1.png", True)


def test_a_plotly_figure_asks_no_address_and_has_no_link():
    from plotly import graph_objects, io

    figure = graph_objects.Figure(
        graph_objects.Scatter(x=[1], y=[float("inf")], text=["<a href='http://x'>b</a>"])
    )
    figure.add_layout_image(source="https://192.0.2.1/x.png")
    figure.add_layout_image(source="data:image/png;base64,AAAA")
    figure.update_layout(map={"style": "open-street-map"})
    collector = FigureCollector()
    collector.of_value(figure)
    content = collector.figures[-1].content
    assert b"http" not in content
    assert b"open-street-map" not in content
    assert b"data:image/png" in content
    assert io.from_json(content.decode()).data[0].text == ("b",)


def test_displayed_text_is_printed(capsys):
    FigureCollector().display({"text/plain": "<table>", "text/html": "<b>"})
    assert capsys.readouterr().out == "<table>\n"
