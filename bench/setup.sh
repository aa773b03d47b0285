#!/bin/sh
# Makes bench/.venv with the libraries that Cornu is compared with. Usage: bench/setup.sh [PYTHON]
set -eu
cd "$(dirname "$0")"
"${1:-python3}" -m venv .venv
.venv/bin/pip install --quiet tensorflow-cpu keras 'jax[cpu]' numpy torch
.venv/bin/pip list --format=freeze | grep -iE '^(tensorflow|keras|jax|torch|numpy)'
