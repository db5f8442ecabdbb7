"""Everyday matplotlib and plotly; figures are closed, or they would all be artifacts."""

SNIPPETS = {
    "line_chart_to_png": """
import io, matplotlib.pyplot as plt

figure, axes = plt.subplots()
axes.plot([1, 2, 3], [2, 1, 4], label="a")
axes.legend()
file = io.BytesIO()
figure.savefig(file, format="png")
plt.close("all")
assert file.getvalue()[:4] == b"\\x89PNG"
""",
    "bar_chart_to_svg": """
import io, matplotlib.pyplot as plt

plt.bar(["x", "y"], [3, 5])
file = io.StringIO()
plt.savefig(file, format="svg")
plt.close("all")
assert "<svg" in file.getvalue()
""",
    "scatter_to_pdf": """
import io, matplotlib.pyplot as plt

plt.scatter([1, 2], [3, 4], c=[0, 1], cmap="viridis")
plt.colorbar()
file = io.BytesIO()
plt.savefig(file, format="pdf")
plt.close("all")
assert file.getvalue()[:4] == b"%PDF"
""",
    "chart_to_jpeg": """
import io, matplotlib.pyplot as plt

plt.plot([1, 2])
file = io.BytesIO()
plt.savefig(file, format="jpg")
plt.close("all")
assert file.getvalue()[:2] == b"\\xff\\xd8"
""",
    "histogram": """
import matplotlib.pyplot as plt

counts, *_ = plt.hist([1, 1, 2, 5], bins=[0, 2, 6])
plt.close("all")
assert counts.tolist() == [2, 2]
""",
    "box_and_violin": """
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2)
parts = left.boxplot([[1, 2, 3], [4, 5, 9]])
right.violinplot([[1, 2, 3], [4, 5, 9]])
plt.close("all")
assert len(parts["medians"]) == 2
""",
    "pie_and_donut": """
import matplotlib.pyplot as plt

wedges = plt.pie([1, 3], labels=["a", "b"], wedgeprops={"width": 0.4})[0]
plt.close("all")
assert len(wedges) == 2
""",
    "heat_map": """
import matplotlib.pyplot as plt

image = plt.imshow([[1, 2], [3, 4]], cmap="coolwarm")
plt.close("all")
assert image.get_array().max() == 4
""",
    "stacked_area": """
import matplotlib.pyplot as plt

assert len(plt.stackplot([1, 2, 3], [1, 2, 3], [2, 2, 2])) == 2
plt.close("all")
""",
    "error_bars_and_fill": """
import matplotlib.pyplot as plt

plt.errorbar([1, 2], [1, 2], yerr=0.2)
plt.fill_between([1, 2], [0, 1], [1, 2], alpha=0.3)
figures = len(plt.get_fignums())
plt.close("all")
assert figures == 1
""",
    "two_y_axes_and_log": """
import matplotlib.pyplot as plt

figure, axes = plt.subplots()
axes.twinx().set_yscale("log")
count = len(figure.axes)
plt.close("all")
assert count == 2
""",
    "dates_on_the_axis": """
import matplotlib.dates as dates, matplotlib.pyplot as plt, pandas as pd

figure, axes = plt.subplots()
axes.plot(pd.date_range("2024-01-01", periods=90), range(90))
axes.xaxis.set_major_formatter(dates.DateFormatter("%b"))
figure.canvas.draw()
labels = [label.get_text() for label in axes.get_xticklabels()]
plt.close("all")
assert "Jan" in labels
""",
    "three_dimensions": """
import io, matplotlib.pyplot as plt, numpy as np

axes = plt.figure().add_subplot(projection="3d")
x, y = np.meshgrid(range(5), range(5))
axes.plot_surface(x, y, x * y)
file = io.BytesIO()
plt.savefig(file)
plt.close("all")
assert len(file.getvalue()) > 5000
""",
    "polar_and_quiver": """
import matplotlib.pyplot as plt

axes = plt.subplot(projection="polar")
axes.plot([0, 1, 2], [1, 2, 3])
name = axes.name
plt.close("all")
assert name == "polar"
""",
    "math_text_and_annotation": """
import io, matplotlib.pyplot as plt

plt.title(r"$\\frac{a}{b}$")
plt.annotate("top", (0.5, 0.5), xytext=(0.2, 0.2), arrowprops={"arrowstyle": "->"})
file = io.BytesIO()
plt.savefig(file)
plt.close("all")
assert file.tell() > 1000
""",
    "chinese_title": """
import io, warnings, matplotlib.pyplot as plt

with warnings.catch_warnings():
    warnings.simplefilter("error")
    plt.title("每月销售额")
    plt.savefig(io.BytesIO())
plt.close("all")
assert plt.rcParams["font.family"]
""",
    "styles": """
import matplotlib.pyplot as plt

with plt.style.context("ggplot"):
    size = plt.rcParams["axes.facecolor"]
assert size == "#E5E5E5"
""",
    "grid_of_plots": """
import matplotlib.pyplot as plt

figure, axes = plt.subplots(2, 3, sharex=True, figsize=(9, 4), layout="constrained")
figure.canvas.draw()
shape = axes.shape
plt.close("all")
assert shape == (2, 3)
""",
    "mosaic_and_inset": """
import matplotlib.pyplot as plt

figure, axes = plt.subplot_mosaic("AB;CC")
names = sorted(axes)
plt.close("all")
assert names == ["A", "B", "C"]
""",
    "contour": """
import matplotlib.pyplot as plt, numpy as np

x, y = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20))
levels = plt.contourf(x, y, x**2 + y**2, levels=5).levels
plt.close("all")
assert len(levels) >= 5
""",
    "pixels_of_a_canvas": """
import matplotlib.pyplot as plt, numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

figure = Figure(figsize=(1, 1), dpi=50)
canvas = FigureCanvasAgg(figure)
canvas.draw()
assert np.asarray(canvas.buffer_rgba()).shape == (50, 50, 4)
""",
    "animation_to_gif": """
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation, PillowWriter

figure, axes = plt.subplots(figsize=(1, 1))
(line,) = axes.plot([0, 1])
FuncAnimation(figure, lambda n: line.set_ydata([0, n]), frames=3).save("/tmp/a.gif", writer=PillowWriter(5))
plt.close("all")
assert open("/tmp/a.gif", "rb").read(3) == b"GIF"
""",
    "plot_of_pandas": """
import matplotlib.pyplot as plt, pandas as pd

axes = pd.DataFrame({"a": [1, 2], "b": [2, 1]}).plot(kind="bar", stacked=True, title="t")
bars = len(axes.patches)
plt.close("all")
assert bars == 4
""",
    "scatter_matrix_of_pandas": """
import matplotlib.pyplot as plt, pandas as pd
from pandas.plotting import scatter_matrix

shape = scatter_matrix(pd.DataFrame({"a": [1, 2, 3], "b": [3, 1, 2]})).shape
plt.close("all")
assert shape == (2, 2)
""",
    "charts_in_threads": """
import io
from concurrent.futures import ThreadPoolExecutor
from matplotlib.figure import Figure


def draw(n):
    figure, file = Figure(figsize=(2, 2)), io.BytesIO()
    figure.subplots().plot(range(n))
    figure.savefig(file)
    return file.getvalue()[:4]


with ThreadPoolExecutor(4) as pool:
    assert set(pool.map(draw, range(2, 8))) == {b"\\x89PNG"}
""",
    "pillow_resizes": """
import io
from PIL import Image

file = io.BytesIO()
Image.new("RGB", (64, 32), "red").resize((8, 4)).save(file, "PNG")
assert Image.open(file).size == (8, 4)
""",
    "plotly_express_bar": """
import plotly.express as px

figure = px.bar(x=["a", "b"], y=[1, 3], title="t")
assert figure.to_dict()["layout"]["title"]["text"] == "t"
""",
    "plotly_express_line_by_colour": """
import pandas as pd, plotly.express as px

df = pd.DataFrame({"x": [1, 2, 1, 2], "y": [1, 2, 3, 4], "k": list("aabb")})
assert len(px.line(df, x="x", y="y", color="k").data) == 2
""",
    "plotly_express_scatter_and_histogram": """
import plotly.express as px

assert px.scatter(x=[1, 2], y=[3, 4]).data[0].type in ("scatter", "scattergl")
assert px.histogram(x=[1, 1, 2]).data[0].type == "histogram"
""",
    "plotly_graph_objects": """
import plotly.graph_objects as go

figure = go.Figure(go.Scatter(y=[1, 4, 9])).update_layout(xaxis_title="n")
assert figure.layout.xaxis.title.text == "n"
""",
    "plotly_subplots": """
import plotly.graph_objects as go
from plotly.subplots import make_subplots

figure = make_subplots(rows=1, cols=2)
figure.add_trace(go.Bar(y=[1]), row=1, col=2)
assert figure.data[0].xaxis == "x2"
""",
    "plotly_json_round_trip": """
import plotly.io as pio, plotly.graph_objects as go

assert pio.from_json(go.Figure(go.Pie(values=[1, 2])).to_json()).data[0].type == "pie"
""",
    "plotly_html": """
import plotly.graph_objects as go

html = go.Figure(go.Heatmap(z=[[1, 2]])).to_html(include_plotlyjs=False, full_html=False)
assert "<div" in html and "plotly" in html.lower()
""",
    "plotly_pandas_box": """
import pandas as pd, plotly.express as px

assert px.box(pd.DataFrame({"v": [1, 2, 9]}), y="v").data[0].type == "box"
""",
}
