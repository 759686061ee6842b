"""Archive: the members of a zip file, each checked against the file before it is read.

The list of members is read by `zipfile`, and no member is: one that is only stored is a range of
the file, and one that is deflated is inflated here, by as much as is asked for.
Source: APPNOTE.TXT 6.3.10, sections 4.3.7 and 4.4.4.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass, field

from lstminspect.errors import FileError, quoted
from lstminspect.files.source import Source

__all__ = ["Archive", "Member", "archive", "is_zip"]

#: Bytes that the list of members may take: about 100,000 of them.
MOST_LIST = 8 * 1024 * 1024
#: Deflate makes at most 1,032 bytes of one (zlib.net, "Maximum Compression Factor").
MOST_RATIO = 1032
#: Bytes that one member may become; a large one may also become this many times itself.
MOST_INFLATED, MOST_TIMES = 256 * 1024 * 1024, 20
#: Bytes of a member that belongs to the structure.
MOST_STRUCTURE = 64 * 1024 * 1024
#: Bytes that are inflated in one go.
CHUNK = 1 << 16
LOCAL_HEADER = struct.Struct("<4s5H3L2H")


def is_zip(source: Source) -> bool:
    """True for the first bytes of a zip file."""
    return source.head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def archive(source: Source) -> Archive:
    """The archive that a source is, listed once. Raises FileError for one that is damaged."""
    if source.archive is None:
        source.archive = Archive(source, _members(source))
    found: Archive = source.archive
    return found


@dataclass(frozen=True)
class Member:
    """A member: `size` in bytes when inflated, `stored` in the file, `place` of its header."""

    name: str
    size: int
    stored: int
    place: int
    deflated: bool
    crc: int
    utf8: bool
    source: Source = field(repr=False, compare=False)

    @property
    def where(self) -> str:
        """The member in a message."""
        return f"{self.source.name}: its member {quoted(self.name)}"

    def read(self, most: int = MOST_STRUCTURE) -> bytes:
        """All of it, for the structure: checked by its sum, at most `most` bytes."""
        if self.size > most:
            raise FileError(f"{self.where} has {self.size:,} bytes; at most {most:,} are read.")
        data = self.values(0, self.size)
        if zlib.crc32(data) != self.crc:
            raise FileError(f"{self.where} is damaged: its checksum is another.")
        return data

    def values(self, offset: int, count: int) -> bytes:
        """The `count` bytes from `offset` of what it is when inflated."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise FileError(f"{self.where} is cut off: bytes to {offset + count:,} are asked for.")
        start = self.start()
        if not self.deflated:
            return self.source.values(start + offset, count)
        if offset + count > max(MOST_INFLATED, MOST_TIMES * self.stored):
            raise FileError(
                f"{self.where} would become {self.size:,} bytes of {self.stored:,}. Nobody stores "
                "weights so; it is not read."
            )
        return bytes(memoryview(self._inflated(start, offset + count))[offset:])

    def start(self) -> int:
        """The offset of its first byte in the file, behind its own header."""
        header = LOCAL_HEADER.unpack(self.source.values(self.place, LOCAL_HEADER.size))
        name_length, extra_length = int(header[-2]), int(header[-1])
        place = self.place + LOCAL_HEADER.size
        text = self.source.values(place, name_length)
        name = text.decode("utf-8" if self.utf8 else "cp437", "replace")
        if header[0] != b"PK\x03\x04" or name != self.name:
            raise FileError(f"{self.where} is damaged: there is no such member at its place.")
        return place + name_length + extra_length

    def _inflated(self, start: int, count: int) -> bytearray:
        """The first `count` bytes, of which no more are made."""
        inflater, result, place = zlib.decompressobj(-15), bytearray(), start
        end, pending = start + self.stored, b""
        while len(result) < count:
            if not pending and not inflater.eof:
                step = min(CHUNK, end - place)
                pending, place = self.source.values(place, step), place + step
            try:
                made = inflater.decompress(pending, min(count - len(result), 1 << 24))
            except zlib.error:
                raise FileError(f"{self.where} is damaged: it cannot be inflated.") from None
            if not made and (inflater.eof or not pending):
                raise FileError(f"{self.where} is damaged: it is shorter than it says.")
            result += made
            pending = inflater.unconsumed_tail
        return result


@dataclass(frozen=True)
class Archive:
    """The members of a zip file by name."""

    source: Source
    members: dict[str, Member]

    def member(self, name: str) -> Member:
        """A member by name. Raises FileError where there is none."""
        if name not in self.members:
            raise FileError(f"{self.source.name} is damaged: it has no member {quoted(name)}.")
        return self.members[name]


def _members(source: Source) -> dict[str, Member]:
    try:
        with zipfile.ZipFile(source.stream(MOST_LIST)) as opened:
            entries = opened.infolist()
            end = opened.start_dir
    except FileError:
        raise
    except Exception:
        raise FileError(
            f"{source.name} is cut off or damaged: it is a zip without a list."
        ) from None
    members: dict[str, Member] = {}
    for entry in entries:
        if entry.filename in members:
            raise FileError(f"{source.name} has two members named {quoted(entry.filename)}.")
        members[entry.filename] = _member(source, entry)
    _check_places(members, end)
    return members


def _member(source: Source, entry: zipfile.ZipInfo) -> Member:
    where = f"{source.name}: its member {quoted(entry.orig_filename)}"
    if entry.flag_bits & 0x2041:
        raise FileError(f"{where} is encrypted. Give the file without a password.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(f"{where} is packed by the method {entry.compress_type}, not by deflate.")
    if "\0" in entry.orig_filename:
        raise FileError(f"{where} has a zero byte in its name.")
    deflated = entry.compress_type == zipfile.ZIP_DEFLATED
    size, stored = entry.file_size, entry.compress_size
    if size > MOST_RATIO * stored + 64 if deflated else size != stored:
        raise FileError(f"{where} says that it has {size:,} bytes, and {stored:,} are stored.")
    return Member(
        entry.filename,
        size,
        stored,
        entry.header_offset,
        deflated,
        entry.CRC,
        bool(entry.flag_bits & 0x800),
        source,
    )


def _check_places(members: dict[str, Member], end: int) -> None:
    """Raise FileError if members overlap, or reach into the list of members."""
    ordered = sorted(members.values(), key=lambda each: each.place)
    ends = [each.place for each in ordered[1:]] + [end]
    for member, limit in zip(ordered, ends, strict=False):
        if not 0 <= member.place <= limit - LOCAL_HEADER.size - member.stored:
            raise FileError(f"{member.where} overlaps another one, or lies outside of the file.")
