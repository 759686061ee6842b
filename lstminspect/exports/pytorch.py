"""A cell as the text of a PyTorch module, which can be trained, scripted and exported."""

from __future__ import annotations

from textwrap import indent

from lstminspect.errors import OptionError
from lstminspect.exports.python_text import (
    check_of,
    class_name,
    head_of,
    literal_of,
    sizes_of,
    title_of,
)
from lstminspect.exports.source import Source, Texts
from lstminspect.exports.tensors import Library, TensorWriter
from lstminspect.runtime.names import marked, named

__all__ = ["texts"]

_SAME = ("sigmoid", "tanh", "relu", "exp", "log", "sqrt", "abs", "expm1", "log1p", "erf")
LIBRARY = Library(
    calls={name: f"torch.{name}({{v}})" for name in _SAME}
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

Matrices are as in the equations, (rows, columns). x is (batch, timesteps, features).
"""

from typing import List, Optional, Tuple

import torch
from torch import Tensor, nn


{functions}class {name}(nn.Module):
    """{title}."""

    def __init__(self{sizes}):
        super().__init__()
{fields}
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform numbers, as torch.nn.LSTM starts."""
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -({width} ** -0.5), {width} ** -0.5)

{step}
        """One time step: the output, then the states."""
{lines}
        return {returns}

{forward}
        """The outputs of every step, (batch, timesteps, entries), and the last states."""
{zeros}        ‹outputs|size›: List[Tensor] = []
        for ‹t|size› in range({x}.shape[1]):
            {call} = self.step({passed})
            ‹outputs|size›.append(‹output|size›)
        return torch.stack(‹outputs|size›, 1), {states}
'''
VALUES = '''

#: The values of the parameters.
VALUES = {values}


def trained() -> {name}:
    """The module with the values above, in {dtype}."""
    module = {name}().to(torch.{dtype})
    for key, value in VALUES.items():
        getattr(module, key).data.copy_(torch.tensor(value, dtype=torch.{dtype}))
    return module
'''
RUN = """\
import torch

module = {name}.{make}
{values}with torch.no_grad():
    output = module(*map(torch.tensor, inputs))[0].numpy()"""


def texts(source: Source) -> Texts:
    """The module of a layer, and a text that runs it on recorded inputs."""
    cell = source.cell
    for block in cell.blocks:
        if block.name in TAKEN:
            raise OptionError(
                f"{block.name} is a name that a module of PyTorch has for something else. Give the "
                f"parameter another name in the equations of {cell.name}."
            )
    writer, name, x = TensorWriter(source, LIBRARY), class_name(source.name), marked("x")
    lines = "\n".join(writer.lines())
    before = {state: marked(state, "before") for state in cell.states}
    inputs = [f"{marked(each)}: Tensor" for each in source.inputs]
    zeros = "".join(
        f"if {each} is None:\n    {each} = {x}.new_zeros({x}.shape[0], self.size_{length})\n"
        for each, length in zip(before.values(), cell.states.values(), strict=True)
    )
    sizes = sizes_of(source)
    fields = [f"self.size_{size} = {size}" for size in sizes]
    for block in cell.blocks:
        shape = ", ".join(block.shape) if block.shape else "()"
        fields.append(f"self.{block.name} = nn.Parameter(torch.empty({shape}))")
    states = ", ".join(before.values())
    empty = f"{x}.new_zeros({x}.shape[0], self.size_{{length}})"
    types = ", ".join(["Tensor"] * (1 + len(before)))
    taken = [f"{each}: Tensor" for each in before.values()]
    optional = [f"{each}: Optional[Tensor] = None" for each in before.values()]
    passed = [*(f"{marked(each)}[:, ‹t|size›]" for each in source.inputs), *before.values()]
    result = "Tuple[Tensor, List[Tensor]]"
    text = TEXT.format(
        head=source.head,
        functions=writer.functions(),
        name=name,
        title=title_of(source),
        sizes="".join(f", {each.replace('=', ': int = ')}" for each in sizes.values()),
        fields=indent("\n".join(fields), " " * 8),
        width=f"self.size_{cell.width}",
        step=indent(head_of("step", ["self", *inputs, *taken], f" -> Tuple[{types}]"), " " * 4),
        lines=indent(lines, " " * 8),
        returns=", ".join(writer.returned(empty)) + ("" if before else ","),
        forward=indent(head_of("forward", ["self", *inputs, *optional], f" -> {result}"), " " * 4),
        zeros=indent(zeros, " " * 8),
        x=x,
        call=", ".join(["‹output|size›", *before.values()]) + ("" if before else ","),
        passed=", ".join(passed),
        states=f"[{states}]" if before else "torch.jit.annotate(List[Tensor], [])",
    )
    make, values = f"{name}().to(torch.{source.dtype})", SET
    if source.held is not None:
        held = literal_of(source.known, source.single)
        text += VALUES.format(values=held, name=name, dtype=source.dtype)
        make, values = "trained()", ""
    run = RUN.format(name=source.name, make=make, values=values)
    return Texts(named(text), check_of(source, run))


SET = """\
for key, value in VALUES.items():
    getattr(module, key).data.copy_(torch.tensor(value, dtype=torch.float64))
"""
