"""The topics of `explain`: every line that checks runs, every picture is to scale."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest
from sizes import fitting

from lstminspect import Cell, Layer, OptionError, cells, explain, random_weights, render, run
from lstminspect.answer import Prose, Sketch, Snippet, Table
from lstminspect.cli.main import main
from lstminspect.formula import Formula, Product, Sum
from lstminspect.synonyms import MEANT
from lstminspect.teaching.lesson import Lesson
from lstminspect.teaching.to_scale import EMPTY, FULL, VECTOR, WIDTH, drawing
from lstminspect.teaching.topics.topics import ALIASES, LISTED, TOPICS, example, lesson, named
from lstminspect.teaching.topics.units import WORDS, next_unit, stored
from lstminspect.views.render import FORMATS

KERAS = ("lstm", "gru", "gru_reset_before", "rnn")
OPTIONS: list[dict[str, Any]] = [
    {},
    {"units": 4, "features": 3},
    {"cell": "gru", "units": 64, "features": 3, "timesteps": 30},
    {"cell": "rnn", "units": 5, "features": 1, "use_bias": False},
    {"cell": "gru_reset_before", "units": 3, "features": 2, "batch": 6, "bidirectional": True},
    {"units": 3, "features": 7, "bidirectional": True, "merge_mode": "sum", "batch": 2},
    {"units": 3, "features": 7, "bidirectional": True, "merge_mode": None},
    {"units": 2, "features": 3, "return_sequences": True, "return_state": True, "timesteps": 4},
    {"cell": "gru", "units": 4, "features": 3, "layers": 2, "bidirectional": True},
    {"units": 1, "features": 1, "timesteps": 1, "batch": 1, "go_backwards": True},
]

#: The topics whose lines run here: those of batch_first are PyTorch's.
RUNNABLE = [each for each in TOPICS if each != "batch_first" or find_spec("torch")]


@cache
def answered(line: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(shlex.split(line)[1:]) == 0
    return out.getvalue()


def run_check(check: Snippet) -> None:
    """Run the lines of `check` for real and compare what they print with what is claimed."""
    if check.language == "command":
        assert check.gives in answered(check.lines[0]), check
        return
    pytest.importorskip("keras")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec("\n".join(check.lines), {})
    assert out.getvalue().strip() == check.gives, check


@pytest.mark.parametrize("topic", RUNNABLE)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_line_that_checks_a_topic_gives_what_it_says(
    topic: str, options: dict[str, Any]
) -> None:
    found = lesson(topic, *example(**options))
    assert found.checks
    for check in found.checks:
        run_check(check)


def test_a_check_that_is_wrong_is_seen() -> None:
    line = "lstminspect --units 64 --features 3"
    run_check(Snippet("command", (line,), "17,408"))
    with pytest.raises(AssertionError):
        run_check(Snippet("command", (line,), "17,409"))
    with pytest.raises(AssertionError):
        run_check(Snippet("python", ("print(1)",), "2"))


@pytest.mark.parametrize("name", cells.names())
@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_an_answer_for_every_cell(topic: str, name: str) -> None:
    for layer in (Layer(name, **fitting(cells.get(name))), example(cell=name)[0]):
        found = lesson(topic, layer)
        assert re.fullmatch(r"[\w'(].*\.", found.answer), found.answer
        assert found.checks
        for check in found.checks:
            if check.language == "command":
                run_check(check)
        for form in FORMATS[:-1]:  # All but svg: words have no picture.
            assert render(found, form)


@pytest.mark.parametrize("name", cells.names())
def test_the_networks_and_the_next_unit_add_up(name: str) -> None:
    cell = cells.get(name)
    layer = Layer(cell, **fitting(cell))
    tables = {each.title: each for each in lesson("units", layer).parts if isinstance(each, Table)}
    networks = [each for title, each in tables.items() if "network" in title]
    for table in networks:
        assert sum(int(str(row[-1])) for row in table.rows) == layer.parameters
    found = next_unit(layer)
    assert found is not None
    above, cost = found
    if cost is not None:
        assert value(cost, layer) == above.parameters - layer.parameters
        table = tables["what one more unit adds"]
        assert table.total is not None
        assert table.total[2::2] == (layer.parameters, above.parameters - layer.parameters)
        for column in (2, 4):
            assert sum(int(row[column]) for row in table.rows) == table.total[column]


def value(formula: Formula, layer: Layer) -> int:
    match formula:
        case Sum(terms):
            return sum(value(term, layer) for term in terms)
        case Product(factors):
            result = 1
            for factor in factors:
                result *= value(factor, layer)
            return result
        case str(name):
            return int(layer.sizes[name])
        case _:
            assert isinstance(formula, int)
            return formula


@pytest.mark.parametrize(("units", "features"), [(64, 3), (25, 10), (1, 1), (2, 3), (300, 1000)])
def test_one_more_unit_of_an_lstm_costs_four_times_features_and_twice_units_and_two(
    units: int, features: int
) -> None:
    text = " ".join(each.text for each in said("units", Layer("lstm", units, features)))
    assert (
        f"costs {4 * (features + 2 * units + 2):,} parameters = 4·(features + 2·units + 2)" in text
    )


def said(topic: str, layer: Layer | None = None) -> list[Prose]:
    return [each for each in lesson(topic, layer).parts if isinstance(each, Prose)]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "units is the length of h and c: here each is a vector of 2 numbers. Its output at"),
        (
            {"bidirectional": True},
            "Each direction gives 2 numbers at every time step, merged into 4.",
        ),
        ({"cell": "projected", "units": 4, "projection": 3}, "Its output is h, 3 numbers (projec"),
        ({"units": 1}, "here each is a vector of 1 number. Its"),
    ],
)
def test_the_first_sentence_says_what_units_is(options: dict[str, Any], text: str) -> None:
    assert text in lesson("units", *example(**options)).answer


def test_the_figures_of_a_course_stand_under_units() -> None:
    text = render(explain("units"))
    assert "LSTM(64) on 3 features   4·(64·(64 + 3) + 64)         17,408" in text
    assert "LSTM(25) on 10 features  4·(25·(25 + 10) + 25)         3,600" in text
    assert "the 4 networks in the cell" in text


SIZES = [1, 2, 3, 5, 7, 8, 16, 25, 64, 100, 512, 1000, 4096, 10**6, 10**30]


@pytest.mark.parametrize(
    "name", ["lstm", "gru", "rnn", "nas", "peephole", "projected", "clockwork"]
)
def test_a_picture_is_never_wider_than_a_terminal(name: str) -> None:
    cell = cells.get(name)
    for units in SIZES:
        for features in SIZES:
            own = dict.fromkeys(cell.own_sizes, 1)
            layer = Layer(cell, units=units, features=features, **own)
            picture = drawing(cell, cell.blocks, layer.sizes)
            lines = picture.text.splitlines()
            assert max(map(len, lines)) <= WIDTH
            assert len(lines) <= max(4 + 9 * 20, 20)
            assert picture.scale & (picture.scale - 1) == 0


@pytest.mark.parametrize("name", cells.names())
def test_a_small_picture_has_one_square_for_every_weight(name: str) -> None:
    cell = cells.get(name)
    options: dict[str, Any] = {"units": 2, **dict.fromkeys(cell.own_sizes, 1)}
    if "x" not in cell.declared:
        options["features"] = 3
    layer = Layer(cell, **options)
    picture = drawing(cell, cell.blocks, layer.sizes)
    assert picture.scale == 1
    assert picture.text.count(FULL) == cell.count(**layer.sizes)


def test_a_matrix_in_blocks_has_dots_where_it_is_always_zero() -> None:
    for groups in (4, (1, 2, 5)):
        layer = Layer("clockwork", units=8, features=3, groups=groups)
        picture = drawing(layer.cell, layer.cell.blocks, layer.sizes).text
        assert picture.count(FULL) == layer.parameters
        assert picture.count(FULL) + picture.count(EMPTY) == 8 * (8 + 3 + 1)


def test_the_vectors_stand_above_the_columns_they_meet() -> None:
    lines = drawing(cells.get("lstm"), stored(Layer("lstm", 4, 3)), {"units": 4, "features": 3})
    names, dots, _, first, *_ = lines.text.splitlines()
    assert dots.count(VECTOR) == 7
    for name, letter in (("x", "W"), ("h", "U")):
        assert names.index(name) == first.index(letter) + 3
        assert dots[names.index(name)] == VECTOR


def test_a_large_picture_says_its_scale() -> None:
    parts = lesson("units", Layer("lstm", 64, 3)).parts
    caption = next(each.caption for each in parts if isinstance(each, Sketch))
    assert "1 square is 16 × 16 weights" in caption


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_printed_fits_eighty_columns(topic: str) -> None:
    for options in ({}, {"units": 64, "features": 3, "timesteps": 30}):
        for name in ("lstm", "gru", "rnn", "peephole"):
            text = render(lesson(topic, *example(cell=name, **options)))
            long = [line for line in text.splitlines() if len(line) > 80]
            free = re.compile(r"[$>]|.* = .* = [\d,]+$")  # What is typed, and a sum, stay whole.
            assert not [line for line in long if not free.match(line)], long


def test_words_of_other_frameworks_lead_to_the_topic() -> None:
    for word, meant in MEANT.items():
        if meant in TOPICS and word not in ALIASES and word not in TOPICS:
            assert named(word) == meant
            assert explain(word) == explain(meant)
    for word in ("latent_dim", "num_units", "hidden-size", "HIDDEN_SIZE", " units "):
        assert named(word) == "units"
    assert explain("input-shape") == explain("input_shape") == explain("Input shape")
    for word, topic in ALIASES.items():
        assert named(word) == topic
    assert set(ALIASES.values()) <= set(TOPICS)


def test_every_synonym_of_units_stands_in_its_lesson() -> None:
    text = " ".join(word for _, word in WORDS)
    for word, meant in MEANT.items():
        if meant == "units" and word != "unit":
            assert word in text


def test_keras_takes_the_batches_that_a_lesson_calls_legal() -> None:
    keras = pytest.importorskip("keras")
    numpy = pytest.importorskip("numpy")
    text = " ".join(each.text for each in said("stateful", Layer("lstm", 2, 3, batch=20)))
    assert "100 samples allow 1, 2, 4, 5, 10, 20, 25, 50, 100; 20 fits" in text
    text = " ".join(each.text for each in said("stateful", Layer("lstm", 2, 3, batch=30)))
    assert "30 does not fit" in text
    for batch, fits in ((20, True), (30, False)):
        entry = keras.Input(batch_shape=(batch, 5, 3))
        model = keras.Model(entry, keras.layers.LSTM(2, stateful=True)(entry))
        x = numpy.zeros((100, 5, 3))
        if fits:
            assert model.predict(x, batch_size=batch, verbose=0).shape == (100, 2)
        else:
            with pytest.raises(Exception, match=r"(?s)."):
                model.predict(x, batch_size=batch, verbose=0)


def test_the_state_h_is_the_output_of_one_direction_as_a_lesson_says() -> None:
    numpy = pytest.importorskip("numpy")
    text = " ".join(each.text for each in said("return_state"))
    assert "the output and the state h are equal" in text
    for name in KERAS:
        layer = Layer(name, 4, 3, return_state=True)
        x = numpy.random.default_rng(1).normal(size=(2, 5, 3))
        output, state, *_ = run(layer, random_weights(layer, seed=1), x)
        assert (output == state).all()
    text = " ".join(
        each.text for each in said("return_state", Layer("gru", 2, 3, bidirectional=True))
    )
    assert "are equal" not in text


def test_the_list_names_every_topic() -> None:
    found = explain(LISTED)
    assert isinstance(found, Lesson)
    for name in TOPICS:
        assert name in render(found)


def printed(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["explain", *shlex.split(line)]) == 0
    return capsys.readouterr().out


def test_a_topic_takes_a_layers_options_and_says_what_it_assumes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed("units --units 4 --features 3 --cell gru", capsys)
    assert out.startswith(
        "units, for GRU(4) on 3 features\n\nunits is the length of h: here it is a vector of 4"
    )
    assert "Sizes for teaching" not in out
    out = printed("units --units 4", capsys)
    assert "LSTM(4) on 3 features" in out
    assert "where none were given: features 3." in " ".join(out.split())
    out = printed("units --cell projected", capsys)
    assert "units 2, features 3, projection 1." in " ".join(out.split())
    assert "17,408" in printed("bias --units 64 --features 3", capsys)
    assert "17,664" in printed("bias --units 64 --features 3", capsys)
    out = " ".join(printed("reset-after --units 32 --features 16", capsys).split())
    assert "an option of the GRU, not of LSTM" in out
    assert "9,600" in out
    assert "9,408" in out
    assert "three tensors" in printed("topics", capsys)


def test_a_cell_of_ones_own_has_lessons_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    path = tmp_path / "mine.txt"
    for text in ("h = tanh(W_h @ x + U_h @ h)", "x: units\nh = x * h", "k = x\nh = tanh(W_h @ k)"):
        path.write_text(text)
        for topic in TOPICS:
            assert printed(f"{topic} --equations {path}", capsys)
            found = lesson(topic, Layer(Cell(text), 3, 3, bidirectional=True, merge_mode="sum"))
            assert found.checks
            for check in found.checks:
                run_check(check)


def test_json_holds_raw_numbers_and_csv_one_item_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = json.loads(printed("units --units 64 --format json", capsys))
    assert found["assumed"] == {"features": 3}
    sums = [each for each in found["parts"] if each["kind"] == "worked"]
    assert sums[0]["result"] == 17408
    tables = {each["title"]: each for each in found["parts"] if each["kind"] == "rows"}
    assert tables["what one more unit adds"]["rows"][0][1:3] == [[64, 3], 768]
    assert "table,what one more unit adds,1,blocks,4 × W" in printed("units --format csv", capsys)


REFUSALS = {
    "unit_s": r"nothing is known of 'unit_s'\. Did you mean 'units'",
    "return_sequenec": r"Did you mean 'return_sequences'",
    "gatse --units 3 --features 2": r"go with a count, or with a topic.* Did you mean 'gates'",
    "topics --units 3 --features 2": r"a layer's options go with a count",
    "units --most 3": r"--most goes with a count",
    "units --units u": r"a lesson counts in whole numbers",
    "units --units 0": r"got 0",
    "units --cell lsmt": r"Did you mean 'lstm'",
    "units --size wide=3": r"no option 'wide'",
    "bias --stateful": r"Give a batch",
    "bidirectional --cell sru --layers 2 --bidirectional": r"twice as wide",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_what_has_no_lesson_is_one_sentence(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *line.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(REFUSALS[line], err)
    assert err.count("\n") == 1
    assert len(err) < 400


def test_arrays_have_no_lesson() -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(OptionError, match="counts in whole numbers"):
        explain("units", Layer("lstm", numpy.array([1, 2]), 3))


def test_a_lesson_loads_no_heavy_package() -> None:
    measured = ("gradients", "half_life")  # Their numbers are NumPy's.
    topics = [topic for topic in TOPICS if topic not in measured]
    code = (
        "import sys; from lstminspect.cli import main\n"
        f"for topic in {topics}:\n"
        "    main(['explain', topic, '--units', '4', '--features', '3'])\n"
        "heavy = {'numpy', 'sympy', 'keras', 'tensorflow', 'torch'} & set(sys.modules)\n"
        "print('LOADED', *heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "LOADED"


@pytest.mark.parametrize("topic", TOPICS)
def test_tex_meets_no_sign_that_it_would_stop_at(topic: str) -> None:
    text = render(lesson(topic, Layer("gru", 4, 3, timesteps=7)), "latex")
    text = re.sub(r"(?s)\\begin.verbatim.*?\\end.verbatim.|\\\[.*?\\\]", "", text)
    text = re.sub(r"(?m)\$.cdot\$|^%.*|^.providecommand.*", "", text)
    assert not re.findall(r"(?<!\\)[_^#$%]", text)


def test_signs_that_a_stream_or_tex_cannot_spell_are_spelled_otherwise() -> None:
    assert FULL not in render(explain("units"), "latex")
    done = subprocess.run(
        [sys.executable, "-m", "lstminspect", "explain", "units"],
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
        check=True,
        capture_output=True,
    )
    assert b"# # #" in done.stdout
    assert b"\\" not in done.stdout


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("look_back", "look_back"), ("Window", "look_back"), ("batch-first", "batch_first"),
        ("num_layers", "layers"), ("Hidden State", "hidden_state"), ("cell state", "cell_state"),
        ("forget gate", "forget_gate"), ("DROPOUT", "dropout"), ("padding", "masking"),
        ("initial state", "initial_state"), ("TimeDistributed", "time_distributed"),
        ("RepeatVector", "repeat_vector"), ("neurons", "neurons"), ("FLOPs", "flops"),
        ("memory", "memory"), ("How many units do I need?", "how_many_units"),
        ("vanishing gradient", "vanishing_gradient"), ("Teacher-Forcing", "teacher_forcing"),
    ],
)  # fmt: skip
def test_the_words_that_students_bring_have_a_lesson_with_its_source(word: str, topic: str) -> None:
    assert named(word) == topic
    text = " ".join(each.text for each in said(topic))
    assert re.search(r"Source: |arXiv \d{4}\.\d{5}", text), topic


def test_equal_sizes_are_remarked_on_and_moved_apart() -> None:
    both = Layer("lstm", 30, 3, timesteps=30, return_sequences=True)
    parts = lesson("units", both).parts
    (remark,) = (each for each in parts if isinstance(each, Prose) and "by chance" in each.text)
    assert remark.text.startswith("units and timesteps are both 30 here by chance")
    (table,) = (each for each in parts if isinstance(each, Table) and "apart" in each.title)
    assert [row[1:3] for row in table.rows] == [(30, 4080), (31, 4080)]
    assert [row[-1] for row in table.rows] == [(None, 30, 30), (None, 31, 30)]
    for options in ({"units": 30}, {"units": 3, "features": 3}, {"timesteps": 2}):
        _, assumed = example(**options)
        chance = [each for each in said("units", None) if "by chance" in each.text]
        assert not chance, assumed


def test_sizes_that_nobody_gave_are_no_coincidence() -> None:
    layer, assumed = example(units=3)
    assert assumed == (("features", 3),)
    assert not any(
        "by chance" in getattr(p, "text", "") for p in lesson("units", layer, assumed).parts
    )
    assert any("by chance" in getattr(p, "text", "") for p in lesson("units", layer).parts)


def test_the_bytes_and_the_flops_of_a_lesson_are_those_of_the_cost() -> None:
    from lstminspect import cost

    costs = cost(Layer("gru", 8, 3, timesteps=7, batch=1))
    assert f"{costs.step.flops:,} FLOPs for one" in lesson("flops", costs.layer).answer
    assert f"{costs.bytes.weights:,} bytes" in lesson("memory", costs.layer).answer


@pytest.mark.parametrize(
    ("asked", "topic"),
    [
        ("What is a hidden state?", "hidden_state"),
        ("what are units", "units"),
        ("what does stateful mean?", "stateful"),
        ("the forget gates", "forget_gate"),
        ("timestep", "timesteps"),
        ("n_steps", "look_back"),
        ("hidden layers", "layers"),
        ("exploding gradients", "vanishing_gradient"),
        ("BPTT", "gradients"),
        ("how many units do I need?", "how_many_units"),
    ],
)
def test_a_topic_is_found_in_a_question_and_as_one_or_several(asked: str, topic: str) -> None:
    assert named(asked) == topic


def test_several_words_of_the_command_line_are_one_topic() -> None:
    assert "hidden state, for LSTM(4)" in answered("lstminspect explain hidden state --units 4")


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ("gru", "gru is a cell: `lstminspect cells gru`"),
        ("GRU vs LSTM?", "`lstminspect compare gru lstm --units 64 --features 3`"),
        ("many to one", "`lstminspect patterns many-to-one`"),
        ("seq2seq", "`lstminspect patterns sequence-to-sequence`"),
        ("hiden state", "Did you mean 'hidden_state'?"),
    ],
)
@pytest.mark.parametrize("framework", [None, "pytorch"])
def test_a_word_without_a_lesson_is_sent_to_the_command_that_shows_it(
    asked: str, way: str, framework: Any
) -> None:
    with pytest.raises(OptionError, match=re.escape(way)):
        explain(asked, framework=framework)
    if command := re.search(r"`(lstminspect .*)`", way):
        assert answered(command[1])


def test_the_lesson_on_another_layer_draws_that_layer() -> None:
    assert "The weights of gru, 2 units" in render(explain("reset_after"), "svg")


def test_a_window_leaves_nothing_of_the_gradient_before_it() -> None:
    parts = lesson("gradients", Layer("rnn", 8, 3, timesteps=6)).parts
    (table,) = (each for each in parts if isinstance(each, Table))
    assert [row[0] for row in table.rows] == [5, 4, 3, 2, 1, 0]
    assert table.headers[3] == "windows of 3"
    for step, _, whole, cut in table.rows:
        assert float(whole) > 0
        assert cut == (whole if step >= 3 else "0")


def test_the_lesson_on_gradients_measures_no_layer_that_is_too_large() -> None:
    for layer in (Layer("lstm", 3000, 10, timesteps=5), Layer("lstm", 3, 2, timesteps=1000)):
        parts = lesson("gradients", layer).parts
        assert not [each for each in parts if isinstance(each, Table)]
        assert "at most 500,000 parameters over 200 steps" in " ".join(
            each.text for each in parts if isinstance(each, Prose)
        )
