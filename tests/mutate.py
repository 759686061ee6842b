"""Mutation testing: `python tests/mutate.py --sample 200 --seed 1 [--files 'lstminspect/cell*']`.

The command changes the package in one small place at a time and runs the tests that concern the
changed file. A mutant that no test notices survives: it is printed as `file:line old -> new`, and
the score at the end, room by room, is the part of the mutants that were killed. Mutants that change
nothing a test could see are listed with their reason in `tests/equivalent_mutants.json`, by file,
old line and new line, and are left out of the score. Nothing is written into the repository.

The operators are those of mutmut, with four of our own: a statement dropped, a condition never
true, and two neighbours swapped in a tuple or in a text of words, such as the order of gates.
mutmut's own runner is not used: it leaves out code outside functions, where the conventions live,
and decorated functions. cosmic-ray starts a fresh interpreter for each mutant and has no operator
for texts. Here NumPy, SymPy and pytest are loaded once, and each mutant is a fork that runs in a
copy of the repository. Frameworks are hidden from the mutants: loading them takes longer than the
tests, and what the frameworks would find is found without them.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.json")

#: The rooms whose mutants count, and the tests that look at each beside its own.
CORE = {
    "sizes": "test_layer.py analysis/test_solve.py",
    "equations": "test_cell.py runtime views/test_render.py",
    "cell": "test_layer.py equations runtime",
    "formula": "test_layer.py test_cell.py views/test_render.py",
    "conventions": "test_layer.py weights",
    "layer": "conventions models/test_model.py cli",
    "weights": "conventions runtime",
    "runtime": "weights",
    "models.inference": "models/test_model.py",
}
#: Tests of the whole house, for the mutants that live through the tests above.
WIDE = "conventions weights views costs explanations analysis cli models/test_model.py figures"

FRAMEWORKS = "tensorflow keras torch jax flax onnx onnxruntime torchrecurrent torchinfo"
Limits = dict[tuple[str, ...], float]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".hypothesis", "build", "dist", "*_cache")


@dataclass(frozen=True)
class Mutant:
    """One changed place: the file as it becomes, and the lines that differ."""

    file: str
    line: int
    old: str
    new: str
    source: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.old} -> {self.new or 'nothing'}"


def room_of(file: str) -> str:
    """The entry of `CORE` that holds a file; empty outside the core."""
    dotted = file.removeprefix("lstminspect/").removesuffix(".py").replace("/", ".")
    if dotted == "runtime.equation_cell":  # Its tests are against Keras, which is hidden here.
        return ""
    return next((name for name in CORE if f"{dotted}.".startswith(f"{name}.")), "")


def mutants_of(file: str, source: str) -> list[Any]:
    """A function for each mutant of a source, which makes it; making all takes minutes."""
    import libcst
    from mutmut.mutation.mutators import mutation_operators

    module = libcst.parse_module(source)
    makers = []
    unordered = []  # The tuple of `name in ("a", "b")`.

    class Visitor(libcst.CSTVisitor):
        def on_visit(self, node: libcst.CSTNode) -> bool:
            match node:
                case libcst.Annotation() | libcst.Decorator():
                    return False
                case libcst.Call(func=libcst.Name("len" | "isinstance")):
                    return False  # mutmut leaves these alone too.
                case libcst.If(test=libcst.Name("TYPE_CHECKING")):
                    return False
                case libcst.AnnAssign(annotation=libcst.Annotation(libcst.Name("TypeAlias"))):
                    return False
                case libcst.Assign(targets=[libcst.AssignTarget(target=libcst.Name("__all__"))]):
                    return False  # Nothing imports a star.
                case libcst.ComparisonTarget(comparator=libcst.Tuple() as names):
                    unordered.append(names)
            changed = [
                each
                for node_type, operator in [*mutation_operators, (libcst.CSTNode, _own)]
                if isinstance(node, node_type) and node not in unordered
                for each in operator(node)
            ]
            makers.extend(
                lambda each=each: _mutant(file, source, module.deep_replace(node, each).code)
                for each in changed
            )
            return True

    module.visit(Visitor())
    return makers


def _own(node: Any) -> Iterator[Any]:
    """Our operators, for what mutmut does not change."""
    import libcst

    match node:
        case libcst.Raise() | libcst.Expr(value=libcst.Call()) | libcst.Continue():
            yield libcst.Pass()
        case libcst.If():
            yield node.with_changes(
                test=libcst.Name("False"), whitespace_before_test=libcst.SimpleWhitespace(" ")
            )
        case libcst.Tuple(elements=[_, _, *_] as elements):
            first, second, *rest = elements
            swapped = (
                first.with_changes(value=second.value),
                second.with_changes(value=first.value),
            )
            if type(first) is type(second):
                yield node.with_changes(elements=[*swapped, *rest])
        case libcst.SimpleString(value=text) if not text.startswith('"""'):
            words = text[1:-1].split(" ")
            if len(words) > 1 and all("_" in word for word in words):
                words[-2:] = reversed(words[-2:])
                yield node.with_changes(value=f'"{" ".join(words)}"')


def _mutant(file: str, source: str, mutated: str) -> Mutant | None:
    """The mutant of a changed source; None if it is no Python, which no test has to notice."""
    try:
        compile(mutated, file, "exec")
    except (SyntaxError, ValueError):
        return None
    old, new = source.splitlines(), mutated.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = [each for each in matcher.get_opcodes() if each[0] != "equal"]
    if not blocks:
        return None
    (_, top, _, first, _), (_, _, end, _, last) = blocks[0], blocks[-1]
    texts = (" ".join(each.strip() for each in lines) for lines in (old[top:end], new[first:last]))
    return Mutant(file, top + 1, *texts, mutated)


def sampled(files: list[str], size: int, seed: int) -> list[Mutant]:
    """Mutants drawn from the files, each place as likely as another."""
    makers = [
        maker
        for file in files
        for maker in mutants_of(file, (REPOSITORY / file).read_text("utf-8"))
    ]
    random.Random(seed).shuffle(makers)
    mutants: list[Mutant] = []
    while makers and len(mutants) < size:
        if (mutant := makers.pop()()) and mutant not in mutants:
            mutants.append(mutant)
    return mutants


def stages(root: Path, file: str, near_only: bool = False) -> list[tuple[str, ...]]:
    """Test paths for a file in the order to run them: its doctests, its room's, the house's."""
    room = room_of(file).partition(".")[0]
    beside = f"test_sentences.py {CORE[room_of(file)]}".split()
    near = dict.fromkeys([room, f"test_{room}.py", *beside])
    every = [
        [f"tests/{path}" for path in paths] for paths in (near, [] if near_only else WIDE.split())
    ]
    there = [tuple(path for path in paths if (root / path).exists()) for paths in every]
    return [(file,), *(paths for paths in there if paths)]


def passes(root: Path, paths: tuple[str, ...], limit: float) -> bool:
    """Whether the tests pass in a fork of this process; too slow is a failure."""
    child = multiprocessing.get_context("fork").Process(target=_pytest, args=(root, paths))
    child.start()
    child.join(limit)
    if child.is_alive() and child.pid:
        os.killpg(child.pid, signal.SIGKILL)
        child.join()
    return child.exitcode == 0


def _pytest(root: Path, paths: tuple[str, ...]) -> None:
    os.setsid()
    os.chdir(root)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os.environ["PYTHONPATH"] = str(root)
    sys.path.insert(0, str(root))
    sys.modules.update(dict.fromkeys(FRAMEWORKS.split()))

    import hypothesis
    import pytest

    hypothesis.settings.register_profile(
        "mutants", derandomize=True, max_examples=20, database=None, deadline=None
    )
    hypothesis.settings.load_profile("mutants")
    code = pytest.main(["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", *paths])
    os._exit(0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code)


def killed(root: Path, mutant: Mutant, limits: Limits) -> bool:
    """Whether a test in the copy at `root` notices the mutant. The copy is mended afterwards."""
    path = root / mutant.file
    original = path.read_text("utf-8")
    _write(path, mutant.source)
    try:
        every = stages(root, mutant.file)
        return not all(passes(root, paths, limits[paths]) for paths in every if paths in limits)
    finally:
        _write(path, original)


def _write(path: Path, text: str) -> None:
    """Write a source whose time no bytecode of an earlier one can have: it counts in seconds."""
    later = int(path.stat().st_mtime) + 1
    path.write_text(text, "utf-8")
    os.utime(path, (later, later))


def limits_of(root: Path, files: list[str], near_only: bool) -> Limits:
    """Seconds allowed for each set of tests. Raises if one fails in the copy as it is."""
    every = [paths for file in files for paths in stages(root, file, near_only)]
    doctests = tuple(files)  # One run for all files, whose doctests take no time.
    limits: Limits = {(file,): 20.0 for file in files}
    for paths in dict.fromkeys([doctests, *every]):
        if paths not in limits or paths == doctests:
            start = time.monotonic()
            if not passes(root, paths, 600):
                raise SystemExit(f"without a mutant these tests fail: pytest {' '.join(paths)}")
            limits[paths] = 10 + 3 * (time.monotonic() - start)
    return limits


def survivors(mutants: list[Mutant], jobs: int, near_only: bool) -> list[Mutant]:
    """The mutants that no test kills, with `jobs` of them at work at a time."""
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import sympy  # noqa: F401

    with tempfile.TemporaryDirectory() as place:
        roots = [Path(place) / f"copy{number}" for number in range(jobs)]
        for root in roots:
            shutil.copytree(REPOSITORY, root, ignore=LEFT_OUT)
        limits = limits_of(roots[0], sorted({each.file for each in mutants}), near_only)
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()

        def work(number: int) -> None:
            for each in mutants[number::jobs]:
                queue.put((mutants.index(each), killed(roots[number], each, limits)))

        workers = [context.Process(target=work, args=(number,)) for number in range(jobs)]
        for worker in workers:
            worker.start()
        alive = []
        for done in range(len(mutants)):
            print(f"{done} of {len(mutants)}", end="\r", file=sys.stderr, flush=True)
            index, noticed = queue.get()
            if not noticed:
                alive.append(mutants[index])
                print(mutants[index], flush=True)
        for worker in workers:
            worker.join()
    return alive


def is_equivalent(mutant: Mutant, known: list[dict[str, str]]) -> bool:
    """Whether the list of equivalent mutants has it, on whatever line it stands now."""
    return any(
        (each["file"], each["old"], each["new"]) == (mutant.file, mutant.old, mutant.new)
        for each in known
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=200, help="how many mutants (200)")
    parser.add_argument("--seed", type=int, default=1, help="which sample (1)")
    parser.add_argument("--files", nargs="+", default=["lstminspect/*"], help="globs in the core")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time (1)")
    parser.add_argument("--near", action="store_true", help="no tests beyond those of the room")
    options = parser.parse_args()

    paths = sorted((REPOSITORY / "lstminspect").rglob("*.py"))
    names = [path.relative_to(REPOSITORY).as_posix() for path in paths]
    files = [
        name
        for name in names
        if room_of(name) and any(fnmatch.fnmatch(name, glob) for glob in options.files)
    ]
    known = json.loads(EQUIVALENT.read_text("utf-8"))
    drawn = sampled(files, options.sample, options.seed)
    mutants = [each for each in drawn if not is_equivalent(each, known)]
    print(f"{len(drawn)} mutants of {len(files)} files, {len(drawn) - len(mutants)} equivalent")

    every = Counter(room_of(each.file) for each in mutants)
    alive = Counter(room_of(each.file) for each in survivors(mutants, options.jobs, options.near))
    for room, number in [*sorted(every.items()), ("all", every.total())]:
        left = alive.total() if room == "all" else alive[room]
        print(f"{room:18} {number - left:4} of {number:4} killed  {1 - left / number:.1%}")


if __name__ == "__main__":
    main()
