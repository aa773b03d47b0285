"""Makes the iris, wine, diabetes and 8x8 digits files of crates/cornu/data from scikit-learn's wheel.

Run by hand: python3 tools/data/scikit_learn.py
The target is the last column. Rows are shuffled with a fixed seed; the last fifth (rounded up) is the test
part, with equal class shares where there are classes. Diabetes keeps the units of the measurements.
"""

import gzip
import random

import packages

read = packages.wheel("scikit-learn", "1.9.1")


def rows(name, separator=","):
    content = read(f"sklearn/datasets/data/{name}")
    content = gzip.decompress(content) if name.endswith(".gz") else content
    return [line.split(separator) for line in content.decode().split("\n") if line.strip()]


def test_count(table):
    return -(-len(table) // 5)


def classes_apart(table):
    """The rows in a shuffled order whose last part, the test part, has the classes' shares."""
    train, test = packages.stratified_split([int(r[-1]) for r in table], test_count(table), random.Random(0))
    return [table[i] for i in train + test]


def write_table(name, header, table):
    assert all(len(row) == len(header) for row in table)
    lines = [",".join(row) for row in [header, *table]]
    packages.write(name, ("\n".join(lines) + "\n").encode())


iris = rows("iris.csv")[1:]
assert len(iris) == 150
header = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm", "species"]
write_table("iris.csv", header, classes_apart(iris))

wine = rows("wine_data.csv")[1:]
assert len(wine) == 178
header = [
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
    "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline", "cultivar",
]
write_table("wine.csv", header, classes_apart(wine))

features, targets = rows("diabetes_data_raw.csv.gz", None), rows("diabetes_target.csv.gz")
diabetes = [x + [f"{float(t[0]):g}"] for x, t in zip(features, targets, strict=True)]
assert len(diabetes) == 442
random.Random(0).shuffle(diabetes)
header = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu", "progression"]
write_table("diabetes.csv", header, diabetes)

digits = classes_apart(rows("digits.csv.gz"))
assert len(digits) == 1797
pixels = bytes(int(float(v)) for row in digits for v in row[:-1])
assert max(pixels) == 16
packages.write("digits8x8/images-idx3-ubyte.gz", packages.idx((len(digits), 8, 8), "B", pixels))
packages.write("digits8x8/labels-idx1-ubyte.gz", packages.idx((len(digits),), "B", bytes(int(r[-1]) for r in digits)))
