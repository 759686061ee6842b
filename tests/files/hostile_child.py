"""Open hostile files as the command does, one after another, and tell of each what happened.

`python hostile_child.py HARMLESS... -- FILE...` prints a line of JSON before and after each FILE.
The harmless ones come first, so that every module is there when the events of Python are watched.
A file that takes more than SECONDS ends the process.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import signal
import sys
import time
from typing import Any

from lstminspect.cli.main import main
from lstminspect.errors import FileError, LstmInspectError
from lstminspect.files.model_file import open_file

#: Seconds of work and of waiting, tensors and values that are read of each file that opens.
SECONDS, WAITING, MOST_TENSORS, MOST_VALUES = 5.0, 60.0, 50, 1 << 28
#: The beginnings of Python's audit events that could do harm.
HARM = (
    "ctypes.", "exec", "ftplib.", "http.", "import", "marshal.", "mmap.", "open", "os.",
    "pathlib.", "pickle.", "pty.", "shutil.", "socket.", "subprocess.", "syslog.", "tempfile.",
    "urllib.", "webbrowser.", "zipimport.",
)  # fmt: skip
#: Looking at a directory, which the command does where a directory is named.
FINE = ("os.scandir", "os.listdir", "os.walk", "os.fwalk")


class Watch:
    """The events of Python while a file is open, but for the opening of `path` and below it."""

    path = ""

    def __init__(self) -> None:
        self.events: list[str] = []
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.path or not event.startswith(HARM) or event in FINE:
            return
        if event == "open" and self.is_own(str(arguments[0])):
            return
        self.events.append(f"{event} {arguments}"[:200])

    def is_own(self, path: str) -> bool:
        below = path.startswith(self.path + "/") and not os.path.islink(path)
        return path == self.path or below or path.startswith((sys.prefix, sys.base_prefix))


def command(path: str) -> tuple[int, str]:
    """The exit code of `lstminspect file`, and what it says on the error stream."""
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = main(["file", path])
    return code, errors.getvalue()


def values(path: str) -> str:
    """Read what is in a file that opens; the refusals of its values."""
    file = open_file(path)
    refused = ""
    for tensor in file.tensors[:MOST_TENSORS]:
        try:
            if tensor.parameters <= MOST_VALUES:
                tensor.values()
        except FileError as error:
            refused = str(error)
    for layer in file.layers[:MOST_TENSORS]:
        try:
            if layer.layer.parameters <= MOST_VALUES:
                file.weights(layer)
        except LstmInspectError as error:
            refused = str(error)
    return refused


def tried(path: str) -> tuple[int, str, str]:
    """The exit code, the error stream, and the refusal of values."""
    # The superuser may read everything.
    others = os.geteuid() == 0 and "unreadable" in path
    if others:
        os.seteuid(65534)
    try:
        code, said = command(path)
        return code, said, values(path) if code != 2 else ""
    finally:
        if others:
            os.seteuid(0)


def run(harmless: list[str], paths: list[str]) -> None:
    for path in harmless:
        with contextlib.suppress(LstmInspectError):
            command(path)
            values(path)
    with contextlib.suppress(LstmInspectError):
        open_file(harmless[0] + " is no file")
    codecs.lookup("unicode_escape")
    watch = Watch()
    for path in paths:
        print(json.dumps({"path": path}), flush=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WAITING)
        start = time.process_time()
        watch.path, watch.events = path, []
        try:
            code, said, refused = tried(path)
        except BaseException as error:
            code, said, refused = -1, f"{type(error).__name__}: {error}"[:300], ""
        watch.path = ""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        result = {
            "path": path,
            "code": code,
            "said": said,
            "refused": refused,
            "events": watch.events,
            "seconds": time.process_time() - start,
            "megabytes": peak(),
        }
        print(json.dumps(result), flush=True)


def peak() -> int:
    """The most memory that this process had, in megabytes.

    `ru_maxrss` begins at that of the process which started this one.
    """
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    middle = sys.argv.index("--")
    run(sys.argv[1:middle], sys.argv[middle + 1 :])
