"""A trained Keras LSTM in PyTorch and back, with equal outputs, and the same in NumPy.

pip install 'lstminspect[keras,torch]'
python examples/port_to_pytorch.py
"""

import keras
import numpy as np
import torch

import lstminspect as li


def main() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 12, 3)).astype("float32")
    y = x[:, :, 0].cumsum(axis=1).astype("float32")[..., None]

    lstm = keras.layers.LSTM(16, return_sequences=True)
    model = keras.Sequential([keras.Input((12, 3)), lstm, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=3, verbose=0)
    expected = np.asarray(lstm(x))

    # One bias becomes the first of two. Matrices are transposed. The gates keep their order.
    conversion = li.convert(lstm.get_weights(), "keras", "pytorch")
    layer = conversion.layer
    print(f"{layer.cell.name}({layer.units}), {conversion.source} to {conversion.target}")
    module = torch.nn.LSTM(3, 16, batch_first=True)
    weights = {name: torch.from_numpy(w.copy()) for name, w in conversion.weights.items()}
    module.load_state_dict(weights)
    with torch.no_grad():
        ported = module(torch.from_numpy(x))[0].numpy()
    print(f"PyTorch differs by at most {abs(ported - expected).max():.1e}")
    assert abs(ported - expected).max() < 1e-5

    back = li.convert(module.state_dict(), "pytorch", "keras")
    print("back to Keras:", "; ".join(back.notes))
    lstm.set_weights(list(back.weights.values()))
    assert abs(np.asarray(lstm(x)) - expected).max() < 1e-6

    layer = li.Layer("lstm", units=16, features=3, return_sequences=True)
    ours = li.run(layer, lstm.get_weights(), x)
    print(f"NumPy differs by at most {abs(ours - expected).max():.1e}")
    assert abs(ours - expected).max() < 1e-5


if __name__ == "__main__":
    main()
