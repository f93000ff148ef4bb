"""Random LSTM, GRU and RNN layers against the formulas of ONNX in float64.

usage: recurrent.py FOLDER COUNT [FIRST] [late]

With "late" the lengths of the sequences are an input wherever they may be.
"""
import random
import subprocess
import sys

import numpy as np

from input_files import save_inputs
from onnx_model import INT32, floats, model, node, save, tensor

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
DEFAULTS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"],
            "RNN": ["Tanh"]}
# Name: formula, and the defaults of alpha and beta where it has them.
FUNCTIONS = {
    "Relu": (lambda x, a, b: np.maximum(x, 0), None, None),
    "Tanh": (lambda x, a, b: np.tanh(x), None, None),
    "Sigmoid": (lambda x, a, b: 1 / (1 + np.exp(-x)), None, None),
    "Affine": (lambda x, a, b: a * x + b, 1.0, 0.0),
    "LeakyRelu": (lambda x, a, b: np.where(x >= 0, x, a * x), 0.01, None),
    "ThresholdedRelu": (lambda x, a, b: np.where(x >= a, x, 0), 1.0, None),
    "ScaledTanh": (lambda x, a, b: a * np.tanh(b * x), 1.0, 1.0),
    "HardSigmoid": (lambda x, a, b: np.clip(a * x + b, 0, 1), 0.2, 0.5),
    "Elu": (lambda x, a, b: np.where(x >= 0, x, a * (np.exp(x) - 1)), 1.0, None),
    "Softsign": (lambda x, a, b: x / (1 + np.abs(x)), None, None),
    "Softplus": (lambda x, a, b: np.log1p(np.exp(x)), None, None),
}


def functions_of(names, alphas, betas):
    alphas, betas = list(alphas), list(betas)
    result = []
    for name in names:
        formula, alpha, beta = FUNCTIONS[name]
        if alpha is not None and alphas:
            alpha = alphas.pop(0)
        if beta is not None and betas:
            beta = betas.pop(0)
        result.append(lambda x, f=formula, a=alpha, b=beta: f(x, a, b))
    return result


def one_direction(layer, d, x, h, c, act):
    """The states after each step of one sample, and the last cell."""
    kind, hidden = layer["kind"], layer["hidden"]
    rows = GATES[kind] * hidden
    w, r = layer["W"][d], layer["R"][d]
    bias = layer["B"][d] if "B" in layer else np.zeros(2 * rows)
    p = layer["P"][d].reshape(3, hidden) if "P" in layer else np.zeros((3, hidden))
    clip = layer.get("clip")
    clipped = (lambda v: np.clip(v, -clip, clip)) if clip else (lambda v: v)
    states = []
    for step in x:
        wx = w @ step + bias[:rows]
        rh = r @ h + bias[rows:]
        part = lambda v, g: v[g * hidden:(g + 1) * hidden]
        if kind == "RNN":
            h = act[0](clipped(wx + rh))
        elif kind == "GRU":
            z = act[0](clipped(part(wx, 0) + part(rh, 0)))
            reset = act[0](clipped(part(wx, 1) + part(rh, 1)))
            if layer["linear"]:
                n = part(wx, 2) + reset * part(rh, 2)
            else:
                n = part(wx, 2) + part(r, 2) @ (reset * h) + part(bias[rows:], 2)
            h = (1 - z) * act[1](clipped(n)) + z * h
        else:
            i, o, f, g = [part(wx, k) + part(rh, k) for k in range(4)]
            i = act[0](clipped(i + p[0] * c))
            f = 1 - i if layer["forget"] else act[0](clipped(f + p[2] * c))
            c = f * c + i * act[1](clipped(g))
            h = act[0](clipped(o + p[1] * c)) * act[2](c)
        states.append(h)
    return states, c


def expected(layer, x, h0, c0):
    steps, batch, directions = x.shape[0], x.shape[1], layer["W"].shape[0]
    hidden, kind = layer["hidden"], layer["kind"]
    y = np.zeros((steps, directions, batch, hidden))
    last_h, last_c = h0.copy(), c0.copy()
    per = len(DEFAULTS[kind])
    for d in range(directions):
        backwards = d == 1 or layer["direction"] == "reverse"
        act = layer["functions"][d * per:(d + 1) * per]
        for n in range(batch):
            length = layer["lengths"][n]
            order = list(range(length))[::-1 if backwards else 1]
            states, cell = one_direction(layer, d, x[order, n], h0[d, n], c0[d, n],
                                         act)
            for t, state in zip(order, states):
                y[t, d, n] = state
            last_h[d, n], last_c[d, n] = states[-1], cell
    return y, last_h, last_c


def make(seed, is_late):
    r, rng = random.Random(seed), np.random.default_rng(seed)
    some = lambda *shape: (rng.standard_normal(shape) * 0.5).astype(np.float32)
    kind = r.choice(["LSTM", "LSTM", "GRU", "RNN"])
    steps, batch = r.choice([1, 2, 5]), r.choice([1, 1, 2, 5])
    inputs, hidden = r.choice([1, 3, 16]), r.choice([1, 5, 8, 16, 20, 40])
    direction = r.choice(["forward", "reverse", "bidirectional"])
    directions = 2 if direction == "bidirectional" else 1
    rows = GATES[kind] * hidden
    layer = {"kind": kind, "hidden": hidden, "direction": direction,
             "W": some(directions, rows, inputs), "R": some(directions, rows, hidden),
             "forget": kind == "LSTM" and r.random() < 0.25,
             "linear": kind == "GRU" and r.random() < 0.5}
    attributes = {"hidden_size": hidden, "direction": direction}
    if layer["forget"]:
        attributes["input_forget"] = 1
    if layer["linear"]:
        attributes["linear_before_reset"] = 1
    if r.random() < 0.3:
        layer["clip"] = attributes["clip"] = r.choice([0.25, 1.5])
    names, alphas, betas = DEFAULTS[kind] * directions, [], []
    if r.random() < 0.4:
        names = [r.choice(sorted(FUNCTIONS)) for _ in names]
        attributes["activations"] = [name.encode() for name in names]
        if r.random() < 0.5:
            alphas, betas = [[r.uniform(0.1, 0.9) for _ in names] for _ in "ab"]
            attributes["activation_alpha"] = alphas
            attributes["activation_beta"] = betas
    layer["functions"] = functions_of(names, alphas, betas)
    operands, constants, fed, shapes = ["x", "W", "R"], [], {}, {}

    def operand(name, value, is_input=False):
        operands.append(name)
        if is_input:
            fed[name], shapes[name] = value, list(value.shape)
        else:
            constants.append(floats(name, value.shape, list(map(float, value.flat))))
        return value

    batch_first = r.random() < 0.3
    swap = (lambda v: v.swapaxes(0, 1)) if batch_first else (lambda v: v)
    x = some(steps, batch, inputs)
    fed["x"], shapes["x"] = swap(x), list(swap(x).shape)
    for name in ("W", "R"):
        value = layer[name]
        constants.append(floats(name, value.shape, list(map(float, value.flat))))
    if r.random() < 0.7:
        layer["B"] = operand("B", some(directions, 2 * rows))
    else:
        operands.append("")
    layer["lengths"] = [steps] * batch
    is_late = is_late and not batch_first and (directions == 1 or not alphas)
    if r.random() < 0.4 or is_late:
        if r.random() < 0.5 or is_late:
            layer["lengths"] = [r.randint(1, steps) for _ in range(batch)]
        if is_late:
            fed["L"], shapes["L"] = np.array(layer["lengths"], np.int32), ([batch], INT32)
        else:
            constants.append(tensor("L", [batch], layer["lengths"], INT32))
        operands.append("L")
    else:
        operands.append("")
    states = []
    for name in ["h0", "c0"][:2 if kind == "LSTM" else 1]:
        states.append(some(directions, batch, hidden))
        if r.random() < 0.5:
            operand(name, swap(states[-1]), is_input=r.random() < 0.5)
        else:
            states[-1] *= 0
            operands.append("")
    if kind == "LSTM" and r.random() < 0.4:
        layer["P"] = operand("P", some(directions, 3 * hidden))
    while not operands[-1]:
        operands.pop()
    if batch_first:
        attributes["layout"] = 1
    outputs = ["y", "last_h", "last_c"][:3 if kind == "LSTM" and not is_late else 2]
    kept = [name for name in outputs if r.random() < 0.7] or ["y"]
    net = model([node(kind, operands, [o if o in kept else "" for o in outputs],
                      name="layer", **attributes)], shapes, kept, constants, opset=14)
    results = expected(layer, x.astype(np.float64), states[0].astype(np.float64),
                       states[-1].astype(np.float64))
    if batch_first:
        results = (results[0].transpose(2, 0, 1, 3), swap(results[1]), swap(results[2]))
    what = dict(attributes, steps=steps, batch=batch, inputs=inputs, kind=kind,
                lengths=layer["lengths"], operands=operands)
    return net, fed, dict(zip(outputs, results)), kept, what


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    for seed in range(first, first + count):
        net, fed, results, kept, what = make(seed, "late" in sys.argv)
        path = "%s/%d.onnx" % (folder, seed)
        save(net, path)
        arguments = save_inputs("%s/%d" % (folder, seed), fed)
        for way in ([], ["--reference"]):
            out = "%s/%d.npz" % (folder, seed)
            subprocess.run(["lw-run", path, "--output", out, *arguments, *way],
                           check=True)
            with np.load(out) as found:
                for name in kept:
                    error = np.abs(found[name] - results[name]).max()
                    size = max(np.abs(results[name]).max(), 1e-3)
                    assert found[name].shape == results[name].shape, (seed, name, what)
                    assert error <= 1e-5 * size, (seed, name, error, way, what)
    print(count, "layers, each by kernels and by loops")


main()
