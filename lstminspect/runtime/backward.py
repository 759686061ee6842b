"""Back-propagation through time, as the text of a NumPy function, from the same equations.

The states of all steps are recorded by the step; every other value follows from them for many steps
at once (`forward_values`). The loop back over the steps (`backward_loop`) only passes on the
gradient of the states; all other gradients follow it, for many steps at once (`backward_lots`).
"""

from __future__ import annotations

from lstminspect.cell import Cell
from lstminspect.equations.parser import INPUT
from lstminspect.runtime.backward_loop import LoopWriter
from lstminspect.runtime.backward_lots import LotWriter
from lstminspect.runtime.names import marked, sized
from lstminspect.runtime.summands import Summands

__all__ = ["BackwardWriter"]

FUNCTION = '''\
def product(matrix, v):
    """matrix @ v[t] for every t, as one product."""
    steps, entries, batch = v.shape
    flat = v.transpose(1, 0, 2).reshape(entries, steps * batch)
    return np.ascontiguousarray((matrix @ flat).reshape(-1, steps, batch).transpose(1, 0, 2))


def outer(d, v):
    """The sum of d[t] @ v[t].T over every t, as one product."""
    rows, columns = (each.transpose(1, 0, 2).reshape(each.shape[1], -1) for each in (d, v))
    return rows @ columns.T


def total(d, entries):
    """The sum over steps and sequences as a column; as one number if there are no entries."""
    return d.sum(axis=0).sum(axis=-1, keepdims=True) if entries else d.sum()


def backward(
    blocks, inputs, states, output_gradient, after_gradients=None, skip=None, window=None{more}
):
    """Back-propagation through time: `run`, and then its steps from the last to the first.

    Returns the gradients of the parameters by name, of the inputs {inputs}, and of the first
    {states}, each of the shape of what it is the gradient of.

    `output_gradient` is that of the output of every step, (batch, timesteps, {width}), or None;
    `after_gradients` are those of what the last step hands on, {carried}, (entries, batch) each,
    zeros without them. With `window`, gradients do not pass from one window of so many steps to
    the one before: truncated back-propagation through time.
    """
{body}
'''


class BackwardWriter:
    """The text of `backward` for one cell."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.inputs = [INPUT, *cell.further_inputs]
        parts = Summands(cell)
        self.values = parts.values
        self.helpers = parts.helpers
        #: Whether a size has to be handed over, since no parameter, input or state has it.
        self.asks = False
        self.loop = LoopWriter(cell, parts)
        self.lots = LotWriter(parts, self.loop)

    def text(self, sizes: dict[str, str], named_sizes: bool) -> str:
        """The text of the function. `sizes` are the texts that the sizes come from."""
        self.loop.write()
        self.lots.write()
        body = [*self._carries(), *self._body("sizes=sizes" if named_sizes else "")]
        written = "\n".join(body)
        body = [
            *self._head(),
            *(f"{sized(size)} = {text}" for size, text in sizes.items() if sized(size) in written),
            *body,
        ]
        self.asks = any("sizes[" in line or "sizes=" in line for line in body)
        states = self.cell.states
        return FUNCTION.format(
            more=", *, sizes" if self.asks else "",
            inputs=", ".join(self.inputs),
            states=f"states {', '.join(states)}" if states else "states (there are none)",
            carried=", ".join(self.loop.carries),
            width=self.cell.width,
            body="\n".join(f"    {line}" for line in body),
        )

    def _head(self) -> list[str]:
        states = self.cell.states
        return [
            f"({', '.join(marked(name, 'in') for name in self.inputs)},) = inputs",
            *(
                [f"({', '.join(marked(name, 'first') for name in states)},) = states"]
                if states
                else []
            ),
            f"dtype = {marked(INPUT, 'in')}.dtype",
            f"batch, timesteps, _ = {marked(INPUT, 'in')}.shape",
        ]

    def _carries(self) -> list[str]:
        """The gradients that the last step starts with."""
        carries = self.loop.carries.values()
        zeros = ", ".join(f"np.zeros(({sized(carry.length)}, batch), dtype)" for carry in carries)
        return [
            "if after_gradients is None:",
            f"    after_gradients = ({zeros},)",
            f"({', '.join(carry.name for carry in carries)},) = map(np.array, after_gradients)",
        ]

    def _body(self, more: str) -> list[str]:
        states = list(self.cell.states)
        shape = {name: sized(length) for name, length in self.cell.states.items()}
        lines = [
            "blocks = {name: np.asarray(block, dtype) for name, block in blocks.items()}",
            "gradients = {name: np.zeros(block.shape, dtype) for name, block in blocks.items()}",
            *(
                f"{marked(name, 'gradient')} = np.zeros({marked(name, 'in')}.shape, dtype)"
                for name in self.inputs
            ),
            *(
                f"{marked(name, 'record')} = np.empty((timesteps + 1, {shape[name]}, batch), dtype)"
                for name in states
            ),
            f"prepared = prepare(blocks, dtype{', ' + more if more else ''})",
            f"record = ({''.join(marked(name, 'record') + ', ' for name in states)})",
            "copies = tuple(np.array(each) for each in states)",
            "run(prepared, inputs, copies, skip, None, record)",
            *self.values.constants,
            "most = max(1, min(timesteps, 4 * COLUMNS // batch))",
            *self.loop.setup(),
            "for start in reversed(range(0, timesteps, most)):",
        ]
        chunk = ["steps = min(most, timesteps - start)"]
        inner = "\n".join([*self.values.chunk, *self.loop.statements, *self.lots.statements])
        for name in self.inputs:
            if marked(name) in inner:
                part = f"{marked(name, 'in')}[:, start : start + steps]"
                chunk.append(f"{marked(name)} = by_step({part}, 0)")
        chunk += [
            f"{marked(name, 'before')} = {marked(name, 'record')}[start : start + steps]"
            for name in states
            if marked(name, "before") in inner
        ]
        chunk += [
            *self.values.chunk,
            "if output_gradient is not None:",
            "    given = by_step(output_gradient[:, start : start + steps], 0)",
            "for t in reversed(range(steps)):",
            *(f"    {line}" for line in self.loop.step()),
            *self.lots.statements,
        ]
        lines += [f"    {line}" for line in chunk]
        inputs = "".join(marked(name, "gradient") + ", " for name in self.inputs)
        first = "".join(self.loop.carries[name].name + ", " for name in states)
        return [*lines, f"return gradients, ({inputs}), ({first})"]
