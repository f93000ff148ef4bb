#!/usr/bin/env bash
# Builds lw's packages.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/package.sh [--build=FOLDER] [-DVARIABLE=VALUE...]

Builds all of lw and the Python wheel, and packs them into FOLDER/packages
(build/release/packages):

  lw_VERSION_ARCHITECTURE.deb      lwc, lw-opt, lw-run and lw-translate with LLVM and a
                                   linker within, the wheel, documents and the demo
  lw-dev_VERSION_ARCHITECTURE.deb  for tools on MLIR: the plugin, headers, libraries
  lw_VERSION_ARCHITECTURE.tar.xz   both
  lw-VERSION-*.whl                 the Python wheel, the tools within

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
  cmake --preset release -DLW_STATIC_LLVM=ON "${options[@]}" >/dev/null
else
  cmake -DLW_STATIC_LLVM=ON "${options[@]}" "$build" >/dev/null
fi
cmake --build "$build"
build="$(realpath "$build")"
# A system's own Python may have pip and setuptools when the first one on the path has not.
python=python3
"$python" -c "import pip, setuptools, wheel" 2>/dev/null || python=/usr/bin/python3
rm -rf "$build/wheels" "$build/packages" python/build
# wheel TOOLS FOLDER
wheel() {
  LW_TOOLS="$1" "$python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$2" ./python
  rm -rf python/build
}
# The package has the tools already.
wheel none "$build/wheels"
cpack --config "$build/CPackConfig.cmake" -B "$build/packages" >"$build/cpack.log" || {
  cat "$build/cpack.log" >&2
  exit 1
}
rm -rf "$build/packages/_CPack_Packages"
# cpack counts what links lead to as often as there are links.
for package in "$build"/packages/*.deb; do
  folder="$(mktemp -d)"
  (
    cd "$folder"
    ar x "$package" control.tar.gz
    mkdir control
    tar -xzf control.tar.gz -C control
    size="$(dpkg-deb --fsys-tarfile "$package" | tar -tvf - | awk '{ bytes += $3 } END { print int(bytes / 1024) }')"
    sed -i "s/^Installed-Size:.*/Installed-Size: $size/" control/control
    tar --owner=0 --group=0 --numeric-owner -czf control.tar.gz -C control .
    ar r "$package" control.tar.gz
  )
  rm -rf "$folder"
done
wheel "$build/standalone/bin" "$build/packages"
ls -l "$build/packages"
