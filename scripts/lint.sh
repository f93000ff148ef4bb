#!/usr/bin/env bash
# Runs clang-tidy with the project's checks over a built tree.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/lint.sh [--preset NAME] [FILE-REGEX]

Runs clang-tidy 22 over the sources of a preset that is built (default:
release), or over those whose path matches the regular expression. Fails on any
finding. Takes about 10 s a source and core.
TEXT
}

preset=release
files='/(lib|tools)/'
while [[ $# -gt 0 ]]; do
  case "$1" in
  --preset) preset="${2:?--preset needs a name}"; shift ;;
  -h | --help) usage; exit 0 ;;
  -*) echo "lint.sh: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  *) files="$1" ;;
  esac
  shift
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v run-clang-tidy-22 >/dev/null; then
  echo "lint.sh: no clang-tidy 22; scripts/setup.sh --dev installs it" >&2
  exit 1
fi
if [[ ! -f build/$preset/compile_commands.json ]]; then
  echo "lint.sh: build/$preset is not configured; run cmake --preset $preset" >&2
  exit 1
fi
exec run-clang-tidy-22 -quiet -p "build/$preset" "$files"
