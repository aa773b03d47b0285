#!/usr/bin/env python3
"""Damages files on purpose and watches how the `cornu` command answers. See README.md."""

import argparse
import collections
import concurrent.futures
import io
import json
import pathlib
import random
import re
import resource
import shutil
import struct
import subprocess
import tempfile
import zipfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent.parent / "crates/cornu/tests/fixtures"
NASTY = ["", "\x1b]0;owned\x07", "a\nerror: forged", "\u202ename", "\x7f\x9b31m", "n" * 5000, "/", "../up", "Dense"]
VALUES = [None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 1e308, 0.5, [], {}, [0], [None], *NASTY]
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def bytes_of(r, data):
    """A change that knows nothing of the format."""
    data = bytearray(data)
    at = r.randrange(len(data) + 1)
    kind = r.randrange(4)
    if kind == 0:
        return bytes(data[:at])
    if kind == 1:
        for _ in range(r.randrange(1, 8)):
            data[r.randrange(len(data))] = r.randrange(256)
    elif kind == 2:
        data[at:at] = r.randbytes(r.randrange(1, 40))
    else:
        del data[at : at + r.randrange(1, 60)]
    return bytes(data)


def places(value, found):
    """Every container of a JSON document with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.append((value, key))
        places(inner, found)
    return found


def json_of(r, document):
    """A change to a value, a type, a name or a key; and whether the result must be refused."""
    found = places(document, [])
    layers = [inner[key] for inner, key in found if isinstance(inner[key], dict) and "class_name" in inner[key]]
    dense = [layer for layer in layers if layer["class_name"] == "Dense" and isinstance(layer.get("config"), dict)]
    if dense and r.random() < 0.3:
        layer = r.choice(dense)
        kind = r.randrange(3)
        if kind == 0:
            layer.update(module="my_project.layers", registered_name="my_project>Dense")
        elif kind == 1:
            layer["config"]["dtype"] = r.choice(["float99", "int8", 3.5, []])
        else:
            layer["config"]["trainable"] = r.choice(["yes", 0, []])
        return ["custom class", "dtype", "trainable"][kind]
    inner, key = r.choice(found)
    kind = r.randrange(4)
    if kind == 0 or isinstance(inner, list):
        inner[key] = r.choice(VALUES)
    elif kind == 1:
        inner[r.choice(NASTY)] = inner.pop(key)
    elif kind == 2:
        del inner[key]
    else:
        inner[key] = [inner[key]]
    return None


def hdf5_of(r, data):
    """A change to the names, shapes, types or attributes of an HDF5 file."""
    file = io.BytesIO(data)
    with h5py.File(file, "r+") as h:
        names = []
        h.visit(names.append)
        name = r.choice(names)
        kind = r.randrange(4)
        if kind == 0:
            del h[name]
        elif kind == 1:
            h.move(name, "x" + r.choice([n for n in NASTY if n and "/" not in n]))
        elif kind == 2:
            h[name].attrs[r.choice(["layer_names", "weight_names", "keras_version"])] = r.choice([1, "\x1b[31m", [1.5]])
        elif isinstance(h[name], h5py.Dataset):
            del h[name]
            h[name] = r.choice([np.zeros(0), np.float64(1), np.zeros((2, 3), "i1"), np.array([b"text"])])
    return file.getvalue()


def zip_of(r, data):
    """A change to one entry of an archive, by what the entry is."""
    must, out = None, io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        chosen = "config.json" if "config.json" in names and r.random() < 0.6 else r.choice(names)
        drop, rename = r.random() < 0.04, r.random() < 0.04
        for name in names:
            content = old.read(name)
            if name == chosen and drop:
                continue
            if name == chosen and rename:
                name = r.choice([n for n in NASTY if n])
            elif name == chosen and name.endswith(".json"):
                document = json.loads(content)
                must = json_of(r, document)
                content = json.dumps(document).encode()
            elif name == chosen:
                content = (hdf5_of if name.endswith(".h5") else bytes_of)(r, content)
            new.writestr(name, content)
    return out.getvalue(), must


def safetensors_of(r, data):
    """A header that breaks a rule of the format."""
    size = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    first = next(k for k in header if k != "__metadata__")
    kind = r.choice(["trailing", "hole", "overlap", "duplicate", "metadata", "any"])
    must, text = (None if kind == "any" else kind), None
    if kind == "trailing":
        body += b"\0" * 4
    elif kind == "hole":
        for k, v in header.items():
            if k != "__metadata__":
                v["data_offsets"] = [o + 4 for o in v["data_offsets"]]
        body = b"\0" * 4 + body
    elif kind == "overlap":
        header["again"] = dict(header[first])
    elif kind == "metadata":
        header["__metadata__"] = {"a": 1}
    elif kind == "duplicate":
        text = "{" + json.dumps(first) + ":" + json.dumps(header[first]) + "," + json.dumps(header)[1:]
    else:
        json_of(r, header)
    text = (text or json.dumps(header)).encode()
    return struct.pack("<Q", len(text)) + text + body, must


def mutant(r, path):
    """The contents of a damaged file, and the kind of its damage where it must be refused."""
    data = path.read_bytes()
    if r.random() < 0.3:
        return bytes_of(r, data), None
    if path.suffix in (".keras", ".npz"):
        return zip_of(r, data)
    if path.suffix == ".h5":
        return hdf5_of(r, data), None
    if path.suffix == ".safetensors":
        return safetensors_of(r, data)
    return bytes_of(r, data), None


def seeds(folder):
    """Whole files to start from: fixtures, and small ones that are made here."""
    a = np.arange(12, dtype="f4").reshape(3, 4)
    np.save(folder / "a.npy", a.reshape(4, 3))
    np.savez(folder / "a.npz", x=a, y=np.arange(3))
    (folder / "a.csv").write_text("a,b,c\n1,2.5,3\n4,5,6\n7,8,9\n")
    header = json.dumps({n: {"dtype": "F32", "shape": [3, 4], "data_offsets": [48 * i, 48 * i + 48]} for i, n in enumerate("xy")})
    (folder / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header.encode() + a.tobytes() * 2)
    models = [p for p in (FIXTURES / "keras_files").rglob("*") if p.suffix in (".keras", ".h5") and p.stat().st_size < 1 << 18]
    images = [p for p in (FIXTURES / "images").iterdir() if p.suffix in (".png", ".jpg")]
    return sorted(models), sorted(images), sorted(folder.iterdir())


def check(args, number):
    """Makes one mutant, gives it to the command, and says what is wrong with the answer."""
    r = random.Random(f"{args.seed}-{number}")
    source = r.choice(r.choice(args.seeds))
    data, must = mutant(r, source)
    with tempfile.TemporaryDirectory(prefix="mutate-") as name:
        folder = pathlib.Path(name)
        ending = ".weights.h5" if source.name.endswith(".weights.h5") else source.suffix
        file = folder / ("m" + ending)
        file.write_bytes(data)
        command = r.choice([["summary", file], ["convert", file, folder / "out.npz"], ["diff", file, file]])
        if source.suffix in (".csv", ".npy", ".png", ".jpg"):
            command = ["predict", args.model, "--input", file]
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (args.memory << 20,) * 2)
        try:
            run = subprocess.run([args.cornu, *command], capture_output=True, timeout=args.time, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            run = None
        wrong = []
        if run is None:
            wrong.append("hang")
        else:
            out, err = (s.decode("utf-8", "replace") for s in (run.stdout, run.stderr))
            errors = [line for line in err.splitlines() if line.startswith("error:")]
            others = [line for line in err.splitlines() if not re.match("(error|hint|note|warning):|  | WARN ", line)]
            if run.returncode not in (0, 1, 2) or "panicked" in err:
                wrong.append(f"exit {run.returncode}")
            if len(errors) != (run.returncode != 0) and command[0] != "diff" or others:
                wrong.append("not one error line")
            if any(len(line.replace(str(folder), "")) > 400 for line in errors):
                wrong.append("long message")
            if FORBIDDEN.search(out + err):
                wrong.append("control character")
            # `diff` compares what cannot be opened as it is written, and says so.
            if must and run.returncode == 0 and "note: compared as written" not in err:
                wrong.append("accepted: " + must)
            left = {p.name for p in folder.iterdir()} - {file.name} - ({"out.npz"} if run.returncode == 0 else set())
            if left:
                wrong.append("left behind")
        if wrong:
            kept = args.keep / f"{args.seed}-{number}{ending}"
            kept.write_bytes(data)
            text = "" if run is None else run.stderr[:300]
            print(f"{kept.name} from {source.name}, {command[0]}: {', '.join(wrong)}; {text!a}", flush=True)
        return "hang" if run is None else run.returncode, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cornu", required=True, type=lambda p: str(pathlib.Path(p).resolve()), help="the binary")
    parser.add_argument("--count", type=int, default=500, help="mutants (500)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same mutants (1)")
    parser.add_argument("--jobs", type=int, default=2, help="commands at once (2)")
    parser.add_argument("--memory", type=int, default=4096, help="address space of a command in MiB (4096)")
    parser.add_argument("--time", type=float, default=60, help="seconds that a command may take (60)")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("mutants"), help="where the answered badly go")
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    whole = pathlib.Path(tempfile.mkdtemp(prefix="mutate-seeds-"))
    args.seeds = seeds(whole)
    # Its input has three columns, as the tables of `seeds`. Pictures are read before their shape is refused.
    args.model = FIXTURES / "keras_files/adam.keras"
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        answers = list(pool.map(lambda n: check(args, n), range(args.count)))
    shutil.rmtree(whole)
    codes = collections.Counter(code for code, _ in answers)
    faults = collections.Counter(w for _, wrong in answers for w in wrong)
    print(f"{args.count} mutants; exit codes {dict(codes)}; answered badly: {dict(faults) or 'none'}")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
