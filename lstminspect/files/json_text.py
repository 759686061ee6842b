"""JSON of a file, bounded: its size, its values, its depth, and no name twice in one object."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from lstminspect.errors import FileError, quoted

__all__ = ["read_json"]

#: What a JSON text may hold. Each opening bracket and each comma costs about 80 bytes of memory.
MOST_BYTES, MOST_BRACKETS, MOST_COMMAS, MOST_DEPTH = 100_000_000, 2_000_000, 4_000_000, 200


def read_json(where: str, text: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises FileError, which names `where`, past a bound."""
    if len(text) > MOST_BYTES:
        raise FileError(f"{where} is a JSON text of {len(text):,} bytes; at most {MOST_BYTES:,}.")
    brackets = text.count(b"{") + text.count(b"[")
    if brackets > MOST_BRACKETS or text.count(b",") > MOST_COMMAS:
        raise FileError(f"{where} is a JSON text of more than {MOST_COMMAS:,} values.")
    try:
        value = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_object)
    except RecursionError:
        raise FileError(f"{where} is JSON that is nested too deeply.") from None
    except FileError as error:
        raise FileError(f"{where} {error}") from None
    except ValueError:
        raise FileError(f"{where} is not JSON, so it is damaged.") from None
    _check_depth(where, value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise FileError(f"names {quoted(twice)} twice in one object: one of the two is hidden.")
    return result


def _check_depth(where: str, value: Any) -> None:
    level = [value]
    for _ in range(MOST_DEPTH):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict | list):
                inner += each.values() if isinstance(each, dict) else each
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return
    raise FileError(f"{where} is JSON that is nested more than {MOST_DEPTH} levels deep.")
