#!/usr/bin/env python3
"""Exports networks with lwc and runs the files in onnxruntime.

  exported.py NETWORK.onnx... [--separable GOAL] [--samples FILE.npy FLAGS]

For every network, the exported file is compared in onnxruntime with

  original   the network itself in onnxruntime, folded and fused and not
  separable  the same rewrite in lw-run, with --separable
  int8       the same quantization in lw-run, with --samples, its calibration

The figure is the largest difference of an output relative to its largest
magnitude; of int8 the mean difference stands beside it, since one integer that
is rounded otherwise changes all that follows. Says so and ends where there is no
onnxruntime (benchmarks/setup.sh installs it).
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

try:
    import onnxruntime
except ImportError:
    sys.exit("exported.py: no onnxruntime for this Python; benchmarks/setup.sh makes benchmarks/.venv")

TOLERANCE = 1e-4


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", metavar="NETWORK.onnx")
    parser.add_argument("--separable", metavar="GOAL", help="by the weights alone, e.g. terms=2")
    parser.add_argument("--samples", metavar="FILE", help="what lwc --calibrate takes")
    parser.add_argument("--preprocessing", default="", metavar="FLAGS",
                        help="--bgr, --scale, --mean and --std for the samples")
    parser.add_argument("--tools", default="", metavar="DIR",
                        help="where lw's tools are (default: in PATH)")
    return parser.parse_args()


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(network, inputs):
    return dict(zip([o.name for o in network.get_outputs()], network.run(None, inputs)))


def random_inputs(network):
    rng = np.random.default_rng(0)
    return {i.name: rng.uniform(-1, 1, [e if isinstance(e, int) else 1 for e in i.shape]).astype(np.float32)
            for i in network.get_inputs()}


def compare(found, expected):
    """The largest and the mean difference, relative to the largest magnitude."""
    if list(found) != list(expected):
        sys.exit(f"exported.py: outputs {list(found)}, expected {list(expected)}")
    worst = mean = 0.0
    for name, values in expected.items():
        if found[name].shape != values.shape:
            sys.exit(f"exported.py: {name} is {found[name].shape}, expected {values.shape}")
        difference = np.abs(found[name] - values) / max(np.abs(values).max(), 1e-30)
        worst, mean = max(worst, difference.max()), max(mean, difference.mean())
    return worst, mean


class Variants:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder

    def tool(self, name, *arguments):
        subprocess.run([os.path.join(self.args.tools, name), *arguments], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def export(self, network, flags):
        path = os.path.join(self.folder, "exported.onnx")
        self.tool("lwc", network, "-o", path, *flags)
        return session(path)

    def original(self, network, *flags):
        first, exported = session(network), self.export(network, flags)
        inputs = random_inputs(first)
        return compare(run(exported, inputs), run(first, inputs))

    def rewritten(self, network, *flags):
        exported = self.export(network, flags)
        compiled = os.path.join(self.folder, "rewritten.mlirbc")
        self.tool("lwc", network, "-o", compiled, *flags)
        inputs = random_inputs(exported)
        files = []
        for name, values in inputs.items():
            files += ["--input", os.path.join(self.folder, f"input{len(files)}.npy")]
            np.save(files[-1], values)
        output = os.path.join(self.folder, "y.npz")
        self.tool("lw-run", compiled, *files, "--output", output)
        return compare(run(exported, inputs), dict(np.load(output)))


def main():
    args = parse_arguments()
    bad = 0
    print("| network | original | not optimized |"
          + (" separable |" if args.separable else "") + (" int8, largest | mean |" if args.samples else ""))
    with tempfile.TemporaryDirectory() as folder:
        variants = Variants(args, folder)
        for network in args.networks:
            figures = [variants.original(network)[0], variants.original(network, "--no-fold", "--no-fuse")[0]]
            if args.separable:
                figures.append(variants.rewritten(network, f"--separable={args.separable}")[0])
            bad += any(not figure <= TOLERANCE for figure in figures)
            if args.samples:
                figures += variants.rewritten(network, "--quantize=int8", f"--calibrate={args.samples}",
                                              *args.preprocessing.split())
            print("|", os.path.basename(network), "|", " | ".join(f"{f:.1e}" for f in figures), "|", flush=True)
    print(f"{len(args.networks)} networks, {bad} differ by more than {TOLERANCE:g} in float")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
