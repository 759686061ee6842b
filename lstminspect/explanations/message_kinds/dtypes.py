"""Messages about the types of values: whole numbers and floats, ragged lists, other devices."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated

__all__ = ["KINDS"]

LONG = ("long", "int", "int64")
#: A type as PyTorch writes it: `Long`, `Float`, `torch.cuda.FloatTensor`, `c10::Half`.
TYPE = r"(?:torch\.)?(?:cuda\.)?(?:c10::)?"


def _torch_types(match: re.Match[str]) -> Answered:
    wanted, got = match["wanted"].lower(), match["got"].lower()
    if wanted == "long":
        return f"Whole numbers (torch.long) are wanted, and {got} came.", [
            Finding("y.long()", "labels of nn.CrossEntropyLoss, one class each"),
            Finding("x.long()", "indices of nn.Embedding"),
            Finding("nn.MSELoss() or nn.BCEWithLogitsLoss()", "where the target is a number"),
        ]
    if got in LONG:
        return f"Numbers of type {wanted} are wanted, and whole numbers came.", [
            Finding("x.float()", "the input of nn.LSTM and nn.Linear"),
            Finding("y.float()", "the target of nn.MSELoss and nn.BCEWithLogitsLoss"),
            Finding("nn.Embedding before the layer", "where the numbers are indices of words"),
        ]
    if {wanted, got} == {"float", "double"}:
        return f"The weights are {wanted}, the data {got}: one type for both.", [
            Finding("x.float()", "data of NumPy are float64; weights of PyTorch are float32"),
            Finding("module.double()", "all weights in float64 instead, twice the memory"),
        ]
    return f"Numbers of type {wanted} are wanted, and {got} came.", [
        Finding("x.to(module.weight.dtype)", "one type for data and weights")
    ]


KINDS = (
    MessageKind(
        rf"expected (?:object of )?(?:scalar )?type {TYPE}(?P<wanted>\w+?)(?:Tensor)? but "
        rf"(?:found|got)(?: scalar)?(?: type)? {TYPE}(?P<got>\w+?)(?:Tensor)?\b",
        _torch_types,
    ),
    MessageKind(
        rf"to have (?:one of the following )?scalar types?:? {TYPE}(?P<wanted>\w+)(?:, \w+)*; but "
        rf"got {TYPE}(?P<got>\w+?)(?:Tensor)? instead",
        _torch_types,
    ),
    MessageKind(
        r"input must have the type torch\.(?P<wanted>\w+), got type torch\.(?P<got>\w+)",
        _torch_types,
    ),
    stated(
        r"\"\w*(?P<cell>lstm|gru|rnn)\w*\" not implemented for '(?P<got>\w+)'",
        "There is no {cell} for numbers of type {got} on this device.",
        ("x.float()", "the recurrent layer in float32; cast its output back"),
        ("torch.autocast(..., enabled=False) around the layer", "where the type is chosen for you"),
    ),
    stated(
        r"\"?(?:addmm|nll_loss|log_softmax|mse)\w*\"? not implemented for '(?P<got>\w+)'",
        "This operation is not there for numbers of type {got}.",
        ("x.float(), y.long()", "floats for inputs, whole numbers for labels of classes"),
    ),
    stated(
        r"one_hot is only applicable to index tensor",
        "one_hot takes whole numbers.",
        ("one_hot(y.long(), classes)", "labels 0 to classes - 1"),
    ),
    stated(
        r"Failed to convert a NumPy array to a Tensor \(Unsupported object type (?P<type>[\w.]+)\)",
        "The array holds objects ({type}), not numbers: its rows have several lengths, or a column "
        "is text or empty.",
        ("pad_sequences(x, maxlen=30)", "rows of one length, for a list of lists"),
        ("np.asarray(x).astype('float32')", "where all entries are numbers"),
        ("df.dropna(), and numbers for texts", "where it comes from a table"),
    ),
    stated(
        r"Invalid dtype: object|could not convert string to float|np\.str_|"
        r"Cannot convert .{0,80} to EagerTensor of dtype",
        "The data hold texts or objects, not numbers.",
        ("np.asarray(x).astype('float32')", "where all entries are numbers"),
        ("pad_sequences(x)", "where the rows have several lengths"),
        ("TextVectorization, or a Tokenizer", "where they are words: an index for each"),
    ),
    stated(
        r"setting an array element with a sequence|inhomogeneous shape",
        "The sequences have several lengths, and an array has one.",
        ("keras.utils.pad_sequences(x)", "adds 0 in front, up to the longest"),
        ("torch.nn.utils.rnn.pad_sequence(x, batch_first=True)", "adds 0 behind, for tensors"),
        ("mask_zero=True, or pack_padded_sequence", "so that the padding does not count"),
    ),
    stated(
        r"Unrecognized data type: x=|Shape of sample \(",
        "The data are a list of lists, and an array is wanted.",
        ("np.array(x)", "where all rows have one length"),
        ("keras.utils.pad_sequences(x)", "where they have several"),
    ),
    stated(
        r"cannot compute (?P<operation>\w+) as input #(?P<number>\d+)\(zero-based\) was expected "
        r"to be a (?P<wanted>\w+) tensor but is a (?P<got>\w+) tensor",
        "{operation} takes tensors of one type: {wanted} is wanted, and {got} came.",
        ("tf.cast(x, tf.float32)", "data of NumPy are float64, whole numbers int64"),
    ),
    stated(
        r"Cannot convert a symbolic (?:tf\.)?Tensor .{0,80}? to a numpy array",
        "NumPy 1.20 or later does not go with this old TensorFlow (2.4 or before): it fails in the "
        "zeros of the first state of an LSTM or GRU.",
        ("pip install 'numpy<1.20'", "for TensorFlow 2.0 to 2.4"),
        ("pip install --upgrade tensorflow", "2.5 or later"),
        ("tf functions in place of np functions", "where it is in your own layer"),
    ),
    stated(
        r"Can't call numpy\(\) on Tensor that requires grad",
        "The tensor is a part of the graph for training.",
        ("x.detach().numpy()", "the numbers alone; x.detach().cpu().numpy() from a GPU"),
    ),
    stated(
        r"element 0 of tensors does not require grad",
        "Nothing that is trained leads to this loss.",
        ("loss = criterion(model(x), y)", "from the model's output, not detached"),
        ("not under torch.no_grad(), no .data, no .detach()", "they cut the graph"),
    ),
    stated(
        r"grad can be implicitly created only for scalar outputs",
        "backward() starts from one number, and the loss is a tensor.",
        ("loss.mean().backward()", "or reduction='mean' in the loss"),
    ),
    stated(
        r"can't optimize a non-leaf Tensor",
        "An optimizer takes parameters, and one tensor is the result of an operation.",
        ("optimizer = Adam(model.parameters())", "after model.to(device), not of moved tensors"),
    ),
    stated(
        r"a Tensor with \d+ elements cannot be converted to Scalar|only one element tensors can "
        r"be converted|Boolean value of Tensor with more than one value",
        "One number is wanted, and the tensor has several.",
        ("loss.mean().item()", "one number of a loss"),
        ("x.tolist()", "all of them"),
    ),
    stated(
        r"argument '(?P<name>\w+)' \(position \d+\) must be Tensor, not (?P<type>[\w.]+)",
        "A tensor is wanted for {name}, and a {type} came.",
        ("torch.as_tensor(x, dtype=torch.float32)", "for an array of NumPy or a list"),
    ),
    stated(
        r"Torch not compiled with CUDA enabled",
        "This PyTorch has no GPU support.",
        ("device = 'cuda' if torch.cuda.is_available() else 'cpu'", "and .to(device) for both"),
    ),
)
