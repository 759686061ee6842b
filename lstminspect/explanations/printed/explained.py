"""A printed table in words: what each layer must have been, and which counts do not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.printed.keras import keras_tables
from lstminspect.explanations.printed.module import module_tables
from lstminspect.explanations.printed.solved import SolvedRow, solved_rows, total_faults
from lstminspect.explanations.printed.table import PrintedTable, cleaned
from lstminspect.explanations.printed.torch import torch_tables
from lstminspect.wording import number

__all__ = ["explain_table", "is_table", "optimizer_of", "tables_of"]

#: The head of a table, one of its rows, or a module with another in it.
MARKS = re.compile(
    r"Layer \(|[┏┌][━─]+[┳┬]|\w+ \(\w+\) +(?:\(|\[\()None|[├└]─\w+.*: \d+-\d+|^\s*\w+-\d+ +\[-1, |"
    r"^.{0,40}?\b\w+\($\s+\([\w.-]+\): ",
    re.MULTILINE,
)
#: A longer text is code or a log, and no table of one model.
LONGEST = 250_000
#: Of a line: what stands behind is not a cell of a table.
WIDEST = 600
#: More rows are not the layers of a model that a person looks at.
MOST_ROWS = 2_000


def is_table(text: str) -> bool:
    """True for a text that may hold a printed table."""
    return len(text) <= LONGEST and MARKS.search(text) is not None


def tables_of(text: str) -> list[PrintedTable]:
    """The printed tables in a text, whatever stands before and after them."""
    if len(text) > LONGEST:
        return []
    text = "\n".join(line[:WIDEST] for line in cleaned(text).split("\n"))
    if MARKS.search(text) is None:
        return []
    found = torch_tables(text) or keras_tables(text) or module_tables(text)
    return found if sum(len(each.rows) for each in found) <= MOST_ROWS else []


def explain_table(text: str) -> Explanation | None:
    """The meaning of a printed table, row by row; None for a text without one."""
    tables = tables_of(text)
    if not tables:
        return None
    findings: list[Finding] = []
    sentences: list[str] = []
    for table in tables:
        read = solved_rows(table)
        findings += [
            Finding(f"{each.row.name} ({each.row.layer_type})", each.sentence, _check(each))
            for each in read
            if each.sentence
        ]
        faults = [f"{each.row.name}: {each.fault}" for each in read if each.fault]
        faults += total_faults(table, read)
        sentences.append(_answer(table, read, faults))
        findings += [Finding("total", each) for each in _totals(table, read)]
    subject = f"table of {tables[0].source}: {tables[0].name}, {len(tables[0].rows)} rows"
    return Explanation(subject, " ".join(sentences), tuple(findings), len(findings))


def _answer(table: PrintedTable, read: tuple[SolvedRow, ...], faults: list[str]) -> str:
    counted = [each for each in read if each.row.count and not each.has_inner]
    if faults:
        several = f" ({len(faults)} in all)" if len(faults) > 1 else ""
        return f"A count of {table.name} does not fit{several}: {faults[0]}."
    solved = [each for each in counted if each.fits]
    total = None if any(each.count is None for each in read) else table.totals.get("total")
    agrees = f", and the total of {number(total)} agrees" if total is not None else ""
    open_rows = [each.row.name for each in counted if not each.is_sure]
    rest = f" Not determined: {', '.join(open_rows[:6])}." if open_rows else ""
    return (
        f"{table.name}: the counts of {len(solved)} of {len(counted)} layers with parameters fit "
        f"their shapes{agrees}.{rest}"
    )


def _check(solved: SolvedRow) -> str:
    """The command that counts the layer again."""
    if not solved.is_sure or solved.fits[0].size is None:
        return ""
    fit, row = solved.fits[0], solved.row
    cell = {"LSTM": "", "GRU": " --cell gru", "SimpleRNN": " --cell rnn", "RNN": " --cell rnn"}
    units = fit.option.config.get("units", fit.option.config.get("hidden_size"))
    if row.layer_type not in cell or units is None or fit.option.opens != "features":
        return ""
    config = fit.option.config
    words = [f"lstminspect{cell[row.layer_type]} --units {units} --features {fit.size}"]
    words += [f"--layers {config['num_layers']}"] if "num_layers" in config else []
    words += ["--bidirectional"] if config.get("bidirectional") else []
    words += ["--no-bias"] if False in (config.get("use_bias"), config.get("bias")) else []
    words += ["--no-reset-after"] if config.get("reset_after") is False else []
    words += ["--convention pytorch"] if "hidden_size" in config else []
    return " ".join(words)


def optimizer_of(table: PrintedTable) -> str:
    """The optimizer whose variables have the printed count, or nothing."""
    count, trained = table.totals.get("optimizer"), table.totals.get("trainable")
    if count is None or trained is None:
        return ""
    # Source: keras/src/optimizers, Keras 3: the iterations and the learning rate stand beside
    # one variable for each trained parameter (momentum) or two (Adam, Nadam has one more).
    many = {
        2: "SGD without momentum",
        2 + trained: "SGD with momentum, RMSprop or Adagrad",
        2 + 2 * trained: "Adam, AdamW or Adamax",
        3 + 2 * trained: "Nadam",
    }
    made = f": {many[count]}" if count in many else ""
    return f"the optimizer keeps {number(count)} numbers beside the model's own{made}"


def _totals(table: PrintedTable, read: tuple[SolvedRow, ...]) -> Iterator[str]:
    yield from total_faults(table, read)
    if words := optimizer_of(table):
        yield words
