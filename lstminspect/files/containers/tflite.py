"""TensorFlow Lite: a flatbuffer of graphs, read by the packages tflite and flatbuffers.

They check nothing: what a vector says of its length is held against the file before it is walked.
Source: tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from lstminspect.errors import FileError, LstmInspectError, quoted
from lstminspect.files.contents import Contents, Declared, FileTensor, FreeNames
from lstminspect.files.dtypes import array, byte_count, checked_shape
from lstminspect.files.source import Source
from lstminspect.files.tflite_layers import declared_layer
from lstminspect.optional import present

__all__ = ["Operator", "contents", "matches"]

#: The types of tensors; a text, a resource and a variant have no values that are read.
DTYPES = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    8: "complex64",
    9: "int8",
    10: "float64",
    11: "complex128",
    12: "uint64",
    15: "uint32",
    16: "uint16",
    17: "int4",
    18: "bfloat16",
}
#: The tensors, the operators and the graphs of a file; the inputs of one operator; its bytes, which
#: are in memory as a whole.
MOST_PARTS, MOST_INPUTS, MOST_BYTES = 200_000, 4096, 1 << 29
#: Operators that loop over time where no recurrent one does.
LOOPS = ("WHILE", "CALL")


def matches(source: Source) -> bool:
    """True for the identifier of TensorFlow Lite."""
    return source.head[4:8] == b"TFL3"


@dataclass(frozen=True)
class Operator:
    """An operator: its name, its tensors by number (None for one left out), and its options."""

    name: str
    inputs: tuple[FileTensor | None, ...]
    shapes: tuple[tuple[int, ...] | None, ...]
    raw: Any
    output: str


def contents(source: Source) -> Contents:
    """Contents of a model: the tensors that have values, and the recurrent operators."""
    purpose = "reading a TensorFlow Lite file"
    present("TensorFlow Lite", "files", "tflite", "flatbuffers", purpose=purpose)
    if source.size > MOST_BYTES:
        raise FileError(
            f"{source.name} has {source.size:,} bytes; at most {MOST_BYTES:,} of TensorFlow "
            "Lite are read, all at once."
        )
    try:
        return _Model(source).contents()
    except LstmInspectError:
        raise
    except Exception:  # An offset that leads out of the file.
        raise FileError(
            f"{source.name} is cut off or damaged: it is not a model of TensorFlow Lite."
        ) from None


class _Model:
    """A model while it is read."""

    def __init__(self, source: Source) -> None:
        import tflite

        self.source, self.data = source, source.values(0, source.size)
        self.model = tflite.Model.GetRootAs(self.data, 0)
        builtin = vars(tflite.BuiltinOperator)
        self.names = {number: each for each, number in builtin.items() if isinstance(number, int)}
        self.left = MOST_PARTS
        self.free = FreeNames()
        #: The tensors that are stored as codes, as the floats that the codes mean.
        self.floats: dict[str, FileTensor] = {}

    def contents(self) -> Contents:
        tensors: list[FileTensor] = []
        layers: list[Declared] = []
        users: dict[str, tuple[str, str]] = {}
        names: dict[str, int] = {}
        for number in self.count(self.model.SubgraphsLength()):
            graph = self.model.Subgraphs(number)
            stored, shapes = self.tensors(graph)
            tensors += [each for each in stored if each is not None]
            for operator in self.operators(graph, stored, shapes):
                names[operator.name] = names.get(operator.name, 0) + 1
                if (layer := declared_layer(operator)) is not None:
                    layers.append(layer)
                for each in operator.inputs:
                    if each is not None:
                        users.setdefault(each.name, (operator.name, operator.output))
        text = self.text(self.model.Description())
        return Contents(
            "tflite", tuple(tensors), text, tuple(layers), notes=_notes(names, layers), users=users
        )

    def count(self, length: int) -> range:
        """The numbers of a vector's entries, each of which takes 4 bytes of the file or more."""
        self.left -= length
        if length > self.source.size // 4 or self.left < 0:
            raise FileError(f"{self.source.name} is damaged: a list of {length:,} entries in it.")
        return range(length)

    @cached_property
    def codes(self) -> list[str]:
        """The name of each code of an operator; a custom one has its own."""
        codes = []
        for number in self.count(self.model.OperatorCodesLength()):
            code = self.model.OperatorCodes(number)
            builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            name = self.names.get(builtin, f"operator {builtin}")
            codes.append(self.text(code.CustomCode()) if name == "CUSTOM" else name)
        return codes

    def tensors(self, graph: Any) -> tuple[list[FileTensor | None], list[tuple[int, ...]]]:
        """The tensors of a graph that have values, by number, and the shapes of all."""
        stored, shapes = [], []
        for number in self.count(graph.TensorsLength()):
            self.source.check_time()
            tensor = graph.Tensors(number)
            name = self.text(tensor.Name())
            where = f"{self.source.name}: the tensor {quoted(name)}"
            rank = min(tensor.ShapeLength(), 100)
            shape = checked_shape(where, [max(0, tensor.Shape(axis)) for axis in range(rank)])
            shapes.append(shape)
            stored.append(self.tensor(where, name, shape, tensor))
        return stored, shapes

    def tensor(
        self, where: str, name: str, shape: tuple[int, ...], tensor: Any
    ) -> FileTensor | None:
        """A tensor of the file, or None for one that is computed."""
        index, dtype = tensor.Buffer(), DTYPES.get(tensor.Type())
        if not 0 <= index < self.model.BuffersLength() or dtype is None:
            return None
        place, nbytes = self.place(self.model.Buffers(index))
        if not nbytes:
            return None
        expected = byte_count(dtype, shape)
        if nbytes != expected or place + nbytes > self.source.size:
            raise FileError(
                f"{where} is cut off or damaged: its shape says {expected:,} bytes, {nbytes:,} are "
                "stored."
            )
        free, source = self.free.name(name), self.source

        def read() -> Any:
            return array(source.values(place, nbytes), dtype, shape)

        stored = FileTensor(free, shape, dtype, nbytes, place, read)
        if dtype in ("int8", "uint8", "int16"):
            self.floats[free] = _as_floats(stored, tensor.Quantization())
        return stored

    def place(self, buffer: Any) -> tuple[int, int]:
        """The offset and the bytes of a buffer: outside of the flatbuffer in a large file."""
        if buffer.Offset() > 1:
            return buffer.Offset(), buffer.Size()
        field = buffer._tab.Offset(4)
        if not field:
            return 0, 0
        return int(buffer._tab.Vector(field)), int(buffer._tab.VectorLen(field))

    def operators(
        self, graph: Any, stored: list[FileTensor | None], shapes: list[tuple[int, ...]]
    ) -> Iterator[Operator]:
        for number in self.count(graph.OperatorsLength()):
            self.source.check_time()
            operator = graph.Operators(number)
            code = operator.OpcodeIndex()
            name = self.codes[code] if 0 <= code < len(self.codes) else "unknown"
            if operator.InputsLength() > MOST_INPUTS:
                raise FileError(f"{self.source.name} is damaged: {name} has too many inputs.")
            inputs = [operator.Inputs(each) for each in range(operator.InputsLength())]
            known = [each if 0 <= each < len(stored) else None for each in inputs]
            first = operator.Outputs(0) if operator.OutputsLength() else -1
            output = self.text(graph.Tensors(first).Name()) if 0 <= first < len(stored) else name
            yield Operator(
                name,
                tuple(None if each is None else self.meant(stored[each]) for each in known),
                tuple(None if each is None else shapes[each] for each in known),
                operator,
                output,
            )

    def meant(self, tensor: FileTensor | None) -> FileTensor | None:
        """A tensor by its values, where they are stored as codes."""
        return None if tensor is None else self.floats.get(tensor.name, tensor)

    def text(self, value: bytes | None) -> str:
        """A text of the file, of which at most 500 bytes are kept."""
        return (value or b"")[:500].decode("utf-8", "replace")


def _as_floats(stored: FileTensor, quantization: Any) -> FileTensor:
    """A tensor of codes with the values that they mean: a scale for it, or for each channel."""
    count = 0 if quantization is None else quantization.ScaleLength()
    axis = quantization.QuantizedDimension() if count > 1 else 0
    if not count or (count > 1 and (axis, count) not in enumerate(stored.shape)):
        return stored

    def read() -> Any:
        sizes = [count if at == axis else 1 for at in range(len(stored.shape))]
        scale = quantization.ScaleAsNumpy().reshape(sizes)
        zeros = quantization.ZeroPointLength() == count
        zero = quantization.ZeroPointAsNumpy().reshape(sizes) if zeros else 0
        return ((stored.values().astype("float64") - zero) * scale).astype("float32")

    return replace(stored, dtype="float32", read=read)


def _notes(names: dict[str, int], layers: list[Declared]) -> tuple[str, ...]:
    notes = []
    if flex := sorted(each for each in names if each.startswith("Flex")):
        notes.append(f"operators that only full TensorFlow runs: {', '.join(flex[:5])}")
    if not layers:
        often = sorted(names, key=lambda each: -names[each])[:4]
        counts = ", ".join(f"{names[each]} {each}" for each in often)
        loop = next((each for each in LOOPS if each in names), None)
        where = f"in a loop ({loop})" if loop else "without a loop"
        note = f"no recurrent operator; a recurrent layer would be taken apart {where}: {counts}"
        notes.append(note if names else "no operators")
    return tuple(notes)
