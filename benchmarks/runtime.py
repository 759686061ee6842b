"""The speed of the NumPy runtime: ratios, each measured side by side in one run.

    python benchmarks/runtime.py [--json] [--threads N] [--cells lstm,gru,peephole] [--rounds N]

For every size, the time of one call of a prepared layer that returns its sequence, float32, over

- Keras' compiled function (tf.function), the same input, its result as an array (bar: at most 0.5
  in geometric mean and 1.1 anywhere);
- PyTorch on the CPU without gradients (bar: at most 2.6);
- the matrix products alone: one over the whole sequence, one per step (bar: at most 1.2 from 256
  units up);
- the ReferenceEvaluator of onnx, which is to be at least 5 times slower. It does the same products,
  so where they take most of the time nothing can be 5 times faster: their share is printed.

A round measures all of them one after the other; a ratio is the median over the rounds. Memory is
the peak that NumPy asks for in one call, in units of timesteps x batch x units floats, without the
outputs (bar: at most 6). Without --threads everything runs once with one thread and once with all.
Needs the extras keras, torch and onnx.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from math import exp, log
from statistics import median
from typing import Any

SIZES = [
    (1, 30, 3, 64),
    (32, 5, 10, 25),
    (32, 30, 3, 64),
    (1, 100, 64, 128),
    (32, 100, 64, 256),
    (64, 50, 128, 512),
    (8, 200, 256, 1024),
    (256, 30, 3, 64),
]
CELLS = ("lstm", "gru", "peephole")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON, for a machine")
    parser.add_argument("--threads", type=int, help="measure with N threads alone")
    parser.add_argument("--cells", default=",".join(CELLS), help="the cells, with commas")
    parser.add_argument("--rounds", type=int, default=7, help="rounds a ratio is the median of")
    found = parser.parse_args()
    if found.threads is None:
        results = [in_a_process(number, found) for number in (1, os.cpu_count() or 1)]
    elif os.environ.get("OPENBLAS_NUM_THREADS") != str(found.threads):
        results = [in_a_process(found.threads, found)]
    else:
        results = [measured(found.threads, found.cells.split(","), found.rounds)]
    if found.json:
        print(json.dumps(results if found.threads is None else results[0], indent=1))
        return
    for result in results:
        show(result)


def in_a_process(threads: int, found: argparse.Namespace) -> Any:
    """The measurement in a process of its own: libraries read their threads when they start."""
    number = str(threads)
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    words = [sys.executable, __file__, "--json", "--threads", number, "--cells", found.cells]
    words += ["--rounds", str(found.rounds)]
    done = subprocess.run(
        words,
        env={**os.environ, **dict.fromkeys(names, number), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def measured(threads: int, cells: list[str], rounds: int) -> dict[str, Any]:
    """All ratios with this number of threads."""
    import tensorflow
    import torch

    torch.set_num_threads(threads)
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    rows = []
    for cell in cells:
        for size in SIZES:
            print(threads, cell, size, file=sys.stderr)
            rows.append(row(cell, size, rounds))
    return {"threads": threads, "rounds": rounds, "rows": rows}


def row(cell: str, size: tuple[int, ...], rounds: int) -> dict[str, Any]:
    """The ratios of one cell at one size."""
    import numpy

    batch, steps, features, _ = size
    x = numpy.random.default_rng(0).normal(size=(batch, steps, features)).astype("float32")
    ours, layer, weights = of_ours(cell, size)
    others = {
        "keras": of_keras(cell, size),
        "pytorch": of_pytorch(cell, size),
        "products": of_products(layer, size),
        "onnx": of_onnx(layer, weights),
    }
    calls = {name: call for name, call in others.items() if call}
    own = once(lambda: ours(x))
    number = max(1, min(200, int(0.15 / own)))
    ratios: dict[str, list[float]] = {name: [] for name in calls}
    times = []
    for _ in range(rounds):
        mine = timed(lambda: ours(x), number)
        times.append(mine)
        for name, call in calls.items():
            few = max(1, number // 20) if name == "onnx" else number
            ratios[name].append(mine / timed(lambda call=call: call(x), few))
    return {
        "cell": cell,
        "size": size,
        "milliseconds": 1000 * median(times),
        "ratios": {name: median(values) for name, values in ratios.items()},
        "memory": memory(lambda: ours(x), size),
    }


def once(call: Callable[[], Any]) -> float:
    call()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def timed(call: Callable[[], Any], number: int) -> float:
    """The median time of `number` calls, after one that warms up."""
    call()
    times = []
    for _ in range(number):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times)


def memory(call: Callable[[], Any], size: tuple[int, ...]) -> float:
    """Peak floats of one call beside its outputs, over timesteps x batch x units."""
    batch, steps, _, units = size
    call()
    tracemalloc.start()
    outputs = call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - outputs.nbytes) / (4 * batch * steps * units)


def of_ours(cell: str, size: tuple[int, ...]) -> Any:
    import lstminspect as li

    _, steps, features, units = size
    layer = li.Layer(cell, units=units, features=features, timesteps=steps, return_sequences=True)
    weights = li.random_weights(layer)
    return li.Runner(layer, weights), layer, weights


def of_keras(cell: str, size: tuple[int, ...]) -> Any:
    """Keras' layer as a compiled function; none for a cell that Keras has not."""
    import keras
    import tensorflow

    kinds = {"lstm": "LSTM", "gru": "GRU"}
    if cell not in kinds:
        return None
    layer = getattr(keras.layers, kinds[cell])(size[3], return_sequences=True)
    layer.build((size[0], size[1], size[2]))
    function = tensorflow.function(lambda value: layer(value))
    return lambda x: function(tensorflow.constant(x)).numpy()


def of_pytorch(cell: str, size: tuple[int, ...]) -> Any:
    import torch

    kinds = {"lstm": "LSTM", "gru": "GRU"}
    if cell not in kinds:
        return None
    layer = getattr(torch.nn, kinds[cell])(size[2], size[3], batch_first=True)

    def call(x: Any) -> Any:
        with torch.no_grad():
            return layer(torch.from_numpy(x))[0].numpy()

    return call


def of_products(layer: Any, size: tuple[int, ...]) -> Any:
    """The matrix products of the cell and nothing else, in the form NumPy is fastest in."""
    import numpy

    batch, steps, features, units = size
    chance = numpy.random.default_rng(0)
    gates = len(layer.cell.gates)
    kernel = chance.normal(size=(gates * units, features)).astype("float32")
    recurrent = chance.normal(size=(gates * units, units)).astype("float32")
    state = chance.normal(size=(units, batch)).astype("float32")
    out = numpy.empty((gates * units, batch), "float32")
    flat = numpy.empty((gates * units, steps * batch), "float32")

    def call(x: Any) -> None:
        numpy.matmul(kernel, x.reshape(steps * batch, features).T, out=flat)
        for _ in range(steps):
            numpy.matmul(recurrent, state, out=out)

    return call


def of_onnx(layer: Any, weights: Any) -> Any:
    """The ReferenceEvaluator of onnx, on the same weights."""
    import onnx
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    import lstminspect as li
    from lstminspect.validation.onnx import OPERATORS, attributes

    tensors = li.convert(weights, layer.convention, "onnx", layer).weights
    operator = OPERATORS[layer.cell.name]
    order = ["X", "W", "R", "B", "", "", "", "P"] if "P" in tensors else ["X", "W", "R", "B"]
    node = helper.make_node(operator, order, ["Y"], **attributes(layer))
    kind = onnx.TensorProto.FLOAT
    infos = [helper.make_tensor_value_info(name, kind, None) for name in ["X", *tensors]]
    graph = helper.make_graph(
        [node], "layer", infos, [helper.make_tensor_value_info("Y", kind, None)]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    evaluator = ReferenceEvaluator(model)
    return lambda x: evaluator.run(None, {"X": x.swapaxes(0, 1), **tensors})


def show(result: dict[str, Any]) -> None:
    """The ratios as a table, and whether each bar is met."""
    from lstminspect.answer import table

    names = ("keras", "pytorch", "products", "onnx")
    rows = [
        (
            each["cell"],
            str(tuple(each["size"])),
            f"{each['milliseconds']:.2f}",
            *(f"{each['ratios'][n]:.2f}" if n in each["ratios"] else "" for n in names),
            f"{each['memory']:.2f}",
        )
        for each in result["rows"]
    ]
    print(f"\n{result['threads']} thread(s), float32, ratios of our time over theirs")
    print("(batch, timesteps, features, units); memory beside the outputs, over T x B x U\n")
    headers = ("cell", "size", "ms", *names, "memory")
    print(table(headers, rows, right=range(2, len(headers))))
    for cell in dict.fromkeys(each["cell"] for each in result["rows"]):
        mine = [each for each in result["rows"] if each["cell"] == cell]
        for line in bars(mine):
            print(f"{cell}: {line}")


def bars(rows: list[dict[str, Any]]) -> list[str]:
    """A sentence for every bar."""

    def of(name: str) -> list[float]:
        return [each["ratios"][name] for each in rows if name in each["ratios"]]

    found = []
    if keras := of("keras"):
        mean = exp(sum(map(log, keras)) / len(keras))
        found.append(
            f"over Keras {mean:.2f} in geometric mean (0.5), at most {max(keras):.2f} (1.1)"
        )
    if pytorch := of("pytorch"):
        found.append(f"over PyTorch at most {max(pytorch):.2f} (2.6)")
    large = [each for each in rows if each["size"][3] >= 256]
    most = max(each["ratios"]["products"] for each in large)
    found.append(f"over the products alone from 256 units up at most {most:.2f} (1.2)")
    onnx = of("onnx")
    found.append(f"the evaluator of onnx is at least {1 / max(onnx):.1f} times slower (5)")
    # What no NumPy code can pass: its products alone against the other side.
    for name in ("keras", "pytorch", "onnx"):
        if floors := [
            e["ratios"][name] / e["ratios"]["products"] for e in rows if name in e["ratios"]
        ]:
            texts = ", ".join(f"{floor:.2f}" for floor in floors)
            found.append(f"the products alone over {name}, size by size: {texts}")
    found.append(f"memory at most {max(each['memory'] for each in rows):.2f} (6)")
    return found


if __name__ == "__main__":
    main()
