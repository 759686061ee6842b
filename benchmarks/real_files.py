"""Model files that packages ship: what is found in each, and its outputs beside the framework.

`python benchmarks/real_files.py` downloads them by pip into a directory that is removed again. The
recurrent layers run in NumPy by `lstminspect.run`, and in ONNX Runtime (of an .onnx, the node with
all that makes its weights) or in PyTorch with the values that another reader of the format gives.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import lstminspect as li
from lstminspect.files.file_layer import FileLayer
from lstminspect.wording import title

PACKAGES = ("silero-vad", "resemblyzer", "g2p-en", "g2pM")
ENDINGS = (".onnx", ".jit", ".safetensors", ".npz", ".pt", "np_ckpt.pkl")
TIMESTEPS, BATCH = 12, 2


def download(folder: Path) -> list[Path]:
    """The model files of the packages, which are unpacked and not installed."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
    subprocess.run([*command, *PACKAGES], check=True)
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as opened:
            for name in opened.namelist():
                if name.endswith(ENDINGS):
                    opened.extract(name, folder)
    return sorted(path for path in folder.rglob("*") if path.name.endswith(ENDINGS))


def state_of(path: Path) -> dict[str, Any]:
    """The tensors of a file by the reader that its format has, as arrays."""
    import torch

    if path.suffix == ".pt":
        loaded = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
    elif path.suffix == ".jit":
        loaded = torch.jit.load(str(path)).state_dict()
    elif path.suffix == ".safetensors":
        from safetensors.torch import load_file

        loaded = load_file(path)
    elif path.suffix == ".npz":
        return dict(np.load(path))
    elif path.suffix == ".onnx":
        import onnx

        return {
            each.name: onnx.numpy_helper.to_array(each)
            for each in onnx.load(path).graph.initializer
        }
    else:
        return dict(pickle.loads(path.read_bytes()))
    return {name: each.numpy() for name, each in loaded.items()}


def by_torch(path: Path, layer: FileLayer, x: Any) -> tuple[str, Any]:
    """The outputs of PyTorch's own layer with the tensors of the file."""
    import torch

    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[layer.layer.cell.name]
    network = kind(
        layer.layer.features,
        layer.layer.units,
        num_layers=layer.layer.layers,
        bidirectional=layer.layer.bidirectional,
        batch_first=True,
    )
    state = state_of(path)
    own = {
        name if "_l" in name else f"{name}_l0": torch.from_numpy(np.array(state[tensor.name]))
        for name, tensor in layer.held.items()
    }
    network.load_state_dict(own)
    with torch.no_grad():
        return "PyTorch", network(torch.from_numpy(x))[0].numpy()


def nodes_below(graph: Any, outer: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """Every node, with the graphs whose names it sees, its own first."""
    seen = [graph, *outer]
    for node in graph.node:
        yield node, seen
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes_below(attribute.g, seen)


def by_onnx(path: Path, layer: FileLayer, x: Any) -> tuple[str, Any] | None:
    """The outputs of the LSTM node of a layer, run with all that makes its weights."""
    import onnx.inliner
    import onnxruntime

    model = onnx.inliner.inline_local_functions(onnx.load(path))
    short = layer.name.rpartition("::")[2]
    for node, graphs in nodes_below(model.graph, []):
        if node.op_type != "LSTM" or not node.name.endswith(short):
            continue
        wanted, nodes, tensors = list(node.input[1:4]), [], []
        while wanted:
            name = wanted.pop()
            made = [each for graph in graphs for each in graph.node if name in each.output]
            stored = [t for graph in graphs for t in graph.initializer if t.name == name]
            if stored:
                tensors += [stored[0]] if stored[0] not in tensors else []
            elif made and made[0] not in nodes:
                nodes.append(made[0])
                wanted += [each for each in made[0].input if each]
        alone = onnx.NodeProto()
        alone.CopyFrom(node)
        del alone.input[4:]
        del alone.output[1:]
        element = 10 if x.dtype == np.float16 else 1
        ends = [onnx.helper.make_tensor_value_info(alone.input[0], element, None)]
        outputs = [onnx.helper.make_tensor_value_info(alone.output[0], element, None)]
        # What makes a name stands before what takes it.
        graph = onnx.helper.make_graph([*reversed(nodes), alone], "g", ends, outputs, tensors)
        whole = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=8)
        session = onnxruntime.InferenceSession(whole.SerializeToString())
        (result,) = session.run(None, {alone.input[0]: x.transpose(1, 0, 2)})
        return "ONNX Runtime", result.transpose(2, 0, 1, 3).reshape(x.shape[0], x.shape[1], -1)
    return None


def compared(path: Path, file: Any, layer: FileLayer) -> tuple[str, float]:
    """The framework, and the largest difference of its outputs from those of `run`."""
    shape = (BATCH, TIMESTEPS, layer.layer.features)
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    ours = li.run(layer.layer, file.weights(layer), x)
    by: Callable[..., Any] = by_onnx if layer.layer.convention == "onnx" else by_torch
    found = by(path, layer, x)
    assert found is not None, (path, layer.name)
    framework, theirs = found
    return framework, float(np.abs(ours - theirs).max())


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for path in download(Path(name)):
            file = li.open_file(path)
            inner = sum(layer.parameters for layer in file.layers)
            rest = sum(each.parameters for each in file.rest)
            assert inner + rest == file.parameters
            print(f"{path.name} ({file.format}): {len(file.tensors)} tensors, "
                  f"{inner:,} + {rest:,} = {file.parameters:,} values")  # fmt: skip
            for layer in file.layers:
                framework, difference = compared(path, file, layer)
                print(f"    {layer.name}: {title(layer.layer)}, {layer.parameters:,} values; "
                      f"{difference:.1e} from {framework}")  # fmt: skip
            assert not file.contradictions


if __name__ == "__main__":
    main()
