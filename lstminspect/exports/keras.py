"""A cell as the text of a Keras cell, and the layer around it, for every backend of Keras 3."""

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
    calls={name: f"ops.{name}({{v}})" for name in _SAME}
    | {
        "clip": "ops.clip({v}, {a}, {b})",
        "power": "ops.power({v}, {a})",
        "softmax": "ops.softmax({v}, axis=-1)",
        "log_softmax": "ops.log_softmax({v}, axis=-1)",
        "max": "ops.maximum({v}, {a})",
        "min": "ops.minimum({v}, {a})",
        "max number": "ops.maximum({v}, {a})",
        "min number": "ops.minimum({v}, {a})",
    },
    helpers={
        "step": '''\
def step(v):
    """1 where v > 0, else 0."""
    return ops.where(ops.isnan(v), v, ops.cast(v > 0, v.dtype))''',
        "norm": '''\
def norm(v, every):
    """v less the mean and over the deviation of all entries of `every`."""
    count = sum(each.shape[-1] for each in every)
    mean = sum(ops.sum(each, axis=-1, keepdims=True) for each in every) / count
    squares = sum(ops.sum((each - mean) ** 2, axis=-1, keepdims=True) for each in every)
    return (v - mean) / ops.sqrt(squares / count + 1e-5)''',
        "sparsemax": '''\
def sparsemax(v):
    """Few entries above zero, as Keras computes it."""
    ordered = -ops.sort(-v, axis=-1)
    number = ops.arange(1, v.shape[-1] + 1, dtype=v.dtype)
    sums = ops.cumsum(ordered, axis=-1)
    kept = ops.cast(ordered - (sums - 1) / number > 0, v.dtype)
    total = ops.sum(kept * sums, axis=-1, keepdims=True) - 1
    return ops.relu(v - total / ops.sum(kept, axis=-1, keepdims=True))''',
    },
    parameter="self.{name}",
    transposed="ops.transpose({v})",
    typed=("", "", ""),
)
_TAKEN = """
add_loss add_metric add_variable add_weight autocast build built call compute_dtype count_params
dtype get_config get_weights input input_spec losses metrics name non_trainable_weights output
output_size path quantize set_weights state_size step supports_masking trainable trainable_weights
training variable_dtype variables weights
"""
#: Names of parameters that a layer has for something else.
TAKEN = frozenset(_TAKEN.split())

TEXT = '''\
"""{head}

Matrices are as in the equations, (rows, columns). The layer takes (batch, timesteps, entries):
{entries}.
"""

import keras
from keras import ops


{functions}@keras.saving.register_keras_serializable("{name}")
class {name}(keras.layers.Layer):
    """{title}: one step, for keras.layers.RNN."""

{init}
        super().__init__(**‹options|size›)
{fields}
        self.state_size = [{state_sizes}]
        self.output_size = self.size_{width}

    def build(self, input_shape=None):
        """Make the parameters."""
{weights}
        self.built = True

    def call(self, ‹inputs|size›, ‹states|size›, training=False):
        """One time step: the output, and the states."""
{unpacked}{lines}
        return {output}, [{after}]

    def get_config(self):
        """The arguments, for a model that is saved."""
        return {{**super().get_config(), {config}}}


{layer}
    """The layer around the cell, which returns every step; `options` are those of RNN."""
    cell = {name}({passed}, dtype=options.get("dtype"))
    return keras.layers.RNN(cell, **{{"return_sequences": True, **options}})
'''
VALUES = '''

#: The values of the parameters.
VALUES = {values}


def trained(**options):
    """The layer with the values above, in {dtype}."""
    made = layer(**{{"dtype": "{dtype}", **options}})
    made.cell.build()
    for key, value in VALUES.items():
        getattr(made.cell, key).assign(value)
    return made
'''
RUN = """\
module = {name}.{make}
{values}output = np.asarray(module(np.concatenate(inputs, -1)))"""
SET = """\
module.cell.build()
for key, value in VALUES.items():
    getattr(module.cell, key).assign(value)
"""


def texts(source: Source) -> Texts:
    """The cell and the layer, and a text that runs it on recorded inputs."""
    cell, writer, name = source.cell, TensorWriter(source, LIBRARY), class_name(source.name)
    for block in cell.blocks:
        if block.name in TAKEN:
            raise OptionError(
                f"{block.name} is a name that a layer of Keras has for something else. Give the "
                f"parameter another name in the equations of {cell.name}."
            )
    if not cell.states:
        raise OptionError(
            f"{cell.name} has no state, and keras.layers.RNN wants one. Choose another language."
        )
    lines = "\n".join(writer.lines())
    sizes = sizes_of(source)
    inputs = [marked(each) for each in source.inputs]
    unpacked = [f"{inputs[0]} = ‹inputs|size›"]
    if len(inputs) > 1:
        places = list(source.inputs.values())[:-1]
        cuts = [
            " + ".join(f"self.size_{each}" for each in places[: end + 1])
            for end in range(len(places))
        ]
        unpacked = [f"{', '.join(inputs)} = ops.split(‹inputs|size›, [{', '.join(cuts)}], axis=-1)"]
    unpacked.append(f"{', '.join(marked(each, 'before') for each in cell.states)}, = ‹states|size›")
    output, *after = writer.returned(f"ops.zeros_like({inputs[0]}[:, :1])")
    weights = []
    for block in cell.blocks:
        shape = "".join(f"self.size_{size}, " for size in block.shape).rstrip()
        start = (
            "zeros"
            if block.is_bias
            else "glorot_uniform"
            if len(block.shape) == 2
            else ("random_uniform")
        )
        weights.append(
            f'self.{block.name} = self.add_weight(\n    name="{block.name}", shape=({shape}), '
            f'initializer="{start}"\n)'
        )
    entries = ", then ".join(f"those of {each}" for each in source.inputs)
    text = TEXT.format(
        head=source.head,
        entries=entries,
        functions=writer.functions(),
        name=name,
        title=title_of(source),
        init=indent(head_of("__init__", ["self", *sizes.values(), "**‹options|size›"]), "    "),
        fields=indent("\n".join(f"self.size_{size} = {size}" for size in sizes), " " * 8),
        state_sizes=", ".join(f"self.size_{length}" for length in cell.states.values()),
        width=cell.width,
        weights=indent("\n".join(weights) or "del input_shape", " " * 8),
        unpacked=indent("\n".join(unpacked), " " * 8) + "\n",
        lines=indent(lines, " " * 8),
        output=output,
        after=", ".join(after),
        layer=head_of("layer", [*sizes.values(), "**options"]),
        passed=", ".join(sizes),
        config=", ".join(f'"{size}": self.size_{size}' for size in sizes),
    )
    make, values = f'layer(dtype="{source.dtype}")', SET
    if source.held is not None:
        text += VALUES.format(values=literal_of(source.known, source.single), dtype=source.dtype)
        make, values = "trained()", ""
    run = RUN.format(name=source.name, make=make, values=values)
    return Texts(named(text), check_of(source, run))
