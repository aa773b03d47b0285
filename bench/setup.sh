#!/bin/sh
# Makes bench/.venv with the libraries that Cornu is compared with. Usage: bench/setup.sh [PYTHON]
# PyTorch comes as its CPU build, where the index that has it can be reached.
set -eu
cd "$(dirname "$0")"
"${1:-python3}" -m venv .venv
.venv/bin/pip install --quiet tensorflow-cpu keras 'jax[cpu]' numpy
.venv/bin/pip install --quiet torch --index-url https://download.pytorch.org/whl/cpu ||
    .venv/bin/pip install --quiet torch
.venv/bin/pip list --format=freeze | grep -iE '^(tensorflow|keras|jax|torch|numpy)'
