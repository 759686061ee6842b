"""Several layers of PyTorch, or two directions, as a module of modules."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import TYPE_CHECKING

from lstminspect.equations.shapes import FEATURES
from lstminspect.exports.python_text import (
    each_direction,
    head_of,
    merged_by,
    passed_above,
    sizes_of,
    width_above,
)

if TYPE_CHECKING:
    from lstminspect.exports.source import Source
    from lstminspect.layer import Layer

__all__ = ["RESULT", "arguments", "stack"]

RESULT = "Tuple[Tensor, List[Tensor]]"
STATES = "states: Optional[List[Tensor]] = None"


STACK = '''

class {name}Layers(nn.Module):
    """{about}."""

    def __init__(self{sizes}):
        super().__init__()
{widths}        self.forwards = nn.ModuleList({cells})
{backwards}
{forward}
        """The output of every step, (batch, timesteps, entries), and the last states.

        x is (batch, timesteps, features). States are those of every layer{each}.
        """
        last: List[Tensor] = []
{loop}
        return x, last
'''


def arguments(sizes: Mapping[str, str]) -> str:
    """The sizes as arguments of a method, each with its type."""
    texts = []
    for name, argument in sizes.items():
        hint = "Tuple[int, ...]" if "(" in argument else "int"
        texts.append(f", {name}: {hint}{argument.removeprefix(name).replace('=', ' = ')}")
    return "".join(texts)


def stack(source: Source, name: str) -> str:
    """The class of several layers, or of two directions."""
    layer, sizes = source.layer, sizes_of(source)
    cells = f"{name}({', '.join(sizes)})"
    above, widths = f"[{cells}]", ""
    if layer.layers > 1:
        above = f"{cells} for _ in range({layer.layers})"
        if FEATURES in sizes:
            above = f"{name}({passed_above(sizes)}) for width in widths"
            widths = f"        widths = [features] + [{width_above(source)}] * {layer.layers - 1}\n"
    number, both = len(source.cell.states), layer.bidirectional
    return STACK.format(
        name=name,
        about=source.about,
        sizes=arguments(sizes),
        widths=widths,
        cells=above,
        backwards=f"        self.backwards = nn.ModuleList({above})\n" if both else "",
        forward=indent(head_of("forward", ["self", "x: Tensor", STATES], f" -> {RESULT}"), " " * 4),
        each=each_direction(source),
        loop=indent(_loop(layer, number), " " * 8),
    )


def _loop(layer: Layer, number: int) -> str:
    """The loop over the layers, each of which has `number` states."""
    one, other = ("x.flip(1)", "x") if layer.go_backwards else ("x", "x.flip(1)")
    first = f"None if states is None else states[k : k + {number}]"
    if not layer.bidirectional:
        return ONE_WAY.format(one=one, first=first)
    second = f"None if states is None else states[k + {number} : k + {2 * number}]"
    merged = merged_by(layer, "torch.cat")
    return BOTH_WAYS.format(one=one, other=other, first=first, second=second, merged=merged)


ONE_WAY = """\
for cell in self.forwards:
    k = len(last)
    x, after = cell({one}, {first})
    last.extend(after)"""
BOTH_WAYS = """\
for ahead, back in zip(self.forwards, self.backwards):
    k = len(last)
    one, after = ahead({one}, {first})
    last.extend(after)
    other, after = back({other}, {second})
    last.extend(after)
    # The backward direction reads from the end: its output is turned to the order of time.
    other = other.flip(1)
    x = {merged}"""
