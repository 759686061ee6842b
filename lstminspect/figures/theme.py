"""The looks of a picture: its colours by light and by dark, and the colours of the gates.

The gates have the colours of Okabe & Ito, which people tell apart whose eyes tell red and green
apart badly (Color Universal Design, jfly.uni-koeln.de/color, 2008). They are bright enough for dark
text and stand out on white and on black. Colours are plain values in classes, not variables, since
programs for slides and print read no others.
"""

from __future__ import annotations

__all__ = ["GATES", "NOTEBOOK_STYLE", "PREFIX", "STYLE", "gate_look"]

#: Before every class and id, so that none of the page around a picture has the same.
PREFIX = "lstminspect-"

#: Orange, sky blue, green, yellow, vermillion, purple, and a grey in place of their black; then
#: paler and stronger shades of them, for cells of more than seven gates.
GATES = (
    *("#e69f00", "#56b4e9", "#2fb98d", "#f0e442", "#e8743b", "#d68fb5", "#b4b4b4"),
    *("#f7d08a", "#a9d6f5", "#9be0c6", "#c3b70f", "#f4b99d", "#b98ce0", "#8f9aa5"),
)

#: Marks that notebooks set on an element around a picture: JupyterLab, VS Code, Colab and Sphinx.
_NOTEBOOK = (
    ':is([data-jp-theme-light="{jupyter}"],body.vscode-{name},html[theme="{name}"],'
    '[data-theme="{name}"]) '
)

LIGHT = {
    "ink": "#1c2024",
    "muted": "#545d66",
    "line": "#5d6770",
    "paper": "#ffffff",
    "box": "#f2f4f6",
    "copy": "#dcebf7",
    "input": "#0072b2",
    "state": "#b3470e",
}
DARK = {
    "ink": "#eceff2",
    "muted": "#a9b2bb",
    "line": "#98a2ac",
    "paper": "#14171a",
    "box": "#252a2f",
    "copy": "#1e3547",
    "input": "#56b4e9",
    "state": "#f0a860",
}


def gate_look(number: int) -> str:
    """The look of the gate with this number, from 0; the colours begin again after the last."""
    return f"gate{number % len(GATES)}"


def _rules(colour: dict[str, str], around: str = "") -> str:
    rows = [
        f".{PREFIX}paper{{fill:{colour['paper']}}}",
        f".{PREFIX}ink{{fill:{colour['ink']}}}",
        f".{PREFIX}muted{{fill:{colour['muted']}}}",
        f".{PREFIX}box{{fill:{colour['box']};stroke:{colour['line']}}}",
        f".{PREFIX}copy{{fill:{colour['copy']};stroke:{colour['line']}}}",
        f".{PREFIX}tie-box{{fill:{colour['paper']};stroke:{colour['muted']}}}",
        f".{PREFIX}empty{{fill:none;stroke:{colour['line']}}}",
        f".{PREFIX}thin{{fill:none;stroke:{colour['line']};stroke-width:.6}}",
        f".{PREFIX}tie{{fill:none;stroke:{colour['muted']};stroke-dasharray:3 4}}",
        f".{PREFIX}tie-head{{fill:{colour['muted']}}}",
    ]
    for name in ("line", "input", "state"):
        rows.append(f".{PREFIX}{name}{{fill:none;stroke:{colour[name]};stroke-width:1.6}}")
        rows.append(f".{PREFIX}{name}-head{{fill:{colour[name]}}}")
        rows.append(
            f".{PREFIX}{name}-box{{fill:{colour['paper']};stroke:{colour[name]};stroke-width:1.6}}"
        )
    return "".join(f"{around}{row}\n" for row in rows)


_GATE_RULES = "\n".join(
    f".{PREFIX}gate{number}{{fill:{colour};stroke:#33383d}}" for number, colour in enumerate(GATES)
)

STYLE = (
    f".{PREFIX}picture{{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif}}\n"
    f"{_rules(LIGHT)}{_GATE_RULES}\n"
    f".{PREFIX}on-gate{{fill:#14171a}}\n"
    f".{PREFIX}grid{{fill:none;stroke:#33383d;stroke-width:.6;stroke-opacity:.5}}\n"
    f"@media (prefers-color-scheme:dark){{\n{_rules(DARK)}}}\n"
)

#: Beside a picture in a notebook: the notebook's own light or dark wins over the system's.
NOTEBOOK_STYLE = (
    f".{PREFIX}picture{{max-width:max(100%,48rem);height:auto}}\n"
    f"{_rules(LIGHT, _NOTEBOOK.format(jupyter='true', name='light'))}"
    f"{_rules(DARK, _NOTEBOOK.format(jupyter='false', name='dark'))}"
)
