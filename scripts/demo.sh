#!/usr/bin/env bash
# Compiles the bundled digits network in five forms and compares them.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/demo.sh [--no-setup] [--output=FOLDER] [-DVARIABLE=VALUE...]

Installs what is missing, builds lw, and takes examples/digits from ONNX to native
code: as it is, with batch norm folded, in cheaper forms fitted to 200 sample images
(half the MACs, then a goal in time), and for contrast by plain singular value
decomposition of its filters. Ends with a table of MACs, parameters, accuracy on
597 held-out images and latency, and a plot. Everything is written to build/. Of an
installed lw it takes the tools, builds nothing, and writes to lw-demo/.

  --no-setup      install nothing
  --output=FOLDER where to write (build/demo, of an installed lw lw-demo)
  -DNAME=VALUE    handed on to CMake, e.g. -DMLIR_DIR=PREFIX/lib/cmake/mlir
TEXT
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
setup=true
out=
options=()
for argument in "$@"; do
  case "$argument" in
  --no-setup) setup=false ;;
  --output=*) out="$(realpath -m "${argument#*=}")" ;;
  -D*) options+=("$argument") ;;
  -h | --help) usage; exit 0 ;;
  *) echo "demo.sh: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done

installed=false
[[ -f $root/CMakeLists.txt ]] || installed=true
if $installed; then
  out="${out:-$PWD/lw-demo}"
  # share/lw lies beside bin.
  PATH="$root/../../bin:$PATH"
else
  cd "$root"
  out="${out:-build/demo}"
fi
mkdir -p "$out"
step() { printf '\n==> %s\n' "$*"; }
run() {
  printf '$'
  printf ' %s' "${@@Q}" | sed "s/'\([A-Za-z0-9_.,:/=+-]*\)'/\1/g"
  printf '\n'
  "$@"
}

if $setup && ! $installed; then
  step "Set up: install the packages that are missing"
  scripts/setup.sh
fi

data=examples/digits
if $installed; then
  data="$root/$data"
else
  step "Build the tools into build/release (minutes the first time)"
  # Headers parsed once halve the time of a first build.
  [[ -d build/release ]] || options=(-DLW_PRECOMPILE_HEADERS=ON "${options[@]}")
  cmake --preset release "${options[@]}" >"$out/configure.log" || {
    cat "$out/configure.log"
    exit 1
  }
  cmake --build build/release --target lwc lw-opt lw-run lw-translate
  PATH="$PWD/build/release/bin:$PATH"
fi

step "Import: ONNX to MLIR, NHWC, tosa and lw operations"
run lw-translate --import-onnx "$data/digits.onnx" --emit-bytecode -o "$out/digits.mlirbc"

step "What it costs, layer by layer"
run lw-opt "$out/digits.mlirbc" --lw-print-cost -o /dev/null

# optimize NAME TITLE PASSES...: the network after graph passes, and its cost.
optimize() {
  local name="$1" title="$2"
  shift 2
  step "$title"
  run lw-opt "$out/digits.mlirbc" "$@" --lw-print-cost="format=none json=$out/$name.cost.json" \
    --emit-bytecode -o "$out/$name.mlirbc"
}
optimize original "Original: as it was trained"
optimize folded "Folded: batch norm into the convolutions, what prediction does not need away" \
  --lw-fold-batch-norm --lw-clean
# rewrite NAME TITLE GOAL: in cheaper forms, fitted to samples without labels.
rewrite() {
  step "$2"
  run lwc "$out/digits.mlirbc" -o "$out/$1.mlirbc" --separable="$3" \
    --calibrate="$data/calib.npz:images" --calibrate-labels="$data/calib.npz:labels" --scale=1/16
  lw-opt "$out/$1.mlirbc" --lw-print-cost="format=none json=$out/$1.cost.json" -o /dev/null
}
rewrite macs "Cheaper forms, fitted to 200 samples: half the MACs" macs=2x
rewrite time "The same with a goal in time, measured on this machine" time=1.3x
optimize svd "For contrast: 4 terms of the filters' singular value decomposition, no samples" \
  --lw-fold-batch-norm --lw-make-separable="terms=4 skip=conv1" --lw-clean

names=(original folded macs time svd)
titles=(original folded "calibrated, macs=2x" "calibrated, time=1.3x" "plain SVD")
step "Compile each to a shared library"
run lwc "$out/original.mlirbc" --no-fold --no-fuse -o "$out/original.so"
for name in "${names[@]:1}"; do
  run lwc "$out/$name.mlirbc" -o "$out/$name.so"
done

step "Run each on the 597 held-out images, and measure one image on one thread"
for name in "${names[@]}"; do
  run lw-run "$out/$name.so" --input "$data/test.npz:images" --scale 1/16 \
    --labels "$data/test.npz:labels" --benchmark --json "$out/$name.run.json"
done

step "Result"
forms=()
for i in "${!names[@]}"; do forms+=("${names[$i]}=${titles[$i]}"); done
python3 "$root/scripts/demo_table.py" "$out" "${forms[@]}"
# A system's own Python may have what the first one on the path has not.
python=python3
"$python" -c "import matplotlib" 2>/dev/null || python=/usr/bin/python3
if $installed; then
  :
elif "$python" -c "import matplotlib" 2>/dev/null; then
  "$python" benchmarks/separable_tradeoff.py --from-json "$out/tradeoff.json" \
    --plot "$out/tradeoff.svg" >/dev/null
  echo "plot: $out/tradeoff.svg"
else
  echo "no plot: neither $(command -v python3) nor $python has matplotlib"
fi
