"""Pasted code that asks for more than a machine has: one sentence, at once, in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import lstminspect as li

SEEN = ", input_shape=(3,))"
NO_MODEL = "no model is made"
STEPS = "steps to read"
LISTS = "lists of more than"
UNSAID = "which the text does not say"

BOMBS = {
    "unpacking a range": ("a, b = range(10**9)", "2 names are given 1,000,000,000 values"),
    "unpacking with a star": ("a, *b = range(10**9)", STEPS),
    "unpacking a text": (f"*a, = '{'x' * 200_000}'", STEPS),
    "a range too long for its length": ("for i in range(10**30): pass", "no model is made"),
    "the length of a range": (f"Dense(len(range(10**30)){SEEN}", UNSAID),
    "a loop over a range": ("for i in range(10**12): LSTM(3)", "runs 1,000,000,000,000 times"),
    "a text in a range": (f"Dense({{('a' in range(10**12), [2]): 1}}{SEEN}", "units of Dense"),
    "a number not in a range": (f"Dense(3 if 0.5 in range(10**12) else 4{SEEN}", ""),
    "not in a range": (f"Dense(3 if 'a' not in range(10**12) else 4{SEEN}", ""),
    "a set of lists": (f"Dense({{[1], [2]}}{SEEN}", UNSAID),
    "a dict of lists": (f"Dense({{[1]: 2}}{SEEN}", UNSAID),
    "a dict of tuples of lists": (f"x = {{(1, [2]): 3}}\nDense(x{SEEN}", UNSAID),
    "a list as an index": (f"x = {{1: 2}}\nDense(x[[1]]{SEEN}", UNSAID),
    "an entry under a list": (f"x = {{1: 2}}\nx[[1]] = 3\nDense(x[1]{SEEN}", UNSAID),
    "powers": (f"Dense(10**10**10{SEEN}", UNSAID),
    "powers of powers": (f"Dense(((9**30)**30)**30{SEEN}", UNSAID),
    "many powers": ("x = 7\n" + "x = x * x\n" * 5000 + f"Dense(x{SEEN}", UNSAID),
    "shifts": (f"Dense(1 << 10**9{SEEN}", UNSAID),
    "a long text": (f"x = 'a' * 10**9\nDense(x{SEEN}", UNSAID),
    "a long list": (f"x = [1] * 10**9\nDense(x{SEEN}", UNSAID),
    "a long tuple, the number first": (f"x = 10**9 * (1,)\nDense(x{SEEN}", UNSAID),
    "a list of a range": (f"x = list(range(10**8))\nDense(x{SEEN}", UNSAID),
    "a tuple of a range": (f"x = tuple(range(10**8))\nDense(x{SEEN}", UNSAID),
    "a sum of a range": (f"x = sum(range(10**9))\nDense(x{SEEN}", UNSAID),
    "a sum of lists": (f"x = sum([[1] * 5000] * 5000, [])\nDense(x{SEEN}", "lists of more"),
    "the largest of a range": (f"x = max(range(10**9))\nDense(x{SEEN}", UNSAID),
    "a sorted range": (f"x = sorted(range(10**9))\nDense(x{SEEN}", UNSAID),
    "a list that is opened": ("x = [*range(10**9)]", STEPS),
    "arguments that are opened": ("Dense(*range(10**9))", STEPS),
    "a list that is extended": ("x = []\nx.extend(range(10**9))", "grows beyond 10,000"),
    "a list that is added to": ("x = [1]\n" + "x += x\n" * 60 + f"Dense(x{SEEN}", UNSAID),
    "a dict that is updated": (
        "x = {}\nfor i in range(20000):\n    x.update({i: i})", STEPS,
    ),
    "many long lists": ("x = []\nfor i in range(9000):\n    x.append([0] * 9000)", NO_MODEL),
    "many long texts": ("x = []\nfor i in range(9000):\n    x.append('a' * 9000)", NO_MODEL),
    "many slices": ("x = [0] * 9000\ny = []\nfor i in range(9000):\n    y.append(x[1:])", NO_MODEL),
    "nested repetition": ("x = [0]\nfor i in range(9):\n    x = [x] * 9999", LISTS),
    "nested lists": ("x = [0]\nfor i in range(60):\n    x = [x, x]\nDense(x)", LISTS),
    "nested tuples as a key": ("x = (0,)\nfor i in range(60):\n    x = (x, x)\ny = {x: 1}", LISTS),
    "deep tuples as a key": ("x = ()\nfor i in range(20000):\n    x = (x,)\ny = {x: 1}", LISTS),
    "deep lists that are compared": (
        "x, y = [], []\nfor i in range(9000):\n    x, y = [x], [y]\nx == y", LISTS,
    ),
    "nested lists that are compared": (
        "x, y = [0], [0]\nfor i in range(60):\n    x, y = [x, x], [y, y]\nx == y", LISTS,
    ),
    "nested lists as a text": (
        f"x = [0]\nfor i in range(60):\n    x = [x, x]\nDense(f'{{x}}'{SEEN}", UNSAID,
    ),
    "a list in itself": ("x = [1]\nx.append(x)\nx.append(x)\nDense(x)", LISTS),
    "a list counted again and again": (
        "x = [0] * 9000\nfor i in range(20000):\n    x.count(1)", STEPS,
    ),
    "a list searched again and again": (
        "x = [0] * 9000\nfor i in range(20000):\n    1 in x", STEPS,
    ),
    "a comprehension": ("x = [i for i in range(10**9)]", STEPS),
    "a comprehension of comprehensions": (
        "x = [[[0 for i in range(999)] for i in range(999)] for i in range(999)]", STEPS,
    ),
    "a comprehension of several loops": (
        "x = [0 for i in range(9999) for i in range(9999) for i in range(9999)]", STEPS,
    ),
    "a comprehension that feeds itself": ("x = [1]\ny = [x.append(1) for i in x for j in x]", ""),
    "a dict that grows while it is read": ("x = {1: 1}\ny = [x.update({i + 1: 1}) for i in x]", ""),
    "a join": (f"x = ','.join(['a'] * 10**8)\nDense(x{SEEN}", UNSAID),
    "a width in an f-string": (f"x = f'{{1:>1000000000}}'\nDense(x{SEEN}", UNSAID),
    "a precision in an f-string": (f"x = f'{{1.5:.1000000000f}}'\nDense(x{SEEN}", UNSAID),
    "a width that is a value": (f"n = 10**9\nx = f'{{1:{{n}}}}'\nDense(x{SEEN}", UNSAID),
    "a width after a percent sign": (f"x = '%1000000000d' % 1\nDense(x{SEEN}", UNSAID),
    "a width in format": (f"x = '{{:>1000000000}}'.format(1)\nDense(x{SEEN}", UNSAID),
    "a rounding": (f"x = round(1, -10**9)\nDense(x{SEEN}", UNSAID),
    "a hexadecimal number": (f"x = -0x{'f' * 200_000}\nDense(x{SEEN}", UNSAID),
    "a number of many digits": (f"x = int('9' * 5000)\nDense(x{SEEN}", UNSAID),
    "a loop that does nothing known": (
        "for i in range(20000):\n    while unknown:\n        " + "x = 1; " * 2000, STEPS,
    ),
    "a set that is read again and again": (
        "for i in range(20000):\n    {" + "1, " * 50_000 + "}", "no model is made",
    ),
    "shapes that are asked for again and again": (
        "x = Input((3,))\nfor i in range(9000):\n    x = Dense(x.shape[-1])(x)", STEPS,
    ),
    "wrappers in wrappers": (
        "x = Dense(3)\nfor i in range(300):\n    x = TimeDistributed(x)\n"
        "x(Input((3,) * 303))", "more than 20 deep",
    ),
    "models in models, frozen": (
        "m = Sequential([Dense(3, input_shape=(3,))])\nfor i in range(9):\n    m = Sequential([m, "
        + "Sequential([m]), " * 9 + "])\nm.trainable = False", "",
    ),
    "a model that holds itself twice": (
        "m = Sequential([Dense(3, input_shape=(3,))])\nfor i in range(60):\n"
        "    m = Sequential([m, m])\nm.trainable = False", "two layers are named",
    ),
    "a shape of many sizes": (
        "Flatten(input_shape=(10**15,) * 2000), Dense(3)", "",
    ),
    "names of nobody's layers": ("for i in range(9000):\n    Dens(3)", "Did you mean 'Dense'"),
    "a lone minus": ("-" * 100_000 + "1", "not Python"),
    "a long sum": ("1+" * 100_000 + "1", "not Python"),
    "a long text of code": ("x = 1\n" * 100_000, "at most 300,000 characters"),
    "a class that makes itself": (
        "class A:\n    def __init__(self):\n        self.a = A()\nA()", "nested too deep",
    ),
    "a model that calls itself": (
        "class A(keras.Model):\n    def call(self, x):\n"
        "        return self(x)\nA()(Input((3,)))", "",
    ),
    "methods that call each other": (
        "class A:\n    def f(self):\n        LSTM(3)\n        return self.g()\n"
        "    def g(self):\n        LSTM(3)\n        return self.f()", "nested too deep",
    ),
    "open branches in open branches": (
        "def f(n):\n    if unknown(n):\n        LSTM(3)\n        f(n)\n        f(n)\nf(1)",
        "nested too deep",
    ),
    "open loops in open loops": (
        "m = Sequential()\n" + "".join(
            f"{' ' * n}for i{n} in more:\n" for n in range(80)
        ) + " " * 80 + "m.add(LSTM(3))", "",
    ),
    "many open branches": (
        "m = Sequential([Input((5, 3))])\n" + "if more:\n    m.add(Dense(3))\n" * 300, "",
    ),
    "many functions that nobody calls": (
        "".join(f"def f{n}(a):\n    return LSTM(a)(f{n + 1}(a))\n" for n in range(400)), "",
    ),
    "an unknown to a high power": (f"x = unknown ** 10 ** 9\nDense(x{SEEN}", ""),
    "sums of unknowns": ("x = n\n" + "x = x + x\n" * 5000 + f"Dense(x{SEEN}", ""),
    "attributes of attributes": (f"Dense(x{'.a' * 500}{SEEN}", ""),
    "a class of many classes": (
        "class A0: pass\n" + "".join(f"class A{n + 1}(A{n}): pass\n" for n in range(3000)), "",
    ),
    "an array of a bomb": (
        f"x = np.zeros((10**9, 10**9)).reshape(-1)\nDense(x.shape[0]{SEEN}", "",
    ),
    "parts of a long axis": (
        "x = Input((10**9, 3))\ny = [LSTM(3)(z) for z in tf.unstack(x, axis=1)]", STEPS,
    ),
    "a magic on every line": ("%magic\n" * 30_000, ""),
    "a bracket that stays open": ("x = (\n" + "y = 1\n" * 30_000, ""),
    "lines that are not Python": ("a b c\n" * 30_000, "not Python"),
    "a recursion": ("f = lambda: f()\nf()", "nested too deep"),
}  # fmt: skip

RUN = """
import json, resource, signal, sys, time
import lstminspect as li

def stop(*_):
    raise TimeoutError("stopped")

signal.signal(signal.SIGALRM, stop)
li.model("Dense(2, input_shape=(3,))")
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
for name, (text, _) in json.load(sys.stdin).items():
    start = time.process_time()
    signal.alarm(20)
    try:
        outcome = str(li.model(text).parameters)
    except li.ModelError as error:
        outcome = str(error)
    except BaseException as error:
        outcome = f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError):
            raise
    print(json.dumps([name, outcome[:2000], time.process_time() - start]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str, float]]:
    """Each bomb's outcome and processor time, in one process that has a gigabyte."""
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN],
        input=json.dumps(BOMBS),
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (outcome, seconds) for name, outcome, seconds in lines}


@pytest.mark.parametrize("name", BOMBS)
def test_what_a_pasted_text_asks_for_is_bounded(
    name: str, outcomes: dict[str, tuple[str, float]]
) -> None:
    assert name in outcomes, "the process died before"
    outcome, seconds = outcomes[name]
    assert BOMBS[name][1] in outcome
    assert "\n" not in outcome
    assert "Error:" not in outcome
    assert seconds < 2


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7 in range(9)", True), ("7.0 in range(9)", True), ("9 in range(9)", False),
        ("3 * [2]", [2, 2, 2]), ("[1, 2] * 2", [1, 2, 1, 2]), ("-(3)", -3), ("len(range(5))", 5),
        ("sum([1, 2])", 3), ("round(2.6)", 3), ("round(2.55, 1)", 2.5), ("str(3) + 'a'", "3a"),
        ("[1, 2, 3][1:]", [2, 3]), ("{(1, 'a'): 5}[(1, 'a')]", 5), ("{**{'a': 1}}['a']", 1),
        ("max(2, 3)", 3), ("[*range(3)]", [0, 1, 2]), ("not []", True), ("not None", True),
    ],
)  # fmt: skip
def test_what_is_small_is_calculated(expression: str, value: object) -> None:
    text = f"Dense(3 if ({expression}) == {value!r} else 4, input_shape=(2,))"
    assert li.model(text).parameters == 3 * 2 + 3


def test_a_format_in_a_name_is_the_formatted_one() -> None:
    text = "n = 7\nSequential([Dense(3, input_shape=(2,), name=f'dense_{n:03d}_{1.5:.2f}')])"
    assert li.model(text).rows[1].name == "dense_007_1.50"


def test_the_text_of_an_error_is_the_users_own() -> None:
    with pytest.raises(li.ModelError, match=r"""is '9\*\*9  \*\*9', which the text does not"""):
        li.model("LSTM( 9**9  **9 , input_shape=(5, 3))")
    with pytest.raises(li.ModelError, match=r"is 'ä  \+ x\[\.\.\.', which the text does not say"):
        li.model("ä = 'größe'\nx = [1]\nLSTM(ä  + x[\n0], input_shape=(5, 3))")
    with pytest.raises(li.ModelError, match=r"^line 3: "):
        li.model("x = 3\r\ny = 4\r\nLSTM(3, unit=4)")


def test_arguments_of_which_a_part_is_not_known_are_refused() -> None:
    with pytest.raises(li.ModelError, match="which the text does not say"):
        li.model("cfg = load()\nDense(**{**cfg, 'units': 3}, input_shape=(2,))")
    with pytest.raises(li.ModelError, match="which the text does not say"):
        li.model("Dense(**{name(): 3, 'units': 3}, input_shape=(2,))")


def test_warnings_of_a_pasted_text_do_not_reach_the_screen(tmp_path: Any) -> None:
    path = tmp_path / "model.py"
    path.write_text("x = '\\d'\nif 3 is 3: pass\nDense(3, input_shape=(2,))\n", "utf-8")
    command = [sys.executable, "-W", "always", "-m", "lstminspect", "model", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
