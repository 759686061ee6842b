"""FileLayer: a recurrent layer that is recognised in a file, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lstminspect.files.contents import FileTensor
from lstminspect.layer import Layer
from lstminspect.weights.pack import blocks_of, tensors_of

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["FileLayer"]


@dataclass(frozen=True)
class FileLayer:
    """A recurrent layer of a file: `name` is the prefix of its tensors.

    `convention` is the one that its tensors follow. `open` says what tensors cannot tell, a
    sentence each; `alternatives` are the other layers that have tensors of these names and shapes.
    `contradictions` says where the file says one thing and holds another, a sentence each.
    `certain` is False where the names of the tensors do not say that they are a recurrent layer.
    """

    name: str
    layer: Layer
    convention: ConventionName
    tensors: tuple[FileTensor, ...]
    open: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    alternatives: tuple[Layer, ...] = ()
    certain: bool = True
    #: The tensor that holds each weight of the convention.
    places: Mapping[str, FileTensor] = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> int:
        """The number of values in its tensors."""
        return sum(tensor.parameters for tensor in self.tensors)

    def weights(self, convention: ConventionName | None = None) -> dict[str, Any]:
        """The values as arrays by the names of `convention`, by default that of the file.

        With `layer.convention` they are those that `run(layer, weights, x)` takes.
        """
        arrays = {name: tensor.values() for name, tensor in self.places.items()}
        if convention in (None, self.convention):
            return arrays
        return tensors_of(self.layer, blocks_of(self.layer, arrays, self.convention), convention)
