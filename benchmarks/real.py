"""ONNX files of other people as networks of run.py: their open dimensions fixed.

All engines then read the same file. What users of a file give it (shapes,
values) is in the list that real_networks.py compares.
"""
import pathlib

import engines
import onnx
from onnx import numpy_helper

LIST = pathlib.Path(__file__).resolve().parent.parent / "test/Integration/Inputs/real_packages.tsv"


def listed():
    """{(package, file): (flags, batches)} of the list."""
    found = {}
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            package, _, name, flags, batches, *_ = line.split("\t")
            found[package, name] = ([] if flags == "-" else flags.split(),
                                    [int(batch) for batch in batches.split(",")])
    return found


def fix(path, output, flags, batch):
    """Copies an ONNX file to `output`: shapes and values as the flags of lw's
    tools give them, N and other open dimensions are the batch."""
    shapes, dims, values = {}, {}, {}
    for flag in flags:
        kind, _, text = flag.partition("=")
        name, _, value = text.rpartition("=" if kind == "--dim" else ":")
        {"--shape": shapes, "--dim": dims, "--input-value": values}[kind][name] = value
    model = onnx.load(path)
    graph = model.graph
    weights = {w.name for w in graph.initializer}
    for value in [v for v in graph.input if v.name not in weights]:
        tensor = value.type.tensor_type
        if value.name in shapes:
            sizes = [batch if s == "N" else int(s) for s in shapes[value.name].split("x")]
        else:
            sizes = [d.dim_value or int(dims.get(d.dim_param, batch)) for d in tensor.shape.dim]
        del tensor.shape.dim[:]
        for size in sizes:
            tensor.shape.dim.add().dim_value = size
        if value.name in values:
            dtype = engines.dtype_of(value)
            graph.initializer.append(numpy_helper.from_array(
                dtype.type(values[value.name]).reshape(sizes), value.name))
            graph.input.remove(value)
    # What was inferred for open dimensions no longer holds, and what files say
    # of their results is sometimes wrong.
    del graph.value_info[:]
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")
    onnx.save(model, output)


def networks(paths, cache, batches, parts):
    """Yields (name, path of a copy) of files, or of all in a folder, with one of
    `parts` in their name; `batches` in place of those of the list."""
    known, files = listed(), []
    for path in map(pathlib.Path, paths):
        files += sorted(path.rglob("*.onnx")) if path.is_dir() else [path]
    for path in files:
        package = path.resolve().parent.name
        flags, usual = known.get((package, path.stem), ([], [1]))
        for batch in batches or usual:
            # Files of one name come from many packages.
            name = f"{package}-{path.stem}" + (f"-x{batch}" if batch > 1 else "")
            if any(part in name for part in parts):
                copy = str(pathlib.Path(cache) / f"{name}.onnx")
                fix(path, copy, flags, batch)
                yield name, copy
