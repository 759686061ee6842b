"""The laboratory as one HTML file: forms for every question, and somebody who answers them.

The page is the same whoever answers: the Python inside it, in a worker, or one that it asks by
`POST`. What stands in it before is the first question.
"""

from __future__ import annotations

import json
import os
from functools import cache
from html import escape
from typing import Any

from lstminspect.errors import OptionError
from lstminspect.pages.answering import MOST_CHARACTERS, table
from lstminspect.pages.assembly import ASSETS, Page, embedded, filled, script
from lstminspect.pages.pyodide import HOW, engine, packed, runtime_in
from lstminspect.pages.questions import FORMS
from lstminspect.version import __version__

__all__ = ["SCRIPTS", "asked_over_http", "laboratory"]

#: The modules of the script, each after those that it imports from.
SCRIPTS = ("words.js", "place.js", "leaving.js", "ask.js", "form.js", "lab.js")
#: What the script does first.
BEGIN = "start(...['data', 'texts'].map((id) => JSON.parse(at(id).textContent)));"
#: What the page may load: nothing but itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"
INSIDE = (
    f"{POLICY}; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:; "
    "connect-src 'none'"
)
OVER_HTTP = f"{POLICY}; script-src 'unsafe-inline'; connect-src 'self'"


def laboratory(pyodide: str | os.PathLike[str] | None) -> Page:
    """The laboratory with Python inside, by the files of Pyodide in the folder `pyodide`.

    Raises OptionError, which says how to get them, where there are none.
    """
    if pyodide is None:
        hint = f"Get it by `{HOW}`, then write page(lab=True, pyodide='package')."
        raise OptionError(f"the laboratory needs the files of Pyodide, got no folder. {hint}")
    runtime = runtime_in(pyodide)
    parts = {**runtime.parts, "engine": packed(json.dumps(engine()).encode())}
    texts = [
        f'<script type="text/plain" id="part-{name}">{part}</script>'
        for name, part in parts.items()
    ]
    worker = embedded((ASSETS / "worker.js").read_text("utf-8"))
    texts.append(f'<script type="application/json" id="worker">{worker}</script>')
    answers = {"by": "worker", "lock": runtime.lock, "sizes": {}}
    names = {"pyodide": runtime.version, "python": runtime.python}
    return _page("\n".join(texts), answers, INSIDE, _texts()["made_by_worker"].format(**names))


def asked_over_http(address: str) -> Page:
    """The laboratory whose questions go to `address`, of the server that the page comes from."""
    made_by = _texts()["made_by_server"]
    return _page("", {"by": "server", "address": address}, OVER_HTTP, made_by)


def _page(parts: str, answers: dict[str, Any], policy: str, made_by: str) -> Page:
    texts = _texts()
    data = {"questions": table(), "forms": FORMS, "most": MOST_CHARACTERS, "answers": answers}
    filling = {
        "css": "\n".join((ASSETS / name).read_text("utf-8").strip()
                         for name in ("lesson.css", "lab.css")),
        "policy": policy,
        "questions": _questions(texts, answers["by"]),
        "data": embedded(data),
        "texts": embedded(texts),
        "script": f"{script(SCRIPTS)}\n{BEGIN}",
        "made_by": escape(f"{texts['made_by'].format(version=__version__)} {made_by}"),
        "parts": parts,
    }  # fmt: skip
    return Page(texts["title"], filled("lab.html", filling, texts))


def _questions(texts: dict[str, Any], by: str) -> str:
    """The questions as links, each to its form; those that this page cannot answer are marked."""
    lines = []
    for name, question in table().items():
        needs = texts["needs"].get(question["needs"][0]) if question["needs"] else ""
        mark = f' <span class="note">({escape(needs)})</span>' if needs and by == "worker" else ""
        title = escape(texts["questions"][name]["title"])
        lines.append(f'<li><a href="#about={name}" data-about="{name}">{title}{mark}</a></li>')
    return "\n".join(lines)


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((ASSETS / "lab_en.json").read_text("utf-8"))
    return texts
