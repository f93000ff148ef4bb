"""Damages ONNX networks and MLIR files and feeds them to the tools.

Whatever comes in, a tool must end by itself within ten seconds of processor
time and two gigabytes of memory: with a module that verifies, or with a message
and exit code 1. The mutations are truncation, changed bytes, wrong extents,
cycles, missing initializers, absurd extents and attributes; the same seed gives
the same mutations.
"""
import argparse
import collections
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

import onnx

MEMORY = 2 << 30
SECONDS = 10  # of processor time; a busy machine is no hang
PATIENCE = 120


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def truncate(rng, contents):
    return contents[:rng.randrange(len(contents))]


def change_bytes(rng, contents):
    """Bytes of the structure, not of the weights, where they are: near the end
    or the beginning of the file."""
    out = bytearray(contents)
    window = min(len(out), 4000)
    for _ in range(rng.choice((1, 2, 8, 40))):
        at = rng.randrange(window)
        if rng.random() < 0.5:
            at = len(out) - 1 - at
        out[at] = rng.randrange(256)
    return bytes(out)


def change_anywhere(rng, contents):
    out = bytearray(contents)
    for _ in range(rng.choice((1, 10, 1000))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def on_model(change):
    def mutate(rng, contents):
        model = onnx.ModelProto()
        model.ParseFromString(contents)
        change(rng, model.graph)
        return model.SerializeToString()
    mutate.__name__ = change.__name__
    return mutate


def some_extent(rng):
    return rng.choice((0, -1, 1, 2, 3, 1000, 1 << 20, 1 << 31, 1 << 40,
                       (1 << 63) - 1, -(1 << 63)))


def weight_extents(rng, graph):
    tensor = rng.choice(graph.initializer)
    if tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = some_extent(rng)
    else:
        tensor.dims.append(some_extent(rng))


def input_extents(rng, graph):
    dims = graph.input[0].type.tensor_type.shape.dim
    rng.choice(dims).dim_value = some_extent(rng)


def element_type(rng, graph):
    rng.choice(graph.initializer).data_type = rng.randrange(-1, 30)


def cycle(rng, graph):
    first = rng.randrange(len(graph.node))
    last = rng.randrange(first, len(graph.node))
    node = graph.node[first]
    node.input[rng.randrange(len(node.input))] = graph.node[last].output[0]


def missing_initializer(rng, graph):
    del graph.initializer[rng.randrange(len(graph.initializer))]


def missing_node(rng, graph):
    del graph.node[rng.randrange(len(graph.node))]


def duplicate_node(rng, graph):
    graph.node.add().CopyFrom(rng.choice(graph.node))


def operator(rng, graph):
    rng.choice(graph.node).op_type = rng.choice(
        [node.op_type for node in graph.node] +
        ["Nonsense", "If", "Reshape", "Slice", "Transpose", "Resize", "Split",
         "Gather", "Concat", "Pad", "MatMul", "Softmax", "Expand", "Tile",
         "Squeeze", "Unsqueeze", "DepthToSpace", "ReduceMean", "MaxPool"])


def operand(rng, graph):
    """Any tensor of the graph in the place of another."""
    names = [t.name for t in graph.initializer] + [""]
    names += [o for node in graph.node for o in node.output]
    node = rng.choice([node for node in graph.node if node.input])
    node.input[rng.randrange(len(node.input))] = rng.choice(names)


def attribute(rng, graph):
    nodes = [node for node in graph.node if node.attribute]
    if not nodes:
        return
    chosen = rng.choice(rng.choice(nodes).attribute)
    what = rng.randrange(4)
    if what == 0 and chosen.ints:
        chosen.ints[rng.randrange(len(chosen.ints))] = some_extent(rng)
    elif what == 1:
        chosen.ints.append(some_extent(rng))
    elif what == 2:
        chosen.i = some_extent(rng)
    else:
        chosen.type = rng.randrange(1, 12)


def not_a_number(rng, graph):
    tensor = rng.choice(graph.initializer)
    if len(tensor.raw_data) >= 4:
        tensor.raw_data = b"\x00\x00\xc0\x7f" + tensor.raw_data[4:]


BYTES = [truncate, change_bytes, change_anywhere]
ONNX = BYTES + [on_model(change) for change in (
    weight_extents, input_extents, element_type, cycle, missing_initializer,
    missing_node, duplicate_node, operator, operand, attribute, not_a_number)]


def drop_line(rng, contents):
    lines = contents.split(b"\n")
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def swap_words(rng, contents):
    words = contents.split(b" ")
    a, b = rng.randrange(len(words)), rng.randrange(len(words))
    words[a], words[b] = words[b], words[a]
    return b" ".join(words)


def change_number(rng, contents):
    out = bytearray(contents)
    digits = [i for i, c in enumerate(out) if chr(c).isdigit()]
    at = rng.choice(digits)
    out[at:at + 1] = str(some_extent(rng)).encode()
    return bytes(out)


MLIR = [truncate, change_anywhere, drop_line, swap_words, change_number]


def run(command, path):
    """The outcome of one run, and whether it is one that may be."""
    try:
        done = subprocess.run([*command, str(path)], capture_output=True,
                              timeout=PATIENCE, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return "hang", False
    if done.returncode == 0:
        return "accepted", True
    if done.returncode != 1:
        return f"crash ({done.returncode})", False
    if b"error: " not in done.stderr:
        return "no message", False
    return "refused", True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path,
                        help="folder for the inputs of failures")
    parser.add_argument("--command", default="lw-translate --import-onnx",
                        help="the tool, to which the file's name is added")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    counts = collections.defaultdict(collections.Counter)
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        for number in range(options.count):
            source = options.files[number % len(options.files)]
            kinds = ONNX if source.suffix == ".onnx" else MLIR
            mutate = kinds[number // len(options.files) % len(kinds)]
            path = pathlib.Path(work) / ("damaged" + source.suffix)
            path.write_bytes(mutate(rng, source.read_bytes()))
            outcome, fine = run(options.command.split() + ["-o", "/dev/null"], path)
            counts[mutate.__name__][outcome] += 1
            if not fine:
                failures += 1
                print(f"mutation {number} ({mutate.__name__} of {source.name}): "
                      f"{outcome}", flush=True)
                if options.keep:
                    path.rename(options.keep / f"{number}{source.suffix}")
    for name, outcomes in sorted(counts.items()):
        print(f"{name:20}", ", ".join(f"{n} {o}" for o, n in sorted(outcomes.items())))
    print(f"{options.count} mutations, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
