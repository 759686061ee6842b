"""Damaged files: `python tests/files/mutations.py FORMAT N` opens N of them, each another.

Every one must open, or be refused by an error of lstminspect's own, within five seconds. FORMAT is
a name of SAMPLES in `samples.py`, or `all`.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import FrameType

from samples import SAMPLES, writable

from lstminspect.errors import LstmInspectError
from lstminspect.files.model_file import open_file

#: Tensors whose values are read of a file that opens, and values of each.
MOST_TENSORS, MOST_VALUES = 20, 1 << 20
SECONDS = 5


def mutants(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Files that differ from `data` in some bytes, or have a piece cut out or put in twice."""
    random = Random(seed)
    for _ in range(count):
        mutant = bytearray(data)
        for _ in range(random.choice((1, 1, 1, 2, 4, 8))):
            # The structure is at one of the ends of most formats.
            near = random.choice((len(mutant), 64, 512))
            at = random.randrange(min(near, len(mutant)))
            at = len(mutant) - 1 - at if random.random() < 0.4 else at
            way = random.random()
            if way < 0.4:
                mutant[at] = random.randrange(256)
            elif way < 0.6:
                mutant[at] ^= 1 << random.randrange(8)
            elif way < 0.8:
                mutant[at] = random.choice((0, 1, 127, 128, 254, 255))
            elif way < 0.9:
                del mutant[at : at + random.choice((1, 2, 4, 16))]
            else:
                mutant[at:at] = mutant[at : at + random.choice((1, 4, 32))]
            if not mutant:
                break
        yield bytes(mutant)


def tried(path: Path) -> str:
    """The outcome for a file: "opens", or the refusal. Anything else is raised."""
    try:
        file = open_file(path)
        _ = file.rest, file.model, file.notes, file.contradictions, file.parameters
        for layer in file.layers[:MOST_TENSORS]:
            if layer.layer.parameters <= MOST_VALUES:
                file.weights(layer)
        for tensor in file.tensors[:MOST_TENSORS]:
            if tensor.parameters <= MOST_VALUES:
                tensor.values()
        for declared in file.contents.declared:
            for tensor in declared.computed.values():
                if tensor.parameters <= MOST_VALUES:
                    tensor.values()
    except LstmInspectError as error:
        return str(error)
    return "opens"


def run(name: str, count: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """How many mutants of a format open and how many are refused, none of which takes too long."""
    counts = {"opens": 0, "refused": 0}
    path = folder / f"mutant.{name}"
    signal.signal(signal.SIGALRM, _late)
    for number, mutant in enumerate(mutants(SAMPLES[name][0](), count, seed)):
        path.write_bytes(mutant)
        try:
            signal.alarm(SECONDS)
            outcome = tried(path)
        except (Exception, Late) as error:
            kept = folder / f"{name}-{seed}-{number}"
            kept.write_bytes(mutant)
            raise AssertionError(f"{kept}: {type(error).__name__}: {error}") from error
        finally:
            signal.alarm(0)
        counts["opens" if outcome == "opens" else "refused"] += 1
    return counts


class Late(BaseException):
    """A file took too long. It is not an Exception, which may be wrapped on its way."""


def _late(_number: int, _frame: FrameType | None) -> None:
    raise Late(f"it took more than {SECONDS} seconds")


if __name__ == "__main__":
    import resource

    chosen, number = sys.argv[1], int(sys.argv[2])
    for name in writable() if chosen == "all" else [chosen]:
        start = time.perf_counter()
        counts = run(name, number, Path(tempfile.mkdtemp()))
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name}: {counts}, {seconds:.0f} s, {peak} MB at most", flush=True)
