"""QTI 1.2, the IMS format of questions that learning platforms exchange: one XML document.

The elements are those of `ims_qtiasiv1p2p1.dtd`, ASI: assessment, section, item
(imsglobal.org/question/qtiv1p2/imsqti_asi_bindv1p2.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from lstminspect.teaching.quiz.blanks import Blank, blanks
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.worksheet import Worksheet

__all__ = ["written"]

#: The choices of a blank that is true or false.
TRUTHS = ("True", "False")


def written(sheets: Iterable[Worksheet]) -> str:
    """The questions of all versions, a section for each, without a final line end."""
    every = tuple(sheets)
    root = Element("questestinterop")
    title = every[0].title or f"Worksheet {every[0].seed}"
    test = SubElement(root, "assessment", ident=f"lstminspect-{every[0].seed}", title=title)
    for number, sheet in enumerate(every):
        name = sheet.version or "A"
        section = SubElement(test, "section", ident=f"version-{name}-{number}", title=sheet.heading)
        for place, question in enumerate(sheet.questions, 1):
            _item(section, question, f"{name}-{place}")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _item(section: Element, question: Question, ident: str) -> None:
    item = SubElement(section, "item", ident=ident, title=f"{ident}: {question.topic}")
    shown = SubElement(item, "presentation")
    _material(shown, question.text)
    marked = SubElement(item, "resprocessing")
    outcomes = SubElement(marked, "outcomes")
    most = str(question.points)
    SubElement(outcomes, "decvar", varname="SCORE", vartype="Decimal", minvalue="0", maxvalue=most)
    for number, blank in enumerate(blanks(question), 1):
        _asked(shown, blank, f"blank-{number}")
        _marked(marked, blank, f"blank-{number}")
    after = SubElement(marked, "respcondition", {"continue": "Yes"})
    SubElement(SubElement(after, "conditionvar"), "other")
    SubElement(after, "displayfeedback", feedbacktype="Solution", linkrefid="solution")
    feedback = SubElement(item, "itemfeedback", ident="solution")
    solution = SubElement(SubElement(feedback, "solution"), "solutionmaterial")
    _material(solution, "\n".join([f"{question.answer}.", *question.steps]))


def _material(parent: Element, text: str) -> None:
    SubElement(SubElement(parent, "material"), "mattext", texttype="text/plain").text = text


def _choices(blank: Blank) -> tuple[str, ...]:
    return TRUTHS if isinstance(blank.answer, bool) else blank.choices


def _asked(shown: Element, blank: Blank, ident: str) -> None:
    """A line to fill in, or the choices, below the label."""
    _material(shown, f"{blank.label}:")
    if choices := _choices(blank):
        asked = SubElement(shown, "response_lid", ident=ident, rcardinality="Single")
        render = SubElement(asked, "render_choice")
        for number, choice in enumerate(choices):
            _material(SubElement(render, "response_label", ident=f"choice-{number}"), choice)
        return
    asked = SubElement(shown, "response_str", ident=ident, rcardinality="Single")
    what = "Integer" if isinstance(blank.answer, int) else "String"
    render = SubElement(asked, "render_fib", fibtype=what, rows="1", columns="20")
    SubElement(render, "response_label", ident=f"{ident}-line")


def _marked(marked: Element, blank: Blank, ident: str) -> None:
    """The points for a right answer: a number exactly, a shape in any of its spellings."""
    condition = SubElement(marked, "respcondition", {"continue": "Yes"})
    variable = SubElement(condition, "conditionvar")
    choices = _choices(blank)
    right = (f"choice-{choices.index(str(blank.answer))}",) if choices else blank.spellings
    if len(right) > 1:
        variable = SubElement(variable, "or")
    for each in right:
        SubElement(variable, "varequal", respident=ident, case="No").text = each
    SubElement(condition, "setvar", action="Add", varname="SCORE").text = str(blank.points)
