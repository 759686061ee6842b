"""The laboratory in Chromium: its size, when it is ready, how quick it answers, and its pictures.

    python benchmarks/lab.py [FOLDER] [--rounds N] [--json]

FOLDER is that of Pyodide; without it `npm pack pyodide` gets it. The page is opened from the disk.
The start is measured in seconds of the clock and, since other work on the machine makes it longer,
beside that of the same Pyodide in Node.js. Each question is answered several times, the first time
apart: then its modules are there, since the page reads them while nobody asks. All pictures of the
catalogue, four of a cell of one's own, and the text of every answer are compared with CPython's.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

import lstminspect as li
from lstminspect.pages.answering import answer
from lstminspect.pages.questions import QUESTIONS

MOST_BYTES, MOST_SECONDS = 10_000_000, 5
OWN = "f = sigmoid(W_f @ x + U_f @ h + b_f)\nh = f * h + (1 - f) * tanh(W_h @ x)\n"
STAGE = "return document.documentElement.dataset.stage === 'ready'"
ASK = """
const [asked, done] = arguments;
const began = performance.now();
lab.ask(asked).then((found) => done([performance.now() - began, found]));
"""
NODE = """
import { loadPyodide } from FILE;
const began = performance.now();
await loadPyodide();
console.log((performance.now() - began) / 1000);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the laboratory in Chromium.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or got(Path(place))
        path = Path(place) / "lab.html"
        li.page(lab=True, pyodide=folder).save(path)
        found = measured(path, folder, options.rounds)
    print(json.dumps(found, indent=2) if options.json else text(found))


def got(place: Path) -> Path:
    """The folder of Pyodide, fetched by npm."""
    subprocess.run(["npm", "pack", "--silent", "pyodide"], cwd=place, check=True)
    (archive,) = place.glob("*.tgz")
    subprocess.run(["tar", "xf", archive.name], cwd=place, check=True)
    return place


def measured(path: Path, folder: Path, rounds: int) -> dict[str, Any]:
    starts = []
    for _ in range(rounds):
        browser, seconds = started(path)
        starts.append(seconds)
        if len(starts) < rounds:
            browser.quit()
    try:
        differs, compared = differences(browser)
        return {
            "bytes": path.stat().st_size,
            "seconds until ready": starts,
            "seconds of Pyodide alone in Node.js": [in_node(folder) for _ in range(rounds)],
            "milliseconds": {name: times(browser, name, rounds) for name in able()},
            "compared": compared,
            "different": differs,
        }
    finally:
        browser.quit()


def able() -> list[str]:
    return [name for name, each in QUESTIONS.items() if not each.needs]


def started(path: Path) -> tuple[Chrome, float]:
    """A browser with the page, and the seconds from its address to Python that is ready."""
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for each in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{each}")
    browser = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_script_timeout(120)
    began = time.perf_counter()
    browser.get(path.as_uri())
    WebDriverWait(browser, 120, 0.02).until(lambda now: now.execute_script(STAGE))
    return browser, time.perf_counter() - began


def in_node(folder: Path) -> float:
    inner = folder / "package"
    loader = (inner if inner.is_dir() else folder).resolve() / "pyodide.mjs"
    code = NODE.replace("FILE", json.dumps(str(loader)))
    command = ["node", "--input-type=module", "--eval", code]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def times(browser: Chrome, name: str, rounds: int) -> list[float]:
    question = {"about": name, **QUESTIONS[name].example}
    return [browser.execute_async_script(ASK, question)[0] for _ in range(rounds + 1)]


def differences(browser: Chrome) -> tuple[list[dict[str, Any]], int]:
    """The questions with another answer than in CPython, and how many were asked."""
    asked: list[dict[str, Any]] = [{"about": name, **QUESTIONS[name].example} for name in able()]
    asked += [{"about": "cell", "name": name} for name in li.cells.names()]
    for name in li.cells.names():
        cell = li.cells.get(name)
        sizes = " ".join(f"{size}=2" for size in cell.own_sizes)
        layer = {"about": "layer", "cell": name, "units": 8, "features": 8, "size": sizes}
        asked += [{**layer, "picture": what} for what in ("cell", "layer", "weights", "all")]
    own = {"about": "equations", "equations": OWN, "units": 7, "features": 3}
    asked += [{**own, "picture": what} for what in ("cell", "layer", "weights", "all")]
    wrong = []
    for question in asked:
        found = browser.execute_async_script(ASK, question)[1]
        if found != answer(question) or not found.get("html"):
            wrong.append(question)
    return wrong, len(asked)


def text(found: dict[str, Any]) -> str:
    lines = [f"size      {found['bytes']:,} bytes (at most {MOST_BYTES:,})"]
    rows = {"ready": "seconds until ready", "Node.js": "seconds of Pyodide alone in Node.js"}
    for name, values in ((name, found[row]) for name, row in rows.items()):
        middle = statistics.median(values)
        lines.append(f"{name:<9} {min(values):.1f} s at best, {middle:.1f} s in the middle")
    lines += [
        f"          (ready within {MOST_SECONDS} s on a machine at rest)",
        f"answers   {found['compared']} compared, of which {len(found['different'])} differ",
        "",
        "question       first ms   middle of the others",
    ]
    lines += [str(each) for each in found["different"]]
    for name, (first, *others) in found["milliseconds"].items():
        lines.append(f"{name:<12} {first:>10.0f} {statistics.median(others):>22.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
