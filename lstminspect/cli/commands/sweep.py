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
    shown,
)
from lstminspect.cli.parser import add_plot, plotted
from lstminspect.views.render import FORMATS as EVERY

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect sweep --units 16:256:16 --features 3
  lstminspect sweep --cell lstm,gru,cifg --units 8,16,32 --features 1:10 --format csv
  lstminspect sweep --cell lstm,./mycell.txt --units 16:256:16 --features 3
  lstminspect sweep --cell lstm,gru --units 16:256:16 --features 3 --plot counts.png
  lstminspect sweep --units 1:10000 --features 1:1000 --format jsonl > counts.jsonl

A range is FIRST:LAST or FIRST:LAST:STEP, both ends in it, or numbers with commas.
"""

#: Written as they are counted; in the other formats when all are.
STREAMED = ("text", "csv", "jsonl")
FORMATS = (*STREAMED, *(name for name in EVERY if name not in STREAMED))


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect sweep",
        description="Counts over ranges of units and features, one row each, as they are counted.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--convention", metavar="NAME", help="whose storage to count")
    add_layer_options(parser, UNCOUNTED)
    add_plot(parser)
    add_format(parser, FORMATS, looks=("paper",))
    return parser


def run(words: list[str]) -> tuple[Iterator[str] | str | bytes, int]:
    """The rows of the sweep in `words`, line by line where the format has lines."""
    options = arguments().read(words)
    units, features = read_range("units", options.units), read_range("features", options.features)
    chosen, own = named_cells(options), own_sizes(options.size or [])
    options.units = options.features = None
    rows: Iterable[SweepRow] = sweep(
        chosen, units, features, options.convention, **read_options(options), **own
    )
    total = len(chosen) * len(units) * len(features)
    rows = progress(rows, total, "row")
    if options.plot is not None:
        rows = tuple(rows)
        plotted(rows, options)
    template = "{},{},{},{},{}"
    if options.format == "text":
        name = max(len(cell.name) for cell in chosen)
        sizes = "  ".join(f"{{:>{max(8, len(str(max(each))))}}}" for each in (units, features))
        template = f"{{:{max(4, name)}}}  {{:14}}  {sizes}  {{:>12}}"
    if options.format in STREAMED:
        return _lines(rows, options.format, template), FINE
    return shown(tuple(rows), options), FINE


def _lines(rows: Iterable[SweepRow], form: str, template: str) -> Iterator[str]:
    if form == "jsonl":
        for row in rows:
            yield json.dumps(row._asdict())
        return
    yield template.format(*SweepRow._fields).rstrip()
    for row in rows:
        yield template.format(*row)
