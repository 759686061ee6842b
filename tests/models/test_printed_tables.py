"""Printed tables of layers: of Keras 1 to 3, torchinfo, torchsummary and print(module)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import printed_texts
import pytest
import random_tables

import lstminspect as li
from lstminspect.cli.main import main
from lstminspect.explanations.printed.explained import tables_of

CASES = json.loads((Path(__file__).parents[1] / "cases" / "reality.json").read_text("utf-8"))
CASE = next(case for case in CASES["cases"] if case["id"] == "summary-model")
ROWS = [
    ("lstm_1", "LSTM", (None, 50, 96), 41088),
    ("dropout_1", "Dropout", (None, 50, 96), 0),
    ("lstm_2", "LSTM", (None, 32), 16512),
    ("dense_1", "Dense", (None, 4), 132),
]
TABLE = printed_texts.keras_2_cut(ROWS)
MODULE = """\
Net(
  (rnn): LSTM(10, 20, num_layers=2, batch_first=True)
  (heads): ModuleList(
    (0-1): 2 x Linear(in_features=20, out_features=5, bias=True)
  )
)"""


def faults(text: str) -> str:
    return "\n".join(li.model(text).doubts)


def explained(text: str) -> str:
    found = li.explain(text)
    assert isinstance(found, li.Explanation)
    return "\n".join([found.answer, *(f"{each.what}: {each.why}" for each in found.findings)])


def test_a_published_table_is_read_by_model(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "summary.txt"
    path.write_text(CASE["input"], "utf-8")
    assert main(["model", str(path)]) == 0
    text = capsys.readouterr().out
    assert [words for words in CASE["expected"]["says"] if words not in text] == []


def test_a_published_table_is_read_by_explain() -> None:
    text = explained(CASE["input"])
    assert [words for words in CASE["expected"]["says"] if words not in text] == []


def test_a_table_becomes_a_model_with_the_tensors_that_the_counts_say() -> None:
    found = li.model(TABLE)
    assert (found.parameters, found.outputs, found.complete) == (57732, ((None, 4),), True)
    shapes = [each.shape for each in found.tensors]
    assert shapes[:3] == [(10, 384), (96, 384), (384,)]
    assert found.to_json()


def test_the_pipe_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "table.txt"
    path.write_text(TABLE, "utf-8")
    with path.open(encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert main(["explain", "-"]) == 0
    assert "96 units on 10 features" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(3 * len(random_tables.STYLES)))
def test_the_configuration_of_a_random_model_is_recovered_or_what_is_open_is_named(
    seed: int,
) -> None:
    assert random_tables.verdict(random_tables.draw(seed)) in ("recovered", "named")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (16513, "16,513 parameters do not fit: it would be 16,512 (LSTM(32)"),
        (16640, "16,640 is the count of LSTM(32): 32 units on 97 features"),
    ],
)
def test_a_count_that_does_not_fit_its_shape_is_named_with_what_it_would_be(
    count: int, words: str
) -> None:
    rows = [(*row[:3], count) if row[0] == "lstm_2" else row for row in ROWS]
    text = printed_texts.keras_2_cut(rows)
    assert words in faults(text)
    assert words in explained(text)
    assert li.model(text).complete is False


def test_a_total_that_is_not_the_sum_of_the_rows_is_named() -> None:
    text = TABLE.replace("Total params: 57,732", "Total params: 57,733")
    assert "57,732 parameters and the total below them is 57,733: 1 are missing" in faults(text)


def test_parameters_of_a_layer_that_has_none_are_named() -> None:
    rows = [(*row[:3], 7) if row[1] == "Dropout" else row for row in ROWS]
    assert "Dropout has no parameters, and 7 are printed" in faults(printed_texts.keras_2_cut(rows))


@pytest.mark.parametrize(
    "around",
    [
        ">>> model.summary()\n{}\n>>> model.fit(x, y)\n",
        "Using TensorFlow backend.\n2017-01-01 12:00:00.000: I tensorflow/core: x\n{}\nEpoch 1/5\n",
        "```\n{}\n```\n",
        "<pre>{}</pre>",
        "In [3]: model.summary()\n\n{}\n\nIn [4]: ",
        "here it is:\n\n    {}\n\nwhy?",
    ],
)
def test_text_around_a_table_is_passed_over(around: str) -> None:
    text = around.replace("{}", TABLE.replace("\n", "\n    ") if "    {}" in around else TABLE)
    assert [row.part.parameters for row in li.model(text).rows] == [0, 41088, 0, 16512, 132]


def test_a_log_before_every_line_is_passed_over() -> None:
    text = "\n".join(f"12:00:01 INFO {line}" for line in TABLE.split("\n"))
    found = li.model(text)
    assert [row.name for row in found.rows][1:] == [row[0] for row in ROWS]
    assert (found.parameters, found.complete) == (57732, True)


def test_a_size_that_is_cut_in_the_middle_goes_on_in_the_next_line() -> None:
    text = """\
 Layer (type)     Output Shape      Par   Connected to
                                    am #
============================================================
 input_78 (Input  [(None, None, 1   0     []
 Layer)           6)]

 lstm_30 (LSTM)   (None, 37)        799   ['input_78[0][0]']
                                    2
============================================================
Total params: 7992 (31.22 KB)
"""
    found = li.model(text)
    assert (found.parameters, found.inputs) == (7992, ((None, None, 16),))


def test_a_table_that_lost_its_columns_is_read() -> None:
    text = "\n".join(" ".join(line.split()) for line in TABLE.split("\n"))
    assert li.model(text).parameters == 57732


def test_a_count_that_is_cut_follows_from_the_others_and_the_total() -> None:
    text = """\
┏━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━┓
┃ Layer      ┃ Output  ┃ Pa… ┃
┡━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━┩
│ lstm       │ (None,  │ 16… │
│ (LSTM)     │ 32)     │     │
├────────────┼─────────┼─────┤
│ dense      │ (None,  │ 132 │
│ (Dense)    │ 4)      │     │
└────────────┴─────────┴─────┘
 Total params: 16,644 (65.02 KB)
 Trainable params: 16,644 (65.02 KB)
 Non-trainable params: 0 (0.00 B)
"""
    found = li.model(text)
    assert [row.part.parameters for row in found.rows] == [0, 16512, 132]
    assert found.inputs == ((None, None, 96),)


def test_the_optimizer_of_a_trained_model_is_counted_apart() -> None:
    text = TABLE.replace("Total params: 57,732", "Total params: 173,198")
    text = text.replace("\nNon-trainable", "\nOptimizer params: 115,466\nNon-trainable")
    found = li.model(text)
    assert found.complete
    assert "115,466 numbers beside the model's own: Adam" in " ".join(found.notes)


def test_a_class_that_nobody_knows_keeps_its_count_with_a_note() -> None:
    rows = [*ROWS, ("mine_1", "MyAttention", (None, 4), 999)]
    found = li.model(printed_texts.keras_2_cut(rows))
    row = found.rows[-1]
    assert (row.part.parameters, found.parameters, found.complete) == (999, 58731, True)
    assert "999 parameters as printed" in row.part.note


def test_torchsummary_prints_0_for_a_recurrent_layer_and_that_is_named() -> None:
    text = printed_texts.torchsummary([
        ("Linear", [-1, 7, 8], 40), ("GRU", [[-1, 7, 20], [-1, 2, 20]], 0),
        ("Linear", [-1, 7, 3], 63),
    ])  # fmt: skip
    assert "1,800 (GRU(8, 20): 20 units on 8 features)" in explained(text)
    assert [row.part.parameters for row in li.model(text).rows] == [40, 0, 63]


def test_a_printed_module_has_exact_counts_and_letters_for_shapes() -> None:
    found = li.model(MODULE)
    assert found.parameters == li.Layer("lstm", 20, 10, layers=2).parameters_in("pytorch") + 210
    assert [str(row.part.outputs[0]) for row in found.rows[:1] if row.part.outputs] == [
        "(batch, time, 20)"
    ]
    sized = li.model(MODULE, sizes={"batch": 3, "time": 7}).rows[0].part.outputs
    assert sized is not None
    assert sized[0] == (3, 7, 20)
    with pytest.raises(li.LstmInspectError, match="no size that the text leaves open is named 'n'"):
        li.model(MODULE, sizes={"n": 3})


def test_the_counts_of_a_printed_module_are_explained() -> None:
    assert "5,920 parameters, by the arguments that are printed" in explained(MODULE)


def test_code_that_shows_a_table_in_a_comment_stays_code() -> None:
    commented = "\n".join(f"# {line}" for line in TABLE.split("\n"))
    found = li.model(f"model = Sequential([Input((5, 3)), LSTM(4), Dense(1)])\n{commented}\n")
    assert found.parameters == 133


def test_options_of_a_model_are_refused_for_a_table() -> None:
    with pytest.raises(li.LstmInspectError, match="a printed table has its own shapes"):
        li.model(TABLE, input_shape=(5, 10))


def test_nothing_is_taken_for_a_table_in_code_or_prose() -> None:
    texts = ["LSTM(4), Dense(2)", "def f(x): return (None, 3)", "Layer (type) is a heading"]
    assert [tables_of(text) for text in texts] == [[], [], []]


HOSTILE = {
    "an open shape": "Layer (type) Output Shape Param #\nlstm (LSTM) " + "(None, " * 12_000,
    "open names": "Layer (type) Output Shape Param #\n" + "a (" * 30_000,
    "modules in modules": "N(\n" + "  (a): Sequential(\n" * 5_000,
    "many times": "N(\n  (0-999999): 1000000 x Sequential(\n"
    "    (0-999999): 1000000 x Linear(in_features=3, out_features=4, bias=True)\n  )\n)",
    "rows": "Layer (type)   Output Shape   Param #\n" + "lstm (LSTM)   (None, 5)   10\n" * 3_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_table_is_bounded_and_not_taken_for_a_model(name: str) -> None:
    assert tables_of(HOSTILE[name]) == []


def test_arguments_of_a_printed_module_that_are_not_sizes_leave_its_row_without_a_count() -> None:
    text = "N(\n  (a): LSTM(10, 'x')\n  (b): Conv1d(3, 4, kernel_size=(3,), groups=0)\n)"
    assert li.model(text).parameters == 0
