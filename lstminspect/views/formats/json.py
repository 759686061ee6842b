"""JSON for programs, as `docs/schema/` says it. A key changes its meaning only with `SCHEMA`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lstminspect.sizes import Quantity, is_array
from lstminspect.version import __version__

__all__ = ["SCHEMA", "written"]

SCHEMA = 1


def written(data: Mapping[str, Any]) -> str:
    """Names and raw values as a JSON object, without a final line end."""
    return json.dumps({"schema": SCHEMA, "version": __version__, **data}, indent=2, default=_plain)


def _plain(value: Quantity) -> Any:
    """An array as nested lists, a letter as an expression in text."""
    return value.tolist() if is_array(value) else str(value)
