#!/usr/bin/env python3
"""Makes the outlines of the characters that plots can write: letters.bin and ideographs.bin in crates/cornu/src/plot.

Needs Python with fonttools, and two fonts (Debian: fonts-dejavu-core, fonts-droid-fallback):

    python3 tools/plot/make_font.py DejaVuSans.ttf DroidSansFallbackFull.ttf

The letters are DejaVu Sans's, the ideographs Droid Sans Fallback's: what the letters do not have of GB 2312 (all 6,763
ideographs of simplified Chinese), of Big5's first level (traditional Chinese), of JIS X 0208's first level and kana.

Each file is a zlib stream of four little-endian 32-bit numbers (units per em, the lengths of the three parts in bytes)
and the parts:

  codes     one number per glyph, in ascending order: the difference to the code before (0 before the first)
  commands  per glyph the letters m, l, h, v, q as in SVG paths, then '.'; contours close themselves
  numbers   per glyph its advance width, then what its commands need: m and l two, h and v one, q four; all relative
            to the point where the command starts, y upwards

A number n is written as 2n, or -2n-1 if it is negative, in base-255 tallies: bytes of 255 add up, the first other byte
ends it.
"""

import pathlib
import struct
import sys
import zlib

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont


def encoded(codec, lead, trail):
    """All characters that two-byte codes of an encoding stand for."""
    found = set()
    for first in lead:
        for second in trail:
            try:
                found.add(bytes([first, second]).decode(codec))
            except UnicodeDecodeError:
                pass
    return found


HIGH = range(0xA1, 0xFF)
GB2312 = encoded("gb2312", HIGH, HIGH)
BIG5_FIRST = encoded("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *HIGH])
JIS_FIRST = encoded("euc_jp", range(0xA4, 0xD0), HIGH)

LETTERS = (
    {chr(c) for c in range(0x20, 0x7F)}  # ASCII
    | {chr(c) for c in range(0xA1, 0x100) if c != 0xAD}  # Latin-1
    | {chr(c) for c in range(0x100, 0x180)}  # Latin Extended-A
    | {chr(c) for c in range(0x1CD, 0x1DD)} | set("Ǹǹ")  # Pinyin
    | {chr(c) for c in range(0x1EA0, 0x1EFA)}  # Vietnamese
    | {chr(c) for c in [*range(0x300, 0x305), *range(0x306, 0x30D), 0x323, 0x327, 0x328]}  # accents of their own
    | {chr(c) for c in range(0x370, 0x400)}  # Greek
    | {chr(c) for c in range(0x400, 0x460)} | set("Ґґ")  # Cyrillic
    | set("⁰⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉")
    | set("–—‘’“”•…€←↑→↓−∞≈≠≤≥∂∇√∑∫₩₹₽™Ω")
    | GB2312  # its symbols: circled digits, stars, …
)
IDEOGRAPHS = GB2312 | BIG5_FIRST | JIS_FIRST

OUT = pathlib.Path(__file__).parents[2] / "crates/cornu/src/plot"
COUNTS = {"m": 2, "l": 2, "h": 1, "v": 1, "q": 4}


class RelativePen(BasePen):
    """Collects an outline as commands and relative numbers."""

    def __init__(self, glyphs, scale):
        super().__init__(glyphs)
        self.scale, self.commands, self.numbers, self.at = scale, "", [], (0, 0)

    def add(self, command, *points):
        points = [(round(x * self.scale), round(y * self.scale)) for x, y in points]
        values = [a - b for point in points for a, b in zip(point, self.at)]
        if command == "l" and 0 in values:
            command, values = ("v", values[1:]) if values[0] == 0 else ("h", values[:1])
        self.at = points[-1]
        if command in "hv" and values == [0]:
            return
        assert len(values) == COUNTS[command]
        self.commands += command
        self.numbers += values

    def _moveTo(self, to):
        self.add("m", to)

    def _lineTo(self, to):
        self.add("l", to)

    def _qCurveToOne(self, control, to):
        # Both points are relative to where the curve starts, as in SVG.
        self.add("q", control, to)


def tallies(number):
    number = 2 * number if number >= 0 else -2 * number - 1
    return b"\xff" * (number // 255) + bytes([number % 255])


def write(name, font, em, wanted):
    """Writes those of the wanted characters that the font has, and returns them."""
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    scale = em / font["head"].unitsPerEm
    found = sorted(c for c in wanted if ord(c) in names)
    codes = commands = numbers = b""
    before = 0
    for character in found:
        glyph = glyphs[names[ord(character)]]
        pen = RelativePen(glyphs, scale)
        glyph.draw(pen)
        codes += tallies(ord(character) - before)
        before = ord(character)
        commands += pen.commands.encode() + b"."
        numbers += b"".join(map(tallies, [round(glyph.width * scale), *pen.numbers]))
    head = struct.pack("<4I", em, len(codes), len(commands), len(numbers))
    path = OUT / name
    path.write_bytes(zlib.compress(head + codes + commands + numbers, 9))
    print(f"{path}: {len(found)} characters, {path.stat().st_size} bytes")
    return set(found)


def main():
    dejavu, droid = (TTFont(path) for path in sys.argv[1:])
    # Half of DejaVu's own units per em, which is finer than any pixel; all of Droid's.
    letters = write("letters.bin", dejavu, 1024, LETTERS)
    ideographs = write("ideographs.bin", droid, 256, IDEOGRAPHS - letters)
    print("in neither font:", "".join(sorted(IDEOGRAPHS - letters - ideographs)))


main()
