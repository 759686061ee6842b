"""The wire format of protobuf, walked field by field; the bytes of a tensor are jumped over.

Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from lstminspect.errors import FileError
from lstminspect.files.source import Source

__all__ = ["FIXED32", "FIXED64", "LENGTH", "VARINT", "Span", "Wire"]

#: The forms of a field.
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
#: The fields that all messages of a file may have together.
MOST_FIELDS = 3_000_000
#: Bytes that are read at once behind a jump, and where fields follow one another.
LEAST_BLOCK, MOST_BLOCK = 1 << 12, 1 << 18
#: Bytes of numbers in an attribute.
MOST_NUMBERS = 1 << 16
#: The bytes of a varint.
LONGEST = 10


class Span(NamedTuple):
    """The bytes from `start` to `end` in the file: a message, a text or numbers."""

    start: int
    end: int


class Wire:
    """The fields of the messages in a source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._block, self._base, self._step = b"", 0, LEAST_BLOCK
        self._left = MOST_FIELDS

    def fields(self, span: Span) -> Iterator[tuple[int, int, int, Span]]:
        """Number, form, value and span of each field; the value is that of a varint, else 0."""
        place, end = span
        while place < end:
            self._left -= 1
            if self._left < 0:
                raise FileError(f"{self.source.name} has more than {MOST_FIELDS:,} fields.")
            tag, place = self._varint(place, end)
            number, form = tag >> 3, tag & 7
            value, start = 0, place
            if form == VARINT:
                value, place = self._varint(place, end)
            elif form == LENGTH:
                length, start = self._varint(place, end)
                place = start + length
            elif form in (FIXED32, FIXED64):
                place += 4 if form == FIXED32 else 8
            else:
                raise self.damaged()
            if place > end or not number:
                raise self.damaged()
            yield number, form, value, Span(start, place)

    def data(self, span: Span) -> bytes:
        """The bytes of a span."""
        start, end = span
        if self._base <= start and end <= self._base + len(self._block):
            return self._block[start - self._base : end - self._base]
        return self.source.read(start, end - start)

    def text(self, span: Span) -> str:
        """A text, of which at most 64 kB are read."""
        return self.data(Span(span.start, min(span.end, span.start + 65536))).decode(
            "utf-8", "replace"
        )

    def varints(self, span: Span) -> list[int]:
        """Packed whole numbers, as signed ones of 64 bits."""
        return varints(self._few(span))

    def floats(self, span: Span) -> list[float]:
        """Packed floats of 32 bits."""
        data = self._few(span)
        return list(struct.unpack(f"<{len(data) // 4}f", data[: len(data) // 4 * 4]))

    def _few(self, span: Span) -> bytes:
        """The bytes of the numbers of an attribute; of many, as trees have them, none."""
        return b"" if span.end - span.start > MOST_NUMBERS else self.data(span)

    def damaged(self) -> FileError:
        """The error for bytes that are not a message."""
        return FileError(f"{self.source.name} is cut off or damaged: it is not a protobuf of ONNX.")

    def _varint(self, place: int, end: int) -> tuple[int, int]:
        at = place - self._base
        if not 0 <= at < len(self._block) - LONGEST:
            at = self._fill(place)
        block, value, shift = self._block, 0, 0
        last = min(len(block), end - self._base, at + LONGEST)
        while at < last:
            byte = block[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & 0xFFFFFFFFFFFFFFFF, self._base + at
            shift += 7
        raise self.damaged()

    def _fill(self, place: int) -> int:
        """Read a block from `place` on: a longer one each time that nothing was jumped over."""
        end = self._base + len(self._block)
        if self._base <= place <= end:
            if end >= self.source.size:
                return place - self._base
            self._step = min(MOST_BLOCK, 4 * self._step)
        else:
            self._step = LEAST_BLOCK
        count = max(0, min(self._step, self.source.size - place))
        self._block, self._base = self.source.read(place, count), place
        return 0


def varints(data: bytes) -> list[int]:
    """Packed whole numbers, as signed ones of 64 bits; one that is cut off is left out."""
    result, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            value &= 0xFFFFFFFFFFFFFFFF
            result.append(value - (1 << 64) if value >> 63 else value)
            value = shift = 0
        elif shift >= 70:
            value = shift = 0
    return result
