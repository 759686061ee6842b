"""A plot by matplotlib: the curves of an answer as a figure to be changed and saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstminspect.errors import MissingFramework, OptionError
from lstminspect.optional import present
from lstminspect.views.render import view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from lstminspect.display import Answer
    from lstminspect.names import AxisName

__all__ = ["plot", "save_plot"]

MARKS = "osD^vPX"


def plot(answer: Answer | Sequence[Answer], against: AxisName | None = None) -> Figure:
    """The curves of a comparison, a sweep or a memory as a Figure of matplotlib.

    A comparison has a curve for each layer `against` its "units" (parameters), a "budget" of
    parameters (units; the default if it has one) or its "timesteps" (bytes that training keeps). A
    sweep has a curve for each cell against what it goes over, a memory one for each row against the
    time steps. Save it with `savefig`, as PNG, PDF
    or SVG. Raises MissingFramework if matplotlib is not there: then `render(answer, "svg")` draws.

    >>> from lstminspect import compare
    >>> figure = plot(compare("lstm", "gru", features=32, parameters=100_000))
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('budget of parameters', 'units')
    """
    chart = _chart(answer, against)
    present("matplotlib", "plot", "matplotlib", purpose="a plot")
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    from lstminspect.figures.chart import COLOURS, DASHES, check_legible

    check_legible(chart)
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for at, curve in enumerate(chart.curves):
        look = at % len(COLOURS)
        dash = tuple(float(each) for each in DASHES[look].split())
        style: Any = (0, tuple(each / 2 for each in dash)) if dash else "solid"
        line = {
            "color": COLOURS[look],
            "linestyle": style,
            "marker": MARKS[look],
            "markersize": 4.5,
        }
        points = zip(*curve.points, strict=True)
        axes.plot(
            *points, label=curve.name, markevery=(0.05 + 0.03 * at, 0.25), linewidth=1.8, **line
        )
        if curve.mark is not None:
            axes.plot(*curve.mark, marker=MARKS[look], markersize=9, color=COLOURS[look])
    axes.set(xlabel=chart.x, ylabel=chart.y)
    axes.set_title(chart.title, fontsize=10, wrap=True)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def save_plot(
    answer: Answer | Sequence[Answer], path: str, against: AxisName | None = None
) -> None:
    """Write the curves of an answer to a file, as its ending says: .svg, .png or .pdf.

    Without matplotlib an SVG is drawn by lstminspect itself. Raises MissingFramework for the
    others, OptionError for another ending or a file that cannot be written.
    """
    ending = path.lower().rpartition(".")[2]
    if ending not in ("svg", "png", "pdf"):
        raise OptionError(f"a plot is a file .svg, .png or .pdf, got {path!r}.")
    chart = _chart(answer, against)
    try:
        try:
            # Nothing of the day is written: the same answer gives the same file.
            plot(answer, against).savefig(path, dpi=200, metadata=_undated(ending))
        except MissingFramework:
            if ending != "svg":
                raise
            from lstminspect.figures.chart import picture_of_chart

            picture_of_chart(chart).save(path)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise OptionError(
            f"the plot cannot be written to {path!r}: {reason}. Give a file in a folder that is "
            "there."
        ) from None


def _undated(ending: str) -> dict[str, Any]:
    return {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[ending]


def _chart(answer: Answer | Sequence[Answer], against: AxisName | None) -> Any:
    view, thing = view_of(answer)
    if not hasattr(view, "chart"):
        raise OptionError(
            "a comparison, a sweep and a memory have curves to plot. Give one of those."
        )
    return view.chart(thing, against)
