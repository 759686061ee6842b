"""A case: a layer with all that a framework needs to build, measure and run the real one.

Beside this file stands one for each framework, which imports its framework when it is first used.
Each has `version()`, `why_unsupported(case)` and `build(case)`, the real layer; `measure(case,
real)`, what the real layer says of itself, by name (`parameters`, `weight kernel`, `output 1`); and
`values(case, real)`, its outputs and states after a call, in the order of `Layer.output_shapes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lstminspect.layer import Layer
from lstminspect.sizes import Quantity

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["Case", "numbered"]


@dataclass(frozen=True)
class Case:
    """A layer with everything that a call of it takes: see `lstminspect.runtime.run`.

    `called` is the layer with its batch and time steps known. `convention` is that of the weights.
    `x` is as the call takes it; so are `mask`, `lengths` and the states, in the order of
    `Layer.state_shapes`.
    """

    layer: Layer
    called: Layer
    convention: ConventionName
    weights: dict[str, Any]
    x: Any
    initial_state: list[Any] | None = None
    mask: Any = None
    lengths: Any = None
    time_major: bool = False
    unbatched: bool = False
    keep_order: bool = False

    @property
    def dtype(self) -> str:
        """The type of the numbers: float32 or float64."""
        return str(self.x.dtype)


def numbered(name: str, shapes: Iterable[tuple[Quantity, ...]]) -> dict[str, tuple[Quantity, ...]]:
    """`shapes` by name: `output 1`, `output 2`, ..."""
    return {f"{name} {number}": shape for number, shape in enumerate(shapes, start=1)}
