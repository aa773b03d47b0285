#!/bin/sh
# Makes tools/interop/.venv: the Keras of tools/keras, and ONNX with its runtime (Python 3.11+; about 1.1 GB).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$here/.venv"
"$here/.venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
echo "ready: $here/.venv/bin/python"
