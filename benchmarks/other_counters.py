"""Other counters on recurrent layers, beside the numbers of this package.

    python benchmarks/other_counters.py [--only-here]

The batch is 2 sequences of 7 steps, so a right count is 14 times the count of one step. Each layer
of PyTorch stands inside a module of its own, because some counters look at children only. A counter
that is not installed has no column; the versions are printed below the tables. `--only-here` prints
the columns of this package alone, which need no framework.

    pip install 'lstminspect[torch,keras,flax]' torchinfo fvcore thop ptflops torchprofile
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import platform
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import lstminspect as li

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BATCH, STEPS, UNITS, FEATURES = 2, 7, 64, 3

#: PyTorch's line, and the cell and the options of the same layer here.
TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "LSTM(3, 64)": ("lstm", {}),
    "LSTM(3, 64, bidirectional=True)": ("lstm", {"bidirectional": True}),
    "LSTM(3, 64, num_layers=2)": ("lstm", {"layers": 2}),
    "LSTM(3, 64, proj_size=16)": ("projected", {"projection": 16}),
    "LSTM(3, 64, bias=False)": ("lstm", {"use_bias": False}),
    "GRU(3, 64)": ("gru", {}),
    "RNN(3, 64)": ("rnn", {}),
    "LSTMCell(3, 64)": ("lstm", {"timesteps": 1}),
    "GRUCell(3, 64)": ("gru", {"timesteps": 1}),
}

#: Keras' line and the shape of its input, without the batch.
KERAS = {
    "LSTM(64)": (STEPS, FEATURES),
    "LSTM(64, unroll=True)": (STEPS, FEATURES),
    "Bidirectional(LSTM(64))": (STEPS, FEATURES),
    "GRU(64)": (STEPS, FEATURES),
    "ConvLSTM2D(8, 3)": (STEPS, 10, 10, FEATURES),
}


def here_for_torch(name: str) -> tuple[int, int]:
    """The parameters that PyTorch stores, and the MACs of the whole batch."""
    cell, options = TORCH[name]
    sizes = {"units": UNITS, "features": FEATURES, "timesteps": STEPS, "batch": BATCH}
    layer = li.Layer(cell, **(sizes | options))
    return layer.parameters_in("pytorch"), li.cost(layer).batch.macs


def here_for_keras(name: str) -> tuple[int, int]:
    """The parameters that Keras stores, and the MACs of the whole batch."""
    code = f"Input({KERAS[name]}), {name}"
    model = li.model(code, batch=BATCH)
    return model.parameters, model.work.macs


def torch_counters() -> dict[str, Callable[[Any, tuple[int, ...]], object]]:
    """A function for each counter: it takes a module and the shape of its input."""
    import torch

    def torchinfo(module: Any, shape: tuple[int, ...]) -> object:
        from torchinfo import summary

        return summary(module, shape, verbose=0).total_mult_adds

    def fvcore(module: Any, shape: tuple[int, ...]) -> object:
        from fvcore.nn import FlopCountAnalysis

        return FlopCountAnalysis(module, torch.zeros(shape)).total()

    def thop(module: Any, shape: tuple[int, ...]) -> object:
        from thop import profile

        return profile(module, (torch.zeros(shape),), verbose=False)[0]

    def ptflops(module: Any, shape: tuple[int, ...]) -> object:
        from ptflops import get_model_complexity_info

        # It adds a batch of 1 itself, so that its number is for one sequence.
        options = {"as_strings": False, "print_per_layer_stat": False, "backend": "pytorch"}
        return get_model_complexity_info(module, shape[1:], **options)[0]

    def torchprofile(module: Any, shape: tuple[int, ...]) -> object:
        from torchprofile import profile_macs

        return profile_macs(module, torch.zeros(shape))

    def flop_counter(module: Any, shape: tuple[int, ...], device: str = "cpu") -> object:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            module.to(device)(torch.zeros(shape, device=device))
        return counter.get_total_flops()

    def flop_counter_meta(module: Any, shape: tuple[int, ...]) -> object:
        return flop_counter(module, shape, "meta")

    return {
        "torchinfo": torchinfo,
        "fvcore": fvcore,
        "thop": thop,
        "ptflops": ptflops,
        "torchprofile": torchprofile,
        "FlopCounterMode, CPU": flop_counter,
        "FlopCounterMode, meta": flop_counter_meta,
    }


def whole(name: str) -> Any:
    """The layer of PyTorch inside a module."""
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            options = "" if "Cell" in name else ", batch_first=True"
            code = f"nn.{name[:-1]}{options})"
            self.layer = eval(code, {"nn": torch.nn})

        def forward(self, x: Any) -> Any:
            return self.layer(x)

    return Whole().eval()


def keras_counter(name: str) -> tuple[int, object]:
    """The count of Keras' summary, and the float operations of TensorFlow's own profiler."""
    import keras
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants as constants

    layer = eval(name, vars(keras.layers))
    model = keras.Sequential([keras.Input(KERAS[name]), layer])
    spec = tf.TensorSpec((BATCH, *KERAS[name]), tf.float32)
    function = tf.function(lambda x: model(x)).get_concrete_function(spec)
    frozen = constants.convert_variables_to_constants_v2_as_graph(function)[1]
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(frozen, name="")
        report = profiler.profile(graph=graph, options=options.with_empty_output().build())
    return model.count_params(), report.total_float_ops


def quietly(function: Callable[..., Any], *values: object) -> str:
    """The number that a counter gives; a dash if its package is missing, its error if it fails."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return f"{int(function(*values)):,}"
    except ImportError:
        return "-"
    except Exception as error:
        return type(error).__name__


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table without the columns that hold dashes only."""
    kept = [index for index in range(len(heads)) if any(row[index] != "-" for row in rows)]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line[index] for index in kept) + " |" for line in lines)


def torch_table(counters: dict[str, Callable[[Any, tuple[int, ...]], object]]) -> str:
    rows = []
    for name in TORCH:
        shape = (BATCH, FEATURES) if "Cell" in name else (BATCH, STEPS, FEATURES)
        row = [f"`{name}`", *(f"{number:,}" for number in here_for_torch(name))]
        rows.append(row + [quietly(each, whole(name), shape) for each in counters.values()])
    return table(["PyTorch", "parameters", "MACs", *counters], rows)


def keras_table(only_here: bool) -> str:
    rows = []
    for name in KERAS:
        row = [f"`{name}`", *(f"{number:,}" for number in here_for_keras(name))]
        if not only_here:
            stored, operations = keras_counter(name)
            row += [f"{stored:,}", f"{operations:,}"]
        rows.append(row)
    heads = ["Keras", "parameters", "MACs"]
    return table(heads if only_here else [*heads, "Keras' summary", "TensorFlow's profiler"], rows)


def versions() -> str:
    """The versions of everything that was measured."""
    names = "torch torchinfo fvcore thop ptflops torchprofile keras tensorflow"
    numbers = [f"Python {platform.python_version()}"]
    for name in names.split():
        with contextlib.suppress(PackageNotFoundError):
            numbers.append(f"{name} {version(name)}")
    return ", ".join(numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only-here", action="store_true", help="the columns of this package")
    only_here = parser.parse_args().only_here
    warnings.simplefilter("ignore")
    logging.disable()
    print(torch_table({} if only_here else torch_counters()), end="\n\n")
    print(keras_table(only_here))
    if not only_here:
        print(f"\n{versions()}")


if __name__ == "__main__":
    main()
