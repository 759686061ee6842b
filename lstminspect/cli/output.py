"""Where an answer and an error go: the streams, or with `-o` a file, whole or not at all."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from lstminspect.errors import EquationError, ModelError, OptionError, ShapeError
from lstminspect.views.formats.terminal import width_of

__all__ = [
    "BAD_INPUT",
    "ENDINGS",
    "INTERRUPTED",
    "format_of",
    "opened",
    "output_in",
    "print_answer",
    "say",
    "speak",
    "write",
]

#: The exit code after an error, and after Ctrl-C.
BAD_INPUT, INTERRUPTED = 2, 130

OPTIONS = ("-o", "--output")

#: The format that the ending of a file asks for.
ENDINGS = {
    ".txt": "text",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".csv": "csv",
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".gift": "gift",
    ".xml": "moodle",
    ".qti": "qti",
}

#: What a message says to do in Python, and how the command line does it.
DOORS = {
    "lstminspect.cells.names()": "`lstminspect cells`",
    "lstminspect.explain('topics')": "`lstminspect explain topics`",
    "lstminspect.model(..., input_shape=(5, 10))": "--input-shape 5,10",
    "render(cells.get('lstm'), 'svg')": "`lstminspect cells lstm --format svg`",
    "render(Layer('lstm', 64, 3), 'svg')": "`lstminspect --units 64 --features 3 --format svg`",
}
#: What a message quotes: a value, a name, a line to type. An apostrophe opens nothing.
QUOTED = re.compile(r"""((?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|"(?:[^"\\]|\\.)*"|`[^`]*`)""")

#: The options of the command that runs, by their names in Python.
_spoken: dict[str, str] = {}


def output_in(words: list[str]) -> tuple[str | None, list[str]]:
    """The file that `words` name with `-o FILE` or `--output FILE`, and the words without it.

    >>> output_in(["--units", "64", "-o", "answer.txt"])
    ('answer.txt', ['--units', '64'])
    """
    path: str | None = None
    rest: list[str] = []
    given = iter(words)
    for word in given:
        if word == "--":
            return path, [*rest, word, *given]
        if word.startswith("-o") and word not in OPTIONS:
            raise OptionError(f"-o stands apart from its file. Write -o {word[2:]}.")
        if word in OPTIONS:
            path = next(given, "")
        elif word.startswith("--output="):
            path = word.partition("=")[2]
        else:
            rest.append(word)
            continue
        if not path or path.startswith("-"):
            raise OptionError("-o needs the name of a file, for example -o answer.svg.")
    return path, rest


def format_of(path: str | None) -> str | None:
    """The format that the ending of `path` asks for; None if it has no ending.

    Raises OptionError for an ending that no format has.

    >>> format_of("lstm.SVG"), format_of("answer"), format_of(None)
    ('svg', None, None)
    """
    ending = os.path.splitext(path or "")[1].lower()
    if ending and ending not in ENDINGS:
        raise OptionError(
            f"no format has the ending {ending}. Use {', '.join(ENDINGS)}, or name the format, for "
            "example --format text."
        )
    return ENDINGS.get(ending)


@contextmanager
def opened(path: str) -> Iterator[IO[str]]:
    """A file to write the answer to; it takes the place of `path` when everything went well.

    Raises OptionError if it cannot be written. A pipe or a device is written as it is.
    """
    with _told(path):
        target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target):
        with _told(path):
            device = open(target, "w", encoding="utf-8")  # noqa: SIM115  # Closed below.
        with _closed(device, path):
            yield device
        return
    beside = os.path.join(os.path.dirname(target), f".lstminspect-{os.getpid()}")
    with _told(path):
        _check(target)
        file = open(  # noqa: SIM115  # Closed below, before it moves.
            beside, "x", encoding="utf-8", errors="backslashreplace", newline="\n"
        )
    try:
        with _closed(file, path):
            yield file
        with _told(path):
            if os.path.exists(target):
                os.chmod(beside, stat.S_IMODE(os.stat(target).st_mode))
            os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise


def write(file: IO[str], path: str, text: str | bytes | Iterator[str]) -> None:
    """Write `text`, or lines as they come, and a line end; bytes as they are."""
    if isinstance(text, bytes):
        with _told(path):
            file.buffer.write(text)  # type: ignore[attr-defined]
            file.flush()
        return
    for line in (text,) if isinstance(text, str) else text:
        with _told(path):
            file.write(f"{line}\n")
    with _told(path):
        file.flush()


def _check(target: str) -> None:
    if os.path.isdir(target):
        raise IsADirectoryError(0, "it is a directory")
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise PermissionError(0, "it is read-only")


@contextmanager
def _closed(file: IO[str], path: str) -> Iterator[None]:
    """Close `file` in the end, which writes what is left and fails where that fails."""
    try:
        yield
    finally:
        with _told(path):
            file.close()


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Any failure of the system in one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        known = isinstance(error, OSError) and error.strerror
        reason = str(known or "no file can have that name").lower()
        raise OptionError(
            f"the answer cannot be written to {path!r}: {reason}. Give a file in a folder that "
            "is there."
        ) from None


def say(error: Exception) -> None:
    """Print an error or a warning; a stream that has gone away is not an error of its own."""
    if sys.stderr is None:
        return
    text = f"lstminspect: {_in_options(error)}"
    width = width_of(sys.stderr)
    if width is not None and len(text) > width and "\n" not in text:
        from lstminspect.views.formats.wrapping import prose

        text = "\n".join(prose(text, width))
    try:
        print(_spelled(text, sys.stderr), file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def speak(options: Iterable[str]) -> None:
    """Word the errors from now on in `options`, which are those of the command that runs."""
    _spoken.clear()
    _spoken.update((each[2:].replace("-", "_"), each) for each in options if each[:2] == "--")


def _in_options(error: Exception) -> str:
    """The message of `error` in the words of the command line: `--merge-mode` for `merge_mode`.

    Only the options of the command that runs are named, and what is quoted stays as it is. An
    error in equations or in a model, and a warning, speak of the user's own text.
    """
    text = str(error)
    for python, typed in DOORS.items():
        text = text.replace(python, typed)
    if isinstance(error, (EquationError, ModelError, ShapeError, Warning)):
        return text
    parts = QUOTED.split(text)
    parts[::2] = [_reworded(part) for part in parts[::2]]
    return "".join(parts)


def _reworded(text: str) -> str:
    text = re.sub(r"(?<![-\w])([a-z]\w*)=(\w+)", _as_option, text)
    if "merge_mode" in _spoken:
        text = text.replace(" or None", " or 'none'").replace("merge_mode None", "merge_mode none")
    return re.sub(
        r"(?<![-\w])[a-z]+(?:_[a-z]+)+\b", lambda name: _spoken.get(name[0], name[0]), text
    )


def _as_option(match: re.Match[str]) -> str:
    """`units=3` as it is typed: `--units 3`, a size of the cell's own as `--size heads=4`."""
    name, value = match[1], match[2]
    if name not in _spoken:
        own = "size" in _spoken and value.isdigit()
        return f"--size {match[0]}" if own else match[0]
    if value in ("True", "False"):
        turned = _spoken.get(f"no_{name}", _spoken[name])
        return _spoken[name] if value == "True" else turned
    return f"{_spoken[name]} {value.lower() if value == 'None' else value}"


def print_answer(text: str | bytes | Iterator[str]) -> None:
    """Print `text`, or lines as they come; a reader that has gone away is not an error."""
    if sys.stdout is None:
        return
    if isinstance(text, bytes) and sys.stdout.isatty():
        raise OptionError("a terminal shows no PNG and no PDF. Add a file: -o picture.png.")
    try:
        if isinstance(text, bytes):
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
            return
        if isinstance(text, str):
            print(_spelled(text, sys.stdout), flush=True)
            return
        for line in text:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        reason = (error.strerror or "no reason given").lower()
        raise OptionError(f"the answer cannot be written: {reason}. Print it elsewhere.") from None


def _silence(stream: Any) -> None:
    # What is still buffered must go somewhere when Python closes the stream at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _spelled(text: str, stream: Any) -> str:
    """`text` in the signs that `stream` can encode."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.translate(str.maketrans("·×■●", "*x#o"))
        return text.encode("ascii", "backslashreplace").decode()
    return text
