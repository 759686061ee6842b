"""The topics: what each word of a recurrent layer means, with the numbers of one layer.

Each is a function of its own name, in the file that `TOPICS` names, from a Layer to the sentence
that answers and the parts that support it. Every fact comes out of the layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

from lstminspect import cells
from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.errors import OptionError, did_you_mean
from lstminspect.layer import SIZES, Layer
from lstminspect.synonyms import meant, plain
from lstminspect.teaching.lesson import Lesson, TopicAnswer
from lstminspect.teaching.topics.coincidences import coincidences
from lstminspect.terms import get
from lstminspect.wording import title

__all__ = [
    "ALIASES",
    "LISTED",
    "TEACHING",
    "TOPICS",
    "example",
    "lesson",
    "listed",
    "named",
    "near",
]

#: Every topic with its file and what it tells.
TOPICS = {
    "units": ("units", "what units is, what it is not, and what one more costs"),
    "features": ("features", "one-hot vectors against an embedding"),
    "timesteps": ("time", "why a longer sequence needs no more parameters"),
    "unrolling": ("time", "many copies are drawn, one set of weights is there"),
    "batch": ("batches", "sequences side by side"),
    "stateful": ("batches", "states kept between calls, and batches that fit"),
    "return_sequences": ("returns", "every output or the last one"),
    "return_state": ("returns", "why an LSTM returns three tensors"),
    "bidirectional": ("both_ways", "twice the parameters, five ways to merge"),
    "gates": ("gates", "what every line of the cell does"),
    "bias": ("bias", "one bias or two: why frameworks differ"),
    "reset_after": ("reset", "the GRU's 9,600 against 9,408"),
    "input_shape": ("input_shape", "(batch, timesteps, features), and how to reshape a table"),
    "look_back": ("around", "windows cut from a series"),
    "batch_first": ("around", "PyTorch's order of axes"),
    "layers": ("around", "num_layers: recurrent layers on top of each other"),
    "hidden_state": ("states", "h: what is handed on, and the output"),
    "cell_state": ("states", "c: the memory of an LSTM"),
    "forget_gate": ("states", "1 keeps, 0 forgets, and a bias of 1"),
    "initial_state": ("states", "what the states hold before the first step"),
    "dropout": ("training", "one word for different things in Keras and PyTorch"),
    "masking": ("training", "padding, and sequences of different lengths"),
    "time_distributed": ("around", "one layer for every step"),
    "repeat_vector": ("around", "one vector as a sequence"),
    "neurons": ("budget", "units, counted one by one"),
    "how_many_units": ("budget", "what decides it, and rules of thumb"),
    "flops": ("budget", "MACs and FLOPs of a step and a sequence"),
    "memory": ("budget", "bytes of weights, and what training keeps"),
    "gradients": ("gradients", "back-propagation through time, whole and truncated"),
    "half_life": ("half_life", "memory through time: steps until half is forgotten"),
    "vanishing_gradient": ("training", "a factor a step, over many steps"),
    "teacher_forcing": ("training", "the true output as the next input"),
}
#: The word that asks for the list of them.
LISTED = "topics"
#: What else asks for a topic, beside the words that other frameworks have for it.
ALIASES = {
    "use_bias": "bias",
    "biases": "bias",
    "linear_before_reset": "reset_after",
    "batch_input_shape": "input_shape",
    "batch_shape": "input_shape",
    "merge_mode": "bidirectional",
    "unroll": "unrolling",
    "input_gate": "gates",
    "output_gate": "gates",
    "candidate": "gates",
    "kernel": "gates",
    "recurrent_kernel": "gates",
    "recurrent_weights": "gates",
    "embedding": "features",
    "one_hot": "features",
    "lookback": "look_back",
    "n_steps": "look_back",
    "n_in": "look_back",
    "window": "look_back",
    "window_size": "look_back",
    "sliding_window": "look_back",
    "lag": "look_back",
    "time_major": "batch_first",
    "stacked": "layers",
    "stacked_lstm": "layers",
    "stacking": "layers",
    "hidden_layer": "layers",
    "number_of_layers": "layers",
    "hidden": "hidden_state",
    "h": "hidden_state",
    "h_n": "hidden_state",
    "state_h": "hidden_state",
    "c": "cell_state",
    "c_n": "cell_state",
    "state_c": "cell_state",
    "memory_cell": "cell_state",
    "forget": "forget_gate",
    "forget_bias": "forget_gate",
    "unit_forget_bias": "forget_gate",
    "h_0": "initial_state",
    "c_0": "initial_state",
    "hx": "initial_state",
    "recurrent_dropout": "dropout",
    "dropout_rate": "dropout",
    "mask": "masking",
    "mask_zero": "masking",
    "padding": "masking",
    "pad_sequences": "masking",
    "pack_padded_sequence": "masking",
    "packed_sequence": "masking",
    "sequence_lens": "masking",
    "timedistributed": "time_distributed",
    "repeatvector": "repeat_vector",
    "node": "neurons",
    "number_of_neurons": "neurons",
    "output_dim": "units",
    "multivariate": "features",
    "univariate": "features",
    "bi_directional": "bidirectional",
    "weight_sharing": "unrolling",
    "backpropagation_through_time": "gradients",
    "back_propagation_through_time": "gradients",
    "backpropagation": "gradients",
    "back_propagation": "gradients",
    "truncated_backpropagation": "gradients",
    "truncated_backpropagation_through_time": "gradients",
    "truncated_bptt": "gradients",
    "tbptt": "gradients",
    "number_of_units": "how_many_units",
    "how_many_units_do_i_need": "how_many_units",
    "how_many_neurons": "how_many_units",
    "how_many_hidden_units": "how_many_units",
    "flop": "flops",
    "macs": "flops",
    "mac": "flops",
    "ram": "memory",
    "bptt_memory": "memory",
    "training_memory": "memory",
    "bptt": "gradients",
    "memory_through_time": "half_life",
    "long_term_memory": "half_life",
    "long_term_dependencies": "half_life",
    "long_term_dependency": "half_life",
    "forgetting": "half_life",
    "chrono": "half_life",
    "exploding_gradient": "vanishing_gradient",
    "gradient_clipping": "vanishing_gradient",
}
#: The sizes of a lesson where nobody gives them: small enough that every number can be drawn.
TEACHING = {"units": 2, "features": 3, "timesteps": 5}
#: The topics that speak of time.
TIMED = {
    "timesteps", "unrolling", "batch", "stateful", "return_sequences", "return_state",
    "bidirectional", "input_shape", "look_back", "batch_first", "time_distributed",
    "repeat_vector", "flops", "memory", "gradients", "vanishing_gradient",
}  # fmt: skip

#: The option with which a framework writes the layer of a lesson on that option.
SHOWN: dict[str, dict[str, Any]] = {
    "bidirectional": {"bidirectional": True},
    "return_state": {"return_state": True},
}


#: What stands around the word of a question.
QUESTION = re.compile(
    r"(?:what(?:'s| is| are| does| do)\s+)?(?:an?\s+|the\s+)?(.*?)(?:\s+means?)?\s*\??",
    re.DOTALL,
)


def named(text: str) -> str | None:
    """The topic that `text` asks for, in Keras' word or another framework's; None if none.

    It may be one or several, and in a question.

    >>> named("hidden-size"), named("Input shape"), named("What is a forget gate?"), named("zebra")
    ('units', 'input_shape', 'forget_gate', None)
    """
    asked = QUESTION.fullmatch(text.strip().lower())
    word = plain(asked[1] if asked else text)
    for each in (word, word.removesuffix("s"), f"{word}s"):
        if each in TOPICS or each == LISTED:
            return each
        topic = ALIASES.get(each) or meant(each)
        if topic in TOPICS:
            return topic
    return None


def near(text: str) -> str:
    """A sentence that offers the nearest topic, with a leading space, or nothing."""
    return did_you_mean(text, (*TOPICS, LISTED)) if len(text) <= 40 else ""


def example(**options: Any) -> tuple[Layer, tuple[tuple[str, int], ...]]:
    """A Layer of `options`, with the sizes of a lesson where they name none, and those sizes.

    A size of the cell's own is taken to be 1.

    >>> layer, assumed = example(cell="projected", units=4)
    >>> layer.parameters, assumed
    (84, (('features', 3), ('projection', 1)))
    """
    cell = cells.get(options.pop("cell", "lstm"))
    needed = dict(TEACHING)
    del needed["timesteps"]
    if cell.ties_features:
        del needed["features"]
    needed |= dict.fromkeys(cell.own_sizes, 1)
    assumed = {name: value for name, value in needed.items() if options.get(name) is None}
    return Layer(cell, **(options | assumed)), tuple(assumed.items())


def lesson(
    topic: str, layer: Layer | None = None, assumed: tuple[tuple[str, int], ...] = ()
) -> Lesson:
    """The lesson on `topic`, one of TOPICS, with the numbers of `layer`, as its framework has them.

    `assumed` are the sizes of it that nobody gave. Raises OptionError for sizes that are not whole
    numbers, and for a topic that has nothing to say of the layer.
    """
    if layer is None:
        layer, assumed = example()
    if any(not isinstance(value, int | tuple | None) for value in _sizes(layer)):
        raise OptionError("a lesson counts in whole numbers. Give them: --units 4 --features 3.")
    if layer.timesteps is None and topic in TIMED:
        layer = replace(layer, timesteps=TEACHING["timesteps"])
        assumed = (*assumed, ("timesteps", TEACHING["timesteps"]))
    module = import_module(f"{__package__}.{TOPICS[topic][0]}")
    content: TopicAnswer = getattr(module, topic)(layer)
    drawn = content.layer or layer
    subject = title(drawn)
    parts = [*coincidences(topic, layer, assumed), *content.parts]
    if layer.framework is not None:
        subject = f"{subject}, in {get(layer.framework).title}"
        parts = [*in_its_words(topic, layer), *_once(parts)]
    return Lesson(topic, subject, content.answer, tuple(parts), assumed, drawn)


def in_its_words(topic: str, layer: Layer) -> Iterator[Part]:
    """A paragraph on `topic` in the words of the layer's framework, where it has others."""
    terms = get(layer.framework or "keras")
    if text := terms.topics.get(topic):
        shown = replace(layer, **SHOWN.get(topic, {}))
        yield Prose(text.replace("LAYER", terms.written(shown) or "the layer"))


def _once(parts: list[Part]) -> Iterator[Part]:
    """The parts, but for lines of a framework that stand there already."""
    seen: list[Part] = []
    for part in parts:
        if not isinstance(part, Snippet) or part not in seen:
            yield part
        seen.append(part)


def _sizes(layer: Layer) -> list[Any]:
    return [*(getattr(layer, name) for name in SIZES), *layer.sizes.values()]


def listed() -> Lesson:
    """The list of all topics, as a lesson."""
    rows = tuple((name, text) for name, (_, text) in TOPICS.items())
    parts: list[Part] = [Table("topics", ("topic", "what it tells"), rows)]
    # One line, so that a terminal shows the whole list.
    sizes = "lstminspect explain units --units 4 --features 3"
    answer = f"{len(TOPICS)} topics. With a layer's sizes: {sizes}"
    return Lesson(LISTED, "", answer, tuple(parts))
