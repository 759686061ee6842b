"""The command line: arguments to the same functions as in Python, then to a medium.

Exit codes: 0 fine, 1 a disagreement was found, 2 bad input (one sentence on the error stream).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, NoReturn

from lstminspect import __version__, cells
from lstminspect.cell import Cell
from lstminspect.equations import MOST_CHARACTERS
from lstminspect.errors import LstmInspectError, OptionError, SizeError, did_you_mean
from lstminspect.explain import explain
from lstminspect.layer import FLAGS, SIZES, Layer
from lstminspect.layouts import CONVENTIONS
from lstminspect.layouts import get as get_layout
from lstminspect.quantity import Quantity, size
from lstminspect.render import FORMATS, render
from lstminspect.report import report
from lstminspect.solve import Solution, solve

__all__ = ["main"]

FINE, DISAGREEMENT, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

COMMANDS = ("cells", "explain", "solve", "validate")

MEANINGS = {
    "units": "how many numbers the state and the output hold (a letter gives a formula)",
    "features": "how many numbers a time step of the input holds",
    "timesteps": "steps of a sequence; never changes the parameters",
    "batch": "sequences at a time; never changes the parameters",
    "use_bias": "the biases, on unless --no-use-bias",
    "return_sequences": "return the output of every time step, not of the last alone",
    "return_state": "return the final states too",
    "go_backwards": "read the sequence from its end",
    "stateful": "keep the states from one batch to the next; needs --batch",
    "bidirectional": "one layer forward and one backward",
}

EXAMPLES = """\
examples:
  lstminspect --units 64 --features 3
  lstminspect --units u --features f
  lstminspect --units 64 --features 3 --timesteps 30 --return-sequences --return-state
  lstminspect --cell gru --units 32 --features 16 --bidirectional --no-reset-after
  lstminspect --units 64 --features 3 --convention pytorch --format json
  lstminspect --cell projected --units 64 --features 3 --size projection=16
  lstminspect --equations mycell.txt --units 64 --features 3
  lstminspect cells                         the catalogue
  lstminspect cells peephole
  lstminspect solve --parameters 17408 --features 3
  lstminspect explain 9600
  lstminspect validate                      the lecture's figures against real Keras layers
  lstminspect validate --random 1000 --seed 7
  lstminspect validate --help
"""

VALIDATE_EXAMPLES = """\
examples:
  lstminspect validate
  lstminspect validate --cell gru --units 5 --features 4 --bidirectional --merge-mode sum
  lstminspect validate --random 1000 --seed 7 --format json

Needs Keras: pip install 'lstminspect[keras]'
"""


EXPLAIN_EXAMPLES = """\
examples:
  lstminspect explain 9600
  lstminspect explain 9600 --cell gru --units 32 --features 16 --bidirectional --no-reset-after
  lstminspect explain 522240 --units 64 --features 3 --timesteps 30
  lstminspect explain "(None, 30, 64)"
  lstminspect explain "expected ndim=3, found ndim=2"
"""

SOLVE_EXAMPLES = """\
examples:
  lstminspect solve --parameters 17408 --features 3
  lstminspect solve --parameters 1e6 --features 3 --cell lstm,gru,cifg --convention all
  lstminspect solve --parameters 17408 --units 64 --find features
  lstminspect solve --like lstm --units 64 --features 3 --cell gru
"""


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises, with a suggestion for an option that it does not know."""

    def __init__(self, **settings: Any) -> None:
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(allow_abbrev=False, formatter_class=formatter, **settings)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        found, unknown = self.parse_known_args(arguments)
        if unknown:
            self.refuse(unknown[0])
        return found

    def refuse(self, word: str) -> NoReturn:
        option = word.partition("=")[0]
        near = did_you_mean(option, self._option_string_actions)
        kind = "option" if word.startswith("-") else "argument or command"
        raise OptionError(f"no {kind} {option!r}.{near} See `{self.prog} --help`.")

    def error(self, message: str) -> NoReturn:
        found = re.match(r"argument ([^\s:]+): (.*)", message)
        option = found[1].rpartition("/")[2] if found else ""
        if found and "expected" in found[2]:
            raise OptionError(f"{option} needs a value. See `{self.prog} --help`.")
        if found and "ignored explicit" in found[2]:
            raise OptionError(f"{found[1]} takes no value. Write it alone, or leave it out.")
        raise OptionError(f"{message}. See `{self.prog} --help`.")


def _load_tabulate() -> None:
    """Import tabulate without the package metadata of the whole environment.

    tabulate asks importlib.metadata for its own version before it reads it from a file beside it.
    That one question costs as much time as the rest of an answer (30 ms of 60), so a process that
    answers once and ends does without: here alone, never in the library.
    """
    name = "importlib.metadata"
    if name in sys.modules:
        return
    stand_in: Any = ModuleType(name)
    stand_in.PackageNotFoundError = ImportError
    stand_in.version = _no_version
    sys.modules[name] = stand_in
    try:
        import tabulate  # noqa: F401
    except ImportError:
        pass  # It wants more than it did: let it import what it wants when it is needed.
    finally:
        del sys.modules[name]


def _no_version(package: str) -> NoReturn:
    raise ImportError(package)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _load_tabulate()
    try:
        text, code = _run(words)
    except LstmInspectError as error:
        _say(f"lstminspect: {error}")
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    _print(text)
    return code


def _run(words: list[str]) -> tuple[str, int]:
    if words and words[0] == "validate":
        return _validate(words[1:])
    if words and words[0] == "cells":
        return _cells(words[1:])
    if words and words[0] == "explain":
        return _explain(words[1:])
    if words and words[0] == "solve":
        return _solve(words[1:])
    if words and not words[0].startswith("-"):
        _refuse_command(words[0])
    return _count(words)


def _refuse_command(word: str) -> NoReturn:
    if word in cells.names():
        raise OptionError(
            f"a cell goes with --cell: lstminspect --cell {word} --units 64 --features 3"
        )
    near = did_you_mean(word, COMMANDS)
    raise OptionError(f"no command called {word!r}.{near} See `lstminspect --help`.")


def _count(words: list[str]) -> tuple[str, int]:
    parser = _Parser(
        prog="lstminspect",
        description="Parameters and shapes of a recurrent layer, and why they are what they are.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"lstminspect {__version__}")
    _add_layer_options(parser)
    parser.add_argument(
        "--convention",
        metavar="NAME",
        help="whose storage to count: keras (default), flax, nnx, pytorch, onnx, or equations",
    )
    _add_format(parser)
    found = parser.read(words)
    layer = _layer(found)
    return render(report(layer, found.convention), found.format), FINE


def _cells(words: list[str]) -> tuple[str, int]:
    parser = _Parser(
        prog="lstminspect cells",
        description="The catalogue of cells, or one cell: equations, lengths, parameters, source.",
        epilog="examples:\n  lstminspect cells\n  lstminspect cells peephole --format latex\n",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the cell to show")
    parser.add_argument("--equations", metavar="FILE", help="show the cell in a file of your own")
    _add_format(parser)
    found = parser.read(words)
    if found.name is None and found.equations is None:
        return render(tuple(cells.get(name) for name in cells.names()), found.format), FINE
    return render(_cell(found.name, found.equations), found.format), FINE


def _cell(name: str | None, equations: str | None) -> Cell:
    """The cell called `name`, or the one in the file `equations`."""
    if equations is None:
        return cells.get(name or "lstm")
    if name is not None:
        raise OptionError("--equations brings its own cell. Leave the name of a cell out.")
    return Cell(_text_of_file(equations), name=os.path.basename(equations).partition(".")[0])


def _text_of_file(path: str) -> str:
    """The text of a file of equations, read no further than such a text may go."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_CHARACTERS + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise OptionError(f"no equations in {path!r}: {reason}. Give a text file.") from None
    if len(content) > MOST_CHARACTERS:
        most = f"equations have at most {MOST_CHARACTERS:,} bytes"
        raise OptionError(f"{path!r} is too large: {most}. Give a file of equations.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is not UTF-8 text"
        raise OptionError(f"no equations in {path!r}: {where}. Give a text file.") from None


def _add_layer_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the layer")
    text = "lstm (default), gru, rnn, ...: `lstminspect cells` lists all"
    group.add_argument("--cell", metavar="NAME", help=text)
    text = "a cell of your own: a file with one equation a line"
    group.add_argument("--equations", metavar="FILE", help=text)
    text = "a size that the cell has of its own, as projection=16"
    group.add_argument("--size", metavar="NAME=N", action="append", help=text)
    for name in SIZES:
        group.add_argument(f"--{name}", metavar="N", help=MEANINGS[name])
    either = argparse.BooleanOptionalAction
    text = "GRU: reset after the recurrent product (Keras' default) or, with --no-, before it"
    group.add_argument("--reset-after", action=either, help=text)
    for name in FLAGS:
        action = either if name == "use_bias" else "store_true"
        option = "--" + name.replace("_", "-")
        group.add_argument(option, action=action, default=None, help=MEANINGS[name])
    modes = "concat (default), sum, mul, ave or none"
    group.add_argument("--merge-mode", metavar="MODE", help=f"of a bidirectional layer: {modes}")
    group.add_argument("--layers", metavar="N", help="a stack of N such layers")


def _add_format(parser: argparse.ArgumentParser) -> None:
    formats = ", ".join(FORMATS)
    parser.add_argument(
        "--format", metavar="NAME", default="text", help=f"text (default), {formats[6:]}"
    )


def _layer(found: argparse.Namespace) -> Layer:
    """The Layer of parsed options; what was not given is left to Layer's own defaults."""
    cell = _cell(found.cell, found.equations)
    needed = ("units",) if "x" in cell.declared else ("units", "features")
    for name in needed:
        if getattr(found, name) is None:
            hint = f"Add --{name} 3, or a letter for a formula: --{name} {name[0]}."
            raise SizeError(f"--{name} is missing: {MEANINGS[name].partition(' (')[0]}. {hint}")
    return Layer(cell, **_options(found), **_own_sizes(found.size or []))


def _options(found: argparse.Namespace) -> dict[str, Any]:
    """The options of Layer that were given."""
    given = {name: getattr(found, name) for name in (*FLAGS, "reset_after")}
    given |= {name: _size(found, name) for name in (*SIZES, "layers")}
    given["merge_mode"] = found.merge_mode and found.merge_mode.lower()
    options = {name: value for name, value in given.items() if value is not None}
    if options.get("merge_mode") == "none":
        options["merge_mode"] = None
    return options


def _own_sizes(texts: list[str]) -> dict[str, Quantity]:
    """The sizes of `--size NAME=N`."""
    sizes: dict[str, Quantity] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise OptionError(f"--size takes NAME=N, as --size projection=16, got {text!r}.")
        if name in (*SIZES, "layers"):
            raise OptionError(f"{name} has an option of its own. Write --{name} {value}.")
        sizes[name] = size(name, _number(value), "--size")
    return sizes


def _size(found: argparse.Namespace, name: str) -> Quantity:
    text = getattr(found, name)
    return None if text is None else size(name, _number(text), f"--{name}")


def _number(text: str) -> int | float | str:
    """The number that `text` spells, or `text` itself."""
    if re.fullmatch(r"[+-]?[0-9]{1,4000}", text):
        return int(text)
    try:
        return float(text) if text.isascii() and any(each.isdigit() for each in text) else text
    except ValueError:
        return text


def _validate(words: list[str]) -> tuple[str, int]:
    parser = _Parser(
        prog="lstminspect validate",
        description=(
            "Build the real layers and compare counts, weights and shapes. Without options: the "
            "lecture's figures. With a layer's options: that layer. Exit code 1 if any differs."
        ),
        epilog=VALIDATE_EXAMPLES,
    )
    parser.add_argument("--framework", metavar="NAME", default="keras", help="keras (default)")
    parser.add_argument("--random", metavar="N", help="N random configurations over all options")
    parser.add_argument("--seed", metavar="S", help="which random ones (default 0)")
    _add_layer_options(parser)
    _add_format(parser)
    found = parser.read(words)
    _check_format(found.format)
    comparisons = tuple(_comparisons(found))
    code = FINE if all(each.agrees for each in comparisons) else DISAGREEMENT
    return render(comparisons, found.format), code


def _explain(words: list[str]) -> tuple[str, int]:
    parser = _Parser(
        prog="lstminspect explain",
        description=(
            "What has this count, what this shape can be, what this error means. With the options "
            "of a layer: why that layer was expected to have this count."
        ),
        epilog=EXPLAIN_EXAMPLES,
    )
    parser.add_argument("what", metavar="WHAT", help="a count, a shape or the text of an error")
    parser.add_argument("--most", metavar="N", help="how many configurations to list (default 12)")
    _add_layer_options(parser)
    _add_format(parser)
    found = parser.read(words)
    most = _whole("--most", found.most or "12", least=1)
    layer = _layer(found) if _speaks_of_a_layer(found) else None
    return render(explain(found.what, layer, most), found.format), FINE


def _speaks_of_a_layer(found: argparse.Namespace) -> bool:
    own = ("cell", "equations", "size", *SIZES, *FLAGS, "reset_after", "merge_mode", "layers")
    return any(getattr(found, name) is not None for name in own)


def _solve(words: list[str]) -> tuple[str, int]:
    parser = _Parser(
        prog="lstminspect solve",
        description="The largest units, or another size, whose count is within a budget.",
        epilog=SOLVE_EXAMPLES,
    )
    parser.add_argument("--parameters", metavar="N", help="the budget, as 17408, 17,408 or 1e6")
    parser.add_argument("--like", metavar="CELL", help="the budget is what this cell has")
    parser.add_argument(
        "--find", metavar="NAME", default="units", help="units (default), features, ..."
    )
    text = "whose storage to count, several with commas, or all (default: the cell's own)"
    parser.add_argument("--convention", metavar="NAME", help=text)
    _add_layer_options(parser)
    _add_format(parser)
    found = parser.read(words)
    if (found.parameters is None) == (found.like is None):
        raise OptionError("give the budget: --parameters 17408, or --like lstm --units 64.")
    return render(tuple(_solutions(found)), found.format), FINE


def _solutions(found: argparse.Namespace) -> Iterable[Solution]:
    options, own = _options(found), _own_sizes(found.size or [])
    like = found.like and Layer(found.like, **options, **_fitting(cells.get(found.like), own))
    if like:
        options.pop(found.find, None)
    names = (found.cell or "lstm").split(",")
    chosen = (
        [_cell(found.cell, found.equations)]
        if found.equations
        else [cells.get(name.strip()) for name in names]
    )
    for cell in chosen:
        for convention in _conventions(cell, found.convention):
            budget = like.parameters_in(convention or like.convention) if like else None
            budget = budget or _budget(found.parameters)
            sizes = options | _fitting(cell, own)
            yield solve(budget, cell, convention, found.find, **sizes)


def _fitting(cell: Cell, sizes: dict[str, Quantity]) -> dict[str, Quantity]:
    return {name: value for name, value in sizes.items() if name in cell.size_names}


def _budget(text: str) -> int:
    """A whole number, written as people write a large one."""
    plain = text.replace(",", "").replace("_", "")
    found = re.fullmatch(r"([0-9]{1,1000})(?:[eE]\+?([0-9]{1,3}))?", plain)
    if found is None:
        raise OptionError(f"--parameters takes a whole number, as 17408 or 1e6, got {text!r}.")
    digits, zeros = found[1], int(found[2] or 0)
    return int(digits + "0" * zeros)


def _conventions(cell: Cell, text: str | None) -> tuple[str | None, ...]:
    """The conventions of `--convention NAME,NAME`; of `all`, those that store the cell."""
    if text is None:
        return (None,)
    if text != "all":
        return tuple(name.strip() for name in text.split(","))
    return tuple(name for name in CONVENTIONS if not get_layout(name).refusal(cell))


def _check_format(name: str) -> None:
    # Before a long run, not after it.
    render((), name)


def _comparisons(found: argparse.Namespace) -> Iterable[Any]:
    from lstminspect.compare import compare, compare_lecture, random_layers

    single = _speaks_of_a_layer(found)
    if found.random is None:
        if found.seed is not None:
            raise OptionError("--seed belongs to --random. Add --random 100, or leave --seed out.")
        if single:
            return [compare(_layer(found), found.framework)]
        return list(compare_lecture(found.framework))
    if single:
        raise OptionError(
            "--random chooses the layers. Leave the layer's options out, or --random."
        )
    number = _whole("--random", found.random, least=1)
    seed = _whole("--seed", found.seed or "0", least=0)
    layers = random_layers(number, seed)
    return [compare(layer, found.framework) for layer in _progress(layers, number)]


def _whole(option: str, text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise OptionError(f"{option} takes a whole number from {least} to 999999999, got {text!r}.")
    return int(text)


def _progress(layers: Iterable[Layer], number: int) -> Iterable[Layer]:
    """`layers` with a progress bar on the error stream, if that is a terminal."""
    from tqdm import tqdm

    bar: Iterable[Layer] = tqdm(layers, total=number, unit="layer", disable=None, leave=False)
    return bar


def _say(text: str) -> None:
    """Print an error; a reader that has gone away is no error of its own."""
    try:
        print(_spelled(text, sys.stderr), file=sys.stderr, flush=True)
    except BrokenPipeError:
        _silence(sys.stderr)


def _print(text: str) -> None:
    """Print `text`; a reader that has gone away is no error."""
    try:
        print(_headed(_spelled(text, sys.stdout)), flush=True)
    except BrokenPipeError:
        _silence(sys.stdout)


def _silence(stream: Any) -> None:
    # What is still buffered must go somewhere when Python closes the stream at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _headed(text: str) -> str:
    """`text` with its first line in bold on a terminal, unless NO_COLOR is set."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if plain or not sys.stdout.isatty():
        return text
    first, line, rest = text.partition("\n")
    return f"\033[1m{first}\033[0m{line}{rest}"


def _spelled(text: str, stream: Any) -> str:
    """`text` in the signs that `stream` can encode."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.replace("·", "*").encode("ascii", "replace").decode()
    return text
