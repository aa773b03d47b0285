#!/bin/sh
# Makes tools/conformance/.venv with the NumPy, SciPy and pandas that Cornu is compared with (Python 3.11+; 300 MB).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$here/.venv"
"$here/.venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
echo "ready: $here/.venv/bin/python"
