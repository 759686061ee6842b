"""A cell as the text of a Keras cell, and the layer around it, for every backend of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import TYPE_CHECKING

from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import OptionError
from lstminspect.exports.python_check import check_of, values_of
from lstminspect.exports.python_text import (
    about_masks,
    class_name,
    each_direction,
    head_of,
    passed_above,
    refuse_names,
    sizes_of,
    title_of,
    width_above,
)
from lstminspect.exports.source import Source, Texts
from lstminspect.exports.tensors import SAME_NAMES, Library, TensorWriter
from lstminspect.runtime.names import marked, named

if TYPE_CHECKING:
    from lstminspect.equations.block import Block

__all__ = ["texts"]

LIBRARY = Library(
    calls={name: f"ops.{name}({{v}})" for name in SAME_NAMES}
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
    masked="(self.{name} * self.{name}_mask)",
    transposed="ops.transpose({v})",
    typed=("", "", ""),
    single="ops.matmul({v}, {m})",
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

Matrices are as in the equations, (rows, columns).{masks}
"""

import keras
{numpy}from keras import ops


{functions}@keras.saving.register_keras_serializable("{name}")
class {name}(keras.layers.Layer):
    """{title}: one step, for keras.layers.RNN."""

{init}
        super().__init__(**‹options|size›)
{fields}
        self.state_size = [{state_sizes}]
        self.output_size = {width}

    def build(self, input_shape=None):
        """Make the parameters."""
{weights}
        self.built = True

    def call(self, ‹inputs|size›, ‹states|size›, training=False):
        """One time step: the output, and the states; all are (batch, entries)."""
{unpacked}{lines}
        return {output}, [{after}]

    def get_config(self):
        """The arguments, for a model that is saved."""
        ‹config|size› = {{{config}}}
        return {{**super().get_config(), **‹config|size›}}


{layer}
    """The layer around the cell{about}; `options` are those of keras.layers.RNN.

    It takes (batch, timesteps, entries), {entries}, and returns the output of every step, with
    return_state=True the last states too.
    """
    ‹cell|size› = {name}({passed}, dtype=‹options|size›.get("dtype"))
    ‹options|size› = {{"return_sequences": True{backwards}, **‹options|size›}}
    {made}
'''
BOTH = """\
‹one|size› = keras.layers.RNN(‹cell|size›, **‹options|size›)
    ‹both|size› = {{"merge_mode": "{merge}", "dtype": ‹options|size›.get("dtype")}}
    return keras.layers.Bidirectional(‹one|size›, **‹both|size›)"""
STACK = '''

{head}
    """{about}, in a keras.Sequential.

    `options` are those of keras.layers.RNN. The Sequential casts what it takes to the type of
    keras.config.set_dtype_policy, which for float64 has to be set.
    """
    return keras.Sequential([layer({passed}, **options) for {width} in {widths}])
'''
VALUES = '''

#: The values of the parameters{each}.
VALUES = {values}


def trained(**options):
    """The {what} with the values above, in {dtype}."""
    made = {what}(**{{"dtype": "{dtype}", **options}})
{filled}
    return made
'''
RUN = """\
import keras

{policy}made = {file}.{make}
{values}output = keras.ops.convert_to_numpy(made(np.concatenate(inputs, -1)))"""
POLICY = """\
keras.config.set_dtype_policy("float64")
"""
FILLED = """\
made.cell.build()
for key, value in VALUES.items():
    getattr(made.cell, key).assign(value)"""
FILLED_EACH = """\
for cell, values in zip({cells}, VALUES):
    cell.build()
    for key, value in values.items():
        getattr(cell, key).assign(value)"""


def texts(source: Source) -> Texts:
    """The cell and the layer, and a text that runs it on recorded inputs."""
    refuse_names(source, TAKEN, "a layer of Keras")
    if not source.cell.states:
        raise OptionError(
            f"{source.cell.name} has no state, and keras.layers.RNN wants one. Choose another "
            "language."
        )
    layer, what = source.layer, "layer"
    if layer.bidirectional and layer.go_backwards:
        raise OptionError(
            "a Bidirectional of Keras reads forward, then backward. Leave go_backwards out."
        )
    text = named(_cell(source))
    cells, filled = "[made.cell]", FILLED
    if layer.bidirectional:
        cells = "[made.forward_layer.cell, made.backward_layer.cell]"
    if layer.layers > 1:
        what, text = "layers", text + _stack(source)
        cells = "[each.cell for each in made.layers]"
        if layer.bidirectional:
            sides = "(each.forward_layer, each.backward_layer)"
            cells = f"(one.cell for each in made.layers for one in {sides})"
    if not source.is_single:
        filled = FILLED_EACH.format(cells=cells)
    make, values = f'{what}(dtype="{source.dtype}")', f"{filled}\n"
    if source.held is not None:
        text += VALUES.format(
            values=values_of(source),
            each=each_direction(source),
            what=what,
            dtype=source.dtype,
            filled=indent(filled, "    "),
        )
        make, values = "trained()", ""
    policy = "" if source.single or layer.layers == 1 else POLICY
    run = RUN.format(policy=policy, file=source.name, make=make, values=values)
    return Texts(text, check_of(source, run))


def _cell(source: Source) -> str:
    """The class of the cell, and the function that makes a layer of it."""
    cell, writer, name = source.cell, TensorWriter(source, LIBRARY), class_name(source.name)
    layer, sizes, lines = source.layer, sizes_of(source), "\n".join(writer.lines())
    x = marked(next(iter(source.inputs)))
    zeros = f"ops.tile(ops.zeros_like({x}[:, :1]), (1, self.{{}}))"
    output, *after = writer.returned(zeros.format)
    made = "return keras.layers.RNN(‹cell|size›, **‹options|size›)"
    fields = [f"self.{size} = {size}" for size in sizes]
    return TEXT.format(
        head=source.head,
        masks=about_masks(source),
        numpy="import numpy as np\n" if source.masked else "",
        entries=", then ".join(f"those of {each}" for each in source.inputs),
        functions=writer.functions(),
        name=name,
        title=title_of(source),
        init=indent(head_of("__init__", ["self", *sizes.values(), "**‹options|size›"]), "    "),
        fields=indent("\n".join([*fields, *_masks(source)]), " " * 8),
        state_sizes=", ".join(cell.states.values()),
        width=cell.width,
        weights=indent("\n".join(map(_weight, cell.blocks)) or "del input_shape", " " * 8),
        unpacked=indent("\n".join(_unpacked(source)), " " * 8) + "\n",
        lines=indent(lines, " " * 8),
        output=output,
        after=", ".join(after),
        layer=head_of("layer", [*sizes.values(), "**‹options|size›"]),
        about=" in both directions" if layer.bidirectional else "",
        backwards=', "go_backwards": True' if layer.go_backwards else "",
        made=BOTH.format(merge=layer.merge_mode) if layer.bidirectional else made,
        passed=", ".join(sizes),
        config=", ".join(f'"{size}": self.{size}' for size in sizes),
    )


def _masks(source: Source) -> Iterator[str]:
    for block in source.masked:
        sizes = ", ".join((*block.shape, block.parts))
        yield f"self.{block.name}_mask = {block.structure}({sizes})"


def _weight(block: Block) -> str:
    """The line that makes a parameter, or several lines."""
    sizes = ", ".join(f"self.{size}" for size in block.shape)
    shape = f"({sizes},)" if len(block.shape) == 1 else f"({sizes})"
    start = "glorot_uniform" if len(block.shape) == 2 else "random_uniform"
    start = "zeros" if block.is_bias else start
    call = f'"{start}", name="{block.name}"'
    return f"self.{block.name} = self.add_weight({shape}, {call})"


def _unpacked(source: Source) -> Iterator[str]:
    """Lines that take the inputs and the states of a step apart."""
    inputs = [marked(each) for each in source.inputs]
    if len(inputs) == 1:
        yield f"{inputs[0]} = ‹inputs|size›"
    else:
        lengths = [f"self.{each}" for each in source.inputs.values()]
        cuts = ", ".join(" + ".join(lengths[:end]) for end in range(1, len(lengths)))
        yield f"{', '.join(inputs)} = ops.split(‹inputs|size›, [{cuts}], axis=-1)"
    before = [marked(each, "before") for each in source.cell.states]
    left = f"({before[0]},)" if len(before) == 1 else ", ".join(before)
    yield f"{left} = ‹states|size›"


def _stack(source: Source) -> str:
    layer, sizes = source.layer, sizes_of(source)
    width, widths = "_", f"range({layer.layers})"
    if FEATURES in sizes:
        width, widths = "width", f"[features] + [{width_above(source)}] * {layer.layers - 1}"
    return STACK.format(
        head=head_of("layers", [*sizes.values(), "**options"]),
        about=source.about,
        passed=passed_above(sizes),
        width=width,
        widths=widths,
    )
