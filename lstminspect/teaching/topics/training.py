"""Words of training: dropout, masking, the vanishing gradient, teacher forcing."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code
from lstminspect.terms.keras import written as written_in_keras

__all__ = ["dropout", "masking", "teacher_forcing", "vanishing_gradient"]

#: Factors of one step, whose powers show what becomes of a gradient.
FACTORS = (0.5, 0.9, 0.99, 1.0, 1.1)
#: Powers of more steps than this are left to the table.
MOST_STEPS = 1000


def dropout(layer: Layer) -> TopicAnswer:
    """Numbers that are set to zero while training."""
    answer = (
        "dropout sets a share of the numbers to zero while training, another share in every batch. "
        f"It adds no parameters: {layer.parameters:,} with and without it."
    )
    rows = (
        ("Keras", "dropout", "the input of the cell"),
        ("Keras", "recurrent_dropout", "the state h on its way back; no fast kernel of cuDNN"),
        ("PyTorch", "dropout", "the output of every layer but the last"),
    )
    parts: list[Part] = [
        Table("the same word for different things", ("where", "option", "what is dropped"), rows),
        Prose(
            "So dropout=0.5 in PyTorch does nothing in a single layer, and warns: it needs "
            "num_layers=2 or more. When the model predicts, nothing is dropped."
        ),
        Prose(
            "Source: keras.io/api/layers/recurrent_layers/lstm; docs.pytorch.org, torch.nn.LSTM; "
            "Zaremba et al. 2014, arXiv 1409.2329 (between layers); Gal and Ghahramani 2016, "
            "arXiv 1512.05287 (the same mask at every step)."
        ),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def masking(layer: Layer) -> TopicAnswer:
    """Sequences of different lengths in one batch."""
    answer = (
        "Padding fills short sequences up so that a batch is one array; masking tells the layer "
        "which steps are filling. Neither changes the parameters."
    )
    rows = (
        ("Keras", "Masking, Embedding(mask_zero=True)", "the last real output again"),
        ("PyTorch", "pack_padded_sequence", "zeros; h_n of the last real step"),
        ("ONNX", "sequence_lens", "zeros; Y_h of the last real step"),
    )
    parts: list[Part] = [
        Table("what a filled step gives", ("where", "how to say it", "the output there"), rows),
        Prose(
            "Without a mask the layer reads the zeros as data, and its last output is that of the "
            "filling. A masked step leaves the states as they are. For the fast kernel of cuDNN "
            "the filling must stand behind the data, and no sequence may be filling alone."
        ),
        Prose(
            "Source: keras.io/guides/understanding_masking_and_padding; github.com/keras-team/"
            "keras/issues/7878; github.com/tensorflow/tensorflow/issues/33148; docs.pytorch.org, "
            "pack_padded_sequence; onnx.ai/onnx/operators/onnx__LSTM.html."
        ),
        *counted(layer),
        *_masked(layer),
    ]
    return TopicAnswer(answer, parts)


def _masked(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of Keras in which two masked steps repeat the output before them."""
    simple = not (layer.bidirectional or layer.stateful or layer.layers > 1 or layer.go_backwards)
    text = written_in_keras(replace(layer, return_sequences=True, return_state=False, batch=None))
    if layer.framework not in (None, "keras") or not text or not simple:
        return ()
    lines = (
        "import keras, numpy",
        f"x = numpy.ones((1, 4, {layer.features}))",
        "x[:, 2:] = 0",
        f"y = keras.Sequential([keras.layers.Masking(), {text}])(x)",
        "print(bool((y[0, 1] == y[0, 3]).numpy().all()))",
    )
    return (Snippet("python", lines, "True"),)


def vanishing_gradient(layer: Layer) -> TopicAnswer:
    """Powers of a factor over the steps."""
    steps = layer.timesteps
    answer = (
        "Back through the steps a gradient is multiplied by one factor a step. Over "
        f"{steps:,} steps a factor below 1 makes it vanish, one above 1 makes it explode."
    )
    rows = tuple((f"{factor:g}", _power(factor, steps)) for factor in FACTORS)
    parts: list[Part] = [
        Table(f"what is left after {steps:,} steps", ("a step", "after all"), rows, right=(0, 1)),
        Prose(
            "In a plain RNN the factor is the recurrent matrix times the slope of tanh, which is "
            "at most 1. In an LSTM the gradient of c goes back through the forget gate alone: with "
            "f close to 1 it stays. That helps against vanishing, not against exploding: clip the "
            "gradients for that (clipnorm in Keras, clip_grad_norm_ in PyTorch)."
        ),
        Prose(
            "Source: Bengio, Simard and Frasconi 1994, IEEE Transactions on Neural Networks 5(2); "
            "Hochreiter and Schmidhuber 1997, Neural Computation 9(8); Pascanu et al. 2013, arXiv "
            "1211.5063 (clipping)."
        ),
        *counted(layer),
    ]
    if steps <= MOST_STEPS:
        left = _power(0.9, steps)
        parts.append(Snippet("python", (f"print(f'{{0.9 ** {steps}:.3g}}')",), left))
    return TopicAnswer(answer, parts)


def _power(factor: float, steps: int) -> str:
    try:
        return f"{factor**steps:.3g}"
    except OverflowError:
        return "inf"


def teacher_forcing(layer: Layer) -> TopicAnswer:
    """The true output of the step before as the input of a step."""
    answer = (
        "With teacher forcing a decoder reads the true output of the step before while it is "
        "trained, in place of its own. It changes the data, not the layer: no parameters."
    )
    parts: list[Part] = [
        Prose(
            "So the input of the decoder is the target, moved by one step, with a sign for the "
            "start in front. All steps can be computed from one array, in one call."
        ),
        Prose(
            "When the model predicts, there is no true output: the decoder reads what it said "
            "itself, step by step, and a mistake goes on to the next step. Scheduled sampling "
            "mixes both while training."
        ),
        Prose(
            "Source: Williams and Zipser 1989, Neural Computation 1(2); Bengio et al. 2015, arXiv "
            "1506.03099 (scheduled sampling)."
        ),
        *counted(layer),
        Snippet(
            "python",
            ("target = ['how', 'are', 'you']", "print(['<start>', *target[:-1]])"),
            "['<start>', 'how', 'are']",
        ),
    ]
    return TopicAnswer(answer, parts)
