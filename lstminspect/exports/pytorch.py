"""A cell as the text of a PyTorch module, which can be trained, scripted and exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import indent
from typing import TYPE_CHECKING

from lstminspect.exports.python_check import check_of, values_of
from lstminspect.exports.python_text import (
    about_masks,
    about_states,
    class_name,
    each_direction,
    head_of,
    refuse_names,
    sizes_of,
    title_of,
)
from lstminspect.exports.pytorch_layers import RESULT, arguments, stack
from lstminspect.exports.source import Source, Texts
from lstminspect.exports.tensors import SAME_NAMES, Library, TensorWriter
from lstminspect.runtime.names import marked, named

if TYPE_CHECKING:
    from lstminspect.cell import Cell

__all__ = ["texts"]

LIBRARY = Library(
    calls={name: f"torch.{name}({{v}})" for name in SAME_NAMES}
    | {
        "clip": "torch.clip({v}, {a}, {b})",
        "power": "torch.pow({v}, {a})",
        "softmax": "torch.softmax({v}, -1)",
        "log_softmax": "torch.log_softmax({v}, -1)",
        "max": "torch.maximum({v}, {a})",
        "min": "torch.minimum({v}, {a})",
        "max number": "torch.clip({v}, min={a})",
        "min number": "torch.clip({v}, max={a})",
    },
    helpers={
        "step": '''\
def step(v: Tensor) -> Tensor:
    """1 where v > 0, else 0."""
    return torch.where(torch.isnan(v), v, (v > 0).to(v.dtype))''',
        "norm": '''\
def norm(v: Tensor, every: List[Tensor]) -> Tensor:
    """v less the mean and over the deviation of all entries of `every`."""
    count = 0
    total = torch.zeros_like(every[0][..., :1])
    for each in every:
        count += each.shape[-1]
        total = total + each.sum(-1, keepdim=True)
    mean = total / count
    squares = torch.zeros_like(mean)
    for each in every:
        squares = squares + torch.square(each - mean).sum(-1, keepdim=True)
    return (v - mean) / torch.sqrt(squares / count + 1e-5)''',
        "sparsemax": '''\
def sparsemax(v: Tensor) -> Tensor:
    """Few entries above zero, as Keras computes it."""
    ordered = torch.sort(v, -1, True)[0]
    number = torch.arange(1, v.shape[-1] + 1, dtype=v.dtype, device=v.device)
    sums = torch.cumsum(ordered, -1)
    kept = (ordered - (sums - 1) / number > 0).to(v.dtype)
    total = (kept * sums).sum(-1, keepdim=True) - 1
    return torch.relu(v - total / kept.sum(-1, keepdim=True))''',
    },
    parameter="self.{name}",
    masked="(self.{name} * self.{name}_mask)",
    transposed="{v}.T",
    typed=(": Tensor", ": float", " -> Tensor"),
)
_TAKEN = """
T add_module apply bfloat16 buffers children compile cpu cuda double eval extra_repr float forward
get_parameter half ipu load_state_dict modules mtia named_parameters parameters register_buffer
register_parameter requires_grad_ reset_parameters share_memory state_dict step to train training
type xpu zero_grad
"""
#: Names of parameters that a module has for something else.
TAKEN = frozenset(_TAKEN.split())

TEXT = '''\
"""{head}

Matrices are as in the equations, (rows, columns).{masks}
"""

from typing import List, Optional, Tuple

{numpy}import torch
from torch import Tensor, nn


{functions}class {name}(nn.Module):
    """{title}."""

    def __init__(self{sizes}):
        super().__init__()
{fields}
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform numbers, as torch.nn.LSTM starts."""
        bound = self.{width} ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

{step}
        """One time step: the output, then the states; all are (batch, entries)."""
{lines}
        return {returns}

{forward}
        """The output of every step, (batch, timesteps, entries), and the last states.

        {x} is (batch, timesteps, features). {names}
        """
{zeros}        ‹outputs|size›: List[Tensor] = []
        for ‹t|size› in range({x}.shape[1]):
            {call} = self.step({passed})
            ‹outputs|size›.append(‹output|size›)
        return torch.stack(‹outputs|size›, 1), {last}
'''
VALUES = '''

#: The values of the parameters{each}.
VALUES = {values}


def trained() -> {name}:
    """The module with the values above, in {dtype}."""
    module = {name}().to(torch.{dtype})
{filled}
    return module
'''
RUN = """\
import torch

module = {file}.{make}
{values}with torch.no_grad():
    output = module(*map(torch.tensor, inputs))[0].numpy()"""
FILLED = """\
for key, value in VALUES.items():
    getattr(module, key).data.copy_(torch.tensor(value, dtype=torch.{dtype}))"""
FILLED_EACH = """\
for cell, values in zip({cells}, VALUES):
    for key, value in values.items():
        getattr(cell, key).data.copy_(torch.tensor(value, dtype=torch.{dtype}))"""


def texts(source: Source) -> Texts:
    """The module of a layer, and a text that runs it on recorded inputs."""
    refuse_names(source, TAKEN, "a module of PyTorch")
    name = class_name(source.name)
    text = named(_cell(source, name))
    filled = FILLED.format(dtype=source.dtype)
    if not source.is_single:
        text += stack(source, name)
        name, cells = f"{name}Layers", "module.forwards"
        if source.layer.bidirectional:
            cells = "(each for pair in zip(module.forwards, module.backwards) for each in pair)"
        filled = FILLED_EACH.format(cells=cells, dtype=source.dtype)
    make, values = f"{name}().to(torch.{source.dtype})", f"{filled}\n"
    if source.held is not None:
        text += VALUES.format(
            values=values_of(source),
            each="" if source.is_single else f", for every layer{each_direction(source)}",
            name=name,
            dtype=source.dtype,
            filled=indent(filled, "    "),
        )
        make, values = "trained()", ""
    run = RUN.format(file=source.name, make=make, values=values)
    return Texts(text, check_of(source, run))


def _cell(source: Source, name: str) -> str:
    """The class of one layer in one direction."""
    cell, writer, x = source.cell, TensorWriter(source, LIBRARY), marked("x")
    lines, sizes = "\n".join(writer.lines()), sizes_of(source)
    before = {state: marked(state, "before") for state in cell.states}
    inputs = [f"{marked(each)}: Tensor" for each in source.inputs]
    empty = f"{x}.new_zeros({x}.shape[0], self.{{}})"
    after = [marked(state) for state in cell.states]
    states = marked("states", "size")
    passed = [*(f"{marked(each)}[:, ‹t|size›]" for each in source.inputs), *after]
    types = ", ".join(["Tensor"] * (1 + len(before)))
    taken = [f"{each}: Tensor" for each in before.values()]
    optional = [f"{states}: Optional[List[Tensor]] = None"] if before else []
    step = head_of("step", ["self", *inputs, *taken], f" -> Tuple[{types}]")
    forward = head_of("forward", ["self", *inputs, *optional], f" -> {RESULT}")
    return TEXT.format(
        head=source.head,
        masks=about_masks(source),
        numpy="import numpy as np\n" if source.masked else "",
        functions=writer.functions(),
        name=name,
        title=title_of(source),
        sizes=arguments(sizes),
        fields=indent("\n".join(_fields(source, sizes)), " " * 8),
        width=cell.width,
        step=indent(step, " " * 4),
        lines=indent(lines, " " * 8),
        returns=", ".join(writer.returned(empty.format)) + ("" if before else ","),
        forward=indent(forward, " " * 4),
        names=about_states(source),
        zeros=indent(_first(cell, states, after, empty), " " * 8),
        x=x,
        call=", ".join(["‹output|size›", *after]) + ("" if before else ","),
        passed=", ".join(passed),
        last=f"[{', '.join(after)}]" if before else "torch.jit.annotate(List[Tensor], [])",
    )


def _fields(source: Source, sizes: Mapping[str, str]) -> Iterator[str]:
    """Lines that set the sizes, the parameters and the masks."""
    yield from (f"self.{size} = {size}" for size in sizes)
    for block in source.cell.blocks:
        shape = ", ".join(block.shape) if block.shape else "()"
        yield f"self.{block.name} = nn.Parameter(torch.empty({shape}))"
    for block in source.masked:
        yield f"mask = {block.structure}({', '.join(block.shape)}, {block.parts})"
        mask = f'"{block.name}_mask", torch.from_numpy(mask), persistent=False'
        yield f"self.register_buffer({mask})"


def _first(cell: Cell, states: str, after: list[str], empty: str) -> str:
    """Lines that set the states before the first step."""
    if not after:
        return ""
    lengths = cell.states.values()
    zeros = [
        f"    {each} = {empty.format(length)}\n"
        for each, length in zip(after, lengths, strict=True)
    ]
    known = f"{', '.join(after)} = {states}" + ("[0]" if len(after) == 1 else "")
    return f"if {states} is None:\n{''.join(zeros)}else:\n    {known}\n"
