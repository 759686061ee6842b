"""The echo problem, whole: count, train, predict, run in NumPy, and see what the cell remembers.

Five random digits go in, one per step. After the last step, the digit of step 2 must come out.

pip install 'lstminspect[keras]'
python examples/echo.py
"""

import keras
import numpy as np

import lstminspect as li

DIGITS, STEPS, ECHOED, UNITS = 10, 5, 2, 25
LAYER = li.Layer("lstm", units=UNITS, features=DIGITS, timesteps=STEPS)


def digits_and_inputs(*numbers: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sets of sequences, (number, STEPS), each with its one-hot form, (number, STEPS, DIGITS).

    No sequence comes twice, so a set to test with holds none that was trained with.
    """
    drawn = np.random.default_rng(0).permutation(DIGITS**STEPS)[: sum(numbers)]
    digits = drawn[:, None] // DIGITS ** np.arange(STEPS) % DIGITS
    one_hot = np.eye(DIGITS, dtype="float32")[digits]
    cuts = np.cumsum(numbers)[:-1]
    return list(zip(np.split(digits, cuts), np.split(one_hot, cuts), strict=True))


def built() -> keras.Sequential:
    """The real Keras model, its weights drawn from a fixed seed."""
    keras.utils.set_random_seed(0)
    lstm = keras.layers.LSTM(UNITS, name="lstm")
    dense = keras.layers.Dense(DIGITS, activation="softmax", name="dense")
    model = keras.Sequential([keras.Input((STEPS, DIGITS)), lstm, dense])
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def show_count(model: keras.Sequential) -> None:
    model.summary()
    counted = li.model(model)
    print(li.render(counted.summary(formulas=True)), "\n")
    assert [row.part.parameters for row in counted.rows] == [0, 3600, 260]
    assert counted.parameters == model.count_params() == 3860


def show_training(model: keras.Sequential, x: np.ndarray, fresh: np.ndarray) -> None:
    history = model.fit(x, x[:, ECHOED], batch_size=32, epochs=5, verbose=0).history
    print("accuracy, epoch by epoch:", np.round(history["accuracy"], 2))
    _, accuracy = model.evaluate(fresh, fresh[:, ECHOED], verbose=0)
    print(f"accuracy on {len(fresh):,} new sequences: {accuracy:.3f}\n")
    assert accuracy >= 0.95


def show_predictions(model: keras.Sequential, digits: np.ndarray, x: np.ndarray) -> None:
    """Keras and NumPy side by side, from the same weights in Keras' own order."""
    theirs = model.predict(x, verbose=0)
    kernel, bias = model.get_layer("dense").get_weights()
    last = li.run(LAYER, model.get_layer("lstm").get_weights(), x)
    scores = np.exp(last @ kernel + bias)
    ours = scores / scores.sum(axis=1, keepdims=True)
    for row in range(4):
        by_keras, by_numpy = theirs[row].argmax(), ours[row].argmax()
        print(f"sequence {digits[row]}  expected {digits[row, ECHOED]}", end="  ")
        print(f"Keras {by_keras}  NumPy {by_numpy}")
    difference = abs(ours - theirs).max()
    print(f"NumPy differs from Keras by at most {difference:.1e}\n")
    assert difference < 1e-5


def readable(c: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """The share of right readings of the digit of a step (row) from the cell at a step (column).

    Read by a linear map, fitted by least squares on one half and scored on the other.
    """
    half, wanted = len(c) // 2, np.eye(DIGITS)[digits]
    table = np.empty((STEPS, STEPS))
    for now in range(STEPS):
        cell = np.column_stack([c[:, now], np.ones(len(c))])
        for step in range(STEPS):
            fitted = np.linalg.lstsq(cell[:half], wanted[:half, step], rcond=None)[0]
            read = (cell[half:] @ fitted).argmax(axis=1)
            table[step, now] = (read == digits[half:, step]).mean()
    return table


def show_table(title: str, table: np.ndarray) -> None:
    print(title)
    print("        " + "".join(f"   t={now}" for now in range(STEPS)))
    for step, row in enumerate(table):
        print(f"  step {step}" + "".join("    --" if np.isnan(v) else f"{v:6.2f}" for v in row))
    print()


def shares_kept(trace: li.Trace) -> np.ndarray:
    """The share left at each step (column) of what entered the cell at each step (row).

    Step s writes i·g, and each later step multiplies it by f, unit by unit. So the cell at the end
    is a sum of five parts, one per step. Sizes are means of absolute values.
    """
    written, shares, parts = trace["i"] * trace["g"], np.full((STEPS, STEPS), np.nan), 0
    for step in range(STEPS):
        part = written[:, step]
        for now in range(step, STEPS):
            part = part * trace["f"][:, now] if now > step else part
            shares[step, now] = abs(part).mean() / abs(written[:, step]).mean()
        parts = parts + part
    assert abs(parts - trace["c"][:, -1]).max() < 1e-5
    return shares


def show_memory(
    before: list[np.ndarray], after: li.Trace, digits: np.ndarray, x: np.ndarray
) -> None:
    """Print what can be read from the cell, with the weights before and after the training."""
    print("How often the digit of a step can be read from the cell c (chance is 0.10)")
    untrained = readable(li.trace(LAYER, before, x)["c"], digits)
    trained = readable(after["c"], digits)
    show_table("before training", untrained)
    show_table("after training", trained)
    assert trained[ECHOED, :ECHOED].max() < 0.2, "it cannot be there before it came"
    assert trained[ECHOED, ECHOED:].min() > 0.95
    assert untrained[ECHOED, -1] < 0.8, "the training made the difference"
    assert trained[0, 0] > 0.95 > 0.5 > trained[0, -1]


def show_gates(trace: li.Trace) -> None:
    """Print what the gates did, on average over units and sequences."""
    shares = shares_kept(trace)
    show_table(
        "What the forget gate leaves of what a step wrote (mean size, 1 when written)", shares
    )
    assert shares[ECHOED, ECHOED + 2] > 0.6 > shares[0, 2]
    forget, enter = (trace[name].mean(axis=(0, 2)) for name in "fi")
    print("forget gate, t=0 to 4:", np.round(forget, 2))
    print("input gate,  t=0 to 4:", np.round(enter, 2))
    assert forget[ECHOED + 1 :].min() > forget[: ECHOED + 1].max()
    assert enter[ECHOED:].min() > 0.8
    print(
        "\nThe forget gate lets less through up to step 2 and more after it: digit 2 stays whole,\n"
        "digit 0 fades. The input gate does not shut afterwards: digits 3 and 4 are added to the\n"
        "same cell, and so the cell alone is not the answer: Dense reads digit 2 out of it."
    )


def main() -> None:
    (_, x), (digits, fresh) = digits_and_inputs(4000, 4000)
    model = built()
    show_count(model)
    before = model.get_layer("lstm").get_weights()
    show_training(model, x, fresh)
    show_predictions(model, digits, fresh)
    after = li.trace(LAYER, model.get_layer("lstm").get_weights(), fresh)
    show_memory(before, after, digits, fresh)
    show_gates(after)


if __name__ == "__main__":
    main()
