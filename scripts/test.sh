#!/usr/bin/env bash
# Builds lw and runs its tests.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/test.sh [--quick] [--preset NAME] [-DVARIABLE=VALUE...]

Configures and builds the preset (default: release), runs the quick and the
integration suite, and ends with a line 'N passed, N failed, N skipped'. Names
the tests that were skipped. Fails when a test failed or none ran.

  --quick         leave out the integration suite
  --preset NAME   a preset of CMakePresets.json: release, ci, debug, asan
  -DNAME=VALUE    handed on to CMake, e.g. -DMLIR_DIR=PREFIX/lib/cmake/mlir
TEXT
}

preset=release
suites=(check-lw check-lw-integration)
options=()
while [[ $# -gt 0 ]]; do
  case "$1" in
  --quick) suites=(check-lw) ;;
  --preset) preset="${2:?--preset needs a name}"; shift ;;
  -D*) options+=("$1") ;;
  -h | --help) usage; exit 0 ;;
  *) echo "test.sh: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
cmake --preset "$preset" "${options[@]}"
build="build/$preset"
cmake --build "$build"

status=0
results=()
for suite in "${suites[@]}"; do
  result="$PWD/$build/$suite.json"
  rm -f "$result"
  results+=("$result")
  LIT_OPTS="--output=$result" cmake --build "$build" --target "$suite" || status=$?
done
python3 scripts/count_tests.py "${results[@]}" || status=1
exit "$status"
