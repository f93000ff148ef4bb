#!/usr/bin/env python3
"""Top-1 of a network in f32 and in 8-bit integers, a line a way to quantize.

  benchmarks/quantization_accuracy.py resnet20.onnx --calibrate train.npz:images \\
      --input test.npz:images --labels test.npz:labels \\
      --preprocessing "--scale=1/255 --mean=.485,.456,.406 --std=.229,.224,.225"

Prints a table in Markdown: samples that are classified right, how many get
another class than in f32, and the seconds of the whole command. Needs numpy.
"""
import argparse
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import time

WAYS = {
    "f32": None,
    "one scale a layer, min-max": "int8,weights=tensor,method=minmax,fit=none,equalize=no",
    "one scale a channel, min-max": "int8,method=minmax,fit=none,equalize=no",
    "least error": "int8,fit=none,equalize=no",
    "and equal channels": "int8,fit=none",
    "and biases": "int8,fit=bias",
    "and weights": "int8,fit=weights",
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="FILE.onnx")
    parser.add_argument("--calibrate", required=True, metavar="FILE.npz:KEY", help="samples for ranges")
    parser.add_argument("--input", required=True, metavar="FILE.npz:KEY", help="samples to count on")
    parser.add_argument("--labels", required=True, metavar="FILE.npz:KEY", help="their classes")
    parser.add_argument("--preprocessing", default="", metavar="FLAGS",
                        help="flags of lw-run for images, separated by spaces")
    parser.add_argument("--tools", default="", metavar="DIR", help="where lw-run is (default: in PATH)")
    return parser.parse_args()


def main():
    import numpy

    args = parse_arguments()
    print("| | right | | others than in f32 | s |\n|---|---:|---:|---:|---:|")
    exact = None
    with tempfile.TemporaryDirectory() as folder:
        outputs, report = (str(pathlib.Path(folder) / name) for name in ("y.npy", "report.json"))
        for name, way in WAYS.items():
            command = [os.path.join(args.tools, "lw-run"), args.network, "--input", args.input,
                       "--labels", args.labels, "--output", outputs, "--json", report,
                       *shlex.split(args.preprocessing)]
            if way:
                command += ["--quantize", way, "--calibrate", args.calibrate]
            begin = time.monotonic()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds = time.monotonic() - begin
            classes = numpy.load(outputs)
            classes = classes.reshape(len(classes), -1).argmax(1)
            exact = classes if exact is None else exact
            accuracy = json.loads(pathlib.Path(report).read_text())["accuracy"]
            right = accuracy["top1"]
            print(f"| {name} | {right} of {len(classes)} | {100 * right / len(classes):.2f} % "
                  f"| {int((classes != exact).sum())} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
