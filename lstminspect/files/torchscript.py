"""TorchScript's classes: which attributes are parameters or buffers, and constants.

They stand in the first lines of a class, in the text of its code. The text is searched for these
lines; it is not parsed as Python and never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from lstminspect.files.archive import Archive

__all__ = ["ModuleClass", "module_classes"]

#: Bytes of code that are searched at most.
MOST_CODE = 1 << 24
CLASS = re.compile(r"^class (\w+)\(Module\):\n((?:  (?!def )[^\n]*\n)*)", re.MULTILINE)
NAMES = re.compile(r"^  __(parameter|buffer)s__ = \[([^\]\n]*)\]$", re.MULTILINE)
CONSTANT = re.compile(r"^  (\w+) : Final\[(int|bool|float|str)\] = ([^\n]{1,100})$", re.MULTILINE)


class ModuleClass(NamedTuple):
    """A class of modules: the roles of its attributes, and its constants."""

    roles: dict[str, str]
    constants: dict[str, Any]


def module_classes(opened: Archive, top: str, paths: Iterable[str]) -> dict[str, ModuleClass]:
    """The classes of an archive by their paths, as far as its code tells of them."""
    classes: dict[str, ModuleClass] = {}
    left = MOST_CODE
    for module in dict.fromkeys(path.rpartition(".")[0] for path in paths):
        member = opened.members.get(f"{top}code/{module.replace('.', '/')}.py")
        if not module.startswith("__torch__") or member is None or member.size > left:
            continue
        left -= member.size
        opened.source.check_time()
        text = bytes(member.values(0, member.size)).decode("utf-8", "replace")
        for name, head in CLASS.findall(text):
            classes[f"{module}.{name}"] = _class(head)
    return classes


def _class(head: str) -> ModuleClass:
    roles = {
        attribute: role
        for role, names in NAMES.findall(head)
        for attribute in re.findall(r'"([^"]*)"', names)
    }
    constants = {name: _constant(kind, text) for name, kind, text in CONSTANT.findall(head)}
    return ModuleClass(roles, constants)


def _constant(kind: str, text: str) -> Any:
    if kind == "bool":
        return text == "True"
    try:
        return int(text) if kind == "int" else float(text) if kind == "float" else text.strip("\"'")
    except ValueError:
        return text
