"""Makes all fixtures under crates/cornu/tests/fixtures/keras again, each family in a process of its own.

Usage: tools/keras/.venv/bin/python tools/keras/golden.py [family ...]
"""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    families = sys.argv[1:] or sorted(p.stem.removeprefix("golden_") for p in HERE.glob("golden_*.py"))
    for family in families:
        subprocess.run([sys.executable, HERE / f"golden_{family}.py"], check=True)


if __name__ == "__main__":
    main()
