#!/usr/bin/env python3
"""Compiles every page of `cornu notes` as a program of its own, as a reader would who copies it.

    python3 tools/notes/programs.py

On a page, what is indented is code, and everything else is text. The programs become examples of the crate for as long
as they are compiled. Warnings of values that nobody uses are part of the game; errors are not.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLES = ROOT / "crates/cornu/examples"
MARGIN = "    "


def program(page):
    lines = [line for line in page.split("\n") if line.startswith(MARGIN)]
    uses = [line.strip() for line in lines if line.startswith(MARGIN + "use ")]
    code = [line for line in lines if not line.startswith(MARGIN + "use ")]
    return "\n".join([*uses, "fn main() -> Result<()> {", *code, MARGIN + "Ok(())", "}", ""])


def main():
    with tempfile.TemporaryDirectory() as folder:
        # The pictures go into the working directory.
        build = ["cargo", "build", "--quiet", "-p", "cornu", "--example", "notes"]
        subprocess.run(build, cwd=ROOT, check=True)
        notes = ROOT / "target/debug/examples/notes"
        text = subprocess.run([notes], cwd=folder, check=True, capture_output=True, text=True).stdout
    # A title is underlined with =.
    pages = re.split(r"^(?=[^\n]+\n=+$)", text, flags=re.M)[1:]
    paths = [EXAMPLES / f"page_{i:02}.rs" for i in range(len(pages))]
    try:
        for path, page in zip(paths, pages):
            path.write_text(program(page))
        names = [argument for path in paths for argument in ("--example", path.stem)]
        done = subprocess.run(["cargo", "check", "-p", "cornu", *names], cwd=ROOT)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
    print(f"{len(pages)} pages")
    sys.exit(done.returncode)


main()
