"""A peephole LSTM, which Keras does not have, trained in Keras from its equations.

pip install 'lstminspect[keras]'
python examples/train_a_peephole_lstm.py
"""

import keras
import numpy as np

import lstminspect as li


def main() -> None:
    # Each sequence has two marks. The target is how many steps lie between them.
    random = np.random.default_rng(0)
    x = np.zeros((256, 12, 1), "float32")
    y = np.zeros((256, 1), "float32")
    for row in range(256):
        first, second = sorted(random.choice(12, 2, replace=False))
        x[row, [first, second]] = 1
        y[row] = (second - first) / 12

    keras.utils.set_random_seed(0)
    rnn = keras.layers.RNN(li.keras_cell("peephole", 12))
    model = keras.Sequential([keras.Input((12, 1)), rnn, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    history = model.fit(x, y, epochs=8, verbose=0).history["loss"]
    print(f"loss {history[0]:.3f} to {history[-1]:.3f}")
    assert history[-1] < history[0] / 2

    # The same equations count, run and explain what was trained.
    layer = li.Layer("peephole", units=12, features=1)
    assert rnn.count_params() == layer.parameters == 4 * 12 * (12 + 1 + 1) + 3 * 12
    ours = li.run(layer, rnn.get_weights(), x)
    difference = abs(ours - np.asarray(rnn(x))).max()
    print(f"NumPy differs by at most {difference:.1e}")
    assert difference < 1e-5

    trace = li.trace(layer, rnn.get_weights(), x[:1])
    print(trace.table("f", digits=2).splitlines()[0])
    print("forget gate of unit 0:", np.round(trace["f"][0, :, 0], 2))


if __name__ == "__main__":
    main()
