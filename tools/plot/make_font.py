#!/usr/bin/env python3
"""Makes crates/cornu/src/plot/font.txt: the outlines of the characters that plots can write.

Needs Python with fonttools and the font DejaVu Sans 2.37 (Debian: fonts-dejavu-core):

    python3 tools/plot/make_font.py /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

Each line of the result is a character's code in hexadecimal (0 = the box for any other character),
its advance width, and its outline: m, l and q as in SVG paths, with coordinates relative to the
point before, y upwards; every contour closes itself. Comments start with '#'.
"""

import pathlib
import sys

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

CHARACTERS = (
    [chr(c) for c in range(0x20, 0x7F)]  # ASCII
    + [chr(c) for c in range(0xA1, 0x100) if c != 0xAD]  # Latin-1
    + list("ŒœŠšŸŽž")  # the other letters of Latin-9
    + list("αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ")
    + list("⁰⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉")
    + list("–—‘’“”•…€←↑→↓−∞≈≠≤≥∂∇√∑∫")
)


EM = 1024  # units per em in the result: half of the font's own, finer than any pixel


class RelativePen(BasePen):
    """Collects an outline as text."""

    def __init__(self, glyphs, scale):
        super().__init__(glyphs)
        self.scale, self.parts, self.at = scale, [], (0, 0)

    def add(self, letter, *points):
        points = [(round(x * self.scale), round(y * self.scale)) for x, y in points]
        values = []
        for x, y in points:
            values += [x - self.at[0], y - self.at[1]]
        self.parts.append(letter + " ".join(map(str, values)))
        self.at = points[-1]

    def _moveTo(self, to):
        self.add("m", to)

    def _lineTo(self, to):
        self.add("l", to)

    def _qCurveToOne(self, control, to):
        # Both points are relative to where the curve starts, as in SVG.
        self.add("q", control, to)


def main():
    font = TTFont(sys.argv[1])
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    scale = EM / font["head"].unitsPerEm
    lines = [
        "# DejaVu Sans 2.37, outlines of some characters; licence: see NOTICE.",
        "# Made by tools/plot/make_font.py, which explains the format.",
        f"em {EM}",
    ]
    for code, name in [(0, ".notdef")] + [(ord(c), names[ord(c)]) for c in CHARACTERS]:
        pen = RelativePen(glyphs, scale)
        glyphs[name].draw(pen)
        lines.append(f"{code:x} {round(glyphs[name].width * scale)} {''.join(pen.parts)}".rstrip())
    out = pathlib.Path(__file__).parents[2] / "crates/cornu/src/plot/font.txt"
    out.write_text("\n".join(lines) + "\n")
    print(f"{out}: {len(lines)} lines, {out.stat().st_size} bytes")


main()
