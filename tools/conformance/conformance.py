"""Compares Cornu with NumPy, SciPy and pandas on random and edge cases.

    tools/conformance/.venv/bin/python tools/conformance/conformance.py [family ...] [--seed N] [--size N] [--verbose]
    tools/conformance/.venv/bin/python tools/conformance/conformance.py --fixture

Makes the cases, lets the Rust program `crates/cornu/examples/conformance` answer them, compares, prints a table, and ends
with 1 if anything differs. The families are the modules of `families/`. With --fixture, a few cases of most families and
what is wanted are written into `crates/cornu/tests/fixtures/conformance`, which `cargo test` compares without Python.
"""

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict

import numpy as np

import compare

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
FAMILIES = sorted(p.stem for p in (HERE / "families").glob("[a-z]*.py"))


# What NumPy, SciPy and pandas raise when they refuse an input.
REFUSALS = (ValueError, TypeError, IndexError, ZeroDivisionError, np.linalg.LinAlgError)


class Cases:
    """What a family fills: calls of Cornu, each with the values it must give, or `compare.Error`."""

    def __init__(self, family, seed, size):
        self.family, self.size = family, size
        # A stream of its own for each family, so that a case stays the same whatever else runs.
        self.rng = np.random.default_rng([seed, FAMILIES.index(family)])
        self.cases, self.arrays, self.wanted = [], {}, []

    def add(self, function, inputs, wanted, how=compare.exact, **arguments):
        """`function(*inputs, **arguments)` must give `wanted`: an array, a list of arrays, or `compare.Error`."""
        number = len(self.cases)
        names = []
        for i, x in enumerate(inputs):
            names.append(f"{number}.{i}")
            self.arrays[names[-1]] = np.asarray(x)
        case = {"function": function, "inputs": names, "arguments": arguments}
        self.cases.append(case)
        self.wanted.append((wanted if isinstance(wanted, (list, tuple)) or wanted is compare.Error else [wanted], how))

    def add_as(self, function, reference, inputs, how=compare.exact, **arguments):
        """The values are what `reference(*inputs)` gives; if it refuses them, Cornu must, too."""
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                wanted = reference(*inputs)
        except REFUSALS:
            wanted = compare.Error
        self.add(function, inputs, wanted, how, **arguments)


def answer(cases, program):
    """Cornu's answers: a list of arrays, or the message of an error, for each case."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "cases.json").write_text(json.dumps(cases.cases))
        np.savez(folder / "cases.npz", **cases.arrays)
        subprocess.run([program, str(folder)], check=True)
        told = json.loads((folder / "answers.json").read_text())
        arrays = np.load(folder / "answers.npz")
        return [t["error"] if "error" in t else [arrays[name] for name in t["arrays"]] for t in told]


def write_fixture():
    """Few and small cases: random streams and elementary functions have fixtures of their own."""
    folder = ROOT / "crates/cornu/tests/fixtures/conformance"
    folder.mkdir(parents=True, exist_ok=True)
    for family in ("arithmetic", "reductions", "shapes", "linalg", "moving", "distributions"):
        cases = Cases(family, 0, 1)
        importlib.import_module(f"families.{family}").fill(cases)
        told, arrays = [], dict(cases.arrays)
        for number, (case, (wanted, how)) in enumerate(zip(cases.cases, cases.wanted)):
            if wanted is compare.Error:
                told.append({**case, "wanted": None, "exact": True})
                continue
            names = [f"{number}.wanted.{i}" for i in range(len(wanted))]
            arrays.update({name: np.asarray(w) for name, w in zip(names, wanted)})
            told.append({**case, "wanted": names, "exact": how is compare.exact})
        (folder / f"{family}.json").write_text(json.dumps(told))
        np.savez_compressed(folder / f"{family}.npz", **arrays)


def build():
    command = ["cargo", "build", "--release", "--quiet", "-p", "cornu", "--example", "conformance"]
    subprocess.run(command, cwd=ROOT, check=True)
    meta = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True
    )
    return pathlib.Path(json.loads(meta.stdout)["target_directory"]) / "release/examples/conformance"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)} (all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=20, help="random cases for each function and dtype (20)")
    parser.add_argument("--verbose", action="store_true", help="print every difference, not one for each function")
    parser.add_argument("--fixture", action="store_true", help="write the cases of cargo test")
    args = parser.parse_args()
    if args.fixture:
        write_fixture()
        return
    unknown = set(args.families) - set(FAMILIES)
    if unknown:
        parser.error(f"no families {unknown}; there are {FAMILIES}")
    program = build()
    failed = total = 0
    for family in args.families or FAMILIES:
        cases = Cases(family, args.seed, args.size)
        importlib.import_module(f"families.{family}").fill(cases)
        table = defaultdict(lambda: [0, 0, 0.0])
        for case, (wanted, how), got in zip(cases.cases, cases.wanted, answer(cases, program)):
            row = table[case["function"]]
            row[0] += 1
            worst, difference = compare.check(wanted, got, how)
            row[2] = max(row[2], worst)
            if difference:
                row[1] += 1
                if row[1] == 1 or args.verbose:
                    inputs = [cases.arrays[name] for name in case["inputs"]]
                    print(f"\n{case['function']} {case['arguments']}\n  {difference}")
                    for x in inputs:
                        print(f"  input {x.dtype}{list(x.shape)} {np.array2string(x, threshold=20)}")
        print(f"\n{family}: {sum(r[0] for r in table.values())} cases of {len(table)} functions")
        for function, (count, bad, worst) in sorted(table.items()):
            mark = f"   {bad} DIFFER" if bad else ""
            print(f"  {function:<36}{count:>6}   worst {worst:9.3g}{mark}")
            failed += bad
            total += count
    print(f"\n{total} cases, {failed} differ")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
