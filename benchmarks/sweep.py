"""Ten million configurations swept: rate against a Python loop over layers, and memory.

    python benchmarks/sweep.py [--json] [--pairs N]

Both sides count the same configurations in the same run; the loop takes a sample of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import tracemalloc

from lstminspect import Layer, sweep

SAMPLE = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--pairs", type=int, default=10_000_000, help="configurations to sweep")
    options = parser.parse_args()
    high = max(1, options.pairs // 1000)
    units, features = range(1, high + 1), range(1, 1001)
    loops, sweeps = [], []
    for _ in range(3):
        start = time.perf_counter()
        sampled = sum(Layer("lstm", u, 7).parameters for u in range(1, SAMPLE + 1))
        loops.append(SAMPLE / (time.perf_counter() - start))
        start = time.perf_counter()
        pairs = sum(1 for _ in sweep(["lstm"], units, features))
        sweeps.append(pairs / (time.perf_counter() - start))
    assert sampled == sum(row.parameters for row in sweep(["lstm"], range(1, SAMPLE + 1), [7]))
    tracemalloc.start()
    for _ in sweep(["lstm"], range(1, max(2, high // 10)), features):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    figures = {
        "configurations": pairs,
        "loop_a_second": statistics.median(loops),
        "sweep_a_second": statistics.median(sweeps),
        "sweep_over_loop": statistics.median(sweeps) / statistics.median(loops),
        "peak_megabytes": peak / 1e6,
    }
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:20} {value:>14,.4g}")


if __name__ == "__main__":
    main()
