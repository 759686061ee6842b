"""From what people have to a Model: lines of Keras code, Keras' JSON, a live model.

Nothing that is read is ever run, and no framework is imported: a live model is asked about itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import Graph, sizes_of
from lstminspect.models.inference import infer_shapes
from lstminspect.models.summary import Model

__all__ = ["MOST_CHARACTERS", "model"]

#: Of a text: more is not a model that a person wrote, nor its architecture.
MOST_CHARACTERS = 5_000_000


def model(
    source: object,
    input_shape: Any = None,
    batch: int | None = None,
    timesteps: int | None = None,
    convention: str | None = None,
) -> Model:
    """The Model of `source`: Keras code or JSON as text, a config, a live Keras or PyTorch model.

    `input_shape` is what the model takes, without the batch for Keras: `(timesteps, features)`;
    a PyTorch module takes it whole, `(batch, timesteps, features)`, or a list of them. `batch` and
    `timesteps` stand where the model leaves them open. `convention` counts recurrent layers as
    another framework stores them. Raises ModelError, with `layer` and `model` where shapes stop.

    >>> found = model("LSTM(25, input_shape=(5, 10)), Dense(10, activation='softmax')")
    >>> [(row.name, row.part.parameters) for row in found.rows]
    [('input_layer', 0), ('lstm', 3600), ('dense', 260)]
    """
    if _is_from(source, "torch"):
        from lstminspect.models.reading.torch_module import model_of_module

        if (batch, timesteps, convention) != (None, None, None):
            raise ModelError(
                "a PyTorch module takes its input shape whole, for example input_shape=(2, "
                "7, 3), and is "
                "counted as PyTorch stores it. Leave batch, timesteps and convention out."
            )
        return model_of_module(source, input_shape)
    return infer_shapes(_graph(source), convention, _shape(input_shape), batch, timesteps)


def _graph(source: object) -> Graph:
    if isinstance(source, Mapping):
        from lstminspect.models.reading.keras_config import graph_of_config

        return graph_of_config(source)
    if isinstance(source, str):
        return _graph_of_text(source)
    if _is_from(source, "keras") or _is_from(source, "tensorflow") or _is_from(source, "tf_keras"):
        from lstminspect.models.reading.keras_model import graph_of_model

        return graph_of_model(source)
    raise ModelError(
        f"{type(source).__name__} is not a model. Give Keras code or JSON as text, a config, a "
        "keras.Model or a torch.nn.Module."
    )


def _graph_of_text(text: str) -> Graph:
    if len(text) > MOST_CHARACTERS:
        most = f"a model's text has at most {MOST_CHARACTERS:,} characters"
        raise ModelError(f"the text is too long: {most}. Give the architecture alone.")
    if text.lstrip().startswith("{"):
        from lstminspect.models.reading.keras_config import graph_of_json

        return graph_of_json(text)
    from lstminspect.models.reading.keras_code import graph_of_code

    return graph_of_code(text)


def _shape(value: Any) -> Shape | None:
    """An input shape without its batch, with None for the batch put before it."""
    if value is None:
        return None
    return (None, *sizes_of(value, "input_shape"))


def _is_from(source: object, package: str) -> bool:
    """True if `source` is an object of a class of `package`, which is not imported for this."""
    return any(
        base.__module__.partition(".")[0] == package
        and base.__name__ in ("Module", "Layer", "Model")
        for base in type(source).__mro__
    )
