"""The lesson in Chromium: every number that it can show against the engine's, and how quick it is.

    python benchmarks/lesson.py [--json] [--cells NAME,NAME] [--quick]

Every cell, in every convention that stores it, with 1 to 64 units, 1 to 16 features and every
choice of options. The engine counts all sizes at once as arrays; the page counts one layer after
the other with the functions that it draws by. Both give a digest of all numbers, in their order:
where two digests differ, the layer is named. The quick part moves sliders and opens the page.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

import lstminspect as li
from lstminspect import cells, conventions, terms
from lstminspect.cell import Cell
from lstminspect.equations.block import count_of
from lstminspect.formula import written
from lstminspect.pages.calls import choices
from lstminspect.pages.start import OWN_SIZE

GRID = [(units, features) for units in range(1, 65) for features in range(1, 17)]
#: Two primes below 2**26, so that a product of two remainders is exact in JavaScript.
PRIMES = (67108859, 67108837)
FACTOR = 31
SCRIPT = """
window.digests = ([state, sizes, which]) => {
  const numbers = [];
  for (const [units, features, timesteps, batch] of sizes) {
    const now = lesson.answer({ ...state, units, features, timesteps, batch });
    const calls = now.calls ? [now.calls.input, now.calls.returned, now.calls.states] : [];
    if (which === "calls") numbers.push(...calls.flat().flatMap(([, shape]) => shape));
    else {
      numbers.push(now.count, now.next, now.delta, now.step, now.width, now.second ?? 0);
      for (const each of Object.values(now.counts)) {
        if (each.count === null) continue;
        numbers.push(each.count, each.more?.count ?? 0, each.fewer?.count ?? 0);
      }
      for (const each of now.tensors) numbers.push(each.count, ...each.shape);
      for (const each of now.blocks) numbers.push(each.count, ...each.axes, ...each.sides);
    }
  }
  const sums = PRIMES.map((prime) =>
    numbers.reduce((sum, number) => (sum * FACTOR + (number % prime)) % prime, 0),
  );
  return [numbers.length, ...sums];
};
"""
MOVES = """
const [name, values, done] = arguments;
const slider = name && document.getElementById(`${name}-slider`);
const frame = () => new Promise(requestAnimationFrame);
const painted = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = resolve;
  port2.postMessage(0);
});
(async () => {
  const times = [];
  for (const value of values) {
    await frame();
    const start = performance.now();
    if (slider) {
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    document.body.getBoundingClientRect();
    const laid = performance.now();
    await frame();
    await painted();
    times.push([laid - start, performance.now() - start]);
  }
  done(times);
})();
"""


def chromium(profile: str) -> Chrome:
    options = Options()
    options.binary_location = shutil.which("chromium")
    for each in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{each}")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    browser = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_script_timeout(600)
    return browser


def opened(browser: Chrome, address: str) -> None:
    browser.get("about:blank")
    browser.get(address)
    ready = "return Boolean(window.lesson)"
    WebDriverWait(browser, 60, 0.01).until(lambda now: now.execute_script(ready))


def sizes_of(cell: Cell) -> np.ndarray:
    """Units, features, time steps and batch, a row for each layer of one cell."""
    step = OWN_SIZE if any(block.structure for block in cell.blocks) else 1
    rows = [(u, u if "x" in cell.declared else f) for u, f in GRID if not u % step]
    rows = list(dict.fromkeys(rows))
    return np.array([(*row, 1 + n * 7 % 50, 1 + n * 5 % 33) for n, row in enumerate(rows)])


def layer_of(cell: Cell, sizes: np.ndarray, choice: dict[str, Any]) -> li.Layer:
    units, features, timesteps, batch = sizes.T
    own = dict.fromkeys(cell.own_sizes, OWN_SIZE)
    widths = {} if "x" in cell.declared else {"features": features}
    return li.Layer(cell, units, timesteps=timesteps, batch=batch, **widths, **choice, **own)


def counted(layer: li.Layer, convention: str) -> Iterator[Any]:
    """The numbers of a layer under one convention, each for all sizes, in the page's order."""
    cell = layer.cell
    stored = layer.stored(convention)
    step = OWN_SIZE if any(block.structure for block in cell.blocks) else 1
    tied = "x" in cell.declared
    wider = layer.units + step
    more = replace(layer, units=wider, reset_after=None, **({"features": wider} if tied else {}))
    following = more.stored(convention).parameters
    above = {"features": layer.width, **({"units": layer.width} if tied else {})}
    alone = tied and layer.concatenated
    second = replace(layer, **above, reset_after=None).stored(convention)
    yield from (stored.parameters, following, following - stored.parameters, step, layer.width)
    yield 0 if alone else second.parameters
    once = Counter(layer.stored(conventions.EQUATIONS).blocks)
    for name in conventions.EVERY:
        if not layer.why_unsupported(name):
            other = layer.stored(name)
            here = Counter(other.blocks)
            yield other.parameters
            for blocks in (here - once, once - here):
                yield layer.directions * count_of(list(blocks.elements()), layer.sizes)
    for each in stored.weights:
        yield from (each.parameters, *each.shape)
    for block in cell.blocks:
        if layer.use_bias or not block.is_bias:
            axes = block.stored(layer.sizes)
            yield np.prod(np.broadcast_arrays(*axes), axis=0) if axes else 1
            yield from (*axes, *(layer.sizes[name] for name in block.shape))


def called(layer: li.Layer, convention: str) -> Iterator[Any]:
    """Every axis of the input, of what comes back and of the states."""
    named = convention in conventions.FRAMEWORKS
    if named and terms.why_not(layer, convention):
        return
    own = terms.get(convention if named else "keras")
    for tensors in (own.inputs(layer), own.returned(layer), own.states(layer)):
        for each in tensors:
            yield from each.shape


def digest(columns: list[Any], rows: int) -> list[int]:
    """The number of numbers, and two remainders that depend on each and on its place."""
    table = np.array([np.broadcast_to(np.asarray(each), (rows,)) for each in columns])
    numbers = table.T.ravel().astype(np.int64)
    sums = []
    for prime in PRIMES:
        total = 0
        for number in (numbers % prime).tolist():
            total = (total * FACTOR + number) % prime
        sums.append(total)
    return [len(numbers), *sums]


def compared(browser: Chrome, names: list[str]) -> dict[str, Any]:
    """The numbers of every layer of the cells `names`, by both."""
    script = SCRIPT.replace("PRIMES", json.dumps(PRIMES)).replace("FACTOR", str(FACTOR))
    browser.execute_script(script)
    layers = numbers = formulas = 0
    wrong = []
    for name in names:
        cell = cells.get(name)
        sizes = sizes_of(cell)
        states, wanted = [], []
        for convention in conventions.EVERY:
            for choice in choices():
                if conventions.get(convention).why_unsupported(cell, choice["use_bias"]):
                    continue
                layer = layer_of(cell, sizes, choice)
                own = dict.fromkeys(cell.own_sizes, OWN_SIZE)
                state = {"cell": name, "convention": convention, "merge_mode": "concat"}
                state |= choice | own
                # What is stored does not depend on what is returned.
                counts = not choice["return_sequences"] and not choice["return_state"]
                for which, each in (("counts", counted), ("calls", called)):
                    if which == "calls" or counts:
                        states.append([state, sizes.tolist(), which])
                        wanted.append(digest(list(each(layer, convention)), len(sizes)))
                layers += len(sizes)
                if counts:
                    shown = "return lesson.answer(arguments[0]).formula"
                    same = browser.execute_script(shown, state)
                    if same != written(layer.stored(convention).formula):
                        wrong.append(f"{state}: the formula is {same}")
                    formulas += 1
        seen = browser.execute_script("return arguments[0].map(digests)", states)
        numbers += sum(each[0] for each in wanted)
        wrong += [f"{s[0]}, {s[2]}" for s, a, b in zip(states, seen, wanted, strict=True) if a != b]
        print(f"{name}: {len(states)} choices, {layers:,} layers so far, {len(wrong)} wrong")
    return {"layers": layers, "numbers": numbers, "formulas": formulas, "wrong": wrong}


def quantiles(times: list[float]) -> dict[str, float]:
    low, high, most = np.quantile(times, (0.5, 0.95, 1.0))
    return {"median": _short(low), "95 %": _short(high), "worst": _short(most)}


def _short(number: Any) -> float:
    return round(float(number), 1)


def measured(browser: Chrome, address: str) -> dict[str, Any]:
    """Milliseconds of a slider's move, beside a frame in which nothing moves."""
    size = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    moves: dict[str, Any] = {}
    for cell in ("lstm", "gru", "fgr", "slstm"):
        opened(browser, f"{address}#cell={cell}")
        empty = browser.execute_async_script(MOVES, None, list(range(60)))
        moves[f"{cell}: no move, to the next frame"] = quantiles([each[1] for each in empty])
        for name, values in (
            ("units", range(1, 65)),
            ("features", [*range(1, 17)] * 3),
            ("timesteps", range(1, 101, 2)),
        ):
            times = browser.execute_async_script(MOVES, name, list(values))
            moves[f"{cell}: {name}, script and layout"] = quantiles([each[0] for each in times])
            moves[f"{cell}: {name}, to the next frame"] = quantiles([each[1] for each in times])
    paints = []
    script = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    for _ in range(10):
        opened(browser, address)
        paint = WebDriverWait(browser, 10).until(lambda now: now.execute_script(script))
        paints.append(paint)
    return {"moves": moves, "first paint": quantiles(paints)}


def requests(browser: Chrome, address: str) -> list[str]:
    """The addresses that the page asks for, but for its own."""
    browser.get_log("performance")
    opened(browser, address)
    every = "for (const each of document.querySelectorAll('main button')) each.click()"
    browser.execute_script("window.print = () => {};" + every)
    messages = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    sent = [each["params"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    addresses = {each["request"]["url"].partition("#")[0] for each in sent}
    return sorted(
        each for each in addresses if each.startswith(("http", "ws", "file")) and each != address
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON alone at the end")
    parser.add_argument("--cells", help="these cells alone")
    parser.add_argument("--quick", action="store_true", help="measure, and compare nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lesson.html"
        li.page().save(path)
        browser = chromium(f"{folder}/profile")
        try:
            results = measured(browser, path.as_uri())
            results["bytes"] = path.stat().st_size
            results["requests"] = requests(browser, path.as_uri())
            if not options.quick:
                opened(browser, path.as_uri())
                names = options.cells.split(",") if options.cells else list(cells.names())
                results["compared"] = compared(browser, names)
        finally:
            browser.quit()
    if options.json:
        print(json.dumps(results, indent=2))
        return
    print(f"{results['bytes']:,} bytes, requests: {results['requests'] or 'none'}")
    print(f"first paint, ms: {results['first paint']}")
    for name, times in results["moves"].items():
        print(f"{name}, ms: {times}")
    if "compared" in results:
        print(", ".join(f"{n:,} {k}" for k, n in results["compared"].items() if k != "wrong"))
        print("\n".join(results["compared"]["wrong"]) or "every number is the engine's")


if __name__ == "__main__":
    main()
