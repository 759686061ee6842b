"""The language: what is read, what is refused, and that a hostile text costs nothing."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstminspect
from lstminspect import Cell, EquationError, cells
from lstminspect.equations import latex
from lstminspect.equations.functions import EXTREMES, FUNCTIONS
from lstminspect.equations.parser import LARGEST_RESULT, OPERATORS, parse
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Line,
    Negative,
    Number,
    Parameter,
    Value,
    children,
    number_of,
    terms,
    text_of,
    walk,
    without,
)


def test_a_state_is_old_up_to_its_own_line_and_new_below_it() -> None:
    lines, _ = parse("c = f * c\nf = sigmoid(p_f * c + U_f @ h)\nh = tanh(c)")
    versions = [
        (line.name, node.name, node.previous)
        for line in lines
        for node in walk(line.expression)
        if isinstance(node, Value)
    ]
    assert versions == [
        ("c", "f", True),
        ("c", "c", True),
        ("f", "c", False),
        ("f", "h", True),
        ("h", "c", False),
    ]


def test_operators_read_as_in_python() -> None:
    (line,) = parse("h = 1 - W_h @ x * 2 / -x").lines
    assert line.expression == Binary(
        "-",
        Number(1),
        Binary(
            "/",
            Binary("*", Binary("@", Parameter("W_h", "W", "h"), Input()), Number(2)),
            Negative(Input()),
        ),
    )


def test_parameters_are_recognised_by_their_form() -> None:
    lines, _ = parse("gate = sigmoid(W_gate @ x + P @ x)\nh = gate * h")
    found = [node for node in walk(lines[0].expression) if isinstance(node, Parameter)]
    assert found == [Parameter("W_gate", "W", "gate"), Parameter("P", "P", None)]


def test_a_line_may_be_called_by_a_capital() -> None:
    lines, _ = parse("C = sigmoid(W_C @ x) * C\nh = tanh(C)")
    assert lines[1].expression == Call("tanh", Value("C", previous=False))


def test_indented_text_comments_and_foreign_line_ends_are_read() -> None:
    text = "\ufeff   # σ — a comment\r\n\r\n   h = tanh(W_h @ x  # why\r\n      + U_h @ h)\r\n"
    assert parse(text) == parse("h = tanh(W_h @ x + U_h @ h)")


ALL = [Number(0.5), Input(), Value("c", True), Parameter("P", "P", None)]


def test_every_reading_covers_every_operator_and_function() -> None:
    for operator in OPERATORS:
        node = Binary(operator, ALL[3], ALL[1])
        assert children(node) == (ALL[3], ALL[1])
        assert parse(f"h = {text_of(node)}").lines[0].expression == node
        assert latex.OPERATORS[operator].strip() in latex.expression(node)
    shown = {"transpose": "x_{t}^\\top", "power": "x_{t}^{3}"}
    for function in FUNCTIONS:
        numbers = tuple(Number(3) for _ in FUNCTIONS[function].numbers)
        node = Call(function, Input(), (Input(),) if function in EXTREMES else numbers)
        assert parse(f"h = {text_of(node)}").lines[0].expression == node
        assert shown.get(function, "(x_{t}") in latex.expression(node)


@pytest.mark.parametrize("name", cells.names())
def test_the_text_of_a_cell_reads_back_to_the_same_tree(name: str) -> None:
    cell = cells.get(name)
    assert Cell(cell.rewritten(frozenset())).says_the_same(cell)


PLAIN = [
    name
    for name, function in FUNCTIONS.items()
    if None not in function.numbers and name not in EXTREMES
]


def leaves() -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.integers(0, 99).map(Number),
        st.just(Input()),
        st.sampled_from(["a", "b"]).map(lambda name: Value(name, previous=True)),
        st.sampled_from("WUbp").map(lambda letter: Parameter(f"{letter}_a", letter, "a")),
    )


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Call, st.sampled_from([*PLAIN]), inner),
        st.builds(Call, st.sampled_from(["norm", "max", "min"]), inner, st.tuples(inner)),
        st.builds(Negative, inner),
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner).filter(has_a_value),
    )


def has_a_value(node: Binary) -> bool:
    if node.operator == "/" and number_of(node.right) == 0:
        return False
    return abs(number_of(node) or 0) <= LARGEST_RESULT


trees = st.recursive(leaves(), grown, max_leaves=20)


@given(trees)
def test_any_tree_reads_back_from_its_text(tree: Expression) -> None:
    first, *_ = parse(f"a = {text_of(tree)}\nb = 1").lines
    assert first == Line("a", tree)


@given(trees)
def test_dropping_a_bias_leaves_it_in_no_sum_with_another_term(tree: Expression) -> None:
    bias = Parameter("b_a", "b", "a")
    rest = without(tree, frozenset({"b_a"}))
    if rest is None:
        assert set(terms(tree)) == {bias}
        return
    for each in walk(rest):
        assert bias not in terms(each) or set(terms(each)) == {bias}


@pytest.mark.filterwarnings("ignore::lstminspect.errors.UnusedLineWarning")
@given(st.text(alphabet="xhcWUb_ie ()=+-*@/.,\n#[:0129\t\"'é", max_size=60))
@settings(max_examples=400)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        cell = Cell(text)
    except EquationError as error:
        assert error.line >= 1
        assert error.column >= 1
        assert "^" in str(error)
    else:
        assert cell.count(units=2, features=3) >= 0


REFUSED = {
    "h = sigmod(W_h @ x)": r"line 1, column 5: sigmod is not a function .* mean 'sigmoid'",
    "i = W_i @ x\nh = U_j @ h + i": r"line 2, column 5: U_j belongs to no line.* mean 'U_[ih]'",
    "h = tanh(W_h @ x + U_h @ hh)": r"line 1, column 26: hh is neither .* mean 'h'",
    "h = W_h @ x\nh = U_h @ h": r"line 2, column 1: h has a line already, line 1",
    "x = W_x @ h\nh = x": r"x is the input",
    "tanh = W_h @ x\nh = tanh(x)": r"tanh is a function, so a line",
    "W_h = x\nh = W_h": r"W_h has the form of a parameter of h",
    "h = X @ h": r"X would be a parameter. Did you mean 'x'",
    "h = tanh": r"tanh is a function: it needs an argument",
    "h = tanh(x, x)": r"tanh takes one argument",
    "h = x.shape": r"a dot is not part of the language",
    "h = x if x else h": r"a condition is not part",
    "h = 2 ** x": r"column 10: right of \*\* stands a plain number, for example v \*\* 2",
    "h = x // 2": r"this operator is not part of the language",
    "h = x / (2 - 2)": r"column 5: this divides by 0",
    "h = 2 / 0 * x": r"column 5: this divides by 0",
    "h = x * (1e6 * 1e6 * 1e6 * 1e6 * 1e6 * 1e6)": r"numbers is at most 1e\+30 in size",
    "h = max(x)": r"max takes two or more vectors or numbers, got one",
    "h = power(x)": r"power takes a number after the first argument, got 0",
    "h = clip(x, 1)": r"clip takes 2 numbers after the first argument, got 1",
    "h = elu(x, 1, 2)": r"elu takes 0 to 1 numbers after it, got 2",
    "h = clip(x, h, 1)": r"column 13: after its first argument clip takes plain numbers",
    "h = softmax(0.5) * h": r"column 13: softmax takes a vector, and 0.5 is one number",
    "a: scalar\nh = norm(h, a)": r"line 2, column 13: norm takes a vector, and a is one number",
    "a: scalar\nh = h + norm(-a)": r"line 2, column 14: norm takes a vector, and -a is one number",
    "h = h + norm(tanh(2))": r"column 14: norm takes a vector, and tanh\(2\) is one number",
    "h = h + norm(2 ** 3)": r"column 14: norm takes a vector, and power\(2, 3\) is one number",
    "a: wide = 0.5\nh = norm(a + 1)": r"norm takes a vector, and a \+ 1 is one number",
    "c = 0.5\nh = softmax(c) * c + g\ng = c": r"softmax takes a vector, and c is one number",
    "a: wide = 0.5\nh = U_h @ a": r"right of @ stands a vector, and a is a number",
    "h = not x": r"this operator is not part",
    "h = x < h": r"'<' is not part of the language",
    "h = x == h": r"a comparison is not part",
    "h = x, h": r"a comma is not part",
    "h = x[0]": r"'\[' is not part of the language.*mean \(",
    "h = 'x'": r"\"'\" is not part of the language",
    "h = lambda: x": r"a lambda is not part of the language",
    "h = transpose(U_h)": r"transpose\(U_h\) stands left of @ or nowhere",
    "x: 3\nh = x": r"this declares nothing",
    "a: colour\nh = a": r"this declares nothing. A declaration is one such as x: units, a: scalar",
    "U_h: rings(n)\nh = U_h @ h": r"this declares nothing",
    "a: scalar\na: scalar\nh = a * h": r"line 2, column 1: a is declared already",
    "a: scalar\nh = W_h @ x": r"line 1, column 1: a is declared and never used",
    "a: scalar\na = 3\nh = a * h": r"a is declared as what it is, so it has no line",
    "tanh: scalar\nh = tanh(x)": r"tanh is a function",
    "U_h: triangular(parts)\nh = U_h * h": r"U_h is a vector, and only a matrix can be triangular",
    "U_h: blocks(heads)\nh = U_h * h": r"U_h is a vector, and only a matrix can be blocks",
    "h: tanh = W_h @ x": r"tanh cannot name a size",
    "U_h: blocks(Heads)\nh = U_h @ h": r"Heads cannot name a size",
    "h: 3 = W_h @ x": r"a line is name = expression",
    "h = tanh(x)(x)": r"a call of anything but a function's name",
    "h = True": r"True is not a number",
    "h = 1j": r"this constant is not part",
    "h = 1e999 * x": r"at most 1,000,000 in size",
    "h = 9999999 * x": r"at most 1,000,000 in size",
    "h = W_h ⊙ x": r"'⊙' is not part of the language.*mean \*",
    "h = (x": r"column 5: this '\(' is never closed",
    "h = x)": r"column 6: this '\)' closes nothing",
    "h = W_h x": r"column 9: this cannot be read",
    "h += x": r"a line is name = expression",
    "h = c = x": r"a line is name = expression",
    "h": r"a line is name = expression",
    "import os": r"a line is name = expression",
    "": r"there is no equation",
    "# nothing": r"there is no equation",
    "_ = W_h @ x\nh = _": r"a line needs a name with a letter",
    "y = W_y @ x": r"output is the line h, and there is none. Rename y",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_the_language_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(EquationError, match=REFUSED[text]):
        Cell(text)


DISAGREE = {
    "i = sigmoid(W_i @ x)\nc = i * c + i * x\nh = c": r"i has units, but x has .*features = units",
    "h = x + U_h @ h": r"h = x|x has features, but U_h @ h has units",
    "h = x": r"h has units, but x has features",
    "h = tanh(W_h @ x + W_h @ h)": r"W_h has columns for features, but h has units",
    "h = U_h @ h + U_h": r"U_h is a vector here and a matrix elsewhere",
    "h = x @ W_h": r"left of @ stands a matrix, and x is none. The matrix stands first: W_h @ x",
    "r = W_r @ x\nh = r * U_h @ h": r"r \* U_h is none. Write the product in parentheses",
    "h = tanh(U_h) @ h": r"left of @ stands a matrix, and tanh\(U_h\) is none",
    "h = max(h, x)": r"h has units, but x has features\. This would force features = units",
    "h = max(0, h, 1, x)": r"column 5: h has units, but x has features",
    "y: input(wide)\nh = min(h, W_h @ x, y)": r"h has units, but y has wide\.\n",
    "h = U_h @ 2": r"right of @ stands a vector, and 2 is a number",
}


@pytest.mark.parametrize("text", DISAGREE)
def test_shapes_that_do_not_fit_name_both_sides(text: str) -> None:
    with pytest.raises(EquationError, match=DISAGREE[text]):
        Cell(text)


def test_the_caret_stands_below_the_place() -> None:
    with pytest.raises(EquationError) as caught:
        Cell("  i = sigmoid(W_i @ x)\n  h = tanh(i + U_h @ k)")
    error = caught.value
    _, shown, caret = str(error).split("\n")
    assert (error.line, error.column) == (2, 22)
    assert shown[caret.index("^")] == "k"
    assert caret.count("^") == 1


def test_the_caret_of_an_expression_over_lines_ends_with_its_first_line() -> None:
    with pytest.raises(EquationError) as caught:
        Cell("h = W_h @ x + (x\n  + h)")
    _, shown, caret = str(caught.value).split("\n")
    assert shown[caret.index("^") : caret.rindex("^") + 1].rstrip() in ("x", "W_h @ x + (x")


def test_the_caret_of_a_long_line_stands_below_the_place_too() -> None:
    text = "h = " + " + ".join(["x"] * 50) + " + q"
    with pytest.raises(EquationError) as caught:
        Cell(text)
    _, shown, caret = str(caught.value).split("\n")
    assert caught.value.column == len(text)
    assert shown[caret.index("^")] == "q"
    assert caret.index("^") == 4 + 40


HOSTILE = {
    "a megabyte": "h = " + "x + " * 250_000 + "x",
    "a megabyte of lines": "h = x\n" * 170_000,
    "deep parentheses": "h = " + "(" * 900 + "x" + ")" * 900,
    "deep parentheses over lines": "h = " + "(\n" * 5000 + "x" + ")\n" * 5000,
    "deep minus": "h = " + "-" * 990 + "x",
    "a long sum over lines": "h = (" + "x +\n" * 8000 + "x)",
    "deep plus": "h = " + "+" * 990 + "x",
    "deep plus and minus": "h = " + "+-" * 490 + "x",
    "deep products": "h = x" + " * x" * 240,
    "a deep exponent": "h = x ** " + "-" * 900 + "1",
    "deep calls": "h = " + "tanh(" * 150 + "x" + ")" * 150,
    "a huge number": "h = " + "9" * 900 + " * x",
    "a tower of powers": "h = 9**9**9**9 * x",
    "dunder": "h = x.__class__.__bases__",
    "import": "h = __import__(x)",
    "eval": "h = eval(x)",
    "lambda": "h = (lambda y: y)(x)",
    "walrus": "h = (y := x)",
    "a null character": "h = \0",
    "a lone surrogate": "h = \ud800",
    "many names": "\n".join(f"v{n} = W_v{n} @ x" for n in range(3000)),
    "binary": bytes(range(256)).decode("latin-1"),
    "a form feed": "h = x\f",
    "an unknown name among many": "\n".join(
        [f"{'v' * 300}{n} = W_h @ x" for n in range(60)] + ["h = q"]
    ),
    "a refusal of a big expression": "h = x + " + " + ".join(["(U_h @ h)"] * 50),
    "a backslash": "h = x + \\\nx",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_text_is_an_ordinary_error_in_bounded_time(kind: str) -> None:
    start = time.perf_counter()
    with pytest.raises(EquationError) as caught:
        Cell(HOSTILE[kind])
    assert time.perf_counter() - start < 5
    assert len(str(caught.value)) < 600


def refused(text: str) -> EquationError:
    with pytest.raises(EquationError) as caught:
        Cell(text)
    return caught.value


def test_the_caret_is_as_wide_as_what_is_refused() -> None:
    widths = {
        "": 0,
        "h = (x": 1,
        "h = x)": 1,
        "h = sigmod(x)": 6,
        "h = foo": 3,
        "h = tanh(x, x)": 10,
        "h = W_h @ [x]": 1,
        "h = x +": 1,
        "max = x": 3,
    }
    for text, width in widths.items():
        _, shown, caret = str(refused(text)).split("\n")
        assert caret.count("^") == max(1, width)
        assert shown == f"    {text}"


def test_bounds_are_where_they_are_said_to_be() -> None:
    rows = "\n".join(f"v{n} = {'x' if not n else f'v{n - 1}'}" for n in range(199))
    assert len(Cell(f"x: units\n{rows}\nh = v198").lines) == 200
    error = refused(f"x: units\n{rows}\nh = v198\nc = h")
    assert "a cell has at most 200 lines" in error.message
    assert (error.line, error.column) == (202, 1)
    fits = "h = " + "+ " * 59 + "x"
    assert Cell(f"x: units\n{fits}").lines[0].expression == Input()
    assert "nests at most 60 deep" in refused(f"x: units\nh = {'+' * 61}x").message
    assert Cell(f"x: units\nh = {'+' * 60}x")
    assert Cell(f"x: units\nh = {'(' * 60}x{')' * 60}")
    assert "parentheses nest at most 60" in refused(f"h = {'(' * 61}x{')' * 61}").message
    line = "h = x" + " " * 995
    assert Cell(f"x: units\n{line[:999]}#comment {'long ' * 300}")
    long = "h = x + " + "h" * 992
    assert len(long) == 1000
    assert "is neither x" in refused(long).message
    error = refused(f"{long}h")
    assert "a line has at most 1,000 characters" in error.message
    assert error.column == 1000
    assert Cell("x: units\nh = 1000000 * x - 1e6 * x")
    assert "at most 1,000,000 in size" in refused("h = 1000001 * x").message
    assert Cell("x: units\nh = x" + " " * (64 * 1024 - 14))
    error = refused("x: units\nh = x" + "\n" * (64 * 1024 - 13))
    assert "at most 65,536 characters, got 65,537" in error.message


def test_what_is_known_is_told_in_the_order_of_the_text() -> None:
    error = refused("y: input(units)\nc = W_c @ x + y\nh = c + zebra")
    assert error.message == (
        "zebra is neither x, a line, nor a parameter such as W_h. Known here: x, y, c, h."
    )
    error = refused("c = W_c @ x\nh = c + U_zebra @ h")
    assert error.message == (
        "U_zebra belongs to no line: no line is called 'zebra'. The lines are c, h."
    )


def test_an_error_on_an_indented_line_has_its_place() -> None:
    error = refused("   c = W_c @ x\n   h = c +")
    assert (error.line, error.column) == (2, 11)
    error = refused("\tc = W_c @ x\n\th = q")
    assert (error.line, error.column) == (2, 6)


def test_what_is_not_text_is_refused() -> None:
    for thing in (None, 3, b"h = x", ["h = x"]):
        with pytest.raises(EquationError, match="equations are text, got"):
            Cell(thing)  # type: ignore[arg-type]


def test_nothing_in_the_package_evaluates_a_text() -> None:
    found = []
    for path in Path(lstminspect.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(ast.Name("eval" | "exec" | "compile" | "__import__" as name)):
                    found.append((path.name, name))
    # The compiled step: its text is written from the checked tree, see test_runtime.
    assert sorted(found) == [("codegen.py", "compile"), ("codegen.py", "exec")]
