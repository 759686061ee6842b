"""Damaged files: `python tests/files/mutations.py FORMAT N` opens N of them, each another.

Every one must open, or be refused by an error of lstminspect's own, within five seconds. FORMAT is
a name of SAMPLES, or `all`; a format is added by a function that writes a small file of it.
"""

from __future__ import annotations

import io
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from types import FrameType

import numpy as np

from lstminspect.errors import LstmInspectError
from lstminspect.files.model_file import open_file

RANDOM = np.random.default_rng(0)
WEIGHTS = {
    "rnn.weight_ih_l0": RANDOM.normal(size=(8, 3)).astype(np.float32),
    "rnn.weight_hh_l0": RANDOM.normal(size=(8, 2)).astype(np.float32),
    "rnn.bias_ih_l0": RANDOM.normal(size=8).astype(np.float32),
}
#: Tensors whose values are read of a file that opens, and values of each.
MOST_TENSORS, MOST_VALUES = 20, 1 << 20
SECONDS = 5


def safetensors() -> bytes:
    header, data = {}, b""
    for name, array in WEIGHTS.items():
        end = len(data) + array.nbytes
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **WEIGHTS)
    return stream.getvalue()


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, WEIGHTS["rnn.weight_ih_l0"])
    return stream.getvalue()


def onnx() -> bytes:
    from onnx import helper, numpy_helper

    shapes = {"w": (8, 3), "R": (1, 8, 2), "B": (1, 16)}
    tensors = [
        numpy_helper.from_array(RANDOM.normal(size=shape).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    tensors.append(helper.make_tensor("axes", 7, [1], [0]))
    tensors.append(helper.make_tensor("h", 1, [1, 1, 2], [0.5, 0.25]))
    node = helper.make_node("LSTM", ["X", "W", "R", "B", "", "h"], ["i"], "rnn", hidden_size=2)
    inner = helper.make_graph([node], "t", [], [helper.make_tensor_value_info("i", 1, None)])
    nodes = [
        helper.make_node("Unsqueeze", ["w", "axes"], ["W"]),
        helper.make_node("If", ["c"], ["Y"], then_branch=inner, else_branch=inner),
    ]
    ends = [helper.make_tensor_value_info(name, 1, ["t", 1, 3]) for name in ("X", "Y")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
    return bytes(helper.make_model(graph, producer_name="me").SerializeToString())


def nam() -> bytes:
    config = {"input_size": 1, "hidden_size": 2, "num_layers": 1}
    weights = RANDOM.normal(size=8 * 3 + 8 + 4 + 3).tolist()
    model = {"version": "0.5.4", "architecture": "LSTM", "config": config, "weights": weights}
    return json.dumps(model).encode()


def tflite() -> bytes:
    """The smallest file by TensorFlow's own converter: an operator of an LSTM."""
    import tensorflow as tf
    import tf_keras

    layer = tf_keras.layers.LSTM(2, return_sequences=True, bias_initializer="uniform")
    shape = tf.TensorSpec([1, 5, 3], tf.float32)
    function = tf.function(lambda x: layer(x), input_signature=[shape])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], layer
    )
    return bytes(converter.convert())


#: A small file of each format, and the package that it takes to write one.
SAMPLES: dict[str, tuple[Callable[[], bytes], str]] = {
    "safetensors": (safetensors, "numpy"),
    "npz": (npz, "numpy"),
    "npy": (npy, "numpy"),
    "onnx": (onnx, "onnx"),
    "nam": (nam, "numpy"),
    "tflite": (tflite, "tf_keras"),
}


def writable() -> list[str]:
    """The formats whose packages are here."""
    return [name for name, (_, package) in SAMPLES.items() if find_spec(package)]


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
        for tensor in file.tensors[:MOST_TENSORS]:
            if tensor.parameters <= MOST_VALUES:
                tensor.values()
        for layer in file.contents.declared:
            for tensor in layer.computed.values():
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
