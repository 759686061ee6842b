"""Keras code as people write it: each text makes `model`, run by Keras or only read."""

STACKED = """
from keras.models import Sequential
from keras.layers import LSTM, Dense, Dropout

n_steps, n_features = 30, 8
layers = [50, 40, 30]
model = Sequential(name="stacked")
for number, units in enumerate(layers):
    last = number == len(layers) - 1
    if number == 0:
        model.add(LSTM(units, return_sequences=not last, input_shape=(n_steps, n_features)))
    else:
        model.add(LSTM(units, return_sequences=not last))
    model.add(Dropout(0.2))
model.add(Dense(1))
model.compile(optimizer="adam", loss="mse")
"""

CNN_LSTM = """
from keras import layers, models
model = models.Sequential([
    layers.Input(shape=(None, 4, 12, 1)),
    layers.TimeDistributed(layers.Conv2D(8, (2, 3), activation="relu")),
    layers.TimeDistributed(layers.MaxPooling2D(pool_size=2, padding="same")),
    layers.TimeDistributed(layers.Flatten()),
    layers.LSTM(20, activation="relu"),
    layers.Dense(5, activation="softmax"),
])
model.summary()
"""

AUTOENCODER = """
import numpy as np
timesteps, n_features = 3, 2
sequence = np.zeros((6, timesteps, n_features))
model = keras.Sequential()
model.add(keras.layers.LSTM(16, activation="relu", input_shape=(timesteps, n_features),
                            return_sequences=False))
model.add(keras.layers.RepeatVector(n=timesteps))
model.add(keras.layers.LSTM(16, activation="relu", return_sequences=True))
model.add(keras.layers.TimeDistributed(keras.layers.Dense(n_features)))
"""

TRANSLATION = """
latent_dim = 32
num_encoder_tokens, num_decoder_tokens = 71, 93
encoder_inputs = keras.Input(shape=(None, num_encoder_tokens))
encoder = keras.layers.LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = keras.Input(shape=(None, num_decoder_tokens))
decoder_lstm = keras.layers.LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = keras.layers.Dense(num_decoder_tokens, activation="softmax")
decoder_outputs = decoder_dense(decoder_outputs)
model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
"""

ATTENTION = """
def encoder(units, words):
    x = layers.Embedding(200, 16)(words)
    return layers.Bidirectional(layers.GRU(units, return_sequences=True, return_state=True))(x)

layers = keras.layers
words = keras.Input((None,), dtype="int64", name="words")
sequence, *states = encoder(12, words)
query = layers.Dense(24)(layers.Concatenate()(states))
query = layers.Reshape((1, 24))(query)
context = layers.Attention()([query, sequence])
context = layers.Flatten()(context)
model = keras.Model(inputs={"words": words}, outputs=layers.Dense(3)(context))
"""

ARITHMETIC = """
from tensorflow import keras
inputs = keras.Input(shape=(10, 6))
x = keras.layers.GRU(6, return_sequences=True)(inputs)
x = x + inputs
x = keras.layers.LayerNormalization()(2 * x)
last = x[:, -1]
gate = keras.layers.Dense(6, activation="sigmoid")(last)
outputs = keras.layers.Dense(2)(gate * last)
model = keras.Model(inputs, outputs, name="sums")
"""

NESTED = """
def tower(features, units=4, name=None):
    return keras.Sequential([keras.Input((7, features)), keras.layers.LSTM(units)], name=name)

left, right = keras.Input((7, 3)), keras.Input((7, 3))
twin = tower(3, units=5, name="twin")
merged = keras.layers.concatenate([twin(left), twin(right)], axis=-1)
model = keras.Model([left, right], keras.layers.Dense(1)(merged))
"""

CELLS = """
cells = [keras.layers.LSTMCell(8), keras.layers.GRUCell(6), keras.layers.SimpleRNNCell(4)]
inputs = keras.Input(batch_shape=(4, 9, 5))
outputs = keras.layers.RNN(keras.layers.StackedRNNCells(cells), return_sequences=True)(inputs)
outputs = keras.layers.RNN([keras.layers.GRUCell(n) for n in (3, 2)])(outputs)
model = keras.Model(inputs=inputs, outputs=outputs)
"""

STATEFUL = """
batch_size = 4
model = keras.Sequential()
model.add(keras.layers.InputLayer(batch_shape=(batch_size, None, 1)))
for i in range(2):
    model.add(keras.layers.LSTM(8, stateful=True, return_sequences=True, name=f"lstm_{i + 1}"))
model.add(keras.layers.Dense(units=1, use_bias=False))
"""

RADAR = """
inp = keras.layers.Input(shape=(None, 16, 16, 1))
x = keras.layers.ConvLSTM2D(filters=4, kernel_size=(5, 5), padding="same", return_sequences=True,
                            activation="relu")(inp)
x = keras.layers.BatchNormalization()(x)
x = keras.layers.ConvLSTM2D(4, 3, strides=2, padding="valid", return_sequences=True)(x)
x = keras.layers.Conv3D(1, (3, 3, 3), activation="sigmoid", padding="same")(x)
model = keras.models.Model(inp, x)
"""

TEXTS = """
max_features, maxlen = 300, 40
model = keras.Sequential([
    keras.layers.Embedding(max_features, 12, input_shape=(maxlen,), mask_zero=True),
    keras.layers.SpatialDropout1D(0.2),
    keras.layers.Conv1D(filters=16, kernel_size=5, padding="causal", strides=2),
    keras.layers.MaxPooling1D(pool_size=3),
    keras.layers.Bidirectional(keras.layers.LSTM(6), merge_mode="ave",
                               backward_layer=keras.layers.LSTM(6, go_backwards=True)),
    keras.layers.Dense(1, activation="sigmoid", kernel_regularizer="l2"),
])
"""

HEADS = """
inputs = keras.Input((12, 8))
y, scores = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3, value_dim=5)(
    inputs, inputs, return_attention_scores=True)
y = keras.layers.Add()([inputs, y])
y = keras.layers.GlobalAveragePooling1D()(y)
model = keras.Model(inputs, [y, scores])
"""

SNIPPETS = {
    name.lower(): text
    for name, text in list(globals().items())
    if name.isupper() and isinstance(text, str) and name != "SNIPPETS"
}
