"""From lines of Keras code to a graph: read by syntax tree, never run.

Understood are the lines that make layers, call them and add them to models, with the constants,
loops and functions around them. What else stands in the text (data, training, prints) is passed
over; a layer's argument that depends on it is an error that says so.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import replace

from lstminspect.errors import ModelError
from lstminspect.models.graph import INPUT, Graph, sequential
from lstminspect.models.reading.expressions import DefinedFunction
from lstminspect.models.reading.keras_semantics import KerasSemantics
from lstminspect.models.reading.objects import LayerObject, ModelObject, spec_of

__all__ = ["graph_of_code"]

#: Some 8,000 lines; the syntax tree of more would take hundreds of megabytes.
MOST_CHARACTERS = 300_000


def graph_of_code(text: str) -> Graph:
    """The graph of the model that `text` makes. Raises ModelError, with the line, if it is none.

    >>> graph = graph_of_code("LSTM(25, input_shape=(5, 10)), Dense(10)")
    >>> [call.layer for call in graph.calls]
    ['input_layer', 'lstm', 'dense']
    """
    lines = _lines(text)
    semantics = KerasSemantics(lines)
    try:
        semantics.interpreter.body(_parsed(lines).body)
        return semantics.final(_found(semantics))
    except RecursionError:
        raise ModelError("the text is nested too deep. Give the model alone.") from None


def _lines(text: str) -> str:
    """The Python in a text: without a fence of Markdown, magics of a notebook, and prompts."""
    text = re.sub(r"\r\n?", "\n", text)
    kept = [line for line in text.split("\n") if not re.match(r"\s*(```|[%!])", line)]
    lines = textwrap.dedent("\n".join(kept)).strip("\n")
    if re.match(r"\s*>>> ", lines):
        lines = "\n".join(re.sub(r"^\s*(>>>|\.\.\.) ?", "", line) for line in lines.split("\n"))
    return lines.strip()


def _parsed(lines: str) -> ast.Module:
    if len(lines) > MOST_CHARACTERS:
        raise ModelError(
            f"the text is too long: code has at most {MOST_CHARACTERS:,} characters here. "
            "Give the lines of the model alone."
        )
    try:
        with warnings.catch_warnings():
            # What Python has to say about the style of a text is for its author.
            warnings.simplefilter("ignore")
            return ast.parse(lines)
    except SyntaxError as error:
        shown = (error.text or "").strip()[:60]
        message = f"line {error.lineno or 1}: {shown!r} is not Python: {error.msg}"
        raise ModelError(f"{message}. Give lines of Keras code.") from None
    except (ValueError, MemoryError, RecursionError):
        raise ModelError("the text is not Python code. Give lines of Keras code.") from None


def _found(semantics: KerasSemantics) -> Graph:
    """The model that a text is about: the one it trains or sums up, else the last it makes."""
    candidates = [each for each in semantics.models if not each.used] or semantics.models
    most = max((each.wanted for each in semantics.models), default=0)
    wanted = [each for each in semantics.models if each.wanted == most] if most else candidates
    if wanted:
        chosen = wanted[-1]
        others = [each for each in candidates if each is not chosen]
        return replace(chosen.whole(), notes=_others(semantics, chosen, others))
    if semantics.loose:
        for each in semantics.loose:
            if isinstance(each, LayerObject):
                each.checked()
        return sequential("model", [spec_of(each) for each in semantics.loose])
    return _implicit(semantics)


def _others(
    semantics: KerasSemantics, chosen: ModelObject, others: list[ModelObject]
) -> tuple[str, ...]:
    """A sentence on the models that the text makes beside the one that is shown."""
    if not others:
        return ()
    names = {id(value): name for name, value in semantics.interpreter.values.names.items()}
    listed = ", ".join(names.get(id(each), each.name) for each in others)
    shown = names.get(id(chosen), chosen.name)
    return (f"the text makes {listed} too; {shown} is shown: another by its lines alone",)


def _implicit(semantics: KerasSemantics) -> Graph:
    """Layers called on tensors, without a Model around them: what nothing reads comes out."""
    made = semantics.calls.made
    read = {ref for _, inputs, _ in made for ref in inputs}
    outputs = [
        each for each in semantics.results
        if each.ref not in read and made[each.ref.call][0].layer_type != INPUT
    ]  # fmt: skip
    if outputs:
        return semantics.calls.graph("model", outputs, None)
    uncalled = [
        name for name, value in semantics.interpreter.values.names.items()
        if isinstance(value, DefinedFunction) and not value.was_called
    ]  # fmt: skip
    if uncalled:
        raise ModelError(
            f"no model is made in the text: {uncalled[-1]} is never called. "
            f"Add a line such as {uncalled[-1]}(...)."
        )
    raise ModelError(
        'no model is made in the text. Give layers, for example "Input((5, 10)), LSTM(25), '
        'Dense(10)", or the lines that make a Sequential or a Model.'
    )
