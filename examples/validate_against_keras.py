"""The figures of a published course on LSTMs, from the equations and from real Keras layers.

pip install 'lstminspect[keras]'
python examples/validate_against_keras.py
"""

import lstminspect as li


def main() -> None:
    layers = [
        li.Layer("lstm", units=25, features=10, timesteps=5),
        li.Layer("lstm", 64, 3, timesteps=30, return_sequences=True, return_state=True),
        li.Layer("gru", units=32, features=16, bidirectional=True),
        li.Layer("gru", units=32, features=16, bidirectional=True, reset_after=False),
    ]
    validations = tuple(li.validate(layer, "keras") for layer in layers)
    print(li.render(validations))
    assert all(comparison.agrees for comparison in validations)
    assert [layer.parameters for layer in layers] == [3600, 17408, 9600, 9408]


if __name__ == "__main__":
    main()
