"""Messages while a model is made, compiled and fed: layers without input, names, samples."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated
from lstminspect.explanations.shapes import written

__all__ = ["KINDS", "LAST"]

#: Methods that Keras 3 no longer has, and what to write.
METHODS = {
    "fit_generator": ("model.fit(generator)", "fit takes generators since TensorFlow 2.1"),
    "predict_generator": ("model.predict(generator)", "since TensorFlow 2.1"),
    "evaluate_generator": ("model.evaluate(generator)", "since TensorFlow 2.1"),
    "predict_classes": ("model.predict(x).argmax(axis=-1)", "the class of each output"),
    "predict_proba": ("model.predict(x)", "the outputs of softmax or sigmoid"),
    "reset_states": ("layer.reset_state()", "of each stateful layer: for l in model.layers"),
}


def _method(match: re.Match[str]) -> Answered:
    name = match["name"]
    return f"A model of Keras 3 has no {name}.", [
        Finding(*METHODS[name]),
        *([Finding("if hasattr(layer, 'reset_state')", "a stateful recurrent layer has it")]
          if name == "reset_states" else []),
    ]  # fmt: skip


def _samples(match: re.Match[str]) -> Answered:
    sizes = [int(each) for each in re.findall(r"\d+", match["sizes"])[:50]]
    if len(set(sizes)) < 2:
        return None
    shown = ", ".join(str(each) for each in dict.fromkeys(sizes))
    return f"The inputs of a model have as many samples as each other, and these have {shown}.", [
        Finding("compare len(x) of each input", "axis 0 is the sample"),
        Finding("windows of the same series", "a longer window leaves fewer samples: cut the rest"),
        Finding("np.array(x)", "a list of sequences is taken as several inputs, an array as one"),
    ]


def _masked(match: re.Match[str]) -> Answered:
    x, mask = read_sizes(match["x"]), read_sizes(match["mask"])
    answer = f"The mask is {written(mask)}, and the sequences are {written(x)}."
    return answer, [
        Finding(f"a mask of {written(x[:2])}", "(batch, timesteps): one truth value for each step"),
        Finding("mask = np.any(x != 0, axis=-1)", "for steps that are all 0; or a Masking layer"),
    ]


def _placeholder(match: re.Match[str]) -> Answered:
    name, shape = match["name"], match["shape"]
    given = f", which has the shape {written(read_sizes(shape))}" if shape else ""
    findings = [
        Finding(f"feed_dict={{{name}: x}}", "every placeholder that the result needs"),
        Finding("one graph and one session", "a model that is built again has new placeholders"),
    ]
    if "learning_phase" in name or "training" in name:
        findings.insert(0, Finding("keras.backend.set_learning_phase(0)", "or feed 0 or 1 to it"))
    return f"Nothing is fed to the placeholder {name}{given}.", findings


def _shared(match: re.Match[str]) -> Answered:
    """A kernel of TensorFlow 1 that is used again for an input of another width."""
    wanted, found = read_sizes(match["wanted"]), read_sizes(match["found"])
    if len(wanted) != 2 or len(found) != 2 or None in (*wanted, *found):
        return None
    (rows, columns), (old, _) = wanted, found
    name = match["name"].lower()
    gates = 4 if "lstm" in name else 2 if "gru" in name else 1
    units = (columns or 0) // gates
    answer = (
        f"One kernel is used for two layers: it was made with {old} rows, and {rows} are wanted. "
    )
    if units and old and old > units:
        answer += f"{old} = {old - units} features + {units} units"
        answer += f", {rows} = {(rows or 0) - units} + {units}."
    return answer, [
        Finding(
            "MultiRNNCell([make_cell() for _ in range(layers)])",
            "one cell for each layer: [cell] * layers is one cell, since TensorFlow 1.1",
        ),
        Finding("with tf.variable_scope('second'):", "another scope for another layer"),
        Finding("tf.reset_default_graph()", "where a notebook builds the graph a second time"),
    ]


def _inside(match: re.Match[str]) -> Answered:
    """An error inside a layer that no other kind knows: the shapes that it was given."""
    rest = match.string[match.end() :]
    given = re.findall(r"(\w+)=[^=]{0,60}?shape=(\([^)]{0,60}\))", rest)
    if not given:
        return None
    layer = match["layer"]
    shown = ", ".join(f"{name} {written(read_sizes(shape))}" for name, shape in given[:6])
    return f"The error is raised inside {layer}, which was given {shown}.", [
        Finding(
            f"compare these with what {layer} takes", "layers of time: (batch, timesteps, features)"
        )
    ]


KINDS = (
    MessageKind(
        r"has no attribute '(?P<name>" + "|".join(METHODS) + r")'",
        _method,
    ),
    MessageKind(r"Data cardinality is ambiguous.{0,80}?'?x'? sizes: (?P<sizes>[\d, ]+)", _samples),
    MessageKind(
        r"Tried to read from index \d+ but array size is: \d+.*?sequences=[^(]*\(shape="
        r"(?P<x>\([^)]*\)).*?mask=[^(]*\(shape=(?P<mask>\([^)]*\))",
        _masked,
    ),
    MessageKind(
        r"must be broadcastable.*?sequences=[^(]*\(shape=(?P<x>\([^)]*\)).*?mask=[^(]*\(shape="
        r"(?P<mask>\([^)]*\))",
        _masked,
    ),
    MessageKind(
        r"You must feed a value for placeholder tensor '(?P<name>[^']{1,200})'"
        r"(?: with dtype \w+(?: and shape (?P<shape>\[[^\]]*\]))?)?",
        _placeholder,
    ),
    stated(
        r"Shape (?P<shape>\[-1[^\]]*\]) has negative dimensions",
        "A placeholder has no value: its shape {shape} is open, and nothing is fed.",
        ("feed_dict={{x: data}}", "every placeholder that the result needs"),
    ),
    MessageKind(
        r"Trying to share variable (?P<name>\S{1,200}), but specified shape (?P<wanted>\([^)]*\)) "
        r"and found shape (?P<found>\([^)]*\))",
        _shared,
    ),
    stated(
        r"Variable (?P<name>\S{1,200}) already exists",
        "The graph has this variable already: it is built a second time.",
        ("tf.reset_default_graph()", "before the graph is built again, in a notebook"),
        ("with tf.variable_scope('rnn', reuse=tf.AUTO_REUSE):", "where one kernel is meant"),
    ),
    stated(
        r"You must call `?compile\(\)`? before|must compile your model before",
        "A model is compiled before it is trained or evaluated.",
        ("model.compile(optimizer='adam', loss='mse')", "then model.fit(x, y)"),
    ),
    stated(
        r"Sequential model '(?P<name>[^']*)' has no defined (?:input|output) shape yet|"
        r"The layer (?P<layer>\S+) has never been called and .{0,6}has no defined (?:input|output)",
        "The layer or model has not seen an input: its weights and shapes are not made yet.",
        ("keras.Input((timesteps, features)) as the first element", "then all shapes are known"),
        ("model.build((None, timesteps, features))", "or a first call on data"),
    ),
    stated(
        r"(?:This|The) model has not yet been built|model cannot be saved because it has not been "
        r"built|Weights for model .{0,100}? have not yet been created",
        "The model has no weights yet: it does not know the features of its input.",
        ("keras.Input((timesteps, features)) as the first element", "of the Sequential"),
        ("model.build((None, timesteps, features))", "or a first call on data"),
    ),
    stated(
        r"Output with path `?[^`]*`? is not connected to `?inputs`?|Graph disconnected",
        "An output does not come from the inputs that the Model is given.",
        ("keras.Model([encoder_inputs, decoder_inputs], outputs)", "all inputs that it needs"),
        ("one Input, used again", "a second keras.Input(...) is another tensor"),
    ),
    stated(
        r"All `?inputs`? values must be KerasTensors|Input tensors to a \w+ must come from",
        "keras.Model takes the tensors of keras.Input, and data were given.",
        ("x = keras.Input((timesteps, features)); keras.Model(x, layers(x))", "data go to fit"),
    ),
    stated(
        r"Only input tensors may be passed as positional arguments.*?: (?P<got>[^ ]+) \(of type "
        r"<class '(?P<type>\w+)'>",
        "A layer takes tensors, and {got} ({type}) came.",
        ("np.array(x)", "a list of lists is taken as several arguments"),
        ("the name of the argument", "for what is not a tensor: layer(x, training=True)"),
    ),
    stated(
        r"Layer \"(?P<name>[^\"]*)\" expects (?P<wanted>\d+) (?:named )?input\(s\).*?(?:received|"
        r"it received) (?P<got>\d+) input tensors",
        "{name} takes {wanted} inputs, and {got} came.",
        ("model.predict([x, y])", "a list, in the order of keras.Model(inputs=[...])"),
        ("model.predict({{'input_layer': x, ...}})", "or by the names of the inputs"),
    ),
    stated(
        r"Only instances of `?keras\.Layer`? can be added|The added layer must be an instance of "
        r"class (?:Base)?Layer",
        "A Sequential takes layers, and something else was added.",
        ("LSTM(64), not LSTM", "the class is called, which makes the layer"),
        ("one Keras: import everything from keras, or from tensorflow.keras", "never both"),
    ),
    stated(
        r"All layers added to a Sequential model should have unique names\. Name '(?P<name>[^']*)'|"
        r"The name \"(?P<other>[^\"]*)\" is used \d+ times in the model",
        "Two layers have one name, {name}{other}.",
        ("name='encoder', name='decoder'", "a name of its own for each, or none"),
    ),
    stated(
        r"No such layer: (?P<name>\S+?)\. Existing layers are: (?P<names>\[[^\]]{0,200}\]?)",
        "No layer is named {name}; there are {names}.",
        ("name='lstm' when the layer is made", "the numbers in names count all layers so far"),
    ),
    stated(
        r"Expected `?trainable`? to be a boolean\. Received: trainable=<",
        "Sequential takes one list of layers, and several arguments came.",
        ("keras.Sequential([LSTM(64), Dense(10)])", "with brackets"),
    ),
    stated(
        r"Module \[(?P<name>\w+)\] is missing the required \"forward\" function",
        "{name} has no forward: it is misspelled, or indented into __init__.",
        ("def forward(self, x):", "at the depth of __init__"),
    ),
    stated(
        r"lstm expects two hidden states|lstm_cell\(\): argument 'hx' .{0,40}? must be tuple",
        "nn.LSTM and nn.LSTMCell take their states as a pair (h, c).",
        ("lstm(x, (h_0, c_0))", "each (layers x directions, batch, hidden_size)"),
        ("gru(x, h_0)", "nn.GRU and nn.RNN have one state"),
    ),
    stated(
        r"Input batch size (?P<input>\d+) doesn't match hidden(?:\[\d\])? batch size "
        r"(?P<state>\d+)",
        "The batch of the input is {input}, that of the state {state}: both are (batch, width).",
        ("(h, c), not h alone", "an LSTMCell that is given one tensor reads its rows as h and c"),
        ("torch.zeros({input}, hidden_size)", "a state for each sequence"),
    ),
    stated(
        r"'lengths' argument should be a 1D CPU int64 tensor(?:, but got (?P<got>[^,.]{1,60}))?",
        "pack_padded_sequence takes the lengths as whole numbers on the CPU, one for each "
        "sequence.",
        ("lengths.cpu()", "since PyTorch 1.7, also where the data are on a GPU"),
        ("lengths.squeeze().long()", "one axis, whole numbers"),
        ("torch.set_default_device('cpu')", "where the default is a GPU"),
    ),
    stated(
        r"'list' object has no attribute '(?P<name>dim|size|shape|to|float)'",
        "A tensor is wanted, and a list came.",
        ("torch.stack(x)", "for a list of tensors of one shape"),
        ("torch.nn.utils.rnn.pad_sequence(x, batch_first=True)", "of several lengths"),
    ),
    stated(
        r"'Tensor' object has no attribute 'batch_sizes'",
        "pad_packed_sequence takes what pack_padded_sequence made, and a tensor came.",
        (
            "output, _ = lstm(pack_padded_sequence(x, lengths)); pad_packed_sequence(output)",
            "a packed input gives a packed output",
        ),
    ),
    stated(
        r"a view of a leaf Variable that requires grad is being used in an in-place operation",
        "A parameter is changed in place.",
        ("h = h + 1, not h += 1", "or under torch.no_grad(), for an initialization"),
    ),
    stated(
        r"size mismatch at .{0,100}?THCTensorMathBlas",
        "A matrix product on the GPU: the last size of the input is not the input_size.",
        ("print(x.shape) before the layer", "its last size is input_size, or in_features"),
        ("run once on the CPU", "there the message has the sizes"),
    ),
    stated(
        r"self and other not broadcastable, but have the same number of elements",
        "Two tensors of as many numbers and of different shapes: mostly (batch, 1) and (batch,).",
        ("output.squeeze(-1), or y.unsqueeze(-1)", "one shape for output and target"),
    ),
    stated(
        r"Expected size\[(?P<axis>\d+)\] in \[0, (?P<size>\d+)\], but got (?P<got>\d+)",
        "A slice of {got} is taken of an axis of {size}.",
        ("state_is_tuple=True", "the state of an LSTM of TensorFlow 1 is c and h: twice the units"),
    ),
    stated(
        r"while_loop\(\) got an unexpected keyword argument '(?P<name>\w+)'",
        "This Keras is newer than its TensorFlow.",
        ("pip install --upgrade tensorflow", "or an older Keras that goes with it"),
    ),
)
#: The last resort: every other kind is asked first.
LAST = (
    MessageKind(
        r"Exception encountered when calling (?:layer )?\"?(?P<layer>[A-Za-z_]\w*)", _inside
    ),
)
