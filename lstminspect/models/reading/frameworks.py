"""The frameworks that a text of code is in, by its imports and its words."""

from __future__ import annotations

import re

from lstminspect.errors import ModelError

__all__ = ["check_framework", "frameworks_of"]

IMPORT = r"^[ \t]*(?:>>>[ \t]*|In \[\d+\]:[ \t]*)?\"?(?:import|from)[ \t]+(?:\w+,[ \t]*)*"
KERAS = re.compile(r"keras|tensorflow|\btf\.")
TORCH = re.compile(
    r"(?<![\w.])(torch\.|import torch|from torch|nn\.(Module|LSTM|GRU|RNN|Linear|Sequential)\b)"
)
TORCH_IMPORT = re.compile(r"(?<![\w.])(import|from) torch\b|" + IMPORT + r"torch\b", re.M)
FLAX = re.compile(r"import flax|from flax|\bnnx\.|nn\.compact")
#: Words of linen that nobody else has, where a text leaves its imports out.
LINEN = re.compile(r"\bnn\.(RNN\(\s*nn\.|OptimizedLSTMCell|SimpleCell|MGUCell|Embed\()|\blinen\.")
#: Frameworks whose code is not read: their imports, and whose convention counts one layer.
OTHERS = {
    "Equinox": (r"(?:equinox)\b", "equinox"),
    "Haiku": (r"(?:haiku)\b", "haiku"),
    "MXNet": (r"(?:mxnet|gluonnlp)\b", ""),
    "PaddlePaddle": (r"(?:paddle)\b", ""),
    "MindSpore": (r"(?:mindspore)\b", "pytorch"),
    "Chainer": (r"(?:chainer)\b", ""),
    "Lasagne": (r"(?:lasagne)\b", ""),
    "CNTK": (r"(?:cntk)\b", ""),
    "MLX": (r"(?:mlx)\b", ""),
    "tinygrad": (r"(?:tinygrad)\b", ""),
    "DyNet": (r"(?:dynet)\b", ""),
}
R_WORDS = re.compile(r"library\(['\"]?keras\w*['\"]?\)|(%>%|\|>)\s*layer_\w+\(")
JULIA = re.compile(r"(?m)^\s*using\s+(Flux|Lux|Knet)\b")


def frameworks_of(text: str) -> tuple[str, ...]:
    """The frameworks of a text that are read here: "Keras", "PyTorch", "Flax"; () if none is said.

    >>> frameworks_of("from torch import nn"), frameworks_of("from flax import linen as nn")
    (('PyTorch',), ('Flax',))
    >>> frameworks_of("import keras, torch.nn")
    ('Keras', 'PyTorch')
    """
    imports_torch = bool(TORCH_IMPORT.search(text))
    flax = bool(FLAX.search(text)) or (not imports_torch and bool(LINEN.search(text)))
    # `nn.Module` is a word of both: it is PyTorch's unless the text is Flax and imports no torch.
    torch = imports_torch or (not flax and "import jax" not in text and bool(TORCH.search(text)))
    found = {"Keras": bool(KERAS.search(text)), "PyTorch": torch, "Flax": flax}
    return tuple(name for name, holds in found.items() if holds)


def check_framework(text: str) -> None:
    """Refuse code of a framework that is not read, with what can be done instead."""
    imports = re.search(IMPORT + r"(?:keras|tensorflow|torch|flax)\b", text, re.M)
    if R_WORDS.search(text) and not imports:
        raise ModelError(
            "the text is Keras code of R, and code is read here where it is Python. Write its "
            "layers as Python does, for example LSTM(64, input_shape=(5, 3)), Dense(1)."
        )
    julia = JULIA.search(text)
    if julia and not imports:
        raise ModelError(
            f"the text is {julia[1]} code of Julia, and code is read here where it is Python. "
            "Count one layer with `lstminspect --units 64 --features 3 --convention equations`."
        )
    if frameworks_of(text):
        return
    for title, (words, convention) in OTHERS.items():
        if re.search(IMPORT + words, text, re.M):
            own = f" --convention {convention}" if convention else ""
            raise ModelError(
                f"the text is {title} source, and code is read here where it is Keras, PyTorch or "
                f"Flax code. Count one layer with `lstminspect --units 64 --features 3{own}`."
            )
