"""Random LSTMs of weights of 8 bits against the operator's formulas in numpy.

usage: recurrent_integers.py FOLDER COUNT [FIRST]

Each state is computed from the one before that the network gave, so that both
quantize the same numbers: one integer that differs is an error.
"""
import random
import subprocess
import sys

import numpy as np

from input_files import save_inputs
from onnx_model import INT8, UINT8, floats, model, node, save, tensor

WAYS = ([], ["--reference"], ["--cpu=x86-64"], ["--cpu=x86-64-v3"], ["--cpu=x86-64-v4"],
        ["--threads=2"])


def quantize(x):
    """DynamicQuantizeLinear as com.microsoft.DynamicQuantizeLSTM computes it:
    integers less their zero point, and their scale."""
    low, high = np.float32(min(x.min(), 0)), np.float32(max(x.max(), 0))
    scale = (high - low) / np.float32(255) if low != high else np.float32(1)
    zero = np.rint(-low / scale)
    return np.clip(np.rint(x / scale) + zero, 0, 255) - zero, float(scale)


def multiply(x, weights):
    integers, zero, scales = weights
    q, scale = quantize(x)
    return (q.astype(np.int64) @ (integers.astype(np.int64) - zero)) * (scale * scales)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def expected(layer, x, found, h0, c0):
    """All states, each of the one before of `found`."""
    steps, _, _, hidden = found.shape
    y = np.zeros(found.shape)
    for d in range(found.shape[1]):
        backwards = d == 1 or layer["direction"] == "reverse"
        h, c = h0[d], c0[d].astype(np.float64)
        projected = multiply(x, layer["W"][d]) + layer["B"][d]
        for t in list(range(steps))[::-1 if backwards else 1]:
            sums = projected[t] + multiply(h, layer["R"][d])
            i, o, f, g = np.split(sums, 4, axis=-1)
            i = sigmoid(i)
            f = 1 - i if layer["forget"] else sigmoid(f)
            c = f * c + i * np.tanh(g)
            y[t, d] = sigmoid(o) * np.tanh(c)
            h = found[t, d]
    return y


def make(seed):
    r, rng = random.Random(seed), np.random.default_rng(seed)
    some = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    steps, batch = r.choice([1, 2, 5]), r.choice([1, 1, 2, 3, 4])
    inputs, hidden = r.choice([1, 3, 16, 33]), r.choice([1, 5, 8, 16, 20, 37, 64, 100])
    direction = r.choice(["forward", "reverse", "bidirectional"])
    directions = 2 if direction == "bidirectional" else 1
    layer = {"direction": direction, "forget": r.random() < 0.2, "W": [], "R": []}
    constants, names = [], {}

    def weights(name, rows):
        """In the order of the operator: rows by gates."""
        is_signed, per_column = r.random() < 0.6, r.random() < 0.4
        columns = 4 * hidden
        low = r.choice([-128, -127]) if is_signed else 0
        values = rng.integers(low, low + 256 if low != -127 else 128,
                              (directions, rows, columns))
        zero = np.zeros(directions, int) if per_column else rng.integers(
            low, low + 255, directions) if r.random() < 0.7 else np.full(
                directions, 0 if is_signed else 128)
        scales = (rng.random((directions, columns if per_column else 1)) + 0.5) * 0.01
        scales = scales.astype(np.float32)
        dtype = INT8 if is_signed else UINT8
        constants.append(tensor(name, values.shape, list(map(int, values.flat)), dtype))
        shape = [directions, columns] if per_column else [directions]
        constants.append(floats(name + "_scale", shape, list(map(float, scales.flat))))
        zeros = np.broadcast_to(zero.reshape(-1, 1), (directions, columns)) if per_column else zero
        constants.append(tensor(name + "_zero", shape, list(map(int, zeros.flat)), dtype))
        names[name] = bool(zero.any()) or r.random() < 0.5
        layer[name] = [(values[d], zero[d], scales[d].astype(np.float64))
                       for d in range(directions)]

    weights("W", inputs)
    weights("R", hidden)
    bias = some(directions, 8 * hidden) * (r.random() < 0.7)
    layer["B"] = bias[:, :4 * hidden].astype(np.float64) + bias[:, 4 * hidden:]
    fed = {"x": some(steps, batch, inputs)}
    operands = ["x", "W", "R", "B" if bias.any() else "", ""]
    if bias.any():
        constants.append(floats("B", bias.shape, list(map(float, bias.flat))))
    states = []
    for name in ["h0", "c0"]:
        states.append(some(directions, batch, hidden))
        operands.append(name if r.random() < 0.5 else "")
        if operands[-1]:
            fed[name] = states[-1]
        else:
            states[-1] *= 0
    operands += [""] + [part if not part.endswith("zero") or names[part[0]] else ""
                        for w in "WR" for part in (w + "_scale", w + "_zero")]
    while not operands[-1]:
        operands.pop()
    net = model([node("DynamicQuantizeLSTM", operands, ["y"], name="layer",
                      domain="com.microsoft", direction=direction,
                      hidden_size=hidden, input_forget=int(layer["forget"]))],
                {name: list(value.shape) for name, value in fed.items()}, ["y"], constants)
    return net, fed, layer, states


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with open("/proc/cpuinfo") as info:
        level = "x86-64-v4" if "avx512vl" in info.read() else "x86-64-v3"
    ways = [way for way in WAYS if way != ["--cpu=x86-64-v4"] or level == "x86-64-v4"]
    for seed in range(first, first + count):
        net, fed, layer, states = make(seed)
        path, out = "%s/%d.onnx" % (folder, seed), "%s/%d.npz" % (folder, seed)
        save(net, path)
        arguments = save_inputs("%s/%d" % (folder, seed), fed)
        for way in ways:
            subprocess.run(["lw-run", path, "--output", out, *arguments, *way], check=True)
            with np.load(out) as results:
                found = results["y"]
            error = np.abs(found - expected(layer, fed["x"], found, *states)).max()
            assert error <= 1e-5, (seed, error, way, found.shape)
    print(count, "layers, each in", len(ways), "ways, up to", level)


main()
