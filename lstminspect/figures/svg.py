"""Shapes, and the SVG text of a drawing of them.

A drawing is data: rectangles, labels and lines with their places, so that a test can ask whether
one covers another. Nothing here knows what is drawn. Text is measured by widths that are on the
large side, because the font is the reader's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from math import fsum, hypot
from typing import NamedTuple, TypeAlias

from lstminspect.figures.theme import PREFIX, STYLE

__all__ = [
    "Area",
    "Drawing",
    "Label",
    "Mark",
    "Path",
    "Rectangle",
    "area_of",
    "framed",
    "headed",
    "lowered",
    "moved",
    "paragraph",
    "stacked",
    "svg",
    "text_width",
]

#: Empty space around everything.
MARGIN = 16.0
#: Widths in parts of the size, as wide as a bold letter of a wide font has them.
NARROW, PLAIN, WIDE, WIDEST = 0.45, 0.72, 0.86, 1.12
SMALLER = 0.75


class Area(NamedTuple):
    """Where something is: its left, top, right and bottom edge."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        """Tell whether the two have more than an edge in common."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


class Rectangle(NamedTuple):
    """A filled box; `look` is one of `looks`, `round` the radius of its corners."""

    left: float
    top: float
    width: float
    height: float
    look: str = "box"
    round: float = 0


class Label(NamedTuple):
    """One row of text, `y` at the middle of its height; `h_{t}` writes t lower and smaller."""

    x: float
    y: float
    text: str
    size: float = 13
    look: str = "ink"
    anchor: str = "middle"
    bold: bool = False


class Path(NamedTuple):
    """A line through points, with an arrow head at its end if it is an `arrow`.

    If it is `smooth`, two points of different heights are joined by a curve that leaves and
    arrives level, and stays in the rectangle that the two span.
    """

    points: tuple[tuple[float, float], ...]
    look: str = "line"
    arrow: bool = False
    smooth: bool = False


Mark: TypeAlias = Rectangle | Label | Path


class Drawing(NamedTuple):
    """Shapes, painted in their order, on a sheet from 0 to `width` and `height`."""

    shapes: tuple[Mark, ...]
    width: float
    height: float


def text_width(text: str, size: float = 13) -> float:
    """The width of `text` at most, set in letters of `size`.

    >>> text_width("W_i") > text_width("h_{t}") > 0
    True
    """
    # fsum: since Python 3.12 sum() rounds floats in another way.
    return fsum(
        _letter_width(letter) * size * (SMALLER if low else 1)
        for run, low in _runs(text)
        for letter in run
    )


def _letter_width(letter: str) -> float:
    if letter in " .,:;'|ijl!()[]/·":
        return NARROW
    if letter in "mwMW@%":
        return WIDEST
    return WIDE if letter.isupper() or not letter.isascii() else PLAIN


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of `text`, each with whether it stands lower."""
    for number, run in enumerate(re.split(r"_\{([^}]*)\}", text)):
        if run:
            yield run, number % 2 == 1


def area_of(shape: Mark) -> Area:
    """The area that a shape covers at most."""
    if isinstance(shape, Rectangle):
        return Area(shape.left, shape.top, shape.left + shape.width, shape.top + shape.height)
    if isinstance(shape, Path):
        across, down = zip(*shape.points, strict=True)
        return Area(min(across), min(down), max(across), max(down))
    width = text_width(shape.text, shape.size)
    left = shape.x - {"start": 0.0, "middle": width / 2, "end": width}[shape.anchor]
    return Area(left, shape.y - shape.size * 0.6, left + width, shape.y + shape.size * 0.65)


def moved(shapes: Iterable[Mark], right: float, down: float) -> tuple[Mark, ...]:
    """The shapes, each so far to the right and so far down."""
    return tuple(_moved(shape, right, down) for shape in shapes)


def _moved(shape: Mark, right: float, down: float) -> Mark:
    if isinstance(shape, Rectangle):
        return shape._replace(left=shape.left + right, top=shape.top + down)
    if isinstance(shape, Label):
        return shape._replace(x=shape.x + right, y=shape.y + down)
    return shape._replace(points=tuple((x + right, y + down) for x, y in shape.points))


def framed(shapes: Iterable[Mark]) -> Drawing:
    """A drawing of the shapes, moved so that it has a margin on every side."""
    shapes = tuple(shapes)
    areas = [area_of(shape) for shape in shapes]
    left, top = min(area.left for area in areas), min(area.top for area in areas)
    right, bottom = max(area.right for area in areas), max(area.bottom for area in areas)
    inside = moved(shapes, MARGIN - left, MARGIN - top)
    return Drawing(inside, right - left + 2 * MARGIN, bottom - top + 2 * MARGIN)


def paragraph(
    text: str, top: float, width: float, size: float = 13, look: str = "muted", bold: bool = False
) -> tuple[Label, ...]:
    """`text` from the left edge in rows of at most `width`, the first one below `top`."""
    rows = [""]
    for word in text.split(" "):
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and text_width(longer, size) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    step = size * 1.5
    return tuple(
        Label(0, top + (number + 0.5) * step, row, size, look, "start", bold)
        for number, row in enumerate(rows)
    )


def headed(title: str, text: str, width: float) -> tuple[Label, ...]:
    """A title and a paragraph below it, in rows of at most `width`."""
    first = paragraph(title, 0, width, 17, "ink", bold=True)
    return (*first, *paragraph(text, first[-1].y + 16, width))


def stacked(groups: Iterable[Iterable[Mark]], apart: float = 12) -> Drawing:
    """Groups of shapes one below the other, their left edges in one line."""
    placed: list[Mark] = []
    top = 0.0
    for group in groups:
        sheet = framed(group)
        placed += moved(sheet.shapes, -MARGIN, top - MARGIN)
        top += sheet.height - 2 * MARGIN + apart
    return framed(placed)


def lowered(name: str) -> str:
    """The name of a parameter with its gate set lower.

    >>> lowered("W_i"), lowered("transpose(U_h)"), lowered("B")
    ('W_{i}', 'transpose(U_{h})', 'B')
    """
    return re.sub(r"(?<=[A-Za-z])_(\w+)", r"_{\1}", name)


def svg(drawing: Drawing, title: str, description: str, style: str = "") -> str:
    """The SVG text of a drawing, with a title and a description for those who do not see it.

    `style` are the rules of looks that are the drawing's own.

    It has no ids, so that a picture may stand on a page twice: a title that stands first is the
    name of the picture, and a description its description.
    """
    body = "\n".join(_element(shape) for shape in drawing.shapes)
    width, height = _plain(drawing.width), _plain(drawing.height)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{PREFIX}picture" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f"<desc>{escape(description)}</desc>\n"
        f"<style>\n{STYLE}{style}</style>\n"
        f'<rect class="{PREFIX}paper" width="{width}" height="{height}"/>\n{body}\n</svg>'
    )
    # Signs beyond ASCII as references: the picture is the same in whatever encoding it is kept.
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _element(shape: Mark) -> str:
    if isinstance(shape, Rectangle):
        left, top, width, height = (_plain(value) for value in shape[:4])
        corner = f' rx="{_plain(shape.round)}"' if shape.round else ""
        return (
            f'<rect class="{PREFIX}{shape.look}" x="{left}" y="{top}" width="{width}" '
            f'height="{height}"{corner}/>'
        )
    return _text(shape) if isinstance(shape, Label) else _line(shape)


def _text(label: Label) -> str:
    weight = ' font-weight="bold"' if label.bold else ""
    return (
        f'<text class="{PREFIX}{label.look}" x="{_plain(label.x)}" '
        f'y="{_plain(label.y + label.size * 0.35)}" font-size="{_plain(label.size)}" '
        f'text-anchor="{label.anchor}"{weight}>{_spans(label)}</text>'
    )


def _spans(label: Label) -> str:
    """The text, its lower pieces set lower, and the piece after each set back up."""
    written, lowered = [], False
    for run, low in _runs(label.text):
        shift = (low - lowered) * label.size * 0.25
        size = f' font-size="{_plain(label.size * SMALLER)}"' if low else ""
        move = f' dy="{_plain(shift)}"' if shift else ""
        text = escape(run)
        written.append(f"<tspan{move}{size}>{text}</tspan>" if move or size else text)
        lowered = low
    return "".join(written)


def _line(path: Path) -> str:
    (x, y), *rest = path.points
    steps = [f"M{_plain(x)} {_plain(y)}"]
    for to_x, to_y in rest:
        if path.smooth and to_y != y:
            half = _plain((x + to_x) / 2)
            steps.append(f"C{half} {_plain(y)} {half} {_plain(to_y)} {_plain(to_x)} {_plain(to_y)}")
        else:
            steps.append(f"L{_plain(to_x)} {_plain(to_y)}")
        x, y = to_x, to_y
    line = f'<path class="{PREFIX}{path.look}" d="{"".join(steps)}"/>'
    return line + _head(path) if path.arrow else line


def _head(path: Path) -> str:
    (from_x, from_y), (x, y) = path.points[-2:]
    length = hypot(x - from_x, y - from_y) or 1
    along, down = (x - from_x) / length, (y - from_y) / length
    if path.smooth:
        along, down = 1, 0
    back = [
        (x - 8 * along - 3.5 * side * down, y - 8 * down + 3.5 * side * along) for side in (1, -1)
    ]
    corners = " ".join(f"{_plain(a)},{_plain(b)}" for a, b in [(x, y), *back])
    return f'<polygon class="{PREFIX}{path.look}-head" points="{corners}"/>'


def _plain(value: float) -> str:
    """A length with at most two places: the picture is the same on every machine.

    >>> _plain(3.0), _plain(0.126)
    ('3', '0.13')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
