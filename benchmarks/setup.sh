#!/usr/bin/env bash
# Creates the virtual environment that benchmarks/run.py measures the peers in.
#
#   benchmarks/setup.sh [venv directory, default benchmarks/.venv]
#
# PYTHON names the interpreter (3.11 or later; default python3). Each peer is
# installed from PyPI on its own: one that does not install is reported as
# absent and the others go on. torch is large and skipped unless WITH_TORCH=1.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-$here/.venv}
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "setup.sh: $python is $("$python" -V 2>&1); expected Python 3.11 or later:" \
    "set PYTHON to one" >&2
  exit 1
fi

"$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
log=$venv/setup.log
: >"$log"

# numpy runs the harness, matplotlib draws, onnx is what some peers read with.
pip install 'numpy<2.4' onnx matplotlib

# peer <name>: <packages>
install() {
  local name=$1
  shift
  if pip install "$@" >>"$log" 2>&1; then
    echo "installed: $name"
  else
    echo "absent: $name (pip could not install $*; see $log)"
  fi
}
install onnxruntime onnxruntime
install openvino openvino
install litert ai-edge-litert
install iree iree-base-compiler iree-base-runtime
install tvm apache-tvm
if [[ ${WITH_TORCH:-0} == 1 ]]; then
  install torch torch onnx2torch
else
  echo "skipped: torch (set WITH_TORCH=1 to install it)"
fi

echo "--- versions"
"$venv/bin/python" -c '
import importlib.metadata as m
for p in ("numpy", "onnx", "onnxruntime", "openvino", "ai-edge-litert",
          "iree-base-compiler", "iree-base-runtime", "apache-tvm", "torch"):
    try: print(f"{p:22} {m.version(p)}")
    except m.PackageNotFoundError: print(f"{p:22} absent")'
