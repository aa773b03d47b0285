"""Makes crates/cornu/data/emoji from the npm package `emoji-datasource-google`: 1,911 colour images.

Run by hand: python3 tools/data/emoji.py   (needs the Python package pillow)
One image per base emoji (no skin-tone variants), 32x32 pixels, blended over white. The label is the
Unicode category. The last 191 images are the test part: a seeded shuffle with equal class shares.
"""

import io
import json
import random

import packages
from PIL import Image

SIZE, CELL = 32, 34  # a transparent border of one pixel stands around each image

CATEGORIES = [
    "Smileys & Emotion", "People & Body", "Component", "Animals & Nature", "Food & Drink",
    "Travel & Places", "Activities", "Objects", "Symbols", "Flags",
]

read = packages.npm("emoji-datasource-google", "16.0.0")
emoji = sorted(json.loads(read("emoji.json")), key=lambda e: e["sort_order"])
# The clean sheet holds Google's images only, under one licence.
sheet = Image.open(io.BytesIO(read("img/google/sheets-clean/32.png"))).convert("RGBA")
white = Image.new("RGBA", (SIZE, SIZE), "white")
images, labels = [], []
for e in emoji:
    assert e["has_img_google"]
    x, y = e["sheet_x"] * CELL + 1, e["sheet_y"] * CELL + 1
    cell = sheet.crop((x, y, x + SIZE, y + SIZE))
    assert cell.getextrema()[3][1] > 0, e["name"]
    images.append(Image.alpha_composite(white, cell).convert("RGB").tobytes())
    labels.append(CATEGORIES.index(e["category"]))
assert len(images) == 1911

train, test = packages.stratified_split(labels, 191, random.Random(0))
order = train + test
pixels = b"".join(images[i] for i in order)
packages.write("emoji/images-idx4-ubyte.gz", packages.idx((len(order), SIZE, SIZE, 3), "B", pixels))
packages.write("emoji/labels-idx1-ubyte.gz", packages.idx((len(order),), "B", bytes(labels[i] for i in order)))
print(f"{len(set(images))} distinct images")
