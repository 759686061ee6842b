"""The equation language: a text to a checked tree.

A cell is a list of lines `name = expression` in Python's expression grammar, read by Python's own
rules: `@` is a matrix times a vector, `*` goes element by element, a call applies a function to
each element. `x` is the input of this time step. A name means

- the value of a line. A line read before it is assigned, or in its own line, is a *state*: there
  it means the value at the step before, and below its own line the new value.
- a parameter, if it has the form LETTER_line (`W_i`, `b_i`), or is a lone capital (`P`).

Some functions are not element by element: `norm(v)` shifts and scales a vector to mean 0 and
variance 1, `norm(v, w)` does so by the mean and variance of all of them together, `softmax` and
similar functions see the whole vector, and `transpose(U_h) @ v` multiplies with U_h transposed.
Numbers of a function follow its first argument: `leaky_relu(v, 0.1)`. `max(v, w)` and
`min(v, w)` take two or more vectors or numbers, and `v ** 2` is a power.

What an equation cannot say of a name stands in a declaration, `name: kind`:

- `h: projection = ...`   the line, and the state if it is one, has `projection` entries
- `x: units`              the input has as many entries as the state, not `features`
- `y: input(units)`       a second input of each step: the layer below, or a mask over time
- `a: scalar`             a parameter that is one number
- `U_h: blocks(heads)`    a matrix of `heads` equal blocks on its diagonal, nothing elsewhere
- `U_h: triangular(groups)`   a matrix of `groups` by `groups` equal blocks, those below the
  diagonal nothing

Nothing of a text is ever executed. It is bounded in size and depth, spelled in a small set of
characters, parsed by `ast.parse`, and only the node types named in `_Parser` get through.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from lstminspect.equations import habits
from lstminspect.equations.functions import EXTREMES, FUNCTIONS, MANY
from lstminspect.equations.syntax import (
    NOWHERE,
    Binary,
    Call,
    Expression,
    Input,
    Line,
    Negative,
    Number,
    Parameter,
    Span,
    Value,
    number_of,
)
from lstminspect.errors import EquationError, did_you_mean

__all__ = [
    "INPUT",
    "KINDS",
    "MOST_CHARACTERS",
    "OPERATORS",
    "Declaration",
    "ParsedEquations",
    "error_at",
    "parse",
    "plain",
]

OPERATORS = ("+", "-", "*", "/", "@")
INPUT = "x"
#: What a declaration can say, with a size; `scalar` and the length of `x` aside.
KINDS = ("input", "blocks", "triangular")

MOST_CHARACTERS = 64 * 1024
LONGEST_LINE = 1000
MOST_LINES = 200
DEEPEST = 60
LARGEST_CONSTANT = 1e6
LARGEST_RESULT = 1e30

_ALLOWED = re.compile(r"[A-Za-z0-9_ \t+\-*/@(),.=:]*")
_PARAMETER = re.compile(r"([A-Za-z])_(\w+)")


@dataclass(frozen=True)
class Declaration:
    """Declaration: what a text says of a name apart from its equation.

    `kind` is one of KINDS; `size` is the name of the size it takes, if it takes one.
    """

    name: str
    kind: str
    size: str | None
    at: Span = field(default=NOWHERE, compare=False, repr=False)


class ParsedEquations(NamedTuple):
    """A text as it was read: its equations in order, its declarations by name."""

    lines: tuple[Line, ...]
    declared: dict[str, Declaration]


def parse(text: str) -> ParsedEquations:
    """The equations and declarations of `text`, checked.

    Raises EquationError with line, column and a caret for anything that is not the language.

    >>> line, = parse("h = tanh(W_h @ x + U_h @ h)").lines
    >>> line.name, line.expression.function
    ('h', 'tanh')
    """
    return _Parser(plain(text)).reading()


def plain(text: object) -> str:
    """`text` with newlines as its only line ends and no byte order mark; refused if too long."""
    if not isinstance(text, str):
        raise EquationError(f"equations are text, got {type(text).__name__}", 1, 1, "")
    if len(text) > MOST_CHARACTERS:
        message = f"equations have at most {MOST_CHARACTERS:,} characters, got {len(text):,}"
        raise error_at(text[:LONGEST_LINE], NOWHERE, message)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def error_at(text: str, at: Span, message: str, more: str = "") -> EquationError:
    """An EquationError that shows the line of `text` where `at` stands, with a caret.

    `more` ends the message, and is printed whole however long it is.
    """
    rows = text.split("\n")
    row = rows[at.line - 1] if at.line <= len(rows) else ""
    first = max(0, at.column - 41)
    shown = "".join(c if c.isprintable() else " " for c in row[first : first + 80])
    width = min(at.end - at.column, 80 - (at.column - first - 1))
    error = EquationError(message, at.line, at.column - first, shown, width, more)
    if not first:
        return error
    return _moved(error, at.column)


def _moved(error: EquationError, column: int) -> EquationError:
    # The line was cut on the left: the caret stays below its place, the number is the true one.
    _, _, rest = str(error).partition(": ")
    error.column = column
    error.args = (f"line {error.line}, column {column}: {rest}",)
    return error


class _Parser:
    """One text on its way to a tree. Every error goes through `refuse`, with a place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rows = text.split("\n")
        self.indent = 0
        self.line_names: dict[str, int] = {}
        self.declared: dict[str, Declaration] = {}
        self.used: set[str] = set()

    def refuse(self, message: str, at: Span, more: str = "") -> NoReturn:
        raise error_at(self.text, at, message, more)

    def reading(self) -> ParsedEquations:
        self.check_characters()
        statements = []
        for statement in self.statements():
            if isinstance(statement, ast.AnnAssign) and statement.value is None:
                self.declare(statement)
            else:
                statements.append(statement)
        lines = self.lines(statements)
        for name, declaration in self.declared.items():
            if name not in self.used:
                self.refuse(f"{name} is declared and never used", declaration.at)
        return ParsedEquations(lines, self.declared)

    def declare(self, statement: ast.AnnAssign) -> None:
        at = self.span(statement)
        match statement:
            case ast.AnnAssign(ast.Name("x"), ast.Name(size)):
                declaration = Declaration(INPUT, "length", self.size(size, at), at)
                self.used.add(INPUT)
            case ast.AnnAssign(ast.Name(name), ast.Name("scalar")):
                declaration = Declaration(name, "scalar", None, at)
            case ast.AnnAssign(ast.Name(name), ast.Call(ast.Name(kind), [ast.Name(size)], [])) if (
                kind in KINDS
            ):
                declaration = Declaration(name, kind, self.size(size, at), at)
            case _:
                forms = "x: units, a: scalar, y: input(units), U_h: blocks(heads)"
                self.refuse(f"this declares nothing. A declaration is one such as {forms}", at)
        if declaration.name in self.declared:
            self.refuse(f"{declaration.name} is declared already", at)
        if declaration.name in FUNCTIONS:
            self.refuse(f"{declaration.name} is a function", at)
        self.declared[declaration.name] = declaration

    def size(self, name: str, at: Span) -> str:
        if name == INPUT or name in FUNCTIONS or not name.islower():
            self.refuse(f"{name} cannot name a size. A size is a word such as units", at)
        return name

    def lines(self, statements: list[ast.stmt]) -> tuple[Line, ...]:
        if len(statements) > MOST_LINES:
            self.refuse(f"a cell has at most {MOST_LINES} lines", self.span(statements[MOST_LINES]))
        if not statements:
            self.refuse(
                "there is no equation. Write one per line, for example h = tanh(W_h @ x)", NOWHERE
            )
        for number, statement in enumerate(statements):
            name = self.target(statement)
            if name in self.line_names:
                first = statements[self.line_names[name]].lineno
                self.refuse(f"{name} has a line already, line {first}", self.span(statement))
            self.line_names[name] = number
        for statement in statements:
            self.check_name(self.target(statement), self.span(statement))
        return tuple(self.line(number, node) for number, node in enumerate(statements))

    def check_characters(self) -> None:
        """Bounds and spelling, before any parser sees the text."""
        opened: list[Span] = []
        for number, row in enumerate(self.rows, start=1):
            code = row.partition("#")[0].rstrip()
            if len(code) > LONGEST_LINE:
                at = Span(number, LONGEST_LINE, LONGEST_LINE + 1)
                self.refuse(f"a line has at most {LONGEST_LINE:,} characters", at)
            fine = _ALLOWED.match(code)
            if fine and fine.end() < len(code):
                self.refuse_character(code, number, fine.end())
            for found in re.finditer("[()]", code):
                at = Span(number, found.start() + 1, found.end() + 1)
                self.check_parenthesis(found[0], at, opened)
        if opened:
            self.refuse("this '(' is never closed", opened[-1])

    def check_parenthesis(self, sign: str, at: Span, opened: list[Span]) -> None:
        if sign == "(":
            opened.append(at)
            if len(opened) > DEEPEST:
                self.refuse(f"parentheses nest at most {DEEPEST} deep", at)
        elif opened:
            opened.pop()
        else:
            self.refuse("this ')' closes nothing", at)

    def refuse_character(self, code: str, line: int, place: int) -> NoReturn:
        character = code[place]
        shown = character if character.isprintable() else f"U+{ord(character):04X}"
        spelled = "names, numbers, ( ), = and " + " ".join(OPERATORS)
        message = f"{shown!r} is not part of the language: {spelled}."
        self.refuse(message, Span(line, place + 1, place + 2), habits.of_character(code, place))

    def statements(self) -> list[ast.stmt]:
        codes = [row.partition("#")[0].rstrip() for row in self.rows]
        indents = [len(code) - len(code.lstrip(" \t")) for code in codes if code]
        self.indent = min(indents, default=0)
        code = "\n".join(code[self.indent :] for code in codes)
        try:
            return ast.parse(code).body
        except SyntaxError as error:
            column = (error.offset or 1) + self.indent
            line = min(error.lineno or 1, len(self.rows))
            at, hint = Span(line, column, column + 1), habits.of_row(codes[line - 1])
        except (RecursionError, MemoryError):
            at = NOWHERE
            self.refuse("an expression nests too deep", at)
        message = "this cannot be read. A line is name = expression, for example h = tanh(x)."
        self.refuse(message, at, hint)

    def target(self, statement: ast.stmt) -> str:
        match statement:
            case ast.Assign([ast.Name(name)], _):
                return name
            case ast.AnnAssign(ast.Name(name), ast.Name(_), _):
                return name
            case _:
                message = (
                    "a line is name = expression, for example h = tanh(W_h @ x + U_h @ h + b_h)"
                )
                self.refuse(message, self.span(statement))

    def check_name(self, name: str, at: Span) -> None:
        """Refuse a line whose name would hide what else the name means."""
        at = Span(at.line, at.column, at.column + len(name))
        if name == INPUT:
            self.refuse("x is the input and has no line of its own", at)
        if not name.strip("_"):
            self.refuse("a line needs a name with a letter in it", at)
        if name in FUNCTIONS:
            self.refuse(f"{name} is a function, so a line cannot have that name", at)
        if name in self.declared:
            self.refuse(f"{name} is declared as what it is, so it has no line", at)
        form = _PARAMETER.fullmatch(name)
        if form and form[2] in self.line_names:
            self.refuse(f"{name} has the form of a parameter of {form[2]}: rename the line", at)

    def line(self, number: int, statement: ast.stmt) -> Line:
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        assert statement.value is not None
        at, length = self.span(statement), None
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.annotation, ast.Name):
            length = self.size(statement.annotation.id, at)
        expression = self.node(statement.value, number, 0)
        return Line(self.target(statement), expression, length, at)

    def node(self, node: ast.expr, line: int, depth: int) -> Expression:
        """The checked form of `node`, which stands in the equation number `line`."""
        at = self.span(node)
        if depth > DEEPEST:
            self.refuse(f"an expression nests at most {DEEPEST} deep", at)
        match node:
            case ast.Constant(bool() | None as value):
                self.refuse(f"{value} is not a number", at)
            case ast.Constant(int() | float() as value):
                return Number(self.constant(value, at), at)
            case ast.Name(name):
                return self.name(name, line, at)
            case ast.UnaryOp(ast.USub(), operand):
                return Negative(self.node(operand, line, depth + 1), at)
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.node(operand, line, depth + 1)
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATOR_OF:
                left_node = self.node(left, line, depth + 1)
                right_node = self.node(right, line, depth + 1)
                return self.binary(_OPERATOR_OF[type(operator)], left_node, right_node, at)
            case ast.BinOp(base, ast.Pow(), right):
                exponent = self.exponent(self.node(right, line, depth + 1))
                return Call("power", self.node(base, line, depth + 1), (exponent,), at)
            case ast.Call(ast.Name(function), [_, *_] as arguments, []):
                self.check_function(function, at)
                nodes = [self.node(each, line, depth + 1) for each in arguments]
                self.check_others(function, nodes[1:], at)
                return Call(function, nodes[0], tuple(nodes[1:]), at)
            case ast.Call(ast.Name(function)):
                self.check_function(function, at)
                self.refuse(f"{function} takes its arguments in parentheses, no names", at)
            case _:
                message = f"{_KIND.get(type(node), 'this')} is not part of the language"
                self.refuse(message, at, habits.of_syntax(node))

    def binary(self, operator: str, left: Expression, right: Expression, at: Span) -> Binary:
        """An operation, refused where it is arithmetic that no number comes out of."""
        if operator == "/" and number_of(right) == 0:
            self.refuse("this divides by 0", at)
        node = Binary(operator, left, right, at)
        if abs(number_of(node) or 0) > LARGEST_RESULT:
            self.refuse(f"the result of numbers is at most {LARGEST_RESULT:g} in size", at)
        return node

    def exponent(self, node: Expression) -> Expression:
        """A power as the second argument of `power`: a number, with arithmetic worked out."""
        number = number_of(node)
        if number is None:
            self.refuse("right of ** stands a plain number, for example v ** 2", node.at)
        if isinstance(node, Number):
            return node
        size = abs(int(number) if number.is_integer() else number)
        return Negative(Number(size, node.at), node.at) if number < 0 else Number(size, node.at)

    def check_function(self, name: str, at: Span) -> None:
        if name in FUNCTIONS:
            return
        place = Span(at.line, at.column, at.column + len(name))
        message = f"{name} is not a function of the language."
        if name == INPUT or name in self.line_names:
            self.refuse(message, place, habits.time_of(name))
        if _PARAMETER.fullmatch(name):
            self.refuse(message, place, f" A matrix product is {name} @ x.")
        hint = habits.of_function(name) or (did_you_mean(name, FUNCTIONS) if len(name) > 1 else "")
        self.refuse(message, place, hint or f" The functions are {', '.join(FUNCTIONS)}.")

    def check_others(self, function: str, others: list[Expression], at: Span) -> None:
        """Refuse arguments after the first that `function` does not take."""
        numbers = FUNCTIONS[function].numbers
        if function in EXTREMES and not others:
            self.refuse(f"{function} takes two or more vectors or numbers, got one", at)
        if function in MANY:
            return
        least = sum(number is None for number in numbers)
        if not least <= len(others) <= len(numbers):
            takes = f"{least} to {len(numbers)} numbers after it" if numbers else "one argument"
            if numbers and least == len(numbers):
                takes = (
                    f"{'a number' if least == 1 else f'{least} numbers'} after the first argument"
                )
            self.refuse(f"{function} takes {takes}, got {len(others)} after the first", at)
        for other in others:
            if not isinstance(other.operand if isinstance(other, Negative) else other, Number):
                self.refuse(f"after its first argument {function} takes plain numbers", other.at)

    def constant(self, value: float, at: Span) -> int | float:
        if abs(value) > LARGEST_CONSTANT:
            self.refuse(f"a constant is at most {LARGEST_CONSTANT:,.0f} in size", at)
        return value

    def name(self, name: str, line: int, at: Span) -> Expression:
        self.used.add(name)
        if name == INPUT:
            return Input(at=at)
        if (declared := self.declared.get(name)) and declared.kind == "input":
            return Input(name, at)
        if declared and declared.kind == "scalar":
            return Parameter(name, name, None, at)
        if name in self.line_names:
            return Value(name, previous=line <= self.line_names[name], at=at)
        if form := _PARAMETER.fullmatch(name):
            return self.parameter(name, form[1], form[2], at)
        if len(name) == 1 and name.isupper():
            twin = name.lower()
            if twin == INPUT or twin in self.line_names:
                self.refuse(f"{name} would be a parameter. Did you mean '{twin}'?", at)
            return Parameter(name, name, None, at)
        if name in FUNCTIONS:
            self.refuse(f"{name} is a function: it needs an argument, for example {name}(x)", at)
        known = [INPUT, *self.declared, *self.line_names]
        self.check_time(name, known, at)
        hint = did_you_mean(name, known) or f" Known here: {', '.join(known)}."
        self.refuse(
            f"{name} is neither x, a line, nor a parameter such as W_{known[-1]}.{hint}", at
        )

    def parameter(self, name: str, letter: str, gate: str, at: Span) -> Expression:
        if gate not in self.line_names:
            self.check_time(name, [INPUT, *self.line_names], at)
            near = [f"{letter}_{line}" for line in self.line_names]
            hint = did_you_mean(name, [*near, *self.line_names])
            lines = f" The lines are {', '.join(self.line_names)}."
            self.refuse(
                f"{name} belongs to no line: no line is called {gate!r}.{hint or lines}", at
            )
        return Parameter(name, letter, gate, at)

    def check_time(self, name: str, known: list[str], at: Span) -> None:
        """Refuse `h_t` and `h_prev` where `h` is known."""
        plain, _, time = name.partition("_")
        if plain in known and time in habits.TIMES:
            self.refuse(f"{name} is not a name here.", at, habits.time_of(plain))

    def span(self, node: ast.stmt | ast.expr) -> Span:
        row, first, last = node.lineno, node.col_offset, node.end_col_offset or 0
        if node.end_lineno != row:
            last = len(self.rows[row - 1].rstrip()) - self.indent
        return Span(row, first + self.indent + 1, max(first + 1, last) + self.indent + 1)


_OPERATOR_OF: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
}

_KIND: dict[type[ast.expr], str] = {
    ast.Attribute: "a dot",
    ast.Lambda: "a lambda",
    ast.Call: "a call of anything but a function's name",
    ast.BinOp: "this operator",
    ast.UnaryOp: "this operator",
    ast.Compare: "a comparison",
    ast.Tuple: "a comma",
    ast.Constant: "this constant",
    ast.IfExp: "a condition",
    ast.BoolOp: "a condition",
}
