"""The patterns of sequence problems, each with Keras lines that are such a model.

A pattern is a matter of time steps, not of features: how many go in, how many come out.
`pattern_of` follows the time axis of every input through the layers of any model.
"""

from __future__ import annotations

from typing import NamedTuple

from lstminspect.display import Answer, Answers
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.figures.pattern import Steps
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT
from lstminspect.models.spec import LayerResult
from lstminspect.models.summary import Model, Row

__all__ = ["PATTERNS", "Application", "Pattern", "is_recurrent", "pattern_of", "patterns"]


#: Rows through which time is not followed.
NOT_FOLLOWED = ("Function", "Weight")
#: Layer types whose cells code calls step by step: how often is not written in a row.
FLAX, TORCH = ("flax.", "nnx."), "torch."


class Application(NamedTuple):
    """A use of a pattern, and Keras lines of such a model."""

    what: str
    code: str


class _Pattern(NamedTuple):
    name: str
    what: str
    steps: Steps
    applications: tuple[Application, ...]


class Pattern(Answer, _Pattern):
    """A pattern: its name, what goes in and comes out, its steps, its uses."""

    __slots__ = ()

    @property
    def picture(self) -> str:
        """The steps drawn in characters."""
        return self.steps.text

    def __repr__(self) -> str:
        return f"<Pattern {self.name}>"


ENCODER = """\
words = Input((None,))
_, h, c = LSTM(64, return_state=True)(Embedding(5000, 32)(words))
before = Input((None,))
y = LSTM(64, return_sequences=True)(Embedding(4000, 32)(before), initial_state=[h, c])
model = Model([words, before], Dense(4000, activation='softmax')(y))"""

_PATTERNS = (
    Pattern(
        "one-to-one",
        "one step in, one step out; what was before is in the state",
        Steps("A", "x", "y"),
        (
            Application(
                "the next value of a series, from the one before",
                "Input((1, 1), batch_size=1), LSTM(32, stateful=True), Dense(1)",
            ),
            Application(
                "the next word of a sentence, from the one before",
                "Input((1,), batch_size=1), Embedding(5000, 32), LSTM(64, stateful=True), "
                "Dense(5000, activation='softmax')",
            ),
        ),
    ),
    Pattern(
        "one-to-many",
        "one vector in, a sequence out",
        Steps("AAA", "xxx", "yyy", "the same vector at every step", same_input=True),
        (
            Application(
                "captioning: words from one image, here from its 512 features",
                "Input((512,)), RepeatVector(20), LSTM(128, return_sequences=True), "
                "Dense(5000, activation='softmax')",
            ),
            Application(
                "a series of observations forecast from one event",
                "Input((8,)), RepeatVector(12), GRU(32, return_sequences=True), Dense(1)",
            ),
        ),
    ),
    Pattern(
        "many-to-one",
        "a sequence in, one vector out",
        Steps("AAA", "xxx", "  y"),
        (
            Application(
                "univariate forecasting: the next value of one series",
                "Input((30, 1)), LSTM(50), Dense(1)",
            ),
            Application(
                "multivariate forecasting: each series is one more feature",
                "Input((30, 8)), LSTM(50), Dense(1)",
            ),
            Application(
                "classification of a time series",
                "Input((128, 9)), Bidirectional(LSTM(32)), Dense(6, activation='softmax')",
            ),
            Application(
                "sentiment of a text",
                "Input((None,)), Embedding(10000, 64), LSTM(64), Dense(1, activation='sigmoid')",
            ),
            Application(
                "the echo problem: which number stood at one step",
                "Input((5, 10)), LSTM(25), Dense(10, activation='softmax')",
            ),
        ),
    ),
    Pattern(
        "many-to-many",
        "a sequence in, one output for each of its steps",
        Steps("AAA", "xxx", "yyy"),
        (
            Application(
                "speech: a letter or none for every frame of sound",
                "Input((None, 26)), Bidirectional(LSTM(64, return_sequences=True)), "
                "TimeDistributed(Dense(29, activation='softmax'))",
            ),
            Application(
                "video: a label for every image, here from its 512 features",
                "Input((40, 512)), GRU(64, return_sequences=True), Dense(20, activation='softmax')",
            ),
        ),
    ),
    Pattern(
        "sequence-to-sequence",
        "a sequence in, another out, whose length is its own",
        Steps("AAABB", "xxx  ", "   yy", "A reads, B writes: two sets of weights"),
        (
            Application(
                "multi-step forecasting: the next 12 values from the last 30",
                "Input((30, 1)), LSTM(50), RepeatVector(12), "
                "LSTM(50, return_sequences=True), TimeDistributed(Dense(1))",
            ),
            Application("translation", ENCODER),
            Application(
                "summary of a document",
                "Input((400,)), Embedding(20000, 64), GRU(96), RepeatVector(30), "
                "GRU(96, return_sequences=True), Dense(20000, activation='softmax')",
            ),
            Application(
                "description of a video in words",
                "Input((80, 512)), LSTM(128), RepeatVector(20), "
                "LSTM(128, return_sequences=True), Dense(5000, activation='softmax')",
            ),
        ),
    ),
)
PATTERNS = Answers(_PATTERNS)


def patterns(name: str | None = None) -> Answers[Pattern]:
    """The patterns of sequence problems: all, or the one called `name`.

    Raises OptionError, with the nearest name, for another.

    >>> [each.name for each in patterns()][:3]
    ['one-to-one', 'one-to-many', 'many-to-one']
    """
    if name is None:
        return PATTERNS
    known = [pattern.name for pattern in PATTERNS]
    plain = name.lower().replace("_", "-") if isinstance(name, str) else None
    chosen = Answers(pattern for pattern in PATTERNS if pattern.name == plain)
    if not chosen:
        near = did_you_mean(plain, known) if plain else ""
        raise OptionError(
            f"no pattern is named {quoted(name)}.{near} There are {', '.join(known)}."
        )
    return chosen


class _Time(NamedTuple):
    """The sequences that run along the second axis of a tensor, and those it is one step of."""

    along: frozenset[str] = frozenset()
    step_of: frozenset[str] = frozenset()


def pattern_of(model: Model) -> str:
    """The pattern that `model` is made for, by name; empty if nothing in it is recurrent.

    >>> from lstminspect.models.reading.read import model
    >>> pattern_of(model("Input((5, 10)), LSTM(25), Dense(10)"))
    'many-to-one'
    """
    if not model.outputs or not any(is_recurrent(row.part) for row in model.rows):
        return ""
    if any(row.part.layer_type in NOT_FOLLOWED for row in model.rows):
        return ""
    if any(_hides_time(row) for row in model.rows):
        return ""
    times, read = _times(model)
    sequences = {row.name for row in model.rows if _is_input(row) and row.name in read}
    given = [_steps(row.part.outputs) for row in model.rows if row.name in sequences]
    takes = next((steps for steps in given if steps != 1), 1)
    output, time = _output(model, times)
    gives = _steps((output,)) if time.along & read and output is not None else 1
    if takes == 1:
        return "one-to-one" if gives == 1 else "one-to-many"
    if gives == 1:
        return "many-to-one"
    own_length = takes != gives or not sequences <= time.along
    return "sequence-to-sequence" if own_length else "many-to-many"


def _hides_time(row: Row) -> bool:
    """True for a layer that does not show its time steps.

    It is a cell that a loop calls, or a layer of PyTorch whose input is open, or has a 1 where its
    steps or its batch can be, or a layer of a file whose output is open.
    """
    own = row.part.layer_type
    if own.startswith((*FLAX, TORCH)) and row.layer_type.endswith("Cell"):
        return True
    if not own.startswith(TORCH) or not is_recurrent(row.part):
        return is_recurrent(row.part) and row.part.outputs is None
    shape = row.inputs[0] if row.inputs else None
    return shape is None or 1 in shape[:2]


def _times(model: Model) -> tuple[dict[str, _Time], set[str]]:
    """The time of the result of every layer, and the sequences that something reads in time."""
    times: dict[str, _Time] = {}
    read: set[str] = set()
    before = ""
    for row in model.rows:
        # A module of PyTorch does not say what it reads: the one before.
        inputs = [times.get(name, _Time()) for name in row.reads or (before,)]
        if _is_input(row):
            times[row.name] = _Time(frozenset([row.name]))
        else:
            times[row.name] = _after(row, inputs, read)
        before = row.name
    return times, read


def _after(row: Row, inputs: list[_Time], read: set[str]) -> _Time:
    """The time of the result of a layer, from those of its inputs; what it reads joins `read`."""
    ranks = [0 if shape is None else len(shape) for shape in row.inputs]
    outputs = row.part.outputs or ()
    rank = len(outputs[0]) if outputs else 0
    each_step = row.layer_type == "TimeDistributed"
    in_time = each_step or is_recurrent(row.part)
    # A query says how long attention is, and the first input of a recurrent layer what it reads.
    chosen = inputs[:1] if in_time or "Attention" in row.layer_type else inputs[: len(ranks)]
    along = frozenset[str]().union(*(each.along for each in chosen))
    step_of = frozenset[str]().union(*(each.step_of for each in chosen))
    if ranks and ranks[0] > 2 and not along:
        along = frozenset([row.name])
    if in_time:
        read |= along if ranks and ranks[0] > 2 else step_of
    if row.layer_type == "Embedding":
        return _Time(along)
    takes_steps = (in_time and not each_step) or row.layer_type == "GetItem"
    shorter = takes_steps and bool(ranks) and rank < ranks[0]
    if rank > 2 and not shorter:
        # What makes a sequence of a vector begins one; any other layer keeps the axis.
        begins = not ranks or ranks[0] < 3
        if begins and in_time:
            read.add(row.name)
        return _Time(frozenset([row.name]) if begins else along)
    return _Time(step_of=along | step_of if row.layer_type == "GetItem" else step_of)


def _output(model: Model, times: dict[str, _Time]) -> tuple[Shape | None, _Time]:
    """The first output and its time: a sequence if one of them is."""
    found = []
    for shape in model.outputs:
        rows = [row for row in model.rows if row.part.outputs and shape in row.part.outputs]
        long = shape is not None and len(shape) > 2
        found.append((shape, times[rows[-1].name] if rows and long else _Time()))
    return next(((shape, time) for shape, time in found if time.along), found[0])


def _is_input(row: Row) -> bool:
    return row.part.layer_type == INPUT


def is_recurrent(result: LayerResult) -> bool:
    """True if a layer, or one inside it, keeps states from step to step."""
    own = result.layer is not None or result.layer_type.startswith("ConvLSTM")
    return own or any(is_recurrent(inner) for _, inner in result.inner)


def _steps(shapes: tuple[Shape | None, ...] | None) -> int | None:
    """Time steps of the first of these shapes: None for any number, 1 for a scalar."""
    shape = shapes[0] if shapes else None
    return 1 if shape is None or len(shape) < 2 else shape[1]
