#!/bin/sh
# Makes tools/keras/.venv with the Keras that the golden numbers come from (needs Python 3.11+; about 1 GB).
# Then, from the repository's root:  tools/keras/.venv/bin/python tools/keras/golden.py
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$here/.venv"
"$here/.venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
echo "ready: $here/.venv/bin/python"
