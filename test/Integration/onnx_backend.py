"""Runs the ONNX backend tests (Debian's libonnx-testdata) whose operators the
importer's table holds, and counts passed, failed and unsupported by operator.

Inputs of a test stay inputs where that is supported; else those of integers and the
scalars become initializers, as shapes, axes and the like must be known at import,
else all but the first. Tests of opsets before 7 run as opset 7 unless that changed their meaning. A test is
"unsupported" when the importer says so; a wrong number, a crash or a failure
behind the importer is "failed".
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import numpy_helper

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
    # Ours: doubles are computed in f32.
    "test_operator_addconstant": "an input is 9e223, more than f32 holds",
    # This suite's bfloat16 is cut off, and its arrays are of other shapes than
    # their networks declare.
    "test_cast_FLOAT_to_BFLOAT16": "cut off where Cast rounds",
    "test_castlike_BFLOAT16_to_FLOAT": "inputs of another shape",
    "test_castlike_BFLOAT16_to_FLOAT_expanded": "inputs of another shape",
    "test_castlike_FLOAT_to_BFLOAT16": "inputs of another shape",
    "test_castlike_FLOAT_to_BFLOAT16_expanded": "inputs of another shape",
}


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def table_of(translate):
    table = subprocess.run([translate, "--print-onnx-ops"], check=True,
                           capture_output=True, text=True).stdout
    return set(re.findall(r"^\| (\w+) \| \d+ \|", table, re.M))


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


def raise_opset(model):
    """Declares opset 7 where the operators of an older one mean the same."""
    for node in model.graph.node:
        attributes = {a.name for a in node.attribute}
        if "axis" in attributes and node.op_type in ("Add", "Sub", "Mul", "Div", "Pow"):
            return
        if node.op_type in ("PRelu", "Upsample"):
            return
    for version in model.opset_import:
        version.version = max(version.version, 7)


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
    outputs = [value for value in model.graph.output]
    for i, value in enumerate(outputs):
        expected = read_tensor(data / f"output_{i}.pb")
        del model.graph.output[:]
        model.graph.output.append(value)
        onnx.save(model, work / "m.onnx")
        done = run_command([options.translate, "--import-onnx", work / "m.onnx",
                            "-o", work / "m.mlir"])
        if done.returncode:
            if "error: " not in done.stderr:
                raise Failure("no message")
            raise Unsupported(done.stderr.strip().split("m.onnx: ")[-1])
        done = run_command([options.run, work / "m.mlir", *inputs, "--output",
                            work / "y.npy", *options.run_arguments])
        if done.returncode:
            raise Failure(done.stderr.strip()[:300])
        compare(numpy.load(work / "y.npy"), expected)


def run_test(folder, work, options):
    """How many of the inputs are inputs."""
    data = folder / "test_data_set_0"
    graph = onnx.load(folder / "model.onnx").graph
    for value in [*graph.input, *graph.output]:
        if not value.type.HasField("tensor_type"):
            raise Unsupported(f"'{value.name}' is not a tensor")
    arrays = [read_tensor(data / f"input_{i}.pb")
              for i in range(len(list(data.glob("input_*.pb"))))]
    if any(array.dtype == object for array in arrays):
        raise Unsupported("strings")
    for last, stays in enumerate(CHOICES, 1):
        model = onnx.load(folder / "model.onnx")
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
    parser.add_argument("--only", default="", help="part of the tests' names")
    parser.add_argument("--minimum", type=int, default=0,
                        help="fail when fewer tests pass")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no backend tests in {DATA}: install libonnx-testdata")
    table = table_of(options.translate)
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
            if not operators <= table or any(n.domain for n in model.graph.node):
                total["other operators"] += 1
                continue
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
            if why and (outcome == "failed" or options.verbose):
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
