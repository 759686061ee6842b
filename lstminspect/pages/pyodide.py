"""Python for a browser: the files of Pyodide and of this package, as a page can carry them.

Pyodide is CPython compiled to WebAssembly. Its core is enough: what the laboratory answers needs
the standard library alone. The files come from npm when a page is made.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from lstminspect.errors import OptionError, quoted

__all__ = ["HOW", "Runtime", "engine", "packed", "runtime_in"]

#: How the files are got; npm is a part of Node.js.
HOW = "npm pack pyodide && tar xf pyodide-*.tgz"
LOADER, GLUE, WASM = "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"
LIBRARY, LOCK, ABOUT = "python_stdlib.zip", "pyodide-lock.json", "package.json"
FILES = (LOADER, GLUE, WASM, LIBRARY, LOCK, ABOUT)
#: The rooms of this package that no answer of the laboratory is from, and files that make pages.
LEFT_OUT = ("cli", "files", "validation", "pages")
OF_PAGES = ("__init__.py", "answering.py", "calling.py", "inputs.py", "questions.py")


class Runtime(NamedTuple):
    """Pyodide: its version and that of its Python, and its parts, each ready to be embedded."""

    version: str
    python: str
    lock: dict[str, Any]
    parts: dict[str, str]


def runtime_in(folder: str | os.PathLike[str]) -> Runtime:
    """The Pyodide in `folder`, which is what `npm pack pyodide` packs, or the folder around it.

    Raises OptionError, with the command that gets the files, where one of them is missing or is
    not Pyodide's.
    """
    try:
        inner = Path(folder) / "package"
        place = inner if (inner / ABOUT).is_file() else Path(folder)
        missing = [name for name in FILES if not (place / name).is_file()]
    except (TypeError, ValueError, OSError):
        raise OptionError(f"pyodide must be a folder, got {quoted(folder)}. {_how()}") from None
    if missing:
        names = ", ".join(missing)
        raise OptionError(f"Pyodide is not whole in {str(place)!r}: {names} missing. {_how()}")
    try:
        about = json.loads((place / ABOUT).read_bytes())
        info = json.loads((place / LOCK).read_bytes())["info"]
        version, python = about["version"], info["python"]
        library = _stored((place / LIBRARY).read_bytes())
        plain = {name: (place / name).read_bytes() for name in (LOADER, GLUE, WASM)}
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}"
        message = f"the files in {str(place)!r} are not those of Pyodide ({reason})"
        raise OptionError(f"{message}. {_how()}") from None
    if about.get("name") != "pyodide" or not plain[WASM].startswith(b"\0asm"):
        raise OptionError(f"the files in {str(place)!r} are not those of Pyodide. {_how()}")
    parts = {"loader": plain[LOADER], "glue": plain[GLUE], "wasm": plain[WASM], "library": library}
    # Without its packages, which a page cannot load.
    lock = {"info": info, "packages": {}}
    return Runtime(version, python, lock, {name: packed(each) for name, each in parts.items()})


def engine() -> dict[str, str]:
    """The files of this package that answer the questions of the laboratory, each by its path.

    >>> "lstminspect/cells/lstm.py" in engine(), "lstminspect/cli/main.py" in engine()
    (True, False)
    """
    root = Path(__file__).parents[1]
    found = {}
    for path in sorted(root.rglob("*.*")):
        room, *rest = path.relative_to(root).parts
        carried = room not in LEFT_OUT or (room == "pages" and rest[-1] in OF_PAGES)
        if carried and path.suffix in (".py", ".pyi", ".json"):
            found[path.relative_to(root.parent).as_posix()] = path.read_text("utf-8")
    return found


def packed(content: bytes) -> str:
    """Bytes as a page can hold them: compressed, in letters. The same bytes give the same text."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")


def _stored(archive: bytes) -> bytes:
    """The same archive uncompressed: as one piece it is compressed better, and read faster."""
    with zipfile.ZipFile(BytesIO(archive)) as old, BytesIO() as content:
        with zipfile.ZipFile(content, "w") as new:
            for member in old.infolist():
                new.writestr(member, old.read(member), zipfile.ZIP_STORED)
        return content.getvalue()


def _how() -> str:
    return f"Get it by `{HOW}`, and give the folder package that this makes."
