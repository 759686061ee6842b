"""The names that the code of `provocations/` uses, for each framework."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pytest

__all__ = ["flax", "keras", "onnx", "pytorch"]

Shape = tuple[int, ...]


def written(content: bytes, name: str) -> str:
    """The path of a new file of this name, with this content."""
    import tempfile

    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(content)
    return str(path)


def saved(value: Any, most: int | None = None) -> str:
    """The path of a checkpoint of PyTorch, or of its first bytes."""
    import io

    import torch

    held = io.BytesIO()
    torch.save(value, held)
    return written(held.getvalue()[:most], "model.pt")


@cache
def pytorch() -> dict[str, Any]:
    torch = pytest.importorskip("torch")

    def net(**modules: Any) -> Any:
        return torch.nn.ModuleDict(modules)

    class Wrapped:
        """A checkpoint as people save it: the state dict beside other things."""

        def __init__(self, module: Any) -> None:
            self.module = module

        def state_dict(self) -> dict[str, Any]:
            return {"epoch": 3, "state_dict": self.module.state_dict(), "loss": 0.1}

    names = {"torch": torch, "nn": torch.nn, "zeros": torch.zeros}
    return {**names, "net": net, "wrapped": Wrapped, "written": written, "saved": saved}


def zeros(*shape: int) -> Any:
    return numpy.zeros(shape, "float32")


@cache
def keras() -> dict[str, Any]:
    framework = pytest.importorskip("keras")
    import tempfile

    import tensorflow

    def sequential(layers: list[Any], features: int = 3) -> Any:
        return framework.Sequential([framework.Input((5, features)), *layers])

    def fit(layers: list[Any], loss: str, y: Shape, x: Shape = (6, 5, 3)) -> None:
        model = sequential(layers)
        model.compile("sgd", loss)
        model.fit(zeros(*x), zeros(*y), verbose=0)

    def load(built: list[Any], saved: list[Any], features: int = 3) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/saved.weights.h5"
            sequential(saved, features).save_weights(path)
            sequential(built).load_weights(path)

    def load_old(built: list[Any], saved: list[Any], features: int = 3, **options: Any) -> None:
        """The same by a file in the form of Keras 2, which keeps the whole model."""
        with tempfile.TemporaryDirectory() as folder:
            sequential(saved, features).save(f"{folder}/saved.h5")
            sequential(built).load_weights(f"{folder}/saved.h5", **options)

    def set_all(built: list[Any], saved: list[Any]) -> None:
        sequential(built).set_weights(sequential(saved).get_weights())

    def set_weights(layer: Any, *shapes: Shape) -> None:
        layer.build((None, 5, 3))
        layer.set_weights([zeros(*shape) for shape in shapes])

    names: dict[str, Any]
    layers, names = framework.layers, {"fit": fit, "load": load, "set_weights": set_weights}
    names |= {"load_old": load_old, "set_all": set_all}
    names |= {"np": numpy, "zeros": zeros, "written": written}
    return {"keras": framework, "K": layers, "tf": tensorflow, **names}


@cache
def flax() -> dict[str, Any]:
    jax = pytest.importorskip("jax")
    linen = pytest.importorskip("flax.linen")
    from flax import nnx

    key = jax.random.key(0)

    def apply(layer: Any, other: Any, shape: Shape) -> None:
        """Apply `layer` with the parameters of `other`, made for three features."""
        layer.apply(other.init(key, zeros(*shape[:-1], 3)), zeros(*shape))

    names = {"jax": jax, "jnp": jax.numpy, "nn": linen, "nnx": nnx, "rngs": nnx.Rngs(0)}
    return {**names, "key": key, "apply": apply, "zeros": lambda *shape: jax.numpy.zeros(shape)}


@cache
def onnx() -> dict[str, Any]:
    pytest.importorskip("onnxruntime").set_default_logger_severity(4)
    return {"node": node, "run": run, "written": written}


def run(outputs: list[str] | None = None, dtype: str = "float32", ir: int = 9) -> None:
    """Run a model of one Relu, of another IR version, on an array of this type."""
    import onnxruntime
    from onnx import TensorProto, helper

    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [3]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "graph", [x], [y])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=ir)
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    session.run(outputs, {"x": numpy.zeros(3, dtype)})


GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def node(
    kind: str = "LSTM",
    x: Shape = (7, 2, 3),
    w: Shape | None = None,
    r: Shape | None = None,
    b: Shape | None = None,
    h: Shape | None = None,
    c: Shape | None = None,
    lens: list[int] | None = None,
    feed: dict[str, Shape] | None = None,
    declared: dict[str, list[int]] | None = None,
    **attributes: Any,
) -> None:
    """Run one recurrent node of four units on three features, its tensors of these shapes."""
    import onnxruntime
    from onnx import TensorProto, helper

    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    rows = GATES[kind] * 4
    shapes = {"X": x, "W": w or (directions, rows, 3), "R": r or (directions, rows, 4)}
    shapes |= {"B": b, "sequence_lens": None, "initial_h": h}
    if kind == "LSTM":
        shapes["initial_c"] = c
    arrays = {name: zeros(*shape) for name, shape in shapes.items() if shape is not None}
    if lens is not None:
        arrays["sequence_lens"] = numpy.array(lens, "int32")
    inputs = [
        helper.make_tensor_value_info(
            name,
            TensorProto.INT32 if name == "sequence_lens" else TensorProto.FLOAT,
            (declared or {}).get(name, [None] * array.ndim),
        )
        for name, array in arrays.items()
    ]
    arrays |= {name: zeros(*shape) for name, shape in (feed or {}).items()}
    names = [name if name in arrays else "" for name in shapes]
    output = helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)
    made = helper.make_node(kind, names, ["Y"], hidden_size=4, **attributes)
    graph = helper.make_graph([made], "graph", inputs, [output])
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    session.run(None, arrays)
