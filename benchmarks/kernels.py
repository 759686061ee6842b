"""The operations that TensorFlow Lite makes of recurrent layers, and the RAM that they take.

    python benchmarks/kernels.py [--keras 2|3] [--json]

Converts a layer of 4 units on 5 steps of 3 features in each configuration, in float32, and in int8
where that does not crash the converter. Prints the operations, the bytes of the weights and the
scales in the file, and what TensorFlow Lite Micro's interpreter allocates, if it is there:
activations and scratch (head), everything together (total).

Needs TensorFlow, for Keras 2 tf_keras too, and for the allocations tflite-micro:

    pip install 'lstminspect[keras]' tf-keras tflite-micro
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from typing import Any

UNITS, STEPS, FEATURES = 4, 5, 3

#: Each configuration: the class of Keras, its arguments, and whether it is bidirectional.
LAYERS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "lstm": ("LSTM", {}, False),
    "return_sequences": ("LSTM", {"return_sequences": True}, False),
    "return_state": ("LSTM", {"return_state": True}, False),
    "go_backwards": ("LSTM", {"go_backwards": True}, False),
    "stateful": ("LSTM", {"stateful": True}, False),
    "relu": ("LSTM", {"activation": "relu"}, False),
    "hard_sigmoid": ("LSTM", {"recurrent_activation": "hard_sigmoid"}, False),
    "no bias": ("LSTM", {"use_bias": False}, False),
    "bidirectional": ("LSTM", {}, True),
    "gru": ("GRU", {}, False),
    "gru reset before": ("GRU", {"reset_after": False}, False),
    "rnn": ("SimpleRNN", {}, False),
}
#: Those that are converted to int8 too: full int8 of a WHILE ends the process.
INT8 = ("lstm", "return_sequences", "bidirectional", "go_backwards")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keras", type=int, choices=(2, 3), default=2, help="its version")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--micro", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.micro:
        micro(options.micro)
        return
    figures = [
        {"configuration": name, "dtype": dtype, **figures_of(converted(name, dtype, options.keras))}
        for name in LAYERS
        for dtype in ("float32", "int8")
        if dtype == "float32" or (options.keras == 2 and name in INT8)
    ]
    if options.json:
        print(json.dumps(figures))
        return
    for each in figures:
        operations = ", ".join(f"{count} {name}" for name, count in each["operations"].items())
        arena = "" if each["head"] is None else f"; head {each['head']}, total {each['total']}"
        print(
            f"{each['configuration']}, {each['dtype']}: {each['weights']} bytes of weights, "
            f"{each['scales']} of scales{arena}; {operations}"
        )


def converted(name: str, dtype: str, version: int) -> bytes:
    """A configuration as a file of TensorFlow Lite."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy
    import tensorflow as tf

    if version == 2:
        import tf_keras as keras
    else:
        import keras
    kind, arguments, both = LAYERS[name]
    layer = getattr(keras.layers, kind)(UNITS, **arguments)
    layer = keras.layers.Bidirectional(layer) if both else layer
    inputs = keras.Input((STEPS, FEATURES), batch_size=1)
    model = keras.Model(inputs, layer(inputs))
    # Weights of their own: of equal tensors the file keeps one.
    random = numpy.random.default_rng(0)
    model.set_weights([random.normal(size=each.shape) for each in model.get_weights()])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if dtype == "int8":
        samples = [random.normal(size=(1, STEPS, FEATURES)).astype("float32") for _ in range(8)]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    with contextlib.redirect_stdout(io.StringIO()):
        content: bytes = converter.convert()
    return content


def figures_of(content: bytes) -> dict[str, Any]:
    """The operations of a file, the bytes that it keeps, what its interpreter allocates."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    operations: Counter[str] = Counter()
    weights = scales = 0
    for graph in model.subgraphs:
        for operation in graph.operators:
            code = model.operatorCodes[operation.opcodeIndex]
            operations[names[max(code.builtinCode, code.deprecatedBuiltinCode)]] += 1
        for tensor in graph.tensors:
            data, quantization = model.buffers[tensor.buffer].data, tensor.quantization
            quantized = quantization is not None and quantization.scale is not None
            if data is None or not (quantized or tensor.type == schema.TensorType.FLOAT32):
                continue
            weights += len(data)
            if quantized:
                scales += 4 * len(quantization.scale) + 8 * len(quantization.zeroPoint)
    head, total = arena(content)
    return {
        "operations": dict(operations),
        "weights": weights,
        "scales": scales,
        "head": head,
        "total": total,
    }


def arena(content: bytes) -> tuple[int | None, int | None]:
    """Bytes that TensorFlow Lite Micro allocates, (head, total); None where it cannot say."""
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(content)
        file.flush()
        command = [sys.executable, __file__, "--micro", file.name]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [
        re.search(rf"Arena allocation {what} (\d+)", said.stderr) for what in ("head", "total")
    ]
    head, total = (None if each is None else int(each[1]) for each in found)
    return head, total


def micro(path: str) -> None:
    """Run the file once in TensorFlow Lite Micro, which says what it allocates."""
    import numpy
    from tflite_micro.python.tflite_micro import runtime

    recording = runtime.InterpreterConfig.kAllocationRecording
    interpreter = runtime.Interpreter.from_file(path, intrepreter_config=recording)
    details = interpreter.get_input_details(0)
    interpreter.set_input(numpy.zeros(details["shape"], details["dtype"]), 0)
    interpreter.invoke()
    interpreter.print_allocations()


if __name__ == "__main__":
    main()
