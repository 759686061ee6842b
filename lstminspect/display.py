"""Answer: what every answer can do. It shows itself, and gives itself in every format it has.

An answer is a noun of some room, made from `Answer`. What it looks like is decided in `views`,
above it: one slot leads there, so that no noun knows a medium.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, overload

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Answer", "Answers", "picture_of"]

#: The module that writes answers. `lstminspect/__init__.py`, which Python runs first, fills it.
views: Callable[[], Any] | None = None
#: What `compare(layer, "keras")` did in earlier versions: `validate`, of a room above.
validate: Callable[..., object] | None = None


def _views() -> Any:
    assert views is not None, "lstminspect/__init__.py fills the slot"
    return views()


def picture_of(answer: object, what: str | None = None) -> Any:
    """The picture of any answer that has one: see `lstminspect.picture`."""
    return _views().picture_of(answer, what)


class Answer:
    """Something that shows itself, and gives itself in every format it has.

    `print` writes the text, a notebook shows the HTML with a picture where there is one. A format
    that the answer does not have is refused with OptionError, which names those that it has.

    >>> from lstminspect import Layer
    >>> layer = Layer("lstm", units=64, features=3)
    >>> layer
    Layer('lstm', units=64, features=3)
    >>> print(str(layer).splitlines()[0])
    lstm, 64 units on 3 features: 17,408 parameters (Keras convention)
    >>> layer.to_dict()["parameters"]
    17408
    """

    __slots__ = ()

    def __str__(self) -> str:
        text: str = _views().printed(self)
        return text

    def to_text(self, width: int | None = None) -> str:
        """The answer as plain text, in lines of at most `width` columns if it is given.

        `print` shows it, on a terminal in lines of the terminal's width.
        """
        text: str = _views().render(self, "text", width=width)
        return text

    def to_markdown(self) -> str:
        """The answer as Markdown, with GitHub's tables."""
        return self._as("markdown")

    def to_latex(
        self, *, fragment: bool = False, caption: str | None = None, label: str | None = None
    ) -> str:
        """The answer as LaTeX; see `render` for the way it stands in a paper."""
        return self._as("latex", fragment=fragment, caption=caption, label=label)

    def to_html(self) -> str:
        """The answer as a page of HTML that stands alone."""
        return self._as("html")

    def to_csv(self) -> str:
        """The answer as one table with its headings, as many fields in every row."""
        return self._as("csv")

    def to_json(self) -> str:
        """The answer as a JSON object of raw values."""
        return self._as("json")

    def to_svg(self) -> str:
        """The picture of the answer, as SVG."""
        return self._as("svg")

    def to_png(self) -> bytes:
        """The picture of the answer as PNG. Raises MissingFramework where nothing can draw it."""
        return self._drawn("png")

    def to_pdf(self) -> bytes:
        """The picture of the answer as PDF. Raises MissingFramework where nothing can draw it."""
        return self._drawn("pdf")

    def to_dict(self) -> dict[str, Any]:
        """The answer as a dict: the names and values of `to_json`, plain numbers, texts, lists."""
        content: dict[str, Any] = _views().as_dict(self)
        return content

    def to_dataframe(self) -> DataFrame:
        """The rows of `to_csv` as a DataFrame with shapes as tuples, missing values as missing.

        Raises MissingFramework if pandas is not there.
        """
        return _views().as_dataframe(self)

    def _drawn(self, format: str) -> bytes:
        content: bytes = _views().as_bytes(self, format)
        return content

    def _as(self, format: str, **setting: Any) -> str:
        text: str = _views().render(self, format, **setting)
        return text

    def _repr_html_(self) -> str:
        text: str = _views().shown(self)
        return text


T = TypeVar("T")


class Answers(Answer, tuple[T, ...]):
    """Several answers of one type: a tuple that shows itself as one answer.

    >>> from lstminspect import Layer
    >>> Answers([Layer("lstm", 64, 3), Layer("gru", 64, 3), Layer("rnn", 64, 3)])
    Answers(Layer('lstm', units=64, features=3), and 2 more)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        more = [f"and {len(self) - 1:,} more"] if len(self) > 1 else []
        return f"{type(self).__name__}({', '.join([*map(repr, self[:1]), *more])})"

    @overload
    def __getitem__(self, at: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, at: slice, /) -> Answers[T]: ...
    def __getitem__(self, at: SupportsIndex | slice, /) -> T | Answers[T]:
        if isinstance(at, slice):
            return type(self)(super().__getitem__(at))
        return super().__getitem__(at)
