"""A cell as the text of a JAX module: a step, and `lax.scan` over it."""

from __future__ import annotations

from textwrap import indent

from lstminspect.equations.shapes import OUTPUT
from lstminspect.exports.python_text import check_of, head_of, literal_of, sizes_of
from lstminspect.exports.source import Source, Texts
from lstminspect.exports.tensors import Library, TensorWriter
from lstminspect.runtime.names import marked, named

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
    transposed="{v}.T",
    typed=("", "", ""),
)

TEXT = '''\
"""{head}

Matrices are as in the equations, (rows, columns). x is (batch, timesteps, features).
"""

import jax
import jax.numpy as jnp


{functions}#: The shapes of the parameters, by the names of their sizes.
SHAPES = {shapes}


{initial}
    """Parameters to start from: uniform, as torch.nn.LSTM starts."""
    sizes = {sizes}
    weights = {{}}
    for name, shape in SHAPES.items():
        key, own = jax.random.split(key)
        bound = sizes["{width}"] ** -0.5
        shape = tuple(sizes[size] for size in shape)
        weights[name] = jax.random.uniform(own, shape, minval=-bound, maxval=bound)
    return weights


{zeros}
    """The states before the first step: zeros."""
    return ({states})


def one_step(‹weights|size›, ‹states|size›, ‹inputs|size›):
    """One time step: the states, then the output."""
{unpacked}{lines}
    return ({after}), {output}


def run(‹weights|size›, {takes}, ‹states|size›):
    """The outputs of every step, (batch, timesteps, entries), and the last states."""
    ‹inputs|size› = tuple(jnp.swapaxes(each, 0, 1) for each in ({takes},))

    def body(before, now):
        return one_step(‹weights|size›, before, now)

    ‹states|size›, outputs = jax.lax.scan(body, ‹states|size›, ‹inputs|size›)
    return jnp.swapaxes(outputs, 0, 1), ‹states|size›
'''
VALUES = '''

#: The values of the parameters.
VALUES = {values}


def trained():
    """The parameters with the values above, in {dtype}."""
    return {{name: jnp.asarray(value, "{dtype}") for name, value in VALUES.items()}}
'''
RUN = """\
import jax
import jax.numpy as jnp

{wide}weights = {weights}
states = tuple(each.astype("{dtype}") for each in {name}.zero_states(1))
output = np.asarray({name}.run(weights, *map(jnp.asarray, inputs), states)[0])"""


def texts(source: Source) -> Texts:
    """The module of a layer, and a text that runs it on recorded inputs."""
    cell, writer = source.cell, TensorWriter(source, LIBRARY)
    lines = "\n".join(writer.lines())
    inputs = [marked(name) for name in source.inputs]
    before = [marked(state, "before") for state in cell.states]
    unpacked = [f"{', '.join(before)}, = ‹states|size›"] if before else []
    unpacked.append(f"{', '.join(inputs)}, = ‹inputs|size›")
    x, sizes = inputs[0], sizes_of(source)
    empty = f"jnp.zeros({x}.shape[:1] + (1,), {x}.dtype)"
    output, *after = writer.returned(empty)
    if OUTPUT in writer.constant:
        output = f"jnp.broadcast_to({marked(OUTPUT)}, {x}.shape[:1] + {marked(OUTPUT)}.shape[-1:])"
    shapes = "".join(f'\n    "{block.name}": {block.shape!r},' for block in cell.blocks)
    zeros = "".join(f"jnp.zeros((batch, {length})), " for length in cell.states.values())
    text = TEXT.format(
        head=source.head,
        functions=writer.functions(),
        shapes=f"{{{shapes}\n}}" if shapes else "{}",
        initial=head_of("initial_weights", ["key", *sizes.values()]),
        sizes="{" + ", ".join(f'"{name}": {name}' for name in sizes) + "}",
        width=cell.width,
        zeros=head_of("zero_states", ["batch", *(sizes[each] for each in _ordered(source))]),
        states=zeros.rstrip(),
        unpacked=indent("\n".join(unpacked), "    ") + "\n",
        lines=indent(lines, "    "),
        after="".join(f"{each}, " for each in after).rstrip(),
        output=output,
        takes=", ".join(inputs),
    )
    if source.held is not None:
        held = literal_of(source.known, source.single)
        text += VALUES.format(values=held, dtype=source.dtype)
    random = f'{{key: jnp.asarray(value, "{source.dtype}") for key, value in VALUES.items()}}'
    run = RUN.format(
        wide="" if source.single else 'jax.config.update("jax_enable_x64", True)\n',
        name=source.name,
        dtype=source.dtype,
        weights=random if source.held is None else f"{source.name}.trained()",
    )
    return Texts(named(text), check_of(source, run))


def _ordered(source: Source) -> list[str]:
    """The sizes of the states, those without a default first."""
    sizes = sizes_of(source)
    lengths = list(dict.fromkeys(source.cell.states.values()))
    return sorted(lengths, key=lambda each: "=" in sizes[each])
