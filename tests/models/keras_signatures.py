"""The names and arguments of Keras' layers: `python tests/models/keras_signatures.py` writes them.

The file is `lstminspect/models/layers/keras.json`, which is read without Keras. A test asks the
installed Keras whether it still says the same.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import lstminspect

#: Classes to build others from.
APART = {"Layer", "Wrapper"}
PATH = Path(lstminspect.__file__).parent / "models" / "layers" / "keras.json"


def made() -> dict[str, Any]:
    """The tables of the installed Keras: aliases, classes without a rule, arguments in order."""
    import keras

    from lstminspect.models.layers.rules import RULES

    classes = {
        name: value
        for name, value in vars(keras.layers).items()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer) and name not in APART
    }
    aliases = {name: value.__name__ for name, value in classes.items() if name != value.__name__}
    known = {name for name in classes if name in {*RULES, "InputLayer"} and name not in aliases}
    others = sorted(set(classes) - known)
    return {
        "aliases": {name: aliases[name] for name in sorted(aliases) if aliases[name] in known},
        "others": [name for name in others if aliases.get(name) not in known],
        "signatures": {name: _arguments(classes[name]) for name in sorted(known)},
    }


def _arguments(layer: type) -> str:
    parameters = inspect.signature(layer.__init__).parameters.values()  # type: ignore[misc]
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    names = [each.name for each in parameters if each.kind not in variable]
    return " ".join(name for name in names[1:] if name not in ("name", "dtype"))


if __name__ == "__main__":
    PATH.write_text(json.dumps(made(), indent=1) + "\n", "utf-8")
