"""Messages about the files of models and of weights: their format, their name, what is in them."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated

__all__ = ["KINDS", "LAST"]

#: What is in a file, read without the framework that made it.
LOOK = ("lstminspect file PATH", "what is in it; nothing of the file is run")
FIRST_BYTES = (
    "open(path, 'rb').read(20)",
    "PK is a zip file (.pt, .keras), < a web page, `version https://git-lfs` a pointer of Git LFS",
)
AGAIN = ("download or copy it again", "and compare the number of bytes with the original")
WHERE = ("os.path.abspath(path)", "where Python looks: relative to the folder it runs in")


def _not_allowed(match: re.Match[str]) -> Answered:
    """A class in a checkpoint that torch.load does not make by itself."""
    name = match["name"]
    is_module = name.startswith("torch.nn.")
    last = name.rpartition(".")[2]
    held = "the whole module was saved" if is_module else f"the file holds an object of {name}"
    findings = [
        Finding(
            f"torch.serialization.add_safe_globals([{last}])",
            f"before torch.load, if you trust the file; import {last} first",
        ),
        Finding("torch.load(path, weights_only=False)", "runs code of the file: of your own alone"),
        Finding("torch.save(model.state_dict(), path)", "saves the weights alone: loads anywhere"),
    ]
    takes = "torch.load takes only tensors and plain values by default (since PyTorch 2.6)"
    return f"{takes}, and {held}.", findings


KINDS = (
    MessageKind(r"Unsupported (?:global: GLOBAL|class) (?P<name>[\w.]+)", _not_allowed),
    stated(
        r"Weights only load failed\..*?(?:Unsupported operand|invalid load key|EOFError|unpickl)",
        "The file is not a checkpoint of PyTorch: its first bytes are of another format.",
        FIRST_BYTES,
        ("git lfs pull", "if it is a pointer of Git LFS: a text of three lines"),
        AGAIN,
        LOOK,
    ),
    stated(
        r"invalid load key, '(?P<key>.{1,4})'",
        "The file begins with {key}, and is not a pickle: it is another format.",
        FIRST_BYTES,
        ("git lfs pull", "if it is a pointer of Git LFS, which begins with v"),
        AGAIN,
    ),
    stated(
        r"Ran out of input|_weights_only_unpickler\.py.{0,300}raise EOFError",
        "The file is empty, or ends too early.",
        LOOK,
        AGAIN,
        ("torch.save, finished", "a run that was stopped while it saved leaves half a file"),
    ),
    stated(
        r"PytorchStreamReader failed (?:reading zip archive|locating file|reading file)",
        "The checkpoint is a zip file that is not whole, or another kind of zip file.",
        AGAIN,
        ("torch.save, finished", "a run that was stopped while it saved leaves half a file"),
        ("keras.models.load_model(path)", "if it is a .keras file, which is a zip file too"),
        LOOK,
    ),
    stated(
        r"Expected state_dict to be dict-like, got <class '(?P<type>[\w.]+)'>",
        "load_state_dict takes the dict of the tensors, and a {type} was given.",
        ("model.load_state_dict(other.state_dict())", "of a module: its state_dict()"),
        ("model = torch.load(path, weights_only=False)", "if the file holds the whole module"),
    ),
    stated(
        r"Error while deserializing header: (?P<why>[\w ]+)",
        "The file is not safetensors, or not whole: {why}.",
        FIRST_BYTES,
        ("git lfs pull", "if it is a pointer of Git LFS: a text of three lines"),
        AGAIN,
        LOOK,
    ),
    stated(
        r"Some tensors share memory[^{\[]*(?P<names>[\[{]+[^\]}]{1,200}[\]}]+)",
        "Two names are one tensor, {names}, and safetensors keeps each tensor once.",
        (
            "safetensors.torch.save_model(model, path)",
            "keeps one of the names; load_model reads it",
        ),
        ("tensor.clone()", "for one of them, if they shall be apart"),
    ),
    stated(
        r"contains pickled \(object\) data|Object arrays cannot be loaded when allow_pickle=False|"
        r"Cannot load file containing pickled data when allow_pickle=False",
        "The file is not an array of numbers: it holds objects of Python, or is another format.",
        ("np.load(path, allow_pickle=True)", "runs code of the file: of your own alone"),
        FIRST_BYTES,
        ("np.savez(path, x=x, y=y)", "arrays of one type each, for the next time"),
    ),
    stated(
        r"INVALID_PROTOBUF|Protobuf parsing failed|Error parsing message with type 'onnx",
        "The file is not ONNX, or not whole.",
        FIRST_BYTES,
        ("git lfs pull", "if it is a pointer of Git LFS: a text of three lines"),
        AGAIN,
        LOOK,
    ),
    stated(
        r"Unsupported model IR version: (?P<got>\d+), max supported IR version: (?P<most>\d+)",
        "The file has the IR version {got}, and this ONNX Runtime reads up to {most}.",
        ("pip install --upgrade onnxruntime", "a newer one reads newer files"),
        ("helper.make_model(graph, ir_version={most})", "or model.ir_version = {most}, then save"),
    ),
    stated(
        r"(?P<what>The filename|the filepath provided|The filepath provided) must end in "
        r"`(?P<end>\.[\w.]+)`.{0,60}?Received: filepath=(?P<path>\S+)",
        "Keras 3 wants a path that ends in {end}, and got {path}.",
        ("a path that ends in {end}", "for {path}"),
        (".weights.h5", "the end for weights alone (save_weights_only=True)"),
        (".keras", "the end for a whole model"),
    ),
    stated(
        r"Invalid filepath extension for saving\..{0,300}Received: "
        r"filepath=(?P<path>\S+?)\.?(?: |$)",
        "Keras 3 takes the format from the end of the path, and {path} has none that it knows.",
        ("model.save('{path}.keras')", "the whole model; .h5 is the older form"),
        ("model.export('{path}')", "a SavedModel, for TensorFlow Serving and TFLite"),
    ),
    stated(
        r"File format not supported: filepath=(?P<path>\S+?)\. Keras 3 only supports",
        "Keras 3 does not read {path}: a SavedModel (a folder), or a file without its end.",
        ("keras.layers.TFSMLayer('{path}', call_endpoint='serving_default')", "to run it as it is"),
        ("tf_keras.models.load_model('{path}')", "Keras 2 (pip install tf_keras) reads it whole"),
        ("save it again as .keras", "with the Keras that made it"),
        LOOK,
    ),
    stated(
        r"deserialization of a `Lambda` layer whose `function` is a Python lambda",
        "The file holds a Lambda layer with a lambda, whose code Keras does not run by itself.",
        ("load_model(path, safe_mode=False)", "runs code of the file: of your own alone"),
        ("a function with a name, or a Layer of your own", "in place of the lambda, before saving"),
    ),
    stated(
        r"loaded state dict contains a parameter group that doesn't match the size of optimizer",
        "The optimizer in the file was made for another number of parameters than this one.",
        ("the same model, made before the optimizer", "each layer more is some parameters more"),
        ("leave optimizer.load_state_dict out", "the averages of Adam then start at 0"),
    ),
    stated(
        r"loaded state dict has a different number of parameter groups",
        "The optimizer in the file has another number of parameter groups.",
        ("the same list of groups as when it was saved", "one for each learning rate"),
    ),
)

LAST = (
    stated(
        r"No such file or directory: '(?P<path>[^']*)'",
        "There is no file {path}.",
        WHERE,
        ("os.listdir(os.path.dirname(path) or '.')", "what is there: an end like .pt may differ"),
    ),
)
