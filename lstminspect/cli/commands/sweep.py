"""`lstminspect sweep`: ranges of sizes, a row each, as they are counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from lstminspect.analysis.sweep import SweepRow, sweep
from lstminspect.cli.layer_options import (
    FINE,
    UNCOUNTED,
    Parser,
    add_format,
    add_layer_options,
    named_cells,
    own_sizes,
    progress,
    read_options,
    read_range,
)

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect sweep --units 16:256:16 --features 3
  lstminspect sweep --cell lstm,gru,cifg --units 8,16,32 --features 1:10 --format csv
  lstminspect sweep --cell lstm,./mycell.txt --units 16:256:16 --features 3
  lstminspect sweep --units 1:10000 --features 1:1000 --format jsonl > counts.jsonl

A range is FIRST:LAST or FIRST:LAST:STEP, both ends in it, or numbers with commas.
"""

FORMATS = ("text", "csv", "jsonl")


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect sweep",
        description="Counts over ranges of units and features, one row each, as they are counted.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--convention", metavar="NAME", help="whose storage to count")
    add_layer_options(parser, UNCOUNTED)
    add_format(parser, FORMATS, looks=())
    return parser


def run(words: list[str]) -> tuple[Iterator[str], int]:
    """The rows of the sweep in `words`, line by line."""
    options = arguments().read(words)
    units, features = read_range("units", options.units), read_range("features", options.features)
    chosen, own = named_cells(options), own_sizes(options.size or [])
    options.units = options.features = None
    rows = sweep(chosen, units, features, options.convention, **read_options(options), **own)
    total = len(chosen) * len(units) * len(features)
    template = "{},{},{},{},{}"
    if options.format == "text":
        name = max(len(cell.name) for cell in chosen)
        sizes = "  ".join(f"{{:>{max(8, len(str(max(each))))}}}" for each in (units, features))
        template = f"{{:{max(4, name)}}}  {{:14}}  {sizes}  {{:>12}}"
    return _lines(progress(rows, total, "row"), options.format, template), FINE


def _lines(rows: Iterable[SweepRow], form: str, template: str) -> Iterator[str]:
    if form == "jsonl":
        for row in rows:
            yield json.dumps(row._asdict())
        return
    yield template.format(*SweepRow._fields).rstrip()
    for row in rows:
        yield template.format(*row)
