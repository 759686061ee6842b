"""A layer as a NumPy module: that of `numpy_source`, with a call, the values and a check."""

from __future__ import annotations

from collections.abc import Mapping

from lstminspect.errors import SizeError
from lstminspect.exports.python_check import check_of, values_of
from lstminspect.exports.python_text import (
    about_states,
    each_direction,
    head_of,
    loop_of,
    refuse_names,
)
from lstminspect.exports.source import Source, Texts
from lstminspect.runtime.codegen import numpy_module
from lstminspect.runtime.names import marked, named

__all__ = ["texts"]

FORWARD = '''

{head}
    """The output of every step, (batch, timesteps, entries), and the last states.

    {x} is (batch, timesteps, features), `prepared` what `prepare` gives. {names}
    """
    if ‹states|size› is None:
        ‹states|size› = [{zeros}]
    ‹states|size› = [each.T.copy() for each in ‹states|size›]
    output = np.empty((*{x}.shape[:2], {width}), {x}.dtype)
    _, ‹states|size› = run(‹prepared|size›, [{inputs}], ‹states|size›, output=output)
    return output, [each.T for each in ‹states|size›]
'''
VALUES = '''

#: The values of the parameters{each}.
VALUES = {values}


def trained():
    """The values above as `{run}` takes them, in {dtype}."""
    return {prepared}
'''
RUN = """\
output = {file}.{run}({prepared}, *inputs)[0]"""


def texts(source: Source) -> Texts:
    """The module of a layer, and a text that runs it on recorded inputs."""
    refuse_names(source, (), "Python")
    text, asked = numpy_module(source.cell, source.head, source.backward)
    sizes: Mapping[str, object] = source.layer.sizes
    text, run = text + named(_forward(source)), "forward"
    more = ", sizes={" + ", ".join(f'"{name}": {sizes[name]}' for name in asked) + "}"

    def call(held: str) -> str:
        return f'prepare({held}, "{source.dtype}"{more if asked else ""})'

    if not source.is_single:
        if not source.is_sized:
            raise SizeError("NumPy code of several layers fixes every size. Give numbers.")
        text += loop_of(source, "forward", "np.concatenate")
        run = "run_layers"
    own = call("VALUES")
    if not source.is_single:
        own = f"[{call('each')} for each in VALUES]"
    prepared = own.replace("prepare(", f"{source.name}.prepare(")
    if source.held is not None:
        text += VALUES.format(
            values=values_of(source),
            each=each_direction(source),
            run=run,
            dtype=source.dtype,
            prepared=own,
        )
        prepared = f"{source.name}.trained()"
    made = RUN.format(file=source.name, run=run, prepared=prepared)
    return Texts(text, check_of(source, made))


def _forward(source: Source) -> str:
    """A function that calls `run` with what the other languages take."""
    cell, sizes = source.cell, source.layer.sizes
    inputs, x = [marked(name) for name in source.inputs], marked("x")
    lengths = dict.fromkeys([*cell.states.values(), cell.width])
    known = {each: str(sizes[each]) if isinstance(sizes[each], int) else each for each in lengths}
    taken = [each for each in lengths if known[each] == each]
    zeros = [f"np.zeros((len({x}), {known[each]}), {x}.dtype)" for each in cell.states.values()]
    arguments = ["‹prepared|size›", *inputs, "‹states|size›=None"]
    return FORWARD.format(
        head=head_of("forward", [*arguments, *(["*", *taken] if taken else [])]),
        x=x,
        names=about_states(source),
        zeros=", ".join(zeros),
        width=known[cell.width],
        inputs=", ".join(inputs),
    )
