"""Makes the JPEG files that the tests read, and beside each what Pillow makes of it, as PNG. Needs numpy and Pillow."""

from pathlib import Path

import numpy
from PIL import Image

folder = Path(__file__).parents[2] / "crates/cornu/tests/fixtures/images"
y, x = numpy.mgrid[0:20, 0:30]
pixels = numpy.stack([x * 8, y * 12, (x + y) * 5], -1).clip(0, 255).astype("uint8")
colour = Image.fromarray(pixels)
for name, image, options in [
    ("grey", colour.convert("L"), {}),
    ("grey-progressive", colour.convert("L"), {"progressive": True}),
    ("colour", colour, {"subsampling": 0}),
    ("colour-halved", colour, {"subsampling": 2}),
    ("colour-progressive", colour, {"subsampling": 2, "progressive": True}),
    ("cmyk", colour.convert("CMYK"), {}),
]:
    path = folder / f"{name}.jpg"
    image.save(path, quality=90, **options)
    seen = Image.open(path)
    seen.convert("L" if seen.mode == "L" else "RGB").save(path.with_suffix(".png"), optimize=True)
