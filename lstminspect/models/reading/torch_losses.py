"""Losses of PyTorch code: a target is held against the output that `forward` returns.

The messages are PyTorch's, with what the loss is given before them and what helps behind. A loss
that runs and trains the wrong thing is a note. What is not known is passed over.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.losses import (
    CLASSES,
    EQUAL,
    PYTORCH,
    disagreement,
)
from lstminspect.models.reading.torch_objects import Fault, TensorValue
from lstminspect.models.reading.torch_shapes import broadcast, text
from lstminspect.sizes import differ, is_letter, plain

__all__ = ["LossValue", "Losses"]

#: Losses as functions of torch.nn.functional, by the names of their classes.
FUNCTIONS = {
    "cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss", "mse_loss": "MSELoss",
    "l1_loss": "L1Loss", "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "kl_div": "KLDivLoss", "ctc_loss": "CTCLoss",
}  # fmt: skip
NAMES = {"float": "Float", "double": "Double", "long": "Long", "int": "Int", "bool": "Bool",
         "half": "Half"}  # fmt: skip
#: Losses that take floats alone as targets, with the sentence of PyTorch's.
FLOAT_TARGETS = {
    "BCELoss": "Found dtype {got} but expected Float",
    "HuberLoss": "Found dtype {got} but expected Float",
    "BCEWithLogitsLoss": "result type Float can't be cast to the desired output type {got}",
    "KLDivLoss": "kl_div: Integral inputs not supported",
}


@dataclass(frozen=True, eq=False)
class LossValue:
    """A loss that the text makes, for example `nn.CrossEntropyLoss()`."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


class Losses:
    """Losses that are called; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def function(self, name: str) -> LossValue | None:
        """The loss that a function of torch.nn.functional is; None for another function."""
        loss = FUNCTIONS.get(name)
        return None if loss is None else LossValue(loss)

    def call(
        self, loss: LossValue, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> Any:
        """The value of a loss. Raises Fault where PyTorch refuses the output or the target."""
        output = arguments[0] if arguments else options.get("input")
        target = arguments[1] if len(arguments) > 1 else options.get("target")
        options = {**loss.options, **options}
        reduction = options.get("reduction", "mean")
        one = TensorValue(() if reduction in ("mean", "sum") else None, dtype="float")
        if isinstance(output, tuple | list):
            place = self.semantics.place(node)
            raise Fault(
                f"{place}: {loss.name} must be given a Tensor, not {type(output).__name__}: the "
                "model returns several values. Take its output alone, for example "
                "output, hidden = model(x)."
            )
        if not isinstance(output, TensorValue) or not isinstance(target, TensorValue):
            return one
        if loss.name == "CTCLoss":
            lengths = [*arguments[2:4], options.get("input_lengths"), options.get("target_lengths")]
            self._ctc(output, target, [each for each in lengths if each is not None][:2], node)
            return one
        if loss.name in PYTORCH:
            self._compared(loss.name, output, target, node)
        return one

    def _compared(self, name: str, output: TensorValue, target: TensorValue, node: ast.AST) -> None:
        """Refuse a target whose shape or type the loss does not take."""
        loss = PYTORCH[name]
        if output.shape is not None and target.shape is not None:
            found = _classes(output.shape, target.shape, name) if loss.form == CLASSES else None
            problem, advice = found or ("", "")
            if loss.form != CLASSES:
                differs = disagreement(loss, target.shape, output.shape)
                if differs is not None and loss.form == EQUAL:
                    problem, advice = _unequal(name, target.shape, output.shape)
                elif differs is not None and differs.is_silent:
                    self._silent(name, output, target, node)
                elif differs is not None:
                    problem, advice = _unstretched(target.shape, output.shape)
            if problem:
                raise self._fault(name, output, target, problem, advice, node)
        wrong = _wrong_type(name, loss.form, output, target)
        if wrong is not None:
            raise self._fault(name, output, target, *wrong, node)

    def _fault(
        self, name: str, output: TensorValue, target: TensorValue, problem: str, advice: str,
        node: ast.AST,
    ) -> Fault:  # fmt: skip
        place = self.semantics.place(node)
        given = f"{name} is given {self._shown(output, 'an output')} and "
        given += self._shown(target, "a target")
        return Fault(f"{place}: {given}: {problem}. {advice}")

    def _shown(self, tensor: TensorValue, what: str) -> str:
        """`an output of [8, 5] that Net returns`: a tensor in words."""
        shown = what if tensor.shape is None else f"{what} of {text(tensor.shape)}"
        return f"{shown} that {tensor.origin} returns" if tensor.origin else shown

    def _silent(self, name: str, output: TensorValue, target: TensorValue, node: ast.AST) -> None:
        """Take note of a loss that runs, and compares every row with every other."""
        assert output.shape is not None
        assert target.shape is not None
        wide = broadcast(output.shape, target.shape)
        both = "" if wide is None else f" Both are stretched to {text(wide)}"
        self.semantics.note(
            f"{self.semantics.place(node)}: {name} is given "
            f"{self._shown(output, 'an output')} and {self._shown(target, 'a target')}, which "
            f"differ.{both}: it runs, and will likely train the wrong thing. "
            f"{_same_shape(target.shape, output.shape)}",
            False,
        )

    def _ctc(
        self, output: TensorValue, target: TensorValue, lengths: list[Any], node: ast.AST
    ) -> None:
        """CTCLoss takes (time, batch, classes), and a length for each sequence of the batch."""
        shape = output.shape
        if shape is None or len(shape) != 3:
            return
        for name, each in zip(("input_lengths", "target_lengths"), lengths, strict=False):
            size = getattr(each, "shape", None)
            if isinstance(each, tuple | list):
                size = (len(each),)
            if size and len(size) == 1 and differ(size[0], shape[1]):
                advice = (
                    f"It takes (time, batch, classes): the batch here is axis 1, {shape[1]}, and "
                    f"there are {size[0]} lengths."
                )
                if not differ(size[0], shape[0]):
                    advice += " The batch stands first: give output.transpose(0, 1)."
                problem = f"{name} must be of size batch_size"
                raise self._fault("CTCLoss", output, target, problem, advice, node)
        if (
            target.shape is not None
            and len(target.shape) == 2
            and differ(target.shape[0], shape[1])
        ):
            problem = (
                f"Expected tensor to have size {shape[1]} at dimension 0, but got size "
                f"{target.shape[0]} for argument #2 'targets'"
            )
            advice = "It takes (time, batch, classes), and targets of (batch, length)."
            raise self._fault("CTCLoss", output, target, problem, advice, node)


def _classes(output: Shape, target: Shape, name: str) -> tuple[str, str] | None:
    """The words for scores and classes that do not fit; None where they fit or may fit."""
    if len(output) == 1:
        if name == "NLLLoss" and len(target) == 1 and differ(target[0], 1):
            return (
                f"For 1D input, 1D target must have size 1, but got target size: {target[0]}",
                "The output has one axis: give the scores (batch, classes), before argmax.",
            )
        fits = len(target) == 0 or (len(target) == 1 and name == "CrossEntropyLoss")
        return (
            None
            if fits or not differ(target[0], output[0])
            else (
                f"size mismatch (got input: {text(output)}, target: {text(target)})",
                "Without a batch the target is one number, the class.",
            )
        )
    if len(target) == len(output) and name == "CrossEntropyLoss" and not _first(output, target):
        return None
    classes = output[1]
    if not target or differ(output[0], target[0]):
        got = target[0] if target else 0
        return (
            f"Expected input batch_size ({output[0]}) to match target batch_size ({got})",
            _rows(output, target),
        )
    wanted = (output[0], *output[2:])
    if len(output) == 2 and len(target) > 1:
        squeeze = len(target) == 2 and target[1] == 1
        helps = "target.squeeze(1)" if squeeze else "target.argmax(1), if it is one-hot"
        return (
            "0D or 1D target tensor expected, multi-target not supported",
            f"It takes one whole number, the class, for each row: {text(wanted)}. Give {helps}.",
        )
    if len(target) != len(wanted) or _first(wanted, target):
        steps = output[1:-1]
        last = output[-1]
        advice = f"It takes the classes on axis 1 of the output, which is {classes}"
        if len(output) == 3 and len(target) == 2 and not differ(target[1], steps[0]):
            advice += (
                f": for {last} classes at each step give output.transpose(1, 2), or "
                f"output.reshape(-1, {last}) with target.reshape(-1)."
            )
        elif len(output) == 3 and len(target) == 1:
            advice += (
                ": for one target for each sequence take one step, output[:, -1] with "
                "batch_first=True, output[-1] without."
            )
        else:
            advice += f": the target must be {text(wanted)}."
        return f"Expected target size {text(wanted)}, got {text(target)}", advice
    return None


def _rows(output: Shape, target: Shape) -> str:
    """The help for another number of rows: time steps that are in one of them alone."""
    rows, many = output[0], target[0] if target else 0
    if len(output) == 3 and len(target) == 1:
        steps = plain(output[0] * output[1])
        if not is_letter(steps) and steps == many:
            return f"Give output.reshape(-1, {output[-1]}): one row for each of {many} steps."
        return "The first axis of the output is time without batch_first=True: take output[-1]."
    if len(output) == 2 and len(target) == 2 and plain(target[0] * target[1]) == rows:
        return f"Give target.reshape(-1): one class for each of the {rows} rows."
    return "There must be one target for each row of the output."


def _unequal(name: str, target: Shape, output: Shape) -> tuple[str, str]:
    """The words of BCELoss and BCEWithLogitsLoss for two shapes."""
    size, other = f"torch.Size({text(target)})", f"torch.Size({text(output)})"
    problem = f"Target size ({size}) must be the same as input size ({other})"
    if name == "BCELoss":
        problem = (
            f"Using a target size ({size}) that is different to the input size ({other}) is "
            "deprecated. Please ensure they have the same size"
        )
    return problem, _same_shape(target, output)


def _same_shape(target: Shape, output: Shape) -> str:
    """The step that gives both one shape."""
    if tuple(output[:-1]) == tuple(target) and output[-1:] == (1,):
        return "Give output.squeeze(-1), or target.unsqueeze(1)."
    if tuple(target[:-1]) == tuple(output) and target[-1:] == (1,):
        return "Give target.squeeze(-1)."
    if len(output) == 3 and len(target) == 2 and target[0] == output[0]:
        return "Take one step of the output, output[:, -1] with batch_first=True."
    if len(output) == len(target) and output[:-1] == target[:-1]:
        return f"The last layer must give {target[-1]}, and gives {output[-1]}."
    return "Both must have the same shape."


def _unstretched(target: Shape, output: Shape) -> tuple[str, str]:
    """The words for two shapes that are compared number by number and cannot be stretched."""
    rank = max(len(target), len(output))
    one, two = ((1,) * (rank - len(each)) + tuple(each) for each in (output, target))
    axis = next(n for n in range(rank - 1, -1, -1) if _unlike(one[n], two[n]))
    problem = (
        f"The size of tensor a ({one[axis]}) must match the size of tensor b ({two[axis]}) at "
        f"non-singleton dimension {axis}"
    )
    return problem, _same_shape(target, output)


def _unlike(one: Any, other: Any) -> bool:
    return differ(one, other) and 1 not in (one, other)


def _first(wanted: Shape, got: Shape) -> bool:
    """True if an axis of two shapes of one rank differs for certain."""
    return any(differ(a, b) for a, b in zip(wanted, got, strict=True))


def _wrong_type(
    name: str, form: str, output: TensorValue, target: TensorValue
) -> tuple[str, str] | None:
    """The words for a target whose numbers have a type that the loss does not take."""
    got = NAMES.get(target.dtype, "")
    if not got:
        return None
    if form == CLASSES:
        if output.shape is None or target.shape is None:
            return None
        alike = len(output.shape) == len(target.shape) and name == "CrossEntropyLoss"
        if alike and target.dtype in ("long", "int", "bool"):
            return (
                f"Expected floating point type for target with class probabilities, got {got}",
                "A target of the output's shape is probabilities: give target.float(), or "
                "whole numbers with target.argmax(1).",
            )
        if not alike and target.dtype != "long":
            return (
                f"expected target dtype to be Long or Byte, but got {got}",
                "The target is whole numbers, the classes: give target.long(). To predict numbers "
                "take nn.MSELoss().",
            )
        return None
    sentence = FLOAT_TARGETS.get(name)
    is_double = target.dtype == "double" and name in ("BCELoss", "HuberLoss")
    if (
        sentence
        and output.dtype == "float"
        and (target.dtype in ("long", "int", "bool") or is_double)
    ):
        return sentence.format(got=got), "Give target.float()."
    return None
