"""`lstminspect file`: what is in a model file, or a row for each of many."""

from __future__ import annotations

import argparse
import io

from lstminspect.cli.layer_options import (
    DISAGREEMENT,
    FINE,
    Parser,
    add_format,
    progress,
    shown,
    whole,
)
from lstminspect.cli.output import BAD_INPUT, INTERRUPTED, say
from lstminspect.display import Answer, Answers
from lstminspect.errors import FileError, OptionError
from lstminspect.files.many import FileRow, file_rows, is_folder, paths_in
from lstminspect.files.model_file import FileSummary, open_file
from lstminspect.optional import present
from lstminspect.views.render import FORMATS

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect file model.safetensors
  lstminspect file checkpoint.pt --tensors
  lstminspect file checkpoint.pt --against model.py
  lstminspect file model.onnx --format json
  lstminspect file models --jobs 4 -o models.csv
  lstminspect file *.h5 -o models.parquet
"""

PARQUET = ".parquet"


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect file",
        description=(
            "The recurrent layers in a model file, which rows are which gate, and the rest, "
            "without any framework. Nothing in the file is run. Several files, or a folder with "
            "the files below it, give a row each; it goes on after one that cannot be read. With "
            "--against: the options in which it differs from code that is to load it, and what to "
            "write. Exit code 0: all are read, or the file fits; 1: a file contradicts itself, or "
            "does not fit; 2: a file cannot be read."
        ),
        epilog=EXAMPLES,
    )
    text = "a model file, several, or a folder"
    parser.add_argument("path", metavar="PATH", nargs="+", help=text)
    parser.add_argument("--tensors", action="store_true", help="of one file: every tensor")
    text = (
        "what is to load the file: code of Keras or PyTorch, the JSON of a model, or another file"
    )
    parser.add_argument("--against", metavar="FILE", help=text)
    text = "of several files: so many processes read at a time (default 1)"
    parser.add_argument("--jobs", metavar="N", help=text)
    add_format(parser, FORMATS)
    parser.endings = (PARQUET,)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The answer about the file, or the files, that `words` name."""
    options = arguments().read(words)
    options.parquet = (options.output or "").lower().endswith(PARQUET) and not any(
        word.partition("=")[0] == "--format" for word in words
    )
    if len(options.path) == 1 and not is_folder(options.path[0]):
        return _one(options)
    for name, value in (("tensors", options.tensors), ("against", options.against)):
        if value:
            raise OptionError(f"--{name} is for one file. Leave it out, or give one file.")
    return _several(options)


def _one(options: argparse.Namespace) -> tuple[str | bytes, int]:
    if options.jobs is not None:
        raise OptionError("--jobs is for several files. Leave it out, or give a folder.")
    file = open_file(options.path[0])
    if options.against is not None:
        if options.tensors:
            raise OptionError("--tensors is for a file alone. Leave it, or --against, out.")
        found = file.against(options.against)
        return _written(found, options), FINE if found.fits else DISAGREEMENT
    code = DISAGREEMENT if file.contradictions else FINE
    return _written(FileSummary(file, options.tensors), options), code


def _several(options: argparse.Namespace) -> tuple[str | bytes, int]:
    """A row for each file; when it is interrupted, those that are read."""
    jobs = whole("--jobs", options.jobs or "1", least=1)
    paths = paths_in(options.path)
    if not paths:
        raise FileError(f"there is no model file in {options.path[0]!r}. Give another folder.")
    rows: list[FileRow] = []
    try:
        for row in progress(file_rows(paths, jobs), len(paths), "file"):
            rows.append(row)
        code = _code(rows)
    except KeyboardInterrupt:
        say(FileError(f"interrupted: {len(rows):,} of {len(paths):,} files are read."))
        if not rows:  # What stands in the file of -o is not written over.
            raise
        code = INTERRUPTED
    return _written(Answers(rows), options), code


def _code(rows: list[FileRow]) -> int:
    if any(row.problem for row in rows):
        return BAD_INPUT
    return DISAGREEMENT if any(row.contradictions for row in rows) else FINE


def _written(answer: Answer, options: argparse.Namespace) -> str | bytes:
    """The answer in its format, or as the bytes of a Parquet file."""
    if not options.parquet:
        return shown(answer, options)
    present("pandas and pyarrow", "parquet", "pandas", "pyarrow", purpose="Parquet")
    frame = answer.to_dataframe()
    for name in frame.columns[frame.map(lambda each: isinstance(each, tuple)).any()]:
        frame[name] = frame[name].map(str)  # A shape: Parquet has no tuples.
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    return file.getvalue()
