#!/usr/bin/env python3
"""Errors of single layers in separable form, by how they are fitted.

  layer_errors.py vgg16.onnx --samples images.npy --preprocessing "--bgr --mean=104,117,124"

For every convolution with more than one tap: the relative error of its outputs,
E |y - y'|^2 / E |y - E y|^2 on its own inputs, as

  plain      the singular value decomposition of each input channel's filter with
             as many terms as the budget of MACs allows
  whitened   the same in the metric of the inputs' covariance, nothing refitted
  lw         the form that lw chooses under the same budget for the whole network
             and fits, with its share of the layer's MACs

The first two are computed here, from the covariances that lw-run
--save-statistics gathers; the last is the plan of lwc --separable.
Needs numpy and onnx.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="FILE.onnx")
    parser.add_argument("--samples", required=True, metavar="FILE.npy",
                        help="uint8 images (N,H,W,C)")
    parser.add_argument("--count", type=int, default=32, help="images to take (default: 32)")
    parser.add_argument("--preprocessing", default="", metavar="FLAGS",
                        help="--bgr, --scale, --mean and --std of lw-run")
    parser.add_argument("--share", type=float, default=8.61 / 15.35,
                        help="of the MACs to leave (default: 8.61/15.35, what Network "
                             "Decoupling leaves of VGG16)")
    parser.add_argument("--tools", default="", metavar="DIR",
                        help="where lw's tools are (default: in PATH)")
    args = parser.parse_args()
    for path in (args.network, args.samples):
        if not os.path.isfile(path):
            parser.error(f"no such file: {path}")
    if not 0 < args.share <= 1:
        parser.error("--share: expected more than 0 and at most 1")
    return args


def convolutions(path):
    """Filters [KH, KW, Cin, Cout] by node name, of standard convolutions."""
    graph = onnx.load(path).graph
    constants = {t.name: t for t in graph.initializer}
    result = {}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in constants:
            w = numpy_helper.to_array(constants[node.input[1]])
            groups = [a.i for a in node.attribute if a.name == "group"]
            if w.ndim == 4 and w[0, 0].size > 1 and groups in ([], [1]):
                result[node.name] = w.transpose(2, 3, 1, 0).astype(np.float64)
    return result


def truncated(w, terms, covariance=None):
    """The first terms of each channel's decomposition, as a filter."""
    taps, channels = w.shape[0] * w.shape[1], w.shape[2]
    w = w.reshape(taps, channels, -1)
    result = np.empty_like(w)
    for c in range(channels):
        root = np.eye(taps)
        if covariance is not None:
            block = covariance[c::channels, c::channels]
            block = block + 1e-6 * np.trace(block) / taps * np.eye(taps)
            root = np.linalg.cholesky(block)
        u, s, v = np.linalg.svd(root.T @ w[:, c], full_matrices=False)
        result[:, c] = np.linalg.solve(root.T, u[:, :terms] * s[:terms] @ v[:terms])
    return result.reshape(taps * channels, -1)


def error(w, approximation, covariance):
    w = w.reshape(len(covariance), -1)
    difference = w - approximation
    return np.sum(difference * (covariance @ difference)) / np.sum(w * (covariance @ w))


def run(args, tool, *command):
    subprocess.run([os.path.join(args.tools, tool), *command], check=True,
                   stdout=subprocess.DEVNULL)


def main():
    args = parse_arguments()
    filters = convolutions(args.network)
    images = np.load(args.samples)[:args.count]
    longest = max(w[..., 0].size for w in filters.values())
    flags = shlex.split(args.preprocessing)
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)
        np.save(path("images.npy"), images)
        run(args, "lw-run", args.network, f"--input={path('images.npy')}", *flags,
            f"--save-statistics={path('statistics.npz')}", f"--max-moments={longest}")
        statistics = np.load(path("statistics.npz"))
        layers = json.loads(bytes(statistics["statistics.json"]))["layers"]
        covariances = {layer["name"]: statistics[f"layer{i}.covariance"].astype(np.float64)
                       for i, layer in enumerate(layers) if layer["moments"] == "patches"}
        run(args, "lwc", args.network, "-o", path("network.mlirbc"), *flags,
            f"--calibrate={path('images.npy')}", f"--separable=macs={1 / args.share}x",
            f"--json={path('plan.json')}")
        with open(path("plan.json")) as file:
            outcome = json.load(file)["compilation"]["separable"]
    plans = {layer["layer"]: layer for layer in outcome["layers"]}

    print("| layer | terms | plain | whitened | lw | its form | its MACs |")
    print("|---|---|---|---|---|---|---|")
    for name, w in filters.items():
        if name not in covariances or name not in plans:
            print(f"{name}: not measured", file=sys.stderr)
            continue
        taps, _, outputs = w.shape[0] * w.shape[1], w.shape[2], w.shape[3]
        terms = min(taps, int(args.share * taps * outputs / (taps + outputs)))
        layer, c = plans[name], covariances[name]
        print(f"| {name} | {terms} | {error(w, truncated(w, terms), c):.4f} "
              f"| {error(w, truncated(w, terms, c), c):.4f} | {layer['layer_error']:.4f} "
              f"| {layer['form']} | {layer['macs_after'] / layer['macs_before']:.2f} |")
    print(f"\nlw leaves {outcome['macs_after'] / outcome['macs_before']:.3f} of all MACs.")


if __name__ == "__main__":
    main()
