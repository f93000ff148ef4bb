"""Runs the ONNX backend tests (Debian's libonnx-testdata), counts passed, failed and
unsupported by operator and lists what does not pass with the reason.

Inputs of a test stay inputs where that is supported; else those of integers and the
scalars become initializers, as shapes, axes and the like must be known at import,
else all but the first. A sequence at a network's edge is as many tensors. Tests of opsets before 7 run as
opset 7, axes of broadcasting written out. NonMaxSuppression gives as many rows as there can be,
the last ones -1: they are cut off. A test is "unsupported" when the importer says so;
a wrong number, a crash or a failure behind the importer is "failed".
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import helper, numpy_helper

DATA = pathlib.Path(onnx.__file__).parent / "backend/test/data"
FOLDERS = ("node", "pytorch-converted", "pytorch-operator", "simple")

# Tests whose numbers other engines do not give, either.
DISPUTED = {
    "test_resize_downsample_scales_linear_align_corners":
        "divides by the scaled extent before rounding; the specification says "
        "length_resized",
    "test_resize_downsample_scales_cubic_align_corners":
        "divides by the scaled extent before rounding; the specification says "
        "length_resized",
    # Ours: a scale known at run time only multiplies by its reciprocal, and one
    # element of this test is the middle of two steps.
    "test_dynamicquantizelinear": "an element is 127.5 steps",
    "test_dynamicquantizelinear_expanded": "an element is 127.5 steps",
    # Ours: doubles are computed in f32.
    "test_operator_addconstant": "an input is 9e223, more than f32 holds",
    "test_operator_add_broadcast": "an input is 6e199",
    "test_operator_add_size1_right_broadcast": "an input is 1e228",
    "test_operator_add_size1_singleton_broadcast": "an input is 7e199",
    # This suite's bfloat16 is cut off, and its arrays are of other shapes than
    # their networks declare.
    "test_cast_FLOAT_to_BFLOAT16": "cut off where Cast rounds",
    "test_castlike_BFLOAT16_to_FLOAT": "inputs of another shape",
    "test_castlike_BFLOAT16_to_FLOAT_expanded": "inputs of another shape",
    "test_castlike_FLOAT_to_BFLOAT16": "inputs of another shape",
    "test_castlike_FLOAT_to_BFLOAT16_expanded": "inputs of another shape",
}


def read_value(path, kind):
    """An array; of a sequence a list, of an optional what it holds or None."""
    readers = {"sequence_type": (onnx.SequenceProto, numpy_helper.to_list),
               "optional_type": (onnx.OptionalProto, numpy_helper.to_optional)}
    message, convert = readers.get(kind.WhichOneof("value"),
                                   (onnx.TensorProto, numpy_helper.to_array))
    value = message()
    value.ParseFromString(path.read_bytes())
    return convert(value)


def bake(model, arrays, stays):
    """Makes the inputs that do not stay initializers; returns the others."""
    graph = model.graph
    known = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in known]
    kept = []
    for i, (value, array) in enumerate(zip(inputs, arrays)):
        if stays(i, array):
            kept.append(array)
            continue
        graph.initializer.append(numpy_helper.from_array(array, value.name))
        graph.input.remove(value)
    return kept


# What may have to be known at import, most networks' parameters last.
CHOICES = [lambda i, array: True,
           lambda i, array: i == 0 or array.dtype.kind == "f" and array.size > 1,
           lambda i, array: i == 0, lambda i, array: False]


def tensor_info(name, array):
    return helper.make_tensor_value_info(
        name, onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[array.dtype], array.shape)


def open_inputs(model, values):
    """Makes each input that is no tensor of as many as it holds; returns all arrays."""
    graph, arrays, infos, nodes = model.graph, [], [], []
    known = {tensor.name for tensor in graph.initializer}
    inputs = [info for info in graph.input if info.name not in known]
    opens = any(not info.type.HasField("tensor_type") for info in inputs)
    for info, value in zip(inputs, values):
        if value is None:
            for node in graph.node:
                for i, name in enumerate(node.input):
                    if name == info.name:
                        node.input[i] = ""
            continue
        if info.type.HasField("tensor_type"):
            arrays.append(value)
            # Elements of a sequence have no symbolic extents, so none has.
            infos.append(info if not opens else tensor_info(info.name, value))
            continue
        elements = value if isinstance(value, list) else [value]
        names = [f"{info.name}_{i}" for i in range(len(elements))]
        arrays += elements
        infos += map(tensor_info, names, elements)
        kind = ("Identity" if not isinstance(value, list) else
                "SequenceConstruct" if value else "SequenceEmpty")
        nodes.append(helper.make_node(kind, names, [info.name]))
    infos += [info for info in graph.input if info.name in known]
    del graph.input[:]
    graph.input.extend(infos)
    nodes += graph.node
    del graph.node[:]
    graph.node.extend(nodes)
    return arrays


def open_outputs(model, data):
    """Pairs of an output that is a tensor and what it has to be."""
    graph, pairs = model.graph, []
    for i, info in enumerate(graph.output):
        expected = read_value(data / f"output_{i}.pb", info.type)
        if expected is None:
            raise Unsupported(f"output '{info.name}' is an optional without a value")
        if not isinstance(expected, list):
            pairs.append((tensor_info(info.name, expected) if not
                          info.type.HasField("tensor_type") else info, expected))
            continue
        length = numpy.array(len(expected))
        parts = {f"{info.name}_length": (
            helper.make_node("SequenceLength", [info.name], [f"{info.name}_length"]), length)}
        for j, array in enumerate(expected):
            at = f"{info.name}_at_{j}"
            graph.initializer.append(numpy_helper.from_array(numpy.array(j), at))
            parts[f"{info.name}_{j}"] = (
                helper.make_node("SequenceAt", [info.name, at], [f"{info.name}_{j}"]), array)
        for name, (node, array) in parts.items():
            graph.node.append(node)
            pairs.append((tensor_info(name, array), array))
    return pairs


def raise_opset(model):
    """Opset 7 where the operators of an older one mean the same once the axis where
    broadcasting begins is written out."""
    if max(version.version for version in model.opset_import) >= 7:
        return
    inferred = onnx.shape_inference.infer_shapes(model).graph
    ranks = {info.name: len(info.type.tensor_type.shape.dim)
             for info in [*inferred.input, *inferred.value_info, *inferred.output]}
    ranks.update((tensor.name, len(tensor.dims)) for tensor in inferred.initializer)
    nodes = []
    for node in model.graph.node:
        axis = {a.name: a.i for a in node.attribute}.get("axis")
        if node.op_type in ("Add", "Sub", "Mul", "Div", "Pow"):
            kept = [a for a in node.attribute if a.name not in ("axis", "broadcast")]
            del node.attribute[:]
            node.attribute.extend(kept)
        elif node.op_type == "PRelu":
            axis = 1
        elif node.op_type == "Upsample":
            return
        else:
            axis = None
        a, b = (list(node.input) + ["", ""])[:2]
        if axis is not None and ranks.get(b) and axis + ranks[b] < ranks[a]:
            behind = list(range(ranks[b], ranks[a] - axis))
            nodes.append(helper.make_node("Unsqueeze", [b], [f"{b}_whole"], axes=behind))
            node.input[1] = f"{b}_whole"
        nodes.append(node)
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for version in model.opset_import:
        version.version = 7


class Failure(Exception):
    pass


class Unsupported(Exception):
    pass


def run_command(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        raise Failure("timeout")
    if done.returncode < 0 or done.returncode > 1:
        raise Failure(f"{command[0]} ended with {done.returncode}")
    return done


def compare(found, expected):
    if found.shape != expected.shape:
        raise Failure(f"shape {found.shape}, expected {expected.shape}")
    if found.dtype != expected.dtype:
        raise Failure(f"{found.dtype}, expected {expected.dtype}")
    if found.dtype.kind in "iub":
        if not numpy.array_equal(found, expected):
            raise Failure("other integers")
        return
    # Equal where both are not numbers: a suite's square root of -1.
    if not numpy.array_equal(numpy.isnan(found), numpy.isnan(expected)):
        raise Failure("NaN at different places")
    half = found.dtype == numpy.float16
    found = numpy.nan_to_num(found.astype(numpy.float64))
    expected = numpy.nan_to_num(expected.astype(numpy.float64))
    scale = max(numpy.abs(expected).max(initial=0), 1e-6)
    error = numpy.abs(found - expected).max(initial=0) / scale
    if not error <= (1e-3 if half else 1e-4):
        raise Failure(f"relative error {error:.2g}")


def run_once(model, kept, data, work, options):
    inputs = []
    for i, array in enumerate(kept):
        numpy.save(work / f"x{i}.npy", array)
        inputs += ["--input", work / f"x{i}.npy"]
    for value, expected in open_outputs(model, data):
        del model.graph.output[:]
        model.graph.output.append(value)
        onnx.save(model, work / "m.onnx")
        done = run_command([options.translate, "--import-onnx", work / "m.onnx",
                            "-o", work / "m.mlir"])
        if done.returncode:
            if "error: " not in done.stderr:
                raise Failure("no message")
            reason = done.stderr.strip().split("m.onnx: ")[-1]
            raise Unsupported(reason.split(". `lw-translate")[0])
        network = work / "m.mlir"
        if options.exported:
            network = work / "exported.onnx"
            done = run_command([options.translate, "--export-onnx", work / "m.mlir",
                                "-o", network])
            if done.returncode:
                if "cannot be exported to ONNX" not in done.stderr:
                    raise Failure(done.stderr.strip()[:300])
                raise Unsupported(done.stderr.strip().split("error: ")[1])
        done = run_command([options.run, network, *inputs, "--output",
                            work / "y.npy", *options.run_arguments])
        if done.returncode:
            raise Failure(done.stderr.strip()[:300])
        found = numpy.load(work / "y.npy")
        if any(node.op_type == "NonMaxSuppression" for node in model.graph.node):
            found = found[: numpy.count_nonzero(found[:, 0] >= 0)]
        compare(found, expected)


def run_test(folder, work, options):
    """How many of the inputs are inputs."""
    data = folder / "test_data_set_0"
    model = onnx.load(folder / "model.onnx")
    known = {tensor.name for tensor in model.graph.initializer}
    inputs = [info for info in model.graph.input if info.name not in known]
    values = [read_value(data / f"input_{i}.pb", info.type)
              for i, info in zip(range(len(list(data.glob("input_*.pb")))), inputs)]
    arrays = open_inputs(model, values)
    if any(array.dtype == object for array in arrays):
        raise Unsupported("strings")
    for last, stays in enumerate(CHOICES, 1):
        model = onnx.load(folder / "model.onnx")
        open_inputs(model, values)
        raise_opset(model)
        kept = bake(model, arrays, stays)
        try:
            return run_once(model, kept, data, work, options)
        except Unsupported:
            if last == len(CHOICES):
                raise


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--translate", default="lw-translate")
    parser.add_argument("--run", default="lw-run")
    parser.add_argument("--run-argument", dest="run_arguments", action="append",
                        default=[])
    parser.add_argument("--exported", action="store_true",
                        help="run each network as it is exported to ONNX")
    parser.add_argument("--only", default="", help="part of the tests' names")
    parser.add_argument("--minimum", type=int, default=0,
                        help="fail when fewer tests pass")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no backend tests in {DATA}: install libonnx-testdata")
    counts = collections.defaultdict(collections.Counter)
    total = collections.Counter()
    with tempfile.TemporaryDirectory() as work:
        for folder in sorted(f for kind in FOLDERS for f in (DATA / kind).glob("test_*")):
            if options.only not in folder.name:
                continue
            if folder.name in DISPUTED:
                total["disputed"] += 1
                continue
            model = onnx.load(folder / "model.onnx")
            operators = {node.op_type for node in model.graph.node}
            try:
                run_test(folder, pathlib.Path(work), options)
                outcome, why = "passed", ""
            except Unsupported as error:
                outcome, why = "unsupported", str(error)
            except Failure as error:
                outcome, why = "failed", str(error)
            total[outcome] += 1
            for operator in operators:
                counts[operator][outcome] += 1
            if why:
                print(f"{outcome}: {folder.parent.name}/{folder.name}: {why}",
                      flush=True)
    print(f"{'operator':24} passed failed unsupported")
    for operator, count in sorted(counts.items()):
        print(f"{operator:24} {count['passed']:6} {count['failed']:6} "
              f"{count['unsupported']:11}")
    print(", ".join(f"{number} {what}" for what, number in sorted(total.items())))
    sys.exit(total["failed"] > 0 or total["passed"] < options.minimum)


if __name__ == "__main__":
    main()
