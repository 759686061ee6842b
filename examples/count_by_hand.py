"""Count an LSTM by hand, gate by gate, and check the sum.

python examples/count_by_hand.py
"""

import lstminspect as li

UNITS, FEATURES = 2, 3


def main() -> None:
    lstm = li.cells.get("lstm")
    print(lstm.text, end="\n\n")
    total = 0
    for gate in lstm.gates:
        print(f"gate {gate}:")
        for block in lstm.blocks:
            if block.gate == gate:
                sizes = [UNITS if name == "units" else FEATURES for name in block.shape]
                entries = sizes[0] * (sizes[1] if len(sizes) == 2 else 1)
                total += entries
                print(f"  {block.name}  {' x '.join(block.shape):18} {entries:3}")
    print(f"total: {total}")
    layer = li.Layer("lstm", units=UNITS, features=FEATURES)
    assert total == layer.parameters == 4 * (UNITS * (UNITS + FEATURES) + UNITS) == 48


if __name__ == "__main__":
    main()
