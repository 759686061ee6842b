"""A model file: what is in it, why code does not load it, and its layer run in NumPy.

No framework is needed, and nothing in a file is run.

pip install lstminspect
python examples/read_a_file.py
"""

import tempfile
from pathlib import Path

import numpy as np

import lstminspect as li
from lstminspect.weights.saved import safetensors

CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 16)

    def forward(self, x):
        return self.rnn(x)[0]
"""


def main() -> None:
    layer = li.Layer("lstm", units=8, features=3, bidirectional=True, framework="pytorch")
    weights = li.random_weights(layer, "pytorch")
    with tempfile.TemporaryDirectory() as folder:
        # As torch's DataParallel saves it: with a prefix before every name.
        path = Path(folder, "checkpoint.safetensors")
        path.write_bytes(safetensors({f"module.rnn.{n}": each for n, each in weights.items()}))

        file = li.open_file(path)
        print(file)
        print(file.against(CODE))

        (found,) = file.layers
        x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
        outputs = li.run(found.layer, file.weights(found), x)
        print("outputs of what is in the file:", outputs.shape)
        in_keras = li.convert(found.weights(), found.convention, "keras", found.layer)
        print(in_keras)


if __name__ == "__main__":
    main()
