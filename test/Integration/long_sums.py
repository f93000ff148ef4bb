#!/usr/bin/env python3
"""Errors of long sums against float64, by the kernels and by the reference path.

  long_sums.py FOLDER               fails where an error is above its bound
  long_sums.py FOLDER --onnxruntime prints onnxruntime's beside them

Errors are relative to the largest output. Inputs are normal, those of
convolutions and pools after a ReLU, as in networks.
"""
import argparse
import os
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Importer", "Inputs"))
from onnx_model import model, node, save, tensor

RANDOM = np.random.default_rng(1)


def normal(*shape, scale=1.0):
    return (RANDOM.standard_normal(shape) * scale).astype(np.float32)


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    e = np.exp(x.astype(np.float64) - x.max())
    return e / e.sum()


def convolution(x, w, pad):
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height, width = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    y = 0
    for tap in np.ndindex(w.shape[2:]):
        part = x[:, :, tap[0]:tap[0] + height, tap[1]:tap[1] + width]
        filters = w[:, :, tap[0], tap[1]].astype(np.float64)
        if w.shape[1] == 1 and x.shape[1] > 1:
            y = y + part * filters[:, 0, None, None]
        else:
            y = y + np.einsum("ncyx,oc->noyx", part, filters, optimize=True)
    return y


def cases():
    """(name, bound, node, input, weights, expected) for each."""
    for length in (1000, 18710, 100000):
        x = normal(1, length)
        yield (f"Softmax {length:,}", 5e-7, node("Softmax", ["x"], ["y"], axis=1), x, {}, softmax(x))
    positive = relu(normal(1, 1000000)) + np.float32(0.1)
    spread = positive.reshape(1, 1000, 1000)
    for op, expected in (("ReduceSum", np.sum), ("ReduceMean", np.mean)):
        # ReduceSum has an input for axes from opset 13 on; all is the default.
        total = np.asarray(expected(positive.astype(np.float64)))
        yield (f"{op} 1,000,000", 3e-7, node(op, ["x"], ["y"], keepdims=0), positive, {}, total)
        yield (f"{op} 1,000 x 1,000", 3e-7, node(op, ["x"], ["y"], keepdims=0), spread, {}, total)
    for inputs in (4096, 25088):
        x, w = relu(normal(1, inputs)), normal(inputs, 100, scale=inputs ** -0.5)
        yield (f"Gemm {inputs:,}", 8e-7 if inputs < 5000 else 1.5e-6, node("Gemm", ["x", "w"], ["y"]), x, {"w": w},
               x.astype(np.float64) @ w)
    x, w = relu(normal(1, 512, 7, 7)), normal(64, 512, 3, 3, scale=4608 ** -0.5)
    yield ("Conv 3x3x512", 8e-7, node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1]), x, {"w": w},
           convolution(x, w, 1))
    # Through Winograd's filtering where that is faster, with its rounding.
    x, w = relu(normal(1, 352, 28, 28)), normal(64, 352, 3, 3, scale=3168 ** -0.5)
    yield ("Conv 3x3x352, 28x28", 4e-6, node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1]), x,
           {"w": w}, convolution(x, w, 1))
    x, w = normal(1, 1, 1, 20000), normal(1, 1, 1, 15001, scale=15001 ** -0.5)
    yield ("Conv 1x15,001", 1.5e-6, node("Conv", ["x", "w"], ["y"]), x, {"w": w},
           convolution(x, w, 0))
    x, w = normal(1, 32, 70, 70), normal(32, 1, 61, 61, scale=1 / 61)
    yield ("Conv 61x61, depthwise", 8e-7, node("Conv", ["x", "w"], ["y"], group=32), x, {"w": w},
           convolution(x, w, 0))
    x = relu(normal(1, 16, 112, 112))
    mean = x.astype(np.float64).mean((2, 3), keepdims=True)
    yield ("GlobalAveragePool 112x112", 6e-7, node("GlobalAveragePool", ["x"], ["y"]), x, {}, mean)
    x = relu(normal(1, 16, 1, 30000))
    mean = x.astype(np.float64).mean((2, 3), keepdims=True)
    yield ("GlobalAveragePool 1x30,000", 6e-7, node("GlobalAveragePool", ["x"], ["y"]), x, {}, mean)
    a, b = normal(1, 50, 6000), normal(1, 6000, 50)
    product = a.astype(np.float64) @ b
    yield ("MatMul 6,000", 8e-7, node("MatMul", ["x", "z"], ["y"]), {"x": a, "z": b}, {}, product)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--onnxruntime", action="store_true")
    parser.add_argument("--lw-run", default="lw-run")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    path = lambda name: os.path.join(args.folder, name)
    print("| sum | kernels | reference |" + (" onnxruntime |" if args.onnxruntime else "") + " bound |")
    print("|-----|--------:|----------:|" + ("------------:|" if args.onnxruntime else "") + "------:|")
    wrong = []
    for name, bound, operation, x, constants, expected in cases():
        inputs = x if isinstance(x, dict) else {"x": x}
        save(model([operation], {n: list(v.shape) for n, v in inputs.items()}, ["y"],
                   [tensor(n, v.shape, None, raw=v.tobytes()) for n, v in constants.items()], opset=12),
             path("sum.onnx"))
        np.savez(path("in.npz"), **inputs)

        def error(y):
            return np.abs(y.reshape(-1) - expected.reshape(-1)).max() / np.abs(expected).max()

        def run(*flags):
            given = [f"--input={n}={path('in.npz')}:{n}" for n in inputs] if len(inputs) > 1 else \
                [f"--input={path('in.npz')}:x"]
            subprocess.run([args.lw_run, path("sum.onnx"), *given, "--output", path("out.npy"),
                            *flags], check=True, stdout=subprocess.DEVNULL)
            return error(np.load(path("out.npy")))

        columns = [run(), run("--reference")]
        # An output is an f32: half a unit in the last place is 6e-8.
        if not columns[0] <= bound or not columns[1] <= 3e-7:
            wrong.append(name)
        if args.onnxruntime:
            import onnxruntime
            session = onnxruntime.InferenceSession(path("sum.onnx"))
            columns.append(error(session.run(None, inputs)[0]))
        print(f"| {name} | " + " | ".join(f"{c:.1e}" for c in columns) + f" | {bound:.1e} |", flush=True)
    if wrong:
        sys.exit("above their bounds: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
