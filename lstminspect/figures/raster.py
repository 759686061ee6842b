"""A picture as PNG or PDF, for slides: by resvg where it is installed, else by a browser."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from lstminspect.errors import MissingFramework

__all__ = ["pdf_of", "png_of"]

#: Pixels for each unit of the picture: sharp on a projector and on paper.
ZOOM = 3
#: Programs that draw a page without a window.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge")
#: The longest that a browser may take, in seconds.
PATIENCE = 60
PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    '<text x="2" y="15" font-family="sans-serif">{}</text></svg>'
)


def png_of(svg: str) -> bytes:
    """The picture as PNG, three pixels for each unit, in its light colours.

    Raises MissingFramework where neither resvg with a font nor a browser is there.
    """
    if _has_resvg():
        from resvg_py import svg_to_bytes

        return bytes(svg_to_bytes(svg_string=svg, zoom=ZOOM))
    return _by_browser(svg, "PNG", "--screenshot", f"--force-device-scale-factor={ZOOM}")


def pdf_of(svg: str) -> bytes:
    """The picture as PDF of one page of its own size, in its light colours.

    Raises MissingFramework where no browser is there.
    """
    return _by_browser(svg, "PDF", "--print-to-pdf", "--no-pdf-header-footer")


@cache
def _has_resvg() -> bool:
    """Tell whether resvg is there and finds a font: without one it leaves the text out."""
    if find_spec("resvg_py") is None:
        return False
    from resvg_py import svg_to_bytes

    drawn = [svg_to_bytes(svg_string=PROBE.format(text)) for text in ("W", "")]
    return bytes(drawn[0]) != bytes(drawn[1])


def _by_browser(svg: str, medium: str, action: str, *options: str) -> bytes:
    browser = next(filter(None, map(which, BROWSERS)), None)
    if browser is None:
        other = " or pip install 'lstminspect[slides]'" if medium == "PNG" else ""
        raise MissingFramework(
            f"a picture as {medium} needs a browser: install Chromium{other}. SVG needs nothing."
        )
    width, height = (ceil(float(each)) for each in _size(svg))
    page = (
        '<!DOCTYPE html><meta charset="utf-8"><style>:root{color-scheme:only light}'
        f"@page{{size:{width}px {height}px;margin:0}}body{{margin:0}}svg{{display:block}}</style>"
        f"{svg.replace('@media (prefers-color-scheme:dark)', '@media not all')}"
    )
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "picture.html"), Path(folder, f"picture.{medium.lower()}")
        source.write_text(page, "utf-8")
        arguments = [
            browser, "--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars",
            "--disable-background-networking", f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}", *options, f"{action}={target}", source.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(arguments, capture_output=True, timeout=PATIENCE, check=True)
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise MissingFramework(
                f"{browser} did not write a {medium}: {type(error).__name__}. Use SVG here."
            ) from None


def _size(svg: str) -> tuple[str, str]:
    """The width and the height that the picture says."""
    head = re.search(r'<svg[^>]* width="([0-9.]+)" height="([0-9.]+)"', svg)
    assert head is not None, "every picture says its size"
    return head[1], head[2]
