"""Checks that every program and plugin links MLIR as a shared library only.

usage: check_linkage.py BUILD LLVM_TOOLS
Each must need libMLIR.so and define none of MLIR's own symbols, and no link
line of the build but that of the standalone program may name a static MLIR or
LLVM archive. Those that only rewrite carry neither lw's execution engine nor
libzip.
"""
import pathlib
import re
import subprocess
import sys

# Whether a program runs networks and reads archives of arrays.
RUNS = {"lw-opt": False, "lw-lsp-server": False, "LwPlugin.so": False, "lwc": True}

build, llvm_tools = map(pathlib.Path, sys.argv[1:])


def output(tool, *arguments):
    return subprocess.run([llvm_tools / tool, *arguments], check=True, capture_output=True,
                          text=True).stdout


def is_elf(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


binaries = sorted(path for folder in ("bin", "lib") for path in (build / folder).iterdir()
                  if path.is_file() and is_elf(path))
errors = []
for path in binaries:
    needed = re.findall(r"NEEDED.*\[(.*)\]", output("llvm-readelf", "--dynamic-table", path))
    if not any(name.startswith("libMLIR.so") for name in needed):
        errors.append(f"{path.name} does not need libMLIR.so")
    # The vtable's key functions are in MLIR's library alone.
    defined = output("llvm-nm", "--defined-only", "--demangle", path)
    if "mlir::MLIRContext::MLIRContext" in defined or "llvm::PassRegistry::" in defined:
        errors.append(f"{path.name} has a copy of MLIR or LLVM of its own")
    # What lwc has by these signs, those that only rewrite must not have.
    if path.name in RUNS:
        parts = {"lw's execution engine": "mlir::lw::CompiledModel::" in defined,
                 "libzip": any(name.startswith("libzip.so") for name in needed)}
        errors += [f"{path.name} {'has' if has else 'lacks'} {part}"
                   for part, has in parts.items() if has != RUNS[path.name]]

ninja = build / "build.ninja"
if ninja.is_file():
    # What packages hold is linked statically, beside the rest.
    rules = [rule for rule in ninja.read_text().split("\nbuild ") if "standalone" not in rule.partition(":")[0]]
    archives = set(re.findall(r"\blib(?:MLIR|LLVM)\w*\.a\b", "\n".join(rules)))
    errors += [f"the build links the static archive {name}" for name in sorted(archives)]

print(f"checked {len(binaries)}:", *(path.name for path in binaries))
if errors or not binaries:
    sys.exit("\n".join(errors or ["no program found"]))
