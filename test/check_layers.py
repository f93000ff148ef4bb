"""Checks that libraries depend on one another in one direction only.

  check_layers.py SOURCE_DIR

Reads the link lists of lib/*/CMakeLists.txt and the includes of lib/ and
include/. A folder may use folders of lower layers, and itself.
"""
import pathlib
import re
import sys

# From the bottom up; folders of one line do not use one another.
LAYERS = [
    ["Support"],
    ["IO", "Numerics", "Dialect"],
    ["Target"],
    ["Analysis", "Importer", "Separable"],
    ["Transforms", "Conversion"],
    ["Lowering"],
    ["Codegen", "Exporter"],
    ["Pipelines"],
    ["InitAll", "ExecutionEngine"],
    ["Stepping"],
    ["Statistics", "Reconstruction"],
    ["Quantization"],
    ["Driver"],
]
RANK = {name: i for i, layer in enumerate(LAYERS) for name in layer}
# The folders of lib/Codegen, whose headers are included by these names.
CODEGEN = {name: i for i, name in enumerate(["Layout", "Builder", "Kernels", "Strategy", "Memory", "Batch", "Emission"])}


def folder_of(path, root):
    parts = path.relative_to(root).parts
    # The files beside the folders are one library.
    return "InitAll" if len(parts) == 1 else parts[0]


def uses(source):
    """(file, folder, folder that it uses) of every include and link."""
    for root in (source / "lib", source / "include" / "lw"):
        for path in sorted([*root.rglob("*.cpp"), *root.rglob("*.h"), *root.rglob("*.td")]):
            for name in re.findall(r'^\s*#?include "lw/(\w+)[/.]', path.read_text(), re.M):
                yield path, folder_of(path, root), name
    for path in sorted((source / "lib").rglob("CMakeLists.txt")):
        text = path.read_text()
        for library, body in re.findall(r"add_lw_library\(Lw(\w+)\s([^)]*)\)", text):
            for name in re.findall(r"\bLw(\w+)", body.partition("LINK_LIBS")[2]):
                yield path, library, name


def codegen_uses(source):
    root = source / "lib" / "Codegen"
    for path in sorted([*root.rglob("*.cpp"), *root.rglob("*.h")]):
        for name in re.findall(r'^\s*#include "(\w+)/', path.read_text(), re.M):
            if name in CODEGEN:
                yield path, folder_of(path, root), name


def main():
    source = pathlib.Path(sys.argv[1])
    found, errors = 0, 0
    for path, user, used in codegen_uses(source):
        found += 1
        if CODEGEN[used] > CODEGEN[user]:
            errors += 1
            print(f"{path.relative_to(source)}: {user} may not use {used}, which is above it")
    for path, user, used in uses(source):
        if used in ("Version",) or user == used:
            continue
        found += 1
        where = path.relative_to(source)
        for name in (user, used):
            if name not in RANK:
                sys.exit(f"{where}: {name} has no place among the layers of {sys.argv[0]}")
        if RANK[used] >= RANK[user]:
            errors += 1
            print(f"{where}: {user} may not use {used}, which is no layer below")
    assert found > 100, "nothing was read"
    print(f"{found} uses, {errors} against the order of the layers")
    sys.exit(errors != 0)


if __name__ == "__main__":
    main()
