"""The gradients of many steps at once, after the loop back over the steps.

Those of the parameters are few large products for each lot of steps.
"""

from __future__ import annotations

from lstminspect.equations.syntax import Call, Input, Parameter
from lstminspect.runtime.backward_loop import LoopWriter
from lstminspect.runtime.dependence import CONSTANT, STEP, Node
from lstminspect.runtime.derivatives import BACKWARD
from lstminspect.runtime.forward_values import Products, matrix_of
from lstminspect.runtime.names import marked, sized
from lstminspect.runtime.summands import Buffer, Summand, Summands, all_rows

__all__ = ["LotWriter"]


class LotWriter:
    """The statements after the loop, for the steps of one lot."""

    def __init__(self, parts: Summands, loop: LoopWriter) -> None:
        self.parts, self.graph, self.values = parts, parts.graph, parts.values
        self.rows = loop.rows
        self.statements: list[str] = []
        self.columns: set[str] = set()

    def write(self) -> None:
        """Every statement, from the last value to the first."""
        for node in reversed(self.graph.nodes):
            self._back_many_steps(node)

    def _back_many_steps(self, node: Node) -> None:
        """Pass the gradients of all steps of a lot to what depends on no state."""
        for group in self.values.groups:
            if group.operand is node:
                self._finish(group)
        parts = self.parts.of.pop(node, [])
        if not parts or not node.differs:
            return
        text = self._sum(parts, node)
        expression = node.expression
        match expression:
            case Parameter(name):
                own = f"{text}[:, 0]" if node.length else text
                self.statements.append(f'gradients["{name}"] += {own}')
            case Input(name):
                place = f"{marked(name, 'gradient')}[:, start : start + steps]"
                self.statements.append(f"{place} += {text}.transpose(2, 0, 1)")
            case Call(function) if function in BACKWARD:
                self.parts.helpers.add(function)
                arguments = ", ".join(self.values.value(each) for each in (node, *node.below))
                found = self._named(f"{function}_backward({text}, {arguments})", node.level)
                for number, child in enumerate(node.below):
                    if child.differs:
                        self.parts.give(
                            child, Summand(self._named(f"{found}[{number}]", node.level))
                        )
            case _ if node in self.values.group_of:
                self.parts.of[node] = [Summand(text)]  # For its group.
            case _:
                self.parts.give_all(node, Summand(text))

    def _sum(self, parts: list[Summand], node: Node) -> str:
        """A text for the gradient of `node` at all steps of a lot; of parameters, over them."""
        texts = []
        for part in parts:
            assert not isinstance(part.base, Products)
            many = True
            if isinstance(part.base, Buffer):
                text = part.base.every_step
            else:
                text, many = part.base, part.base not in self.columns
            if part.factors:
                factor = self.parts.factors(part.factors)
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

    def _kept(self, base: Buffer | Products | str) -> str:
        return base.every_step if isinstance(base, Buffer) else ""

    def _named(self, text: str, level: int) -> str:
        name = f"a{len(self.statements)}"
        self.statements.append(f"{name} = {text}")
        if level == CONSTANT:
            self.columns.add(name)
        return name

    def _finish(self, group: Products) -> None:
        """The gradients of the matrices of a group, and of its operand if the loop has it not."""
        if group.operand.level == STEP:
            if not any(member in self.rows for member in group.members):
                return
            rows = f"{all_rows(group)}_all[:steps]"
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
            self.statements.append(f'gradients["{name}"] += {place}{".T" if turned else ""}')
        if group.operand.level != STEP and group.operand.differs:
            matrix = self.values.matrix(group, transposed=True)
            text = f"{matrix} @ {rows}" if constant else f"product({matrix}, {rows})"
            part = Summand(self._named(text, group.operand.level))
            self.parts.add(group.operand, part)

    def _rows_of(self, group: Products) -> str:
        """A text for the gradients of the products of a group, one below the other."""
        parts = [self.parts.of.pop(member, []) for member in group.members]
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
                return f"{all_rows(other)}_all[:steps]"
        if len(texts) == 1:
            return texts[0]
        axis = 0 if group.operand.level == CONSTANT else 1
        return self._named(f"np.concatenate([{', '.join(texts)}], axis={axis})", STEP)
