#!/usr/bin/env bash
# Formats the C++ sources, or checks that they are formatted.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/format.sh [--check]

Formats every C and C++ source with clang-format 22 in place. With --check it
changes nothing and fails when a file is not formatted. CLANG_FORMAT names
another clang-format.
TEXT
}

options=(-i)
case "${1:-}" in
'') ;;
--check) options=(--dry-run --Werror) ;;
-h | --help) usage; exit 0 ;;
*) echo "format.sh: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
esac

clang_format="${CLANG_FORMAT:-clang-format-22}"
if ! command -v "$clang_format" >/dev/null; then
  echo "format.sh: no $clang_format; scripts/setup.sh --dev installs it" >&2
  exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
find . \( -path ./build -o -name '.?*' \) -prune -o \
  \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0 |
  xargs -0 -r "$clang_format" "${options[@]}"
