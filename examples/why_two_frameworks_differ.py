"""One GRU, five counts: which biases each framework keeps.

python examples/why_two_frameworks_differ.py
"""

import lstminspect as li


def main() -> None:
    report = li.report(li.Layer("gru", units=64, features=3))
    for name, other in report.conventions.items():
        words = ", ".join(f"{block} x {times}" for block, times in other.differs.items())
        print(f"{name:8} {other.parameters:7,}  {words or 'the same as in this report'}")
    matrices = 3 * 64 * (64 + 3)
    assert report.conventions["keras"].parameters == matrices + 6 * 64
    assert report.conventions["flax"].parameters == matrices + 4 * 64
    assert report.conventions["nnx"].parameters == matrices + 3 * 64


if __name__ == "__main__":
    main()
