"""Messages of converters and of the kernels of a GPU: ONNX, TensorFlow Lite, cuDNN, Theano."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape, stated

__all__ = ["KINDS"]

RNN_MODES = ("RNN with relu", "RNN with tanh", "LSTM", "GRU")


def _cudnn(match: re.Match[str]) -> Answered:
    """The layer that cuDNN was to run, by the numbers of the message."""
    names = [each.strip() for each in match["names"].split(",")]
    numbers = [int(each) for each in re.findall("[0-9]+", match["numbers"])]
    sizes = dict(zip(names, numbers, strict=False))
    steps = sizes.get("max_seq_length", sizes.get("seq_length", 0))
    batch, units = sizes.get("batch_size", 0), sizes.get("num_units", 0)
    mode = int(match["mode"])
    name = RNN_MODES[mode] if mode < len(RNN_MODES) else "recurrent layer"
    what = (
        f"cuDNN could not run a layer: {name} of {units} units on {sizes.get('input_size', 0)} "
        f"features, {steps} time steps, a batch of {batch}. The sizes fit each other: it is the "
        "GPU's memory, or the version of CUDA and its driver."
    )
    return what, [
        Finding("tf.config.experimental.set_memory_growth(gpu, True)", "for each GPU, at the top"),
        Finding(f"a batch below {batch}, or fewer than {steps} time steps", "needs less memory"),
        Finding("no other program on the GPU", "a notebook that is still open keeps its memory"),
        Finding("LSTM(..., use_cudnn=False), or recurrent_dropout=1e-9", "runs without cuDNN"),
    ]


def _gemm(match: re.Match[str]) -> Answered:
    """A state of another batch than the input, in Theano."""
    data, state = read_sizes(match["data"]), read_sizes(match["state"])
    if len(data) != 2 or len(state) != 2 or data[0] == state[0]:
        return None
    return _rows(state[0], data[0])


def _other_rows(match: re.Match[str]) -> Answered:
    return _rows(int(match["got"]), int(match["kept"]))


def _rows(got: int | None, kept: int | None) -> Answered:
    answer = f"A batch of {got} meets states of a batch of {kept}: the layer is stateful."
    return answer, [
        Finding(f"batches of {kept} in fit, evaluate and predict", "the batch_input_shape says so"),
        Finding("x[: len(x) // batch * batch]", "if the last batch of the data is smaller"),
        Finding("a second model with batch_input_shape=(1, ...) and the same weights",
                "to predict one sequence: model.set_weights(trained.get_weights())"),
    ]  # fmt: skip


KINDS = (
    stated(
        r"Exporting a model to ONNX with a batch_size other than 1, with a variable length with "
        r"(?P<name>\w+)",
        "A warning: the first states of the {name} are exported as zeros of the batch of the "
        "example, so the file can refuse another batch.",
        ("torch.onnx.export(..., dynamo=True)", "the new exporter keeps the batch open"),
        ("export with a batch of 1", "if the file only ever sees one sequence"),
        ("def forward(self, x, h0, c0)", "states as inputs, with dynamic_axes for their batch"),
    ),
    stated(
        r"ScatterElements.{0,120}Indices vs updates dimensions differs at position=(?P<axis>\d+) "
        r"(?P<one>\d+) vs (?P<other>\d+)",
        "The file was exported with another batch ({one} against {other}): pack_padded_sequence "
        "and states of zeros keep the batch of the example.",
        ("leave pack_padded_sequence out of forward for the export", "pad, and mask the outputs"),
        ("h0 and c0 as inputs of the model", "with dynamic_axes for their batch, axis 1"),
        ("a batch of the size of the example", "what the file takes as it is"),
    ),
    stated(
        r"Output size (?P<got>\d+) not in range \[min=(?P<least>\d+), max=(?P<most>\d+)\].{0,400}?"
        r'op_type: "(?P<name>LSTM|GRU|RNN)"',
        "The node {name} has {got} outputs and its version of ONNX allows {most}: file and library "
        "are of different versions.",
        ("pip install --upgrade onnx", "an LSTM of today has three: Y, Y_h and Y_c"),
        ("torch.onnx.export(..., opset_version=17)", "a version that the reader knows"),
    ),
    stated(
        r"TensorListReserve'? op requires element_shape to be static|"
        r"Lowering tensor list ops is failed|Failed to duplicate values for the stateful op",
        "TensorFlow Lite makes one operator of a recurrent layer only where its shapes are fixed, "
        "and here the batch or the time steps are open.",
        ("keras.Input(batch_shape=(1, timesteps, features))", "a batch of 1, numbers for all"),
        (
            "model.export, then a concrete function of that shape",
            "tf.TensorSpec([1, timesteps, features])",
        ),
        (
            "tf.lite.OpsSet.SELECT_TF_OPS, and _experimental_lower_tensor_list_ops = False",
            "open shapes; the device then needs the Flex library",
        ),
        ("unroll=True", "no loop: for few time steps"),
    ),
    stated(
        r"Found untraced functions such as (?P<name>\w+?)_layer_call",
        "A warning: of the cell {name} its layer was saved, and not the call of the cell alone. "
        "The model itself is whole.",
        ("model.save('model.keras')", "the format of Keras writes no functions"),
        ("nothing", "if the model is loaded and called as a whole"),
    ),
    MessageKind(
        r"Failed to call ThenRnn(?:Forward|Backward) with model config: \[[^\]]*\]: (?P<mode>[0-9])"
        r"[0-9, ]*\[(?P<names>[a-z_, ]+)\]: \[(?P<numbers>[0-9, ]+)\]",
        _cudnn,
    ),
    stated(
        r"(?:CUDNN_STATUS_BAD_PARAM.{0,120}cudnnSetRNNDataDescriptor|"
        r"cudnnSetRNNDataDescriptor.{0,300}CUDNN_STATUS_BAD_PARAM)",
        "cuDNN takes no sequence of length 0, and no mask with gaps: in the batch a sequence is "
        "padding alone, or has its padding in front.",
        ("x[mask.any(axis=1)]", "leaves out sequences that are padding alone"),
        ("pad_sequences(..., padding='post')", "cuDNN needs the padding behind the data"),
        (
            "LSTM(..., use_cudnn=False)",
            "the general kernel; in TensorFlow 2.0 to 2.15 recurrent_dropout=1e-9 does the same",
        ),
    ),
    MessageKind(
        rf"dimension mismatch in args to gemm {shape('data')}x\([0-9,]+\)->{shape('state')}", _gemm
    ),
    MessageKind(
        r"Shape mismatch: x has (?P<got>[0-9]+) rows but z has (?P<kept>[0-9]+) rows", _other_rows
    ),
)
