"""FileLayer: a recurrent layer that is recognised in a file, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.files.contents import FileTensor
from lstminspect.files.fitting import Fit
from lstminspect.layer import Layer
from lstminspect.weights.arrays import Array
from lstminspect.weights.pack import blocks_in, tensors_of

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["FileLayer"]


@dataclass(frozen=True)
class FileLayer:
    """A recurrent layer of a file: `name` is the scope of its tensors.

    `fit` is the form in which it is stored, and `held` has the tensor of each weight of that form.
    `open` says what tensors cannot tell, a few words
    each; `alternatives` are the other layers whose tensors have these names and shapes.
    `contradictions` says where the file says one thing and holds another, a sentence each.
    `certain` is False where no name says that the tensors are those of a recurrent layer, and
    where they are those of several rare cells, as those of a cell beside the catalogue could be.
    """

    name: str
    layer: Layer
    fit: Fit = field(repr=False)
    held: Mapping[str, FileTensor] = field(repr=False)
    tensors: tuple[FileTensor, ...] = field(repr=False)
    open: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    alternatives: tuple[Fit, ...] = field(default=(), repr=False)
    certain: bool = True

    @property
    def convention(self) -> ConventionName:
        """The convention of `weights()`: that of the file, or the nearest one."""
        return self.fit.convention

    @property
    def stored_as(self) -> str:
        """Whose form of storage the tensors have: "PyTorch", "Keras 1"."""
        return self.fit.naming.title

    @property
    def parameters(self) -> int:
        """The number of values in its tensors."""
        return sum(tensor.parameters for tensor in self.tensors)

    def weights(self, convention: ConventionName | None = None) -> dict[str, Array]:
        """The values as arrays by the names of `convention`, by default that of the file.

        With `layer.convention` they are those that `run(layer, weights, x)` takes without a word.
        Raises WeightError if that convention cannot hold them.
        """
        target = convention or self.convention
        fit = self.fit
        arrays = {name: _real(tensor.values()) for name, tensor in self.held.items()}
        if fit.turned:
            arrays = {name: each.T if each.ndim == 2 else each for name, each in arrays.items()}
        if fit.naming.repacked:
            gates = 4 if self.layer.cell.name == "lstm" else 3
            arrays = {
                name: _repacked(each, gates) if each.ndim == 2 else each
                for name, each in arrays.items()
            }
        shapes = {weight.name: weight.shape for weight in fit.stored.weights}
        arrays = {name: each.reshape(shapes[name]) for name, each in arrays.items()}
        if target == fit.stored.name:
            return arrays
        blocks = blocks_in(fit.stored, self.layer.running_cell, arrays)
        return tensors_of(self.layer, blocks, target)


def _real(values: Any) -> Array:
    """The values as NumPy has them: a type that it lacks was made float32 where they were read."""
    return np.asarray(values)


def _repacked(matrix: Array, gates: int) -> Array:
    """A matrix of cuDNN, whose values are those of the transpose of each gate, in Keras' order.

    Source: keras/engine/saving.py, _convert_rnn_weights, Keras 2.2.
    """
    parts = np.split(matrix, gates, axis=1)
    return np.concatenate([part.T.reshape(part.shape, order="F") for part in parts], axis=1)
