"""Cortex-M cores: C compiled for each, linked with a map, and run on a board in QEMU."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ARM = shutil.which("arm-none-eabi-gcc")
QEMU = shutil.which("qemu-system-arm")
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror")
STARTUP = Path(__file__).parent / "exports" / "startup.c"
LAYOUT = """\
MEMORY {{
    FLASH : ORIGIN = {flash}, LENGTH = {flash_size}
    RAM : ORIGIN = {ram}, LENGTH = {ram_size}
}}
ENTRY(start)
SECTIONS {{
    .text : {{ KEEP(*(.vectors)) *(.text*) *(.rodata*) }} > FLASH
    .ARM.exidx : {{ *(.ARM.exidx*) }} > FLASH
    .bss (NOLOAD) : {{ *(.bss*) *(COMMON) }} > RAM
    /* QEMU puts values to start from in their place. Code of an export has none, libm has some. */
    .data : {{ *(.data*) }} > RAM
    stack_top = ORIGIN(RAM) + LENGTH(RAM);
}}
"""


class Board(NamedTuple):
    """A core: the options of the compiler for it, a machine of QEMU, and its memory."""

    options: tuple[str, ...]
    machine: str
    flash: str
    flash_size: str
    ram: str
    ram_size: str


HARD = "-mfloat-abi=hard"
#: The micro:bit has a Cortex-M0, whose instructions are those of the M0+.
BOARDS = {
    "cortex-m0plus": Board((), "microbit", "0", "256K", "0x20000000", "16K"),
    "cortex-m3": Board((), "mps2-an385", "0", "4M", "0x20000000", "4M"),
    "cortex-m4": Board(
        ("-mfpu=fpv4-sp-d16", HARD), "mps2-an386", "0", "4M", "0x20000000", "4M"
    ),
    "cortex-m33": Board(
        ("-mfpu=fpv5-sp-d16", HARD), "mps2-an505", "0x10000000", "4M", "0x38000000", "4M"
    ),
}  # fmt: skip
#: The cores for which there is a compiler, and those that can be run too.
CORES = list(BOARDS) if ARM else []
RUN = CORES if QEMU else []


def compiled(core: str, *words: str, folder: Path) -> None:
    """Run the compiler for `core`, with all warnings as errors."""
    line = [str(ARM), *STRICT, f"-mcpu={core}", "-mthumb", *BOARDS[core].options, *words]
    subprocess.run(line, check=True, cwd=folder)


def linked(core: str, source: str, folder: Path, *words: str) -> Path:
    """A program for the board of `core` from one file of C, with a map beside it."""
    (folder / "layout.ld").write_text(LAYOUT.format(**BOARDS[core]._asdict()))
    ends = ["-nostartfiles", "-Tlayout.ld", "-Wl,--gc-sections,-Map=program.map"]
    words = ("-Os", "-ffunction-sections", "-fdata-sections", *words, *ends)
    compiled(core, *words, "-o", "program.elf", str(STARTUP), source, "-lm", folder=folder)
    return folder / "program.elf"


#: Sections of a file that are not in the memory of the machine.
NOTES = (".comment", ".debug", ".ARM.attributes", ".note")


class Ran(NamedTuple):
    """How a program ended on a board: its exit code, and the bytes of stack that it used."""

    code: int
    stack: int


def ran(core: str, program: Path) -> Ran:
    """The end of `program` on the board of `core` in QEMU."""
    line = [str(QEMU), "-M", BOARDS[core].machine, "-nographic", "-monitor", "none"]
    line += ["-semihosting-config", "enable=on,target=native", "-kernel", str(program)]
    told = subprocess.run(
        line, timeout=120, capture_output=True, stdin=subprocess.DEVNULL, text=True
    )
    stack = re.search(r"^(\d+)$", told.stdout + told.stderr, flags=re.M)
    return Ran(told.returncode, int(stack[1]) if stack else -1)


class Placed(NamedTuple):
    """A section of a map: its name, where it is, its bytes, and the file that it is of."""

    name: str
    address: int
    size: int
    origin: str

    @property
    def is_ram(self) -> bool:
        """Tell whether it is in RAM; those that are nowhere are not in the program."""
        return self.address >= int(BOARDS["cortex-m3"].ram, 16)


def placed(program: Path) -> list[Placed]:
    """The sections that the linker has placed, from the map beside `program`."""
    text = program.with_suffix(".map").read_text().partition("Linker script and memory map")[2]
    lines = re.findall(r"^ (\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)", text, flags=re.M)
    each = [Placed(name, int(at, 16), int(size, 16), origin) for name, at, size, origin in lines]
    return [part for part in each if part.size and not part.name.startswith(NOTES)]
