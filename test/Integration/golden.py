"""Imports the trained networks and compares what lw-run computes with the
outputs that another engine gave: the largest difference, relative to the
output's largest magnitude, must stay below 1e-4."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx


def run_network(options, name, shapes, work):
    """The largest relative error over all outputs."""
    golden = options.models / "golden"
    values = numpy.fromfile(golden / f"{name}.input.f32", dtype="<f4")
    numpy.save(work / "x.npy", values.reshape(shapes["input"]))
    model = onnx.load(options.models / f"onnx/{name}.onnx")
    outputs = list(model.graph.output)
    worst = 0.0
    for i, output in enumerate(outputs):
        # One output at a time, which every version of lw-run writes as .npy.
        del model.graph.output[:]
        model.graph.output.append(output)
        onnx.save(model, work / "m.onnx")
        subprocess.run(["lw-translate", "--import-onnx", work / "m.onnx",
                        "--emit-bytecode", "-o", work / "m.mlirbc"], check=True)
        subprocess.run(["lw-run", work / "m.mlirbc", "--input", work / "x.npy",
                        "--output", work / "y.npy", *options.run_arguments],
                       check=True, stdout=subprocess.DEVNULL)
        expected = numpy.fromfile(golden / f"{name}.output{i}.f32", dtype="<f4")
        expected = expected.reshape(shapes["outputs"][i]["shape"])
        found = numpy.load(work / "y.npy")
        if found.shape != expected.shape:
            sys.exit(f"{name}: shape {found.shape}, expected {expected.shape}")
        error = numpy.abs(found - expected).max() / numpy.abs(expected).max()
        worst = max(worst, float(error))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="networks (default: all)")
    parser.add_argument("--run-argument", dest="run_arguments", action="append",
                        default=[])
    options = parser.parse_args()
    index = json.loads((options.models / "golden/index.json").read_text())
    failed = False
    with tempfile.TemporaryDirectory() as work:
        for name in options.names or index:
            error = run_network(options, name, index[name], pathlib.Path(work))
            failed |= not error <= 1e-4
            print(f"{name}: {error:.2g}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
