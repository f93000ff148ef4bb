#!/usr/bin/env bash
# Builds lw's packages.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/package.sh [--build=FOLDER] [-DVARIABLE=VALUE...]

Builds all of lw and the Python wheel, and packs them with headers, documents and
the demo: a Debian package lw_VERSION_ARCHITECTURE.deb, and a tar archive
lw_VERSION_ARCHITECTURE.tar.xz. Both are in FOLDER/packages (build/release/packages).

  --build=FOLDER  the build to pack (build/release, which is made of its preset)
  -DNAME=VALUE    handed on to CMake, e.g. -DMLIR_DIR=PREFIX/lib/cmake/mlir
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/release
options=()
for argument in "$@"; do
  case "$argument" in
  --build=*) build="${argument#*=}" ;;
  -D*) options+=("$argument") ;;
  -h | --help) usage; exit 0 ;;
  *) echo "package.sh: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done

if [[ $build == build/release ]]; then
  cmake --preset release "${options[@]}" >/dev/null
fi
cmake --build "$build"
build="$(realpath "$build")"
# A system's own Python may have pip and setuptools when the first one on the path has not.
python=python3
"$python" -c "import pip, setuptools, wheel" 2>/dev/null || python=/usr/bin/python3
rm -rf "$build/wheels" "$build/packages" python/build
LW_TOOLS="$build/bin" "$python" -m pip wheel --quiet --no-deps --no-build-isolation \
  --wheel-dir "$build/wheels" ./python
rm -rf python/build
cpack --config "$build/CPackConfig.cmake" -B "$build/packages" >"$build/cpack.log" || {
  cat "$build/cpack.log" >&2
  exit 1
}
rm -rf "$build/packages/_CPack_Packages"
ls -l "$build/packages"
