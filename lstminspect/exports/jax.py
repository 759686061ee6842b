"""A cell as the text of a JAX module: a step, and `lax.scan` over it."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import SizeError
from lstminspect.exports.python_check import check_of, values_of
from lstminspect.exports.python_text import (
    about_masks,
    about_states,
    each_direction,
    head_of,
    loop_of,
    passed_above,
    refuse_names,
    sizes_of,
    width_above,
)
from lstminspect.exports.source import Source, Texts
from lstminspect.exports.tensors import Library, TensorWriter
from lstminspect.runtime.names import marked, named

if TYPE_CHECKING:
    from lstminspect.equations.block import Block

__all__ = ["texts"]

_NN = ("sigmoid", "relu", "softmax", "log_softmax")
_NUMPY = ("tanh", "exp", "log", "sqrt", "abs", "expm1", "log1p")
LIBRARY = Library(
    calls={name: f"jax.nn.{name}({{v}})" for name in _NN}
    | {name: f"jnp.{name}({{v}})" for name in _NUMPY}
    | {
        "erf": "jax.scipy.special.erf({v})",
        "clip": "jnp.clip({v}, {a}, {b})",
        "power": "jnp.power({v}, {a})",
        "max": "jnp.maximum({v}, {a})",
        "min": "jnp.minimum({v}, {a})",
        "max number": "jnp.maximum({v}, {a})",
        "min number": "jnp.minimum({v}, {a})",
    },
    helpers={
        "step": '''\
def step(v):
    """1 where v > 0, else 0."""
    return jnp.where(jnp.isnan(v), v, (v > 0).astype(v.dtype))''',
        "norm": '''\
def norm(v, every):
    """v less the mean and over the deviation of all entries of `every`."""
    count = sum(each.shape[-1] for each in every)
    mean = sum(each.sum(-1, keepdims=True) for each in every) / count
    squares = sum(((each - mean) ** 2).sum(-1, keepdims=True) for each in every)
    return (v - mean) / jnp.sqrt(squares / count + 1e-5)''',
        "sparsemax": '''\
def sparsemax(v):
    """Few entries above zero, as Keras computes it."""
    ordered = -jnp.sort(-v, axis=-1)
    number = jnp.arange(1, v.shape[-1] + 1, dtype=v.dtype)
    sums = jnp.cumsum(ordered, axis=-1)
    kept = (ordered - (sums - 1) / number > 0).astype(v.dtype)
    total = (kept * sums).sum(-1, keepdims=True) - 1
    return jax.nn.relu(v - total / kept.sum(-1, keepdims=True))''',
    },
    parameter='‹weights|size›["{name}"]',
    masked='(‹weights|size›["{name}"] * {structure}(*‹weights|size›["{name}"].shape, {parts}))',
    transposed="{v}.T",
    typed=("", "", ""),
)

TEXT = '''\
"""{head}

Matrices are as in the equations, (rows, columns).{masks}
"""

import jax
import jax.numpy as jnp
{numpy}

{functions}#: The shapes of the parameters, by the names of their sizes.
SHAPES = {shapes}


{initial}
    """Parameters to start from: uniform, as torch.nn.LSTM starts."""
    sizes = {sizes}
    bound = sizes["{width}"] ** -0.5
    ‹weights|size› = {{}}
    for name, shape in SHAPES.items():
        key, own = jax.random.split(key)
        shape = tuple(sizes[size] for size in shape)
        ‹weights|size›[name] = jax.random.uniform(own, shape, "{dtype}", -bound, bound)
    return ‹weights|size›


def one_step(‹weights|size›, ‹states|size›, ‹inputs|size›):
    """One time step: the states, then the output; all are (batch, entries)."""
{unpacked}{lines}
    return ({after}), {output}


def run(‹weights|size›, {takes}, ‹states|size›=None):
    """The output of every step, (batch, timesteps, entries), and the last states.

    {x} is (batch, timesteps, features). {names}
    """
    if ‹states|size› is None:
{zeros}
    ‹inputs|size› = tuple(jnp.swapaxes(each, 0, 1) for each in ({takes},))

    def body(before, now):
        return one_step(‹weights|size›, before, now)

    ‹states|size›, outputs = jax.lax.scan(body, ‹states|size›, ‹inputs|size›)
    return jnp.swapaxes(outputs, 0, 1), ‹states|size›
'''
INITIAL = '''

{head}
    """Parameters to start from, a dictionary for every layer{each}."""
    weights = []
    for width in {widths}:
        key, own = jax.random.split(key)
        weights.append(initial_weights(own, {passed}))
    return weights
'''
VALUES = '''

#: The values of the parameters{each}.
VALUES = {values}


def trained():
    """The parameters with the values above, in {dtype}."""
    return {make}
'''
RUN = """\
import jax
import jax.numpy as jnp

{wide}weights = {weights}
output = np.asarray({file}.{run}(weights, *map(jnp.asarray, inputs))[0])"""


def texts(source: Source) -> Texts:
    """The module of a layer, and a text that runs it on recorded inputs."""
    refuse_names(source, (), "Python")
    text, run = named(_cell(source)), "run"
    if not source.is_single:
        text += _initial(source) + loop_of(source, "run", "jnp.concatenate")
        run = "run_layers"
    made = f'jnp.asarray(value, "{source.dtype}")'
    weights = f"{{key: {made} for key, value in VALUES.items()}}"
    if not source.is_single:
        weights = f"[{{key: {made} for key, value in each.items()}} for each in VALUES]"
    if source.held is not None:
        text += VALUES.format(
            values=values_of(source), each=each_direction(source), make=weights, dtype=source.dtype
        )
        weights = f"{source.name}.trained()"
    run = RUN.format(
        wide="" if source.single else 'jax.config.update("jax_enable_x64", True)\n',
        file=source.name,
        run=run,
        weights=weights,
    )
    return Texts(text, check_of(source, run))


def _cell(source: Source) -> str:
    """The functions of one layer in one direction."""
    cell = source.cell
    for block in cell.blocks:
        parts = source.layer.sizes.get(block.parts, 0)
        if not isinstance(parts, int | tuple):
            raise SizeError(
                f"{block.parts} cuts {block.name}, and has to be known in JAX, got {parts}. Give "
                "it a number."
            )
    writer = TensorWriter(source, LIBRARY)
    lines = "\n".join(writer.lines())
    inputs = [marked(name) for name in source.inputs]
    before = [marked(state, "before") for state in cell.states]
    unpacked = [f"{_tuple(before)} = ‹states|size›"] if before else []
    unpacked.append(f"{_tuple(inputs)} = ‹inputs|size›")
    x, sizes = inputs[0], sizes_of(source)
    output, *after = writer.returned(lambda length: _zeros(source, x, length))
    shapes = "".join(f"\n    {_entry(block)}" for block in cell.blocks)
    return TEXT.format(
        head=source.head,
        masks=about_masks(source),
        numpy="import numpy as np\n" if source.masked else "",
        functions=writer.functions(),
        shapes=f"{{{shapes}\n}}" if shapes else "{}",
        initial=head_of("initial_weights", ["key", *sizes.values()]),
        sizes="{" + ", ".join(f'"{name}": {name}' for name in sizes) + "}",
        width=cell.width,
        dtype=source.dtype,
        unpacked=indent("\n".join(unpacked), "    ") + "\n",
        lines=indent(lines, "    "),
        after=_tuple(after)[1:-1] if len(after) == 1 else ", ".join(after),
        output=output,
        takes=", ".join(inputs),
        x=x,
        names=about_states(source),
        zeros=indent(_first(source, x), " " * 8),
    )


def _tuple(names: list[str]) -> str:
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def _entry(block: Block) -> str:
    sizes = ", ".join(f'"{size}"' for size in block.shape)
    return f'"{block.name}": ({sizes}{"," * (len(block.shape) == 1)}),'


def _first(source: Source, x: str) -> str:
    """Lines that set the states before the first step."""
    states = source.cell.states.values()
    lines = [
        f"‹zeros_{length}|size› = {_zeros(source, x, length)}" for length in dict.fromkeys(states)
    ]
    made = [f"‹zeros_{length}|size›" for length in states]
    return "\n".join([*lines, f"‹states|size› = {_tuple(made) or '()'}"])


def _zeros(source: Source, x: str, length: str) -> str:
    """Zeros, (batch, length), of a length that the parameters have."""
    known = f"{x}.shape[-1]" if source.inputs["x"] == length else source.layer.sizes[length]
    for block in source.cell.blocks:
        if length in block.shape:
            known = f'‹weights|size›["{block.name}"].shape[{block.shape.index(length)}]'
            break
    return f"jnp.zeros(({x}.shape[0], {known}), {x}.dtype)"


def _initial(source: Source) -> str:
    layer, sizes, both = source.layer, sizes_of(source), source.layer.directions
    widths = _times(FEATURES if FEATURES in sizes else source.cell.width, both)
    if layer.layers > 1:
        widths += f" + {_times(width_above(source), both * (layer.layers - 1))}"
    return INITIAL.format(
        head=head_of("initial_layers", ["key", *sizes.values()]),
        each=each_direction(source),
        widths=widths,
        passed=passed_above(sizes),
    )


def _times(width: str, number: int) -> str:
    return f"[{width}] * {number}" if number > 1 else f"[{width}]"
