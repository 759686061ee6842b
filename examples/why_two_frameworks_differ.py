"""One GRU, five counts: which biases each framework keeps.

python examples/why_two_frameworks_differ.py
"""

import lstminspect as li


def main() -> None:
    found = li.report(li.Layer("gru", units=64, features=3))
    for name, other in found.conventions.items():
        words = ", ".join(f"{block} x {times}" for block, times in other.differs.items())
        print(f"{name:8} {other.parameters:7,}  {words or 'as in this report'}")
    matrices = 3 * 64 * (64 + 3)
    assert found.conventions["keras"].parameters == matrices + 6 * 64
    assert found.conventions["flax"].parameters == matrices + 4 * 64
    assert found.conventions["nnx"].parameters == matrices + 3 * 64


if __name__ == "__main__":
    main()
