"""The lesson as a file: its size, what it holds, and what reads without a script."""

from __future__ import annotations

import base64
import json
import re
import warnings
import zlib
from pathlib import Path
from typing import Any

import html5lib
import pytest

import lstminspect as li
from lstminspect import cells, conventions
from lstminspect.cli import main
from lstminspect.pages.assembly import ASSETS
from lstminspect.pages.lesson import LANGUAGES, SCRIPTS

MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def html() -> str:
    return li.page().html


def embedded(html: str, name: str) -> Any:
    match = re.search(rf'<script type="[a-z/]+" id="{name}">(.*?)</script>', html, re.DOTALL)
    assert match
    text = match.group(1)
    return json.loads(zlib.decompress(base64.b64decode(text)) if name == "data" else text)


def test_the_page_has_at_most_300_kilobytes(html: str) -> None:
    assert len(html.encode("utf-8")) <= MOST_BYTES


def test_the_page_names_no_other_file(html: str) -> None:
    names = set(re.findall(r"https?://[\w.]+", html))
    assert names == {"http://www.w3.org"}  # The name of SVG, which nothing fetches.
    assert re.findall(r"<(?:link|img|iframe|script)[^>]*(?:src|href)=\"(?!data:,)", html) == []
    assert "default-src 'none'" in html


def test_the_page_is_html_without_an_error(html: str) -> None:
    html5lib.HTMLParser(strict=True).parse(html)


def test_the_page_holds_every_cell_and_convention(html: str) -> None:
    data = embedded(html, "data")
    assert tuple(data["cells"]) == cells.names()
    assert tuple(data["conventions"]) == conventions.EVERY


def test_no_cell_is_written_down_in_the_script() -> None:
    script = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    words = set(re.findall(r"\w+", script))
    blocks = {block.name for name in cells.names() for block in cells.get(name).blocks}
    assert words & {"lstm", "gru", "rnn", "sigmoid", "tanh"} == set()
    assert {name for name in words & blocks if "_" in name} == set()


def test_the_page_reads_without_a_script(html: str) -> None:
    before, _, _ = html.partition('<script type="application/json"')
    assert "4·(units·(units + features) + units) = 4·(4·(4 + 3) + 4) = 128" in before
    assert "With 5 units: 180 parameters, Δ = 52 more." in before
    assert "(2, 5, 3)" in before
    assert "180 − 128 = 52" in before  # No number of the worksheet without its reason.
    assert before.count("<details>") == 7  # Six beliefs, and the answers of the worksheet.


def test_no_place_of_the_template_or_of_a_text_is_left_open(html: str) -> None:
    before, _, _ = html.partition('<script type="application/json"')
    assert re.findall(r"\{\{.*?\}\}|\{[a-z_]+\}", before.partition("<body>")[2]) == []


def test_the_page_is_written_to_a_file(tmp_path: Path, html: str) -> None:
    li.page().save(tmp_path / "lesson.html")
    assert (tmp_path / "lesson.html").read_text("utf-8") == html


def test_a_page_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(li.OptionError, match="cannot be written"):
        li.page().save(tmp_path / "nowhere" / "lesson.html")


def test_the_command_writes_the_page(tmp_path: Path, html: str) -> None:
    path = tmp_path / "lesson.html"
    assert main(["page", "-o", str(path)]) == 0
    assert path.read_text("utf-8") == f"{html}\n"


def test_a_page_in_a_file_of_another_format_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["page", "-o", str(tmp_path / "lesson.csv")]) == 2
    assert "Give a name that ends in .html." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_is_told_to_write_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lstminspect.cli.commands.page.is_terminal", lambda _: True)
    assert main(["page"]) == 2
    assert "lstminspect page -o lesson.html" in capsys.readouterr().err


def test_the_page_begins_with_a_layer() -> None:
    layer = li.Layer("projected", 6, 5, projection=3, bidirectional=True, framework="pytorch")
    html = li.page(layer).html
    start = embedded(html, "start")
    wanted = {"cell": "projected", "units": 6, "features": 5, "projection": 3, "timesteps": 5}
    wanted |= {"bidirectional": True, "convention": "pytorch"}
    assert {name: start[name] for name in wanted} == wanted
    assert f'id="count">{layer.parameters}<' in html


def test_the_page_begins_with_a_cell_of_ones_own() -> None:
    cell = li.Cell("h = tanh(W_h @ x + U_h @ h)", name="plain")
    html = li.page(li.Layer(cell, 4, 3)).html
    own = embedded(html, "data")["cells"]["plain"]
    assert [block["name"] for block in own["blocks"]] == ["W_h", "U_h"]
    assert own["calls"]["code"] == {}


def test_a_cell_of_ones_own_that_does_not_stay_finite_has_gaps() -> None:
    cell = li.Cell("h = exp(exp(exp(W_h @ x + U_h @ h + 3)))", name="exploding")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        html = li.page(li.Layer(cell, 2, 3)).html
    assert None in embedded(html, "data")["cells"]["exploding"]["traces"]["2 3"]["h"][0]
    assert "<td>–</td>" in html


def test_a_layer_that_the_page_cannot_move_is_refused() -> None:
    with pytest.raises(li.OptionError, match="has no control for layers, got 2"):
        li.page(li.Layer("lstm", 4, 3, layers=2))


@pytest.mark.parametrize("units", ["u", 5000])
def test_a_size_that_the_page_cannot_move_is_refused(units: int | str) -> None:
    with pytest.raises(li.SizeError, match="units of a lesson must be a whole number from 1 to"):
        li.page(li.Layer("lstm", units, 3))


def leaves(value: Any, path: str = "") -> dict[str, str]:
    """Every text of a language by its place."""
    if isinstance(value, dict):
        value = value.items()
    elif isinstance(value, list):
        value = enumerate(value)
    else:
        return {path: value}
    return {
        place: text for key, each in value for place, text in leaves(each, f"{path}/{key}").items()
    }


@pytest.fixture(params=LANGUAGES[1:])
def translated(request: pytest.FixtureRequest) -> tuple[dict[str, str], dict[str, str]]:
    return tuple(
        leaves(json.loads((ASSETS / f"{name}.json").read_text("utf-8")))
        for name in ("en", request.param)
    )


def test_a_language_has_the_texts_of_english(
    translated: tuple[dict[str, str], dict[str, str]],
) -> None:
    english, other = translated
    assert list(other) == list(english)


def test_a_language_names_the_same_numbers(
    translated: tuple[dict[str, str], dict[str, str]],
) -> None:
    english, other = translated
    names = re.compile(r"\{([a-z_]+)\}")
    differ = {
        place: text
        for place, text in other.items()
        if sorted(names.findall(str(text))) != sorted(names.findall(str(english[place])))
    }
    assert differ == {}


def test_a_language_sets_the_same_steps(
    translated: tuple[dict[str, str], dict[str, str]],
) -> None:
    english, other = translated
    assert {place: each for place, each in other.items() if "/set/" in place} == {
        place: each for place, each in english.items() if "/set/" in place
    }


def test_the_page_begins_in_a_language() -> None:
    lesson = li.page(language="de")
    assert lesson.title.startswith("Was bedeutet units?")
    assert '<html lang="de">' in lesson.html
    assert "Mit 5 units: 180 Parameter, Δ = 52 mehr." in lesson.html
    assert embedded(lesson.html, "start")["language"] == "de"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(li.OptionError, match="language must be 'en', 'de' or 'zh', got 'fr'"):
        li.page(language="fr")  # type: ignore[arg-type]


def test_the_command_writes_a_language(tmp_path: Path) -> None:
    path = tmp_path / "lektion.html"
    assert main(["page", "--language", "zh", "-o", str(path)]) == 0
    assert "units 是什么意思？" in path.read_text("utf-8")


def test_the_command_begins_with_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "lesson.html"
    words = "page --cell gru --units 6 --features 2 --bidirectional --framework pytorch -o"
    assert main([*words.split(), str(path)]) == 0
    layer = li.Layer("gru", 6, 2, bidirectional=True, framework="pytorch")
    assert path.read_text("utf-8") == f"{li.page(layer).html}\n"


def test_the_command_refuses_a_layer_that_the_page_cannot_move(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["page", "--units", "6", "--features", "2", "--layers", "2"]) == 2
    assert "has no control for layers, got 2" in capsys.readouterr().err
