"""Model: a graph of layers with shapes, a row for every call.

A reader (`models/reading`) makes a Graph of what it reads: layers as they are written down,
and the order in which they are called. `models/inference` lets shapes through it. Nothing is run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lstminspect.costs.cost import dtype_of
from lstminspect.costs.needs import Call, Needs
from lstminspect.costs.work import Work
from lstminspect.display import Answer
from lstminspect.errors import OptionError
from lstminspect.layer import Layer, Shape
from lstminspect.models.graph import INPUT, Letter
from lstminspect.models.memory import calls, needs_of_rows, recurrent_layers, row_bytes
from lstminspect.models.spec import Row, Tensor, total_work
from lstminspect.sizes import is_letter, plain
from lstminspect.wording import number

if TYPE_CHECKING:
    from lstminspect.names import DtypeName

__all__ = ["Model", "Row", "Summary"]


@dataclass(frozen=True, repr=False)
class Model(Answer):
    """A model with shapes: a row for every call, in order, and the shapes of its outputs.

    >>> from lstminspect.models.reading.read import model
    >>> found = model("LSTM(25, input_shape=(5, 10)), Dense(10, activation='softmax')")
    >>> [row.part.parameters for row in found.rows], found.parameters, found.outputs
    ([0, 3600, 260], 3860, ((None, 10),))
    """

    name: str
    rows: tuple[Row, ...]
    outputs: tuple[Shape | None, ...]
    convention: str | None = None
    is_chain: bool = False
    source: str = "Keras"
    notes: tuple[str, ...] = field(default=())
    letters: tuple[Letter, ...] = ()
    #: What the text calls it, where it makes several; the other models of the text.
    label: str = ""
    others: tuple[Model, ...] = ()
    #: What is not understood and can change the count, each a sentence with its line.
    doubts: tuple[str, ...] = ()
    #: The sentence of the fault that shapes stop at, if this is what stands above it.
    fault: str = ""
    #: True if the fault is not one of the layers, so that all of them are counted.
    whole: bool = False

    def __repr__(self) -> str:
        return (
            f"<Model {self.name!r}: {len(self.rows)} layers, {number(self.parameters)} parameters>"
        )

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Every stored tensor once, in the order of the layers."""
        return tuple(each for row in self.rows if row.first for each in row.part.every_tensor)

    @cached_property
    def parameters(self) -> int:
        """All parameters, trained or not; a shared layer once."""
        count: int = plain(sum(tensor.parameters for tensor in self.tensors))
        return count

    @cached_property
    def trainable(self) -> int:
        """Parameters that training changes."""
        trained = (tensor.parameters for tensor in self.tensors if tensor.trainable)
        count: int = plain(sum(trained))
        return count

    @property
    def complete(self) -> bool:
        """True if `parameters` are all of them: nothing opaque, no fault, no doubt."""
        return not self.opaque and not self.doubts and not self.fault

    def counts_on(self, letter: Letter) -> bool:
        """True if the parameters depend on a letter."""
        found: object = self.parameters
        return is_letter(found) and any(
            str(each) == letter.name for each in getattr(found, "free_symbols", ())
        )

    @property
    def opaque(self) -> tuple[Row, ...]:
        """Calls of which nothing is known."""
        return tuple(row for row in self.rows if row.part.opaque)

    @property
    def inputs(self) -> tuple[Shape | None, ...]:
        """The shapes that the model takes."""
        return tuple(row.inputs[0] for row in self.rows if row.part.layer_type == INPUT)

    @cached_property
    def work(self) -> Work | None:
        """The work of all calls, of the batch or of one sequence; None if one is not known."""
        return total_work(row.part for row in self.rows)

    def summary(
        self,
        weights: bool = False,
        formulas: bool = False,
        costs: bool = False,
        dtype: DtypeName = "float32",
    ) -> Summary:
        """The summary that `render` shows, with more than layers and totals on request."""
        return Summary(self, weights, formulas, costs, dtype)

    def weight_bytes(self, dtype: DtypeName = "float32") -> int:
        """Bytes of all parameters as `dtype` keeps them."""
        width = dtype_of(dtype)
        count: int = plain(sum(row_bytes(row, width) for row in self.rows))
        return count

    @property
    def recurrent(self) -> tuple[tuple[str, Layer], ...]:
        """The recurrent layers by name, those inside other layers too."""
        return recurrent_layers(self.rows)

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates of the batch or of one sequence; None if they are not known."""
        return None if self.work is None else self.work.macs

    def needs(self, dtype: DtypeName = "float32") -> Needs:
        """The bytes of flash and RAM that the model needs: see `fits`.

        Raises OptionError where a layer is opaque, or a size is not known.
        """
        self._check_letters()
        return needs_of_rows(self.rows, dtype)

    def calls(self, dtype: DtypeName = "float32") -> tuple[Call, ...]:
        """The bytes at every call of a layer, in order. Raises OptionError as `needs` does."""
        self._check_letters()
        return calls(self.rows, dtype)

    def _check_letters(self) -> None:
        if self.letters:
            name = self.letters[0].name
            raise OptionError(
                f"the bytes need a number for {name}, which the text leaves open. Give one: "
                f"model(text, sizes={{{name!r}: 7}})."
            )


@dataclass(frozen=True)
class Summary(Answer):
    """A model and what is to be shown of it: its layers and totals, and more on request."""

    model: Model
    weights: bool = False
    formulas: bool = False
    costs: bool = False
    dtype: DtypeName = "float32"
