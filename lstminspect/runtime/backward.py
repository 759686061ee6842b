"""Back-propagation through time, as the text of a NumPy function, from the same equations.

The states of all steps are recorded by the step; every other value follows from them for many steps
at once. The loop back over the steps then only passes on the gradient of the states: a value that
is used once hands the gradient on as a product of factors, which are multiplied beforehand for all
steps. The gradients of the parameters are few large products at the end of each lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lstminspect.cell import Cell
from lstminspect.equations.parser import INPUT
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import Call, Input, Parameter, Value, is_sum
from lstminspect.runtime.dependence import CONSTANT, STEP, Node, graph_of
from lstminspect.runtime.derivatives import BACKWARD
from lstminspect.runtime.forward_values import Products, ValueWriter, lengths_text, matrix_of
from lstminspect.runtime.names import marked, sized

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
    blocks, inputs, states, output_gradient, after_gradients, skip=None, window=None, sizes=None
):
    """The gradients of the parameters by name, of {inputs}, and of the first {states}.

    `output_gradient` is that of the output of every step, (batch, timesteps, {width}), or None;
    `after_gradients` are those of what the last step hands on, {carried}, (entries, batch) each.
    With `window`, gradients do not pass from one window of so many steps to the one before.
    """
{body}
'''


@dataclass(eq=False)
class _Buffer:
    """Where the loop keeps a gradient: alone, or as rows of the buffer of a group.

    It is kept for all steps of a lot where something after the loop reads it.
    """

    name: str
    length: str
    rows: str = ""
    kept: bool = False

    @property
    def every_step(self) -> str:
        """The gradient of every step of the lot."""
        self.kept = True
        whole, _, cut = self.rows.partition("[")
        return f"{whole}_all[:steps, {cut}" if cut else f"{self.name}_all[:steps]"


class _Part(NamedTuple):
    """A part of a gradient: what stands in `base`, times `factors`, times `sign`.

    `base` is a buffer of the loop, a group whose product is meant, or a text of many steps.
    """

    base: _Buffer | Products | str
    factors: tuple[str, ...] = ()
    sign: int = 1


class BackwardWriter:
    """The text of `backward` for one cell."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.graph = cell, graph_of(cell)
        self.values = ValueWriter(self.graph)
        self.inputs = [INPUT, *(d.name for d in cell.declared.values() if d.kind == "input")]
        self.loop: list[str] = []
        self.after: list[str] = []
        self.parts: dict[Node, list[_Part]] = {}
        self.buffers: list[_Buffer] = []
        self.rows: dict[Node, _Buffer] = {}
        self.spares: set[str] = set()
        self.read: set[str] = set()
        self.helpers: set[str] = set()
        self.columns: set[str] = set()
        #: What a step hands on: the states, and the output where it is none of them.
        self.carried = list(dict.fromkeys([*cell.states, OUTPUT]))
        self.carries = {
            name: _Buffer(marked(name, "carry"), cell.lengths[name][0]) for name in self.carried
        }

    # The loop

    def write(self) -> None:
        """Every statement, in its list."""
        for name in self.carried:
            carry = _Part(self.carries[name])
            self.parts.setdefault(self.graph.lines[name], []).append(carry)
        roots = set(self.parts)
        for node in reversed(self.graph.nodes):
            if node.level == STEP or node in roots:
                self._back_one_step(node)
        for node in reversed(self.graph.nodes):
            self._back_many_steps(node)

    def _back_one_step(self, node: Node) -> None:
        """Pass the gradient of `node` at one step to the values below it."""
        if node.level == STEP:
            for group in self.values.groups:
                if group.operand is node and any(member in self.rows for member in group.members):
                    self.parts.setdefault(node, []).append(_Part(group))
        parts = self.parts.pop(node, [])
        if not parts or not node.differs:
            return
        expression = node.expression
        if isinstance(expression, Value):
            self.read.add(expression.name)
            self._collect(parts, _Buffer(marked(expression.name, "carry_next"), node.length))
        elif node.level != STEP:  # Of a line that is handed on, and depends on no state.
            self.parts[node] = [_Part(self._one(parts, node))]
        elif node in self.values.group_of:
            self._one(parts, node, self._rows(node))
        elif isinstance(expression, Call) and expression.function in BACKWARD:
            self._through_vector(node, self._one(parts, node))
        else:
            place = self._place(node)
            if place or len(parts) > 1 or isinstance(parts[0].base, Products):
                parts = [_Part(self._one(parts, node, place))]
            self._give_all(node, parts[0])

    def _give_all(self, node: Node, part: _Part) -> None:
        """Give the values below `node` their part of its gradient."""
        for number, child in enumerate(node.below):
            if child.differs:
                self._give(child, part, self.values.derivative(node, number))

    def _give(self, child: Node, part: _Part, factors: tuple[str, ...]) -> None:
        """Let `child` have `part` times `factors`."""
        if "" in factors:
            return
        sign = part.sign * (-1) ** factors.count("-1")
        more = tuple(each for each in factors if each != "-1")
        passed = _Part(part.base, (*part.factors, *more), sign)
        self.parts.setdefault(child, []).append(passed)

    def _one(self, parts: list[_Part], node: Node, into: _Buffer | None = None) -> _Buffer:
        """A buffer that holds the gradient of `node`; nothing is written if one does already."""
        (first, *others) = parts
        base = first.base
        alone = not others and not first.factors and first.sign == 1
        if alone and isinstance(base, _Buffer) and into in (None, base):
            return base
        target = into or self._buffer(node.length)
        self._collect(parts, target)
        return target

    def _buffer(self, length: str) -> _Buffer:
        buffer = _Buffer(f"d{len(self.buffers)}", length)
        self.buffers.append(buffer)
        return buffer

    def _rows(self, node: Node) -> _Buffer:
        """The rows of a product in the buffer of its group."""
        if node not in self.rows:
            group = self.values.group_of[node]
            rows = f"{_all_rows(group)}[{group.rows(node)}]"
            self.rows[node] = _Buffer(f"r{len(self.rows)}", node.length, rows)
        return self.rows[node]

    def _place(self, node: Node) -> _Buffer | None:
        """The rows that the gradient of a sum can stand in: those of a product that it adds."""
        expression = node.expression
        if not is_sum(expression):
            return None
        terms = node.below[: 2 if expression.operator == "+" else 1]
        for term in terms:
            if self._readers(term) > 1:
                continue
            if term in self.values.group_of and term.level == STEP:
                return self._rows(term)
            if (place := self._place(term)) is not None:
                return place
        return None

    def _readers(self, node: Node) -> int:
        return sum(each.below.count(node) for each in self.graph.nodes)

    def _collect(self, parts: list[_Part], target: _Buffer) -> None:
        """Write the sum of `parts` to `target`."""
        out = target.name
        # What is worked out in place comes first: a copy less.
        parts = sorted(parts, key=lambda part: (-part.sign, not part.factors))
        for number, part in enumerate(parts):
            base, into = part.base, out
            if number and (part.factors or isinstance(base, Products)):
                self.spares.add(target.length)
                into = marked(target.length, "spare")
            if isinstance(base, Products):
                matrix = self.values.matrix(base, transposed=True)
                self.loop.append(f"np.matmul({matrix}, {_all_rows(base)}, out={into})")
                text = into
            else:
                assert isinstance(base, _Buffer)
                text = base.name
            if part.factors:
                self.loop.append(f"np.multiply({text}, {self._factor(part.factors)}, out={into})")
                text = into
            if number:
                call = "np.add" if part.sign > 0 else "np.subtract"
                self.loop.append(f"{call}({out}, {text}, out={out})")
            elif part.sign < 0:
                self.loop.append(f"np.negative({text}, out={out})")
            elif text != out:
                self.loop.append(f"np.copyto({out}, {text})")

    def _factor(self, factors: tuple[str, ...]) -> str:
        """The product of `factors` at one step."""
        text = self._factors(factors)
        return text if self.values.levels[text] == CONSTANT else f"{text}[t]"

    def _factors(self, factors: tuple[str, ...]) -> str:
        """A name for the product of `factors`, worked out before the loop."""
        if len(factors) == 1:
            return factors[0]
        level = max(self.values.levels[each] for each in factors)
        return self.values.named(" * ".join(factors), level)

    def _through_vector(self, node: Node, gradient: _Buffer) -> None:
        """Pass a gradient on through a function that sees the whole vector."""
        assert isinstance(node.expression, Call)
        function = node.expression.function
        self.helpers.add(function)
        arguments = [self._factor((self.values.value(each),)) for each in (node, *node.below)]
        targets = [self._buffer(child.length) for child in node.below]
        found = ", ".join(f"{target.name}[...]" for target in targets)
        call = f"{function}_backward({', '.join([gradient.name, *arguments])})"
        self.loop.append(f"{found}, = {call}" if len(targets) == 1 else f"{found} = {call}")
        for child, target in zip(node.below, targets, strict=True):
            if child.differs:
                self._give(child, _Part(target), ())

    # After the loop

    def _back_many_steps(self, node: Node) -> None:
        """Pass the gradients of all steps of a lot to what depends on no state."""
        for group in self.values.groups:
            if group.operand is node:
                self._finish(group)
        parts = self.parts.pop(node, [])
        if not parts or not node.differs:
            return
        text = self._sum(parts, node)
        expression = node.expression
        match expression:
            case Parameter(name):
                own = f"{text}[:, 0]" if node.length else text
                self.after.append(f'gradients["{name}"] += {own}')
            case Input(name):
                place = f"{marked(name, 'gradient')}[:, start : start + steps]"
                self.after.append(f"{place} += {text}.transpose(2, 0, 1)")
            case Call(function) if function in BACKWARD:
                self.helpers.add(function)
                arguments = ", ".join(self.values.value(each) for each in (node, *node.below))
                found = self._named(f"{function}_backward({text}, {arguments})", node.level)
                for number, child in enumerate(node.below):
                    if child.differs:
                        self._give(child, _Part(self._named(f"{found}[{number}]", node.level)), ())
            case _ if node in self.values.group_of:
                self.parts[node] = [_Part(text)]  # For its group.
            case _:
                self._give_all(node, _Part(text))

    def _sum(self, parts: list[_Part], node: Node) -> str:
        """A text for the gradient of `node` at all steps of a lot; of parameters, over them."""
        texts = []
        for part in parts:
            assert not isinstance(part.base, Products)
            many = True
            if isinstance(part.base, _Buffer):
                text = part.base.every_step
            else:
                text, many = part.base, part.base not in self.columns
            if part.factors:
                factor = self._factors(part.factors)
                many |= self.values.levels[factor] != CONSTANT
                text = f"{text} * {factor}"
            if node.level == CONSTANT and many:
                text = f"total({text}, {bool(node.length)})"
            elif node.level == CONSTANT and not node.length:
                text = f"np.sum({text})"
            texts.append(f"{'-' if part.sign < 0 else '+'} {text}")
        text = " ".join(texts).removeprefix("+ ")
        if len(parts) == 1 and text in (parts[0].base, self._kept(parts[0].base)):
            return text  # So that a group sees whether its rows stand together.
        return self._named(text, node.level)

    def _kept(self, base: _Buffer | Products | str) -> str:
        return base.every_step if isinstance(base, _Buffer) else ""

    def _named(self, text: str, level: int) -> str:
        name = f"a{len(self.after)}"
        self.after.append(f"{name} = {text}")
        if level == CONSTANT:
            self.columns.add(name)
        return name

    def _finish(self, group: Products) -> None:
        """The gradients of the matrices of a group, and of its operand if the loop has it not."""
        if group.operand.level == STEP:
            if not any(member in self.rows for member in group.members):
                return
            rows = f"{_all_rows(group)}_all[:steps]"
        else:
            rows = self._rows_of(group)
        if not rows:
            return
        v = self.values.value(group.operand)
        constant = group.operand.level == CONSTANT
        found = self._named(f"{rows} @ {v}.T" if constant else f"outer({rows}, {v})", STEP)
        for member in group.members:
            name, turned = matrix_of(member)
            place = f"{found}[{group.rows(member)}]"
            self.after.append(f'gradients["{name}"] += {place}{".T" if turned else ""}')
        if group.operand.level != STEP and group.operand.differs:
            matrix = self.values.matrix(group, transposed=True)
            text = f"{matrix} @ {rows}" if constant else f"product({matrix}, {rows})"
            part = _Part(self._named(text, group.operand.level))
            self.parts.setdefault(group.operand, []).append(part)

    def _rows_of(self, group: Products) -> str:
        """A text for the gradients of the products of a group, one below the other."""
        parts = [self.parts.pop(member, []) for member in group.members]
        if not any(parts):
            return ""
        texts = []
        for member, own in zip(group.members, parts, strict=True):
            shape = f"{sized(member.length)}, " + ("1" if member.level == CONSTANT else "batch")
            zeros = f"np.zeros(({'' if member.level == CONSTANT else 'steps, '}{shape}), dtype)"
            texts.append(str(own[0].base) if own else zeros)
        for other in self.values.groups:
            rows = [self.rows[each].every_step for each in other.members if each in self.rows]
            if rows == texts and len(rows) == len(other.members):
                return f"{_all_rows(other)}_all[:steps]"
        if len(texts) == 1:
            return texts[0]
        axis = 0 if group.operand.level == CONSTANT else 1
        return self._named(f"np.concatenate([{', '.join(texts)}], axis={axis})", STEP)

    # The function

    def text(self, sizes: dict[str, str], named_sizes: bool) -> str:
        """The text of the function. `sizes` are the texts that the sizes come from."""
        self.write()
        body = self._body("sizes=sizes" if named_sizes else "")
        written = "\n".join(body)
        lines = [
            f"{sized(size)} = {text}" for size, text in sizes.items() if sized(size) in written
        ]
        body = [*self._head(), *lines, *body]
        return FUNCTION.format(
            inputs=", ".join(self.inputs),
            states=f"states {', '.join(self.cell.states)}" if self.cell.states else "(no) states",
            carried=", ".join(self.carried),
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
            f"({', '.join(carry.name for carry in self.carries.values())},) = (",
            "    np.array(each) for each in after_gradients",
            ")",
            f"dtype = {marked(INPUT, 'in')}.dtype",
            f"batch, timesteps, _ = {marked(INPUT, 'in')}.shape",
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
            *self._setup(),
            "for start in reversed(range(0, timesteps, most)):",
        ]
        chunk = ["steps = min(most, timesteps - start)"]
        inner = "\n".join([*self.values.chunk, *self.loop, *self.after])
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
            *(f"    {line}" for line in self._step()),
            *self.after,
        ]
        lines += [f"    {line}" for line in chunk]
        inputs = "".join(marked(name, "gradient") + ", " for name in self.inputs)
        first = "".join(self.carries[name].name + ", " for name in states)
        return [*lines, f"return gradients, ({inputs}), ({first})"]

    def _setup(self) -> list[str]:
        """The buffers of the loop."""
        lines = []
        for group in self._groups():
            shape = f"most, {lengths_text(group.members)}, batch"
            lines.append(f"{_all_rows(group)}_all = np.zeros(({shape}), dtype)")
        for buffer in self.buffers:
            shape = f"({sized(buffer.length)}, batch), dtype"
            if buffer.kept:
                lines.append(f"{buffer.name}_all = np.empty((most, {shape[1:]})")
            else:
                lines.append(f"{buffer.name} = np.empty({shape})")
        for name, carry in self.carries.items():
            if name in self.read:
                lines.append(f"{marked(name, 'carry_next')} = np.empty_like({carry.name})")
            if carry.kept:
                lines.append(f"{carry.name}_all = np.empty((most, *{carry.name}.shape), dtype)")
        spare = "{} = np.empty(({}, batch), dtype)"
        return lines + [spare.format(marked(each, "spare"), sized(each)) for each in self.spares]

    def _groups(self) -> list[Products]:
        """The groups whose products are in the loop."""
        members = self.rows
        return [
            group for group in self.values.groups if not members.keys().isdisjoint(group.members)
        ]

    def _step(self) -> list[str]:
        """The body of the loop over steps, the last one first."""
        carries = [carry.name for carry in self.carries.values()]
        every = ", ".join(carries)
        lines = [
            "if window and (start + t + 1) % window == 0 and start + t + 1 < timesteps:",
            f"    for each in ({every},):",
            "        each.fill(0)",
            "if output_gradient is not None:",
            f"    np.add({self.carries[OUTPUT].name}, given[t], out={self.carries[OUTPUT].name})",
            "if skip is not None:",
            f"    kept = [each.copy() for each in ({every},)]",
            f"    for each in ({every},):",
            "        np.copyto(each, 0, where=skip[start + t])",
        ]
        for carry in self.carries.values():
            if carry.kept:
                lines.append(f"np.copyto({carry.name}_all[t], {carry.name})")
        lines += [f"{each.name} = {each.name}_all[t]" for each in self.buffers if each.kept]
        for group in self._groups():
            lines.append(f"{_all_rows(group)} = {_all_rows(group)}_all[t]")
        lines += [f"{each.name} = {each.rows}" for each in self.rows.values()]
        lines += self.loop
        for name, carry in self.carries.items():
            following = marked(name, "carry_next")
            if name in self.read:
                lines.append(f"{carry.name}, {following} = {following}, {carry.name}")
            else:
                lines.append(f"{carry.name}.fill(0)")
        return [
            *lines,
            "if skip is not None:",
            f"    for each, before in zip(({every},), kept):",
            "        np.copyto(each, before, where=skip[start + t])",
        ]


def _all_rows(group: Products) -> str:
    return f"rows_{group.number}"
