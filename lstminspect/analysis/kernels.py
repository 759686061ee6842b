"""The runtimes of small machines, and what each makes of a recurrent layer: a kernel, or a loop.

A table of facts, each with its source. "Measured" is TensorFlow 2.21.0 with tf_keras 2.21.0 or
keras 3.15.1, by `benchmarks/kernels.py`, which `tests/analysis/test_kernels.py` runs again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lstminspect.layer import Layer

__all__ = ["CONDITIONS", "LSTM_KERNEL", "RUNTIMES", "Fact", "Kernel", "Runtime", "kernels"]

#: The operation of TensorFlow Lite that is a whole LSTM.
LSTM_KERNEL = "UNIDIRECTIONAL_SEQUENCE_LSTM"

MEASURED = "benchmarks/kernels.py"
MICRO = "https://github.com/tensorflow/tflite-micro/pull/1682"
MICRO_LOOP = "https://github.com/tensorflow/tflite-micro/issues/3674"
CMSIS = (
    "https://github.com/tensorflow/tflite-micro/blob/main/tensorflow/lite/micro/kernels/cmsis_nn/"
    "unidirectional_sequence_lstm.cc"
)
#: No CIFG, peephole, projection or normalisation.
VELA = (
    "https://review.mlplatform.org/plugins/gitiles/ml/ethos-u/ethos-u-vela/+/"
    "0ac0804e76e098695ee2b8a9e24e2f0a1efc324f"
)
ST = "https://stm32ai-cs.st.com/assets/embedded-docs/keras_lstm_stateful.html"


class Fact(NamedTuple):
    """A fact of a runtime: what runs a layer for which `condition` holds, why, and who says so.

    `runs` is "one kernel", "two kernels", "a loop" (operations in a WHILE), "refused", or "?" where
    no source says it.
    """

    condition: str
    runs: str
    why: str
    source: str


class Runtime(NamedTuple):
    """A runtime, or a converter for it: the first fact whose condition holds decides."""

    name: str
    title: str
    facts: tuple[Fact, ...]


class Kernel(NamedTuple):
    """The answer of one runtime to one layer."""

    runtime: str
    runs: str
    why: str
    source: str

    @property
    def is_fused(self) -> bool:
        """True if kernels run the whole layer."""
        return "kernel" in self.runs


#: LSTMs with more or fewer parts than Keras' own.
VARIANTS = (
    "peephole", "peephole_full", "projected", "projected_peephole", "cifg", "cifg_peephole",
    "layernorm_lstm",
)  # fmt: skip

#: What a fact can depend on, by the words for it. TensorFlow Lite's own operation can run the first
#: (`tensorflow/lite/kernels/lstm_shared.h`), but no layer of Keras becomes that.
CONDITIONS: dict[str, Callable[[Layer], bool]] = {
    "peepholes, projection, coupled gates or layer normalization": lambda layer: (
        layer.cell.name in VARIANTS
    ),
    "a cell other than an LSTM": lambda layer: layer.cell.name != "lstm",
    "return_state": lambda layer: bool(layer.return_state),
    "stateful": lambda layer: bool(layer.stateful),
    "other activations than tanh and sigmoid": lambda layer: any(
        value is not None for value in layer.functions.values()
    ),
    "no bias": lambda layer: not layer.use_bias,
    "a GRU": lambda layer: layer.cell.name in ("gru", "gru_reset_before"),
    "both directions": lambda layer: bool(layer.bidirectional),
    "go_backwards": lambda layer: bool(layer.go_backwards),
    "every layer": lambda _: True,
}

#: The conditions under which the converter makes a WHILE of single operations, no kernel.
LOOPED = tuple(CONDITIONS)[:6]


def _loops(why: str, source: str) -> tuple[Fact, ...]:
    """A fact for each condition that leaves a loop."""
    return tuple(Fact(each, "a loop", f"{each}: {why}", source) for each in LOOPED)


def _runs(kernel: str, source: str) -> tuple[Fact, ...]:
    """The facts of what an LSTM kernel runs."""
    return (
        Fact("both directions", "two kernels", f"{kernel}, one behind REVERSE_V2", source),
        Fact("go_backwards", "one kernel", f"{kernel} behind REVERSE_V2", source),
        Fact("every layer", "one kernel", kernel, source),
    )


RUNTIMES = (
    Runtime(
        "tflite",
        "TensorFlow Lite, from tf_keras (Keras 2)",
        (
            *_loops("a WHILE of single operations; int8 of it crashes the converter", MEASURED),
            *_runs(LSTM_KERNEL, MEASURED),
        ),
    ),
    Runtime(
        "tflite-keras3",
        "TensorFlow Lite, from Keras 3",
        (
            Fact(
                "every layer",
                "a loop",
                "Keras 3 does not mark its LSTM for the converter: convert with tf_keras "
                "(TF_USE_LEGACY_KERAS=1)",
                "https://github.com/tensorflow/tensorflow/issues/126061",
            ),
        ),
    ),
    Runtime(
        "tflite-micro",
        "TensorFlow Lite Micro",
        (
            *_loops("the WHILE runs, slowly; 100 steps did not end on a board", MICRO_LOOP),
            *_runs(f"{LSTM_KERNEL} in float32, or int8 or int16 with an int16 cell state", MICRO),
        ),
    ),
    Runtime(
        "cmsis-nn",
        "CMSIS-NN (Cortex-M)",
        (
            *_loops("it has kernels for the products alone", CMSIS),
            *_runs("arm_lstm_unidirectional_s8, with 32 bytes of RAM for each unit more", CMSIS),
        ),
    ),
    Runtime(
        "vela",
        "Vela (Ethos-U)",
        (
            *_loops("WHILE is left to the processor", VELA),
            *_runs(f"{LSTM_KERNEL} in int8 or int16", VELA),
        ),
    ),
    Runtime(
        "st",
        "ST Edge AI Core (STM32)",
        (
            Fact("return_state", "refused", "return_state is not supported", ST),
            Fact("a GRU", "one kernel", "a GRU of Keras; stateful with a batch of 1", ST),
            Fact("a cell other than an LSTM", "?", "its page is about LSTM and GRU", ST),
            Fact("every layer", "one kernel", "an LSTM of Keras; stateful with a batch of 1", ST),
        ),
    ),
)


def kernels(layer: Layer) -> tuple[Kernel, ...]:
    """The answer of each runtime to `layer`, in the order of RUNTIMES.

    >>> found = kernels(Layer("lstm", units=64, features=3))
    >>> [(kernel.runtime, kernel.runs) for kernel in found[:3]]
    [('tflite', 'one kernel'), ('tflite-keras3', 'a loop'), ('tflite-micro', 'one kernel')]
    >>> kernels(Layer("gru", units=64, features=3))[0].runs
    'a loop'
    """
    return tuple(_kernel(each, layer) for each in RUNTIMES)


def _kernel(runtime: Runtime, layer: Layer) -> Kernel:
    fact = next(each for each in runtime.facts if CONDITIONS[each.condition](layer))
    runs = fact.runs
    if layer.layers > 1 and "kernel" in runs:
        runs = f"{runs} for each of {layer.layers} layers"
    return Kernel(runtime.name, runs, fact.why, fact.source)
