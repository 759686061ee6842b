"""Random Keras models and PyTorch modules over every kind of layer that is known."""

from __future__ import annotations

from random import Random
from typing import Any


class KerasModels:
    """Random models of real Keras layers; every choice comes from one seed."""

    def __init__(self, keras: Any, seed: int) -> None:
        self.keras, self.layers, self.random = keras, keras.layers, Random(seed)

    def sequential(self) -> Any:
        """Layers one above the other, of a kind that fits what is below."""
        if self.random.random() < 0.15:
            start = self.layers.Input((self.random.randint(4, 8),), dtype="int32")
            first = self.layers.Embedding(20, self.size(), mask_zero=self.flag())
        else:
            start = self.layers.Input(**self.input_options())
            first = self.fitting(start.shape)
        model = self.keras.Sequential([start, first])
        for _ in range(self.random.randint(0, 4)):
            model.add(self.fitting(model.output_shape))
        return model

    def functional(self) -> Any:
        """A graph with branches that meet, shared layers and states that are handed on."""
        x = self.layers.Input(**self.input_options())
        parts = [self.branch, self.shared, self.attention, self.encoder, self.nested, self.dotted]
        if len(x.shape) > 3:
            x = self.layers.TimeDistributed(self.layers.Flatten())(x)
        y = self.random.choice(parts)(x)
        for _ in range(self.random.randint(0, 2)):
            y = self.fitting(y.shape)(y)
        return self.keras.Model(x, y)

    def input_options(self) -> dict[str, Any]:
        shapes = [(6, 5), (9, 4), (None, 3), (7, 6), (5, 6, 2), (3, 5, 6, 2), (2, 4, 4, 4, 1)]
        shape = self.random.choices(shapes, [4, 4, 4, 4, 1, 1, 1])[0]
        return {"shape": shape, "batch_size": self.random.choice([None, None, 4])}

    def size(self) -> int:
        return self.random.randint(1, 9)

    def flag(self) -> bool:
        return self.random.random() < 0.5

    def fitting(self, shape: Any) -> Any:
        """A layer that takes this shape."""
        if len(shape) == 2:
            return self.random.choice([self.dense, self.plain, self.repeat, self.norm])(shape)
        if len(shape) == 3:
            choices = [self.recurrent, self.recurrent, self.wrapped, self.stacked, self.dense,
                       self.plain, self.norm, self.spread]  # fmt: skip
            if shape[1] is not None and shape[1] > 3:
                choices += [self.convolution, self.pooling, self.moved, self.image]
            return self.random.choice(choices)(shape)
        choices = [self.conv_lstm, self.conv_lstm, self.per_step, self.dense, self.flat]
        return self.random.choice(choices if len(shape) <= 6 else [self.flat])(shape)

    def cell_options(self) -> dict[str, Any]:
        return {
            "units": self.size(),
            "use_bias": self.flag(),
            "activation": self.random.choice(["tanh", "relu", None]),
        }

    def recurrent(self, _: Any) -> Any:
        kind = self.random.choice(["LSTM", "GRU", "SimpleRNN"])
        options = {**self.cell_options(), "return_sequences": self.flag()}
        if kind == "GRU":
            options["reset_after"] = self.flag()
        return getattr(self.layers, kind)(**options, trainable=self.flag())

    def wrapped(self, shape: Any) -> Any:
        if self.flag():
            return self.layers.TimeDistributed(self.dense(shape))
        merge = self.random.choice(["concat", "sum", "mul", "ave"])
        return self.layers.Bidirectional(self.recurrent(shape), merge_mode=merge)

    def stacked(self, _: Any) -> Any:
        kinds = (self.layers.LSTMCell, self.layers.GRUCell, self.layers.SimpleRNNCell)
        cells = [self.random.choice(kinds)(self.size()) for _ in range(self.random.randint(1, 3))]
        cell = cells[0] if len(cells) == 1 else self.layers.StackedRNNCells(cells)
        return self.layers.RNN(cell, return_sequences=self.flag())

    def dense(self, _: Any) -> Any:
        activation = self.random.choice([None, "softmax"])
        return self.layers.Dense(self.size(), use_bias=self.flag(), activation=activation)

    def plain(self, shape: Any) -> Any:
        layers = self.layers
        choices = [layers.Dropout(0.3), layers.GaussianNoise(0.1), layers.Activation("relu"),
                   layers.LeakyReLU(), layers.Identity()]  # fmt: skip
        if len(shape) == 3:
            choices += [layers.Masking(), layers.SpatialDropout1D(0.2)]
        return self.random.choice(choices)

    def norm(self, _: Any) -> Any:
        layers = self.layers
        kinds = [layers.BatchNormalization, layers.LayerNormalization]
        return self.random.choice(kinds)(center=self.flag(), scale=self.flag())

    def repeat(self, _: Any) -> Any:
        return self.layers.RepeatVector(self.size())

    def spread(self, shape: Any) -> Any:
        layers = self.layers
        choices = [layers.GlobalMaxPooling1D(), layers.GlobalAveragePooling1D(keepdims=self.flag())]
        if shape[1] is not None:
            choices += [layers.Flatten(), layers.Permute((2, 1)), layers.Reshape((-1,))]
        return self.random.choice(choices)

    def convolution(self, _: Any) -> Any:
        return self.layers.Conv1D(
            self.size(),
            self.random.randint(1, 3),
            strides=self.random.randint(1, 2),
            padding=self.random.choice(["valid", "same", "causal"]),
            use_bias=self.flag(),
        )

    def pooling(self, _: Any) -> Any:
        kind = self.random.choice([self.layers.MaxPooling1D, self.layers.AveragePooling1D])
        return kind(self.random.randint(1, 3), padding=self.random.choice(["valid", "same"]))

    def moved(self, _: Any) -> Any:
        layers = self.layers
        return self.random.choice(
            [layers.ZeroPadding1D((1, 2)), layers.Cropping1D(1), layers.UpSampling1D(2)]
        )

    def image(self, shape: Any) -> Any:
        return self.layers.Reshape((shape[1], shape[2], 1))

    def conv_lstm(self, shape: Any) -> Any:
        kind = getattr(self.layers, f"ConvLSTM{len(shape) - 3}D")
        return kind(
            self.random.randint(1, 4),
            self.random.randint(1, 3) if shape[2] is not None and shape[2] > 2 else 1,
            padding=self.random.choice(["valid", "same"]),
            return_sequences=self.flag(),
            use_bias=self.flag(),
        )

    def flat(self, shape: Any) -> Any:
        # Without a known length there is nothing to lay out flat.
        layers = self.layers
        return layers.Flatten() if None not in shape[1:] else layers.Dense(self.size())

    def per_step(self, shape: Any) -> Any:
        return self.layers.TimeDistributed(
            self.layers.LSTM(self.size()) if len(shape) == 4 else self.layers.Flatten()
        )

    def branch(self, x: Any) -> Any:
        """Two readings of one input that meet."""
        layers, units = self.layers, self.size()
        sides = [
            layers.LSTM(units, return_sequences=True)(x),
            layers.GRU(units, return_sequences=True)(x),
        ]
        merges = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]
        return getattr(layers, self.random.choice(merges))()(sides)

    def shared(self, x: Any) -> Any:
        """One layer on two inputs."""
        shared = self.layers.LSTM(self.size(), return_sequences=self.flag())
        other = self.layers.Dense(x.shape[-1])(x)
        return self.layers.Concatenate()([shared(x), shared(other)])

    def attention(self, x: Any) -> Any:
        layers = self.layers
        width = self.size()
        y = layers.GRU(width, return_sequences=True)(x)
        kind = self.random.randint(0, 2)
        if kind == 0:
            return layers.Attention(use_scale=self.flag())([y, y])
        if kind == 1:
            return layers.AdditiveAttention(use_scale=self.flag())([y, y])
        heads = layers.MultiHeadAttention(2, self.size(), use_bias=self.flag())
        return heads(y, layers.Dense(self.size())(y))

    def encoder(self, x: Any) -> Any:
        """States of one layer as the first states of another."""
        layers, units = self.layers, self.size()
        if self.flag():
            _, h, c = layers.LSTM(units, return_state=True)(x)
            return layers.LSTM(units, return_sequences=True)(x, initial_state=[h, c])
        found = layers.Bidirectional(layers.GRU(units, return_state=True))(x)
        return layers.GRU(units, return_sequences=True)(x, initial_state=found[1])

    def dotted(self, x: Any) -> Any:
        """Two vectors and their product, beside a function of ones own."""
        layers, units = self.layers, self.size()
        sides = [layers.GRU(units)(x), layers.SimpleRNN(units)(x)]
        own = layers.Lambda(lambda both: both * 2, output_shape=(units,), name="own")(sides[0])
        return layers.Concatenate()([layers.Dot(axes=1)(sides), own])

    def nested(self, x: Any) -> Any:
        """A model as a layer, called twice."""
        inner_input = self.layers.Input(x.shape[1:])
        inner = self.keras.Model(inner_input, self.layers.LSTM(self.size())(inner_input))
        return self.layers.Add()([inner(x), inner(x)])
