"""Rest: the tensors of a file that are of no recurrent layer, by the layer that they are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.file_layer import FileLayer

__all__ = ["RestLayer", "rest_of"]


@dataclass(frozen=True)
class RestLayer:
    """Tensors of one prefix: `layer_type` is Linear, Embedding, Conv, ..., or other.

    `sizes` are those that its shapes tell, by name: `{"inputs": 64, "outputs": 10}`.
    """

    name: str
    layer_type: str
    tensors: tuple[FileTensor, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """The number of values in its tensors."""
        return sum(tensor.parameters for tensor in self.tensors)


def rest_of(contents: Contents, layers: Iterable[FileLayer]) -> tuple[RestLayer, ...]:
    """The tensors of `contents` that no layer of `layers` has: every one is in one RestLayer."""
    taken = {tensor.name for layer in layers for tensor in layer.tensors}
    left = tuple(tensor for tensor in contents.tensors if tensor.name not in taken)
    return (RestLayer("", "other", left),) if left else ()
