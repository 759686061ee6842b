"""Words that C keeps for itself, and functions that it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstminspect.equations.functions import FUNCTIONS
from lstminspect.errors import OptionError
from lstminspect.exports.c_functions import BODIES, NEEDS, used_by

if TYPE_CHECKING:
    from lstminspect.exports.source import Source

__all__ = ["WORDS", "check"]

_WORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while
alignas alignof and and_eq asm bitand bitor bool catch class compl const_cast constexpr decltype
delete dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public reinterpret_cast static_assert static_cast template this
thread_local throw true try typeid typename typeof using virtual wchar_t xor xor_eq
linux unix NAN INFINITY HUGE_VAL HUGE_VALF HUGE_VALL MATH_ERRNO MATH_ERREXCEPT math_errhandling
FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL
expf tanhf logf sqrtf fabsf expm1f log1pf erff powf int8_t
"""
#: Names that no value can have: words of C and of C++, what is there with <math.h>, and int8_t.
WORDS = frozenset(_WORDS.split())


def check(source: Source) -> None:
    """Raise OptionError for a name that is a word of C, and for a function that C has not."""
    cell = source.cell
    for name in sorted(source.names & WORDS):
        raise OptionError(
            f"{name} is a word of C, which no value can be called there. Give it another name in "
            f"the equations of {cell.name}."
        )
    for name in sorted(source.names):
        if name.startswith(f"{source.name}_"):
            raise OptionError(
                f"{name} begins with {source.name}_, as the functions of the code do. Give the "
                "code another name, for example my_cell."
            )
    if source.name in WORDS:
        raise OptionError(
            f"{source.name} is a word of C. Give the code another name, for example my_lstm."
        )
    for line in cell.lines:
        for function in used_by(line.expression):
            known = function in BODIES or function in NEEDS or function == "transpose"
            if not known and not FUNCTIONS[function].definition:
                raise OptionError(
                    f"{function}, in the line {line.name} of {cell.name}, cannot be written in C. "
                    "Use another function, for example softmax."
                )
