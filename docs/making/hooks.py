"""Make what the pages of the site show: tables, pictures, help, and two pages of the repository.

mkdocs calls these functions while it builds (mkdocs.yml, `hooks`). A page asks for

- a table by `<!-- made: NAME -->`, with a name of `tables.MADE`;
- a picture by a block of the language `picture`, which holds the command that draws it;
- what a notebook shows by a block of the language `notebook`, with the lines of its cell.
"""

from __future__ import annotations

import contextlib
import html
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tables
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

from lstminspect.figures.theme import NOTEBOOK_STYLE, STYLE

ROOT = Path(__file__).parents[2]
SOURCE = "https://github.com/lstminspect/lstminspect/blob/main/"
#: Pages of the repository that stand beside `docs/`, and are pages of the site too.
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md")

MADE = re.compile(r"^<!-- made: (\w+) -->$", flags=re.MULTILINE)
PICTURE = re.compile(r"^```picture\n(.+)\n```$", flags=re.MULTILINE)
#: A file that the commands of a page read.
FILE = re.compile(r"""^```\w* title="([\w.]+)"\n(.*?)^```$""", flags=re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```python\n(>>> .*?)\n*^```$", flags=re.MULTILINE | re.DOTALL)
NOTEBOOK = re.compile(r"^```notebook\n(.+?)^```$", flags=re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n\$ ([^\n]*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
#: What a page would fetch from another site.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|object)\b[^>]*(?:src|data)="?(?:https?:)?//[^>]*>"""
    r"""|<link\b(?![^>]*canonical)[^>]*href="?(?:https?:)?//[^>]*>"""
    r"""|(?:url\(|@import)\s*["']?(?:https?:)?//[^)]*"""
)
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#]+)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages beside `docs/`, and the style of the pictures by the site's own mode."""
    for name in BESIDE:
        text = ROOT.joinpath(name).read_text("utf-8")
        files.append(File.generated(config, name, content=text))
    style = NOTEBOOK_STYLE
    for jupyter, site in (("light", "default"), ("dark", "slate")):
        style = style.replace(f'[data-theme="{jupyter}"]', f'[data-md-color-scheme="{site}"]')
    files.append(File.generated(config, "pictures.css", content=STYLE + style))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in what is made, and lead links to the site's pages or to the repository."""
    name = page.file.src_uri
    folder = ROOT.joinpath(*([] if name in BESIDE else ["docs"]), name).parent
    markdown = LINK.sub(lambda match: _target(match[1], folder, name), markdown)
    markdown = MADE.sub(lambda match: tables.MADE[match[1]](), markdown)
    with TemporaryDirectory() as files, contextlib.chdir(files):
        for title, text in FILE.findall(markdown):
            Path(title).write_text(text, "utf-8")
        markdown = PICTURE.sub(lambda match: tables.picture(match[1]), markdown)
        names: dict[str, Any] = {}
        markdown = NOTEBOOK.sub(lambda match: tables.notebook(match[1], names), markdown)
    markdown = CONSOLE.sub(_console, markdown)
    return SESSION.sub(r"```pycon\n\1\n```", markdown)


def _console(match: re.Match[str]) -> str:
    """A command and its answer, in which nothing is taken for another prompt or a comment."""
    command, answer = (html.escape(text, quote=False) for text in match.groups())
    return (
        '<div class="highlight"><pre><code><span class="gp">$ </span>'
        f'{command}\n<span class="go">{answer}</span></code></pre></div>'
    )


def on_post_page(output: str, **_: Any) -> str:
    """Name the theme's search for those who hear the page."""
    return output.replace(' role="dialog"', ' role="dialog" aria-label="Search"')


def on_post_build(config: Any, **_: Any) -> None:
    """Stop where a page fetches a script, a style, a font or a picture from another site."""
    for path in sorted(Path(config.site_dir).rglob("*")):
        if path.suffix in {".html", ".css", ".svg"} and (
            fetched := FETCHED.search(path.read_text("utf-8"))
        ):
            raise PluginError(f"{path.name} fetches something from another site: {fetched[0]}")


def _target(link: str, folder: Path, page: str) -> str:
    """The link from `page` to the same file, on the site if it is there."""
    path = folder.joinpath(link).resolve()
    if not path.is_relative_to(ROOT) or not path.exists():
        return link  # mkdocs says that it leads nowhere.
    place = path.relative_to(ROOT).as_posix()
    if place not in BESIDE and not place.startswith("docs/"):
        return SOURCE + place
    up = "../" * page.count("/")
    return up + place.removeprefix("docs/")
