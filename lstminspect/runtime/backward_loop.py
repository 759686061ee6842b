"""The loop back over the steps: each passes on the gradient of the states to the one before.

A value that is used once hands the gradient on as a product of factors, which are multiplied
beforehand for all steps of a lot; a buffer holds what several values add to.
"""

from __future__ import annotations

from lstminspect.cell import Cell
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import Call, Value, is_sum
from lstminspect.runtime.dependence import CONSTANT, STEP, Node
from lstminspect.runtime.derivatives import BACKWARD
from lstminspect.runtime.forward_values import Products, lengths_text
from lstminspect.runtime.names import marked, sized
from lstminspect.runtime.summands import Buffer, Summand, Summands, all_rows

__all__ = ["LoopWriter"]


class LoopWriter:
    """The statements of one step of the loop, and the buffers that they use."""

    def __init__(self, cell: Cell, parts: Summands) -> None:
        self.parts, self.graph, self.values = parts, parts.graph, parts.values
        self.statements: list[str] = []
        self.buffers: list[Buffer] = []
        self.rows: dict[Node, Buffer] = {}
        self.spares: set[str] = set()
        self.read: set[str] = set()
        #: What a step hands on: the states, and the output where it is none of them.
        self.carries = {
            name: Buffer(marked(name, "carry"), cell.lengths[name][0])
            for name in dict.fromkeys([*cell.states, OUTPUT])
        }

    def write(self) -> None:
        """Every statement, from the last value of a step to the first."""
        for name, carry in self.carries.items():
            self.parts.add(self.graph.lines[name], Summand(carry))
        roots = set(self.parts.of)
        for node in reversed(self.graph.nodes):
            if node.level == STEP or node in roots:
                self._back_one_step(node)

    def _back_one_step(self, node: Node) -> None:
        """Pass the gradient of `node` at one step to the values below it."""
        if node.level == STEP:
            for group in self.values.groups:
                if group.operand is node and any(member in self.rows for member in group.members):
                    self.parts.add(node, Summand(group))
        parts = self.parts.of.pop(node, [])
        if not parts or not node.differs:
            return
        expression = node.expression
        if isinstance(expression, Value):
            self.read.add(expression.name)
            self._collect(parts, Buffer(marked(expression.name, "carry_next"), node.length))
        elif node.level != STEP:  # Of a line that is handed on, and depends on no state.
            self.parts.of[node] = [Summand(self._one(parts, node))]
        elif node in self.values.group_of:
            self._one(parts, node, self._rows(node))
        elif isinstance(expression, Call) and expression.function in BACKWARD:
            self._through_vector(node, self._one(parts, node))
        else:
            place = self._place(node)
            if place or len(parts) > 1 or isinstance(parts[0].base, Products):
                parts = [Summand(self._one(parts, node, place))]
            self.parts.give_all(node, parts[0])

    def _one(self, parts: list[Summand], node: Node, into: Buffer | None = None) -> Buffer:
        """A buffer that holds the gradient of `node`; nothing is written if one does already."""
        (first, *others) = parts
        base = first.base
        alone = not others and not first.factors and first.sign == 1
        if alone and isinstance(base, Buffer) and into in (None, base):
            return base
        target = into or self._buffer(node.length)
        self._collect(parts, target)
        return target

    def _buffer(self, length: str) -> Buffer:
        buffer = Buffer(f"d{len(self.buffers)}", length)
        self.buffers.append(buffer)
        return buffer

    def _rows(self, node: Node) -> Buffer:
        """The rows of a product in the buffer of its group."""
        if node not in self.rows:
            group = self.values.group_of[node]
            rows = f"{all_rows(group)}[{group.rows(node)}]"
            self.rows[node] = Buffer(f"r{len(self.rows)}", node.length, rows)
        return self.rows[node]

    def _place(self, node: Node) -> Buffer | None:
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

    def _collect(self, parts: list[Summand], target: Buffer) -> None:
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
                self.statements.append(f"np.matmul({matrix}, {all_rows(base)}, out={into})")
                text = into
            else:
                assert isinstance(base, Buffer)
                text = base.name
            if part.factors:
                self.statements.append(
                    f"np.multiply({text}, {self._factor(part.factors)}, out={into})"
                )
                text = into
            if number:
                call = "np.add" if part.sign > 0 else "np.subtract"
                self.statements.append(f"{call}({out}, {text}, out={out})")
            elif part.sign < 0:
                self.statements.append(f"np.negative({text}, out={out})")
            elif text != out:
                self.statements.append(f"np.copyto({out}, {text})")

    def _factor(self, factors: tuple[str, ...]) -> str:
        """The product of `factors` at one step."""
        text = self.parts.factors(factors)
        return text if self.values.levels[text] == CONSTANT else f"{text}[t]"

    def _through_vector(self, node: Node, gradient: Buffer) -> None:
        """Pass a gradient on through a function that sees the whole vector."""
        assert isinstance(node.expression, Call)
        function = node.expression.function
        self.parts.helpers.add(function)
        arguments = [self._factor((self.values.value(each),)) for each in (node, *node.below)]
        targets = [self._buffer(child.length) for child in node.below]
        found = ", ".join(f"{target.name}[...]" for target in targets)
        call = f"{function}_backward({', '.join([gradient.name, *arguments])})"
        self.statements.append(f"{found}, = {call}" if len(targets) == 1 else f"{found} = {call}")
        for child, target in zip(node.below, targets, strict=True):
            if child.differs:
                self.parts.give(child, Summand(target))

    # The text

    def setup(self) -> list[str]:
        """The buffers of the loop."""
        lines = []
        for group in self.groups():
            shape = f"most, {lengths_text(group.members)}, batch"
            lines.append(f"{all_rows(group)}_all = np.zeros(({shape}), dtype)")
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
        return lines + [
            spare.format(marked(each, "spare"), sized(each)) for each in sorted(self.spares)
        ]

    def groups(self) -> list[Products]:
        """The groups whose products are in the loop."""
        members = self.rows
        return [
            group for group in self.values.groups if not members.keys().isdisjoint(group.members)
        ]

    def step(self) -> list[str]:
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
        for group in self.groups():
            lines.append(f"{all_rows(group)} = {all_rows(group)}_all[t]")
        lines += [f"{each.name} = {each.rows}" for each in self.rows.values()]
        lines += self.statements
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
