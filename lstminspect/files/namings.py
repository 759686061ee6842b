"""Namings: how the tensors of a layer are named in files, beside the names of the conventions.

A naming is a table of a convention, or one of `storage`, with a spelling for each tensor. The part
of a name before the spelling is the scope: the place of the layer in its model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lstminspect import conventions
from lstminspect.conventions import Convention
from lstminspect.files import storage

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["Naming", "endings", "namings"]


@dataclass(frozen=True, eq=False)
class Naming:
    """The names of the tensors of one form of storage.

    `spelled` has the tensor of `table` by the end of a name. `convention` is where the weights are
    read into. With `sure` the names are those of a recurrent layer alone; else the scope has to say
    so. `own` is False for names of nobody's framework: what stands where is then assumed.
    `repacked` says that cuDNN's order of values has to be undone.
    """

    title: str
    table: Convention
    convention: ConventionName
    spelled: Mapping[str, str]
    sure: bool = True
    own: bool = True
    repacked: bool = False

    @property
    def exact(self) -> bool:
        """True for the equations: any letter can be theirs, so all of a scope have to be."""
        return self.table.name == conventions.EQUATIONS


def base(tensor: str) -> str:
    """The name of a tensor of a table without the number of its layer."""
    return tensor.replace("_l{index}", "")


def _itself(name: ConventionName, *, sure: bool = True, **spelled: str) -> Naming:
    """The naming by the names of a convention, and by others that mean the same tensors."""
    table = conventions.get(name)
    names = {base(each.name) for cell in table.cells.values() for each in cell}
    spelled = {each: each for each in names} | spelled
    return Naming(
        table.title, table, name, _numbered(spelled) if name == "pytorch" else spelled, sure
    )


def _home(table: ConventionName, *names: str, sure: bool = True, title: str = "") -> Naming:
    """Names without a framework for the tensors of a table: matrices first, then biases."""
    own = conventions.get(table)
    tensors = [base(each.name) for each in own.cells["lstm"]]
    spelled = dict(zip(names, tensors, strict=False))
    spelled = _numbered(spelled) if table == "pytorch" else spelled
    return Naming(title or own.title, own, table, spelled, sure, own=bool(title))


def _numbered(spelled: Mapping[str, str]) -> dict[str, str]:
    """The spellings with the number of a layer behind them too, `weight_ih_l0`."""
    return {**spelled, **{f"{ending}_l": tensor for ending, tensor in spelled.items()}}


@cache
def namings() -> tuple[Naming, ...]:
    """Every naming, those of frameworks first."""
    keras = conventions.get("keras")
    numbered = {"vars/0": "kernel", "vars/1": "recurrent_kernel", "vars/2": "bias"}
    once = {"kernel": "kernel", "recurrent_kernel": "recurrent_kernel", "bias": "bias"}
    old = {
        "weights": "kernel", "biases": "bias", "Matrix": "kernel", "Bias": "bias",
        "W_0": "kernel", "B": "bias", "W_P_0": "projection/kernel", "W_F_diag": "w_f_diag",
        "W_I_diag": "w_i_diag", "W_O_diag": "w_o_diag",
    }  # fmt: skip
    return (
        _itself("keras"),
        Naming("Keras", keras, "keras", numbered, sure=False),
        Naming("Keras 2 (cuDNN)", storage.CUDNN_OF_KERAS, "keras", once, repacked=True),
        Naming("Keras (cuDNN)", storage.CUDNN_OF_KERAS, "keras", numbered, False, repacked=True),
        _itself("pytorch"),
        _home("pytorch", "i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias", title="MXNet"),
        _itself("equinox"),
        _itself("coreml"),
        _itself("flax"),
        _itself("nnx"),
        Naming("Flax NNX", storage.NNX_OPTIMIZED, "nnx", _own(storage.NNX_OPTIMIZED)),
        _itself("onnx", sure=False),
        _itself("openvino", sure=False),
        _itself("tf1", sure=False, **old),
        _itself("haiku", sure=False),
        _itself("cudnn", sure=False),
        _itself("torchrecurrent"),
        Naming("TensorFlow Lite", storage.TFLITE, "keras", _own(storage.TFLITE)),
        Naming("a stacked matrix", storage.STACKED, "keras", _own(storage.STACKED), own=False),
        *_by_gate(),
        *_by_habit(),
        _equations(),
    )


def _own(table: Convention) -> dict[str, str]:
    return {each.name: each.name for cell in table.cells.values() for each in cell}


def _equations() -> Naming:
    return Naming("the equations", conventions.get("equations"), "equations", {}, own=False)


def _by_habit() -> Iterator[Naming]:
    """Two matrices and their biases, as people call them."""
    for x, h, bias in (
        ("w_ih", "w_hh", "b_{}h"), ("W_ih", "W_hh", "b_{}h"), ("Wih", "Whh", "b{}h"),
        ("weight_i2h", "weight_h2h", "bias_{}2h"), ("w_i2h", "w_h2h", "b_{}2h"),
    ):  # fmt: skip
        yield _home("pytorch", x, h, bias.format("i"), bias.format("h"))
    for x, h in (("i2h", "h2h"), ("x2h", "h2h"), ("ih", "hh"), ("input_linear", "hidden_linear")):
        biases = (f"{x}/bias", f"{h}/bias")
        yield _home("pytorch", f"{x}/weight", f"{h}/weight", *biases, sure=h != "hidden_linear")
    for x, h, bias in (
        ("Wx", "Wh", "b"), ("W_x", "W_h", "b"), ("Wxh", "Whh", "bh"), ("W_xh", "W_hh", "b_h"),
        ("W_x", "U_x", "b_x"), ("W", "U", "b"), ("weight_x", "weight_h", "bias"),
        ("kernel_x", "kernel_h", "bias"), ("w_x", "w_h", "b"), ("wx", "wh", "b"),
    ):  # fmt: skip
        yield _home("keras", x, h, bias, sure=False)


#: The letters of the gates in other scripts, by those of the equations.
_LETTERS = {
    "lstm": ("ifgo", "ifco", "ifjo"),
    "gru_reset_before": ("zrn", "zrh", "urh", "urc", "zrg"),
}
#: The names of a gate's matrix of the input, its matrix of the state, and its bias.
_STYLES = (
    ("W_{}", "U_{}", "b_{}"), ("W{}", "U{}", "b{}"), ("W_x{}", "W_h{}", "b_{}"),
    ("Wx{}", "Wh{}", "b{}"), ("w_x{}", "w_h{}", "b_{}"), ("W_i{}", "W_h{}", "b_{}"),
    ("W_{}/weight", "U_{}/weight", "W_{}/bias"), ("W_{}/weight", "U_{}/weight", "U_{}/bias"),
    ("W_{}/kernel", "U_{}/kernel", "W_{}/bias"), ("W_{}/kernel", "U_{}/kernel", "U_{}/bias"),
)  # fmt: skip
_JOINED = (("W_{}", "b_{}"), ("W{}", "b{}"), ("w_{}", "b_{}"), ("{}/kernel", "{}/bias"),
           ("W_{}/weight", "W_{}/bias"), ("{}_gate/weight", "{}_gate/bias"),
           ("gate_{}/weight", "gate_{}/bias"), ("w{}", "b{}"))  # fmt: skip


def _by_gate() -> Iterator[Naming]:
    """A matrix for each gate: the input and the state apart, or joined."""
    for cell, alphabets in _LETTERS.items():
        for letters in alphabets:
            gates = tuple(zip(alphabets[0], letters, strict=True))
            for style in _STYLES:
                spelled = {
                    pattern.format(letter): f"{role}_{gate}"
                    for gate, letter in gates
                    for pattern, role in zip(style, "WUb", strict=True)
                }
                first = style is _STYLES[0] and letters in ("ifco", "zrh")
                title = "Keras 1" if first else "one matrix a gate"
                table = storage.by_gate(cell)
                yield Naming(title, table, "keras", spelled, own=first)
            for weight, bias in _JOINED:
                spelled = {weight.format(letter): f"K_{gate}" for gate, letter in gates}
                spelled |= {bias.format(letter): f"b_{gate}" for gate, letter in gates}
                title, table = "one joined matrix a gate", storage.joined_by_gate(cell)
                yield Naming(title, table, "keras", spelled, sure=False, own=False)
            for x, h in (("b_i{}", "b_h{}"), ("b_x{}", "b_h{}")):
                four = (x.replace("b", "W"), h.replace("b", "W"), x, h)
                spelled = {
                    pattern.format(letter): f"{role}_{gate}"
                    for gate, letter in gates
                    for pattern, role in zip(four, "WUbd", strict=True)
                }
                table = storage.by_gate(cell, twice=True)
                yield Naming("one matrix a gate", table, "equations", spelled, own=False)


@cache
def endings() -> dict[str, tuple[Naming, ...]]:
    """The namings by the end of a name that they know."""
    known: dict[str, list[Naming]] = {}
    for naming in namings():
        for ending in naming.spelled:
            known.setdefault(ending, []).append(naming)
    return {ending: tuple(each) for ending, each in known.items()}
