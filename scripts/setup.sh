#!/usr/bin/env bash
# Installs the Debian 12 packages that lw is built and tested with.
set -euo pipefail

required=(
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools clang-22 lld-22 liblld-22-dev libzstd-dev
  libomp-22-dev g++ cmake ninja-build ccache dpkg-dev fakeroot pkg-config
  libonnx-dev protobuf-compiler libprotobuf-dev libeigen3-dev libzip-dev
  libjpeg62-turbo-dev libpng-dev
  libgtest-dev libgmock-dev libbenchmark-dev libonnx-testdata
  python3 python3-numpy python3-onnx python3-pil python3-matplotlib python3-jsonschema
  python3-venv python3-pip python3-setuptools python3-wheel python3-pytest
)
developer=(clang-format-22 clang-tidy-22 libclang-rt-22-dev valgrind)
cross=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
training=(python3-torch python3-sklearn)

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [--dev] [--cross] [--train] [--list] [--help]

Installs what is missing of the Debian 12 packages that lw is built and tested
with, as root or through sudo. Does nothing when nothing is missing.

  --dev    also what formatting, linting and the sanitizer build need
  --cross  also what linking for AArch64, and running that here, needs
  --train  also what examples/digits/train.py needs
  --list   print the packages, one a line, and stop
TEXT
}

packages=("${required[@]}")
list=false
for argument in "$@"; do
  case "$argument" in
  --dev) packages+=("${developer[@]}") ;;
  --cross) packages+=("${cross[@]}") ;;
  --train) packages+=("${training[@]}") ;;
  --list) list=true ;;
  -h | --help) usage; exit 0 ;;
  *) echo "setup.sh: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done
if $list; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

system="$(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}" || true)"
if [[ "$system" != debian12 ]]; then
  cat >&2 <<TEXT
setup.sh installs packages on Debian 12 only; this system is '${system:-unknown}'.
Install what these Debian packages hold, LLVM and MLIR in version 22.1 with their
shared libraries (-DLLVM_BUILD_LLVM_DYLIB=ON -DLLVM_LINK_LLVM_DYLIB=ON):

  ${packages[*]}

and tell CMake where MLIR is:

  cmake --preset release -DMLIR_DIR=PREFIX/lib/cmake/mlir
TEXT
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status="$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)"
  [[ "$status" == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "setup.sh: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: needs root or sudo to install: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup.sh: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq </dev/null
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
echo "setup.sh: installed ${#missing[@]} packages"
