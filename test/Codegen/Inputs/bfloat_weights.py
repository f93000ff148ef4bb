"""Layers whose weights --weights=bf16 rounds, and what they give by plain loops in
float64 with weights that are rounded here.

  bfloat_weights.py write FOLDER [SMALL]  net.mlir, in.npz and expected.npz there
  bfloat_weights.py check EXPECTED FILE...
"""
import itertools
import pathlib
import sys

import numpy

RNG = numpy.random.default_rng(5)


def rounded(weights):
    """To 8 bits of mantissa, half to even: by scaling, not by the bits."""
    mantissa, exponent = numpy.frexp(weights.astype(numpy.float64))
    return numpy.ldexp(numpy.rint(mantissa * 256) / 256, exponent)


def convolve(x, w, bias, stride, pad, groups):
    (n, h, width, c), (kh, kw, ci, co) = x.shape, w.shape
    x = numpy.pad(x.astype(numpy.float64), ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    oh, ow = (h + 2 * pad - kh) // stride + 1, (width + 2 * pad - kw) // stride + 1
    y = numpy.zeros((n, oh, ow, co)) + bias
    for i, j, g in itertools.product(range(kh), range(kw), range(groups)):
        outs = slice(g * co // groups, (g + 1) * co // groups)
        part = x[:, i:i + stride * oh:stride, j:j + stride * ow:stride, g * ci:(g + 1) * ci]
        y[..., outs] += part[:, :oh, :ow] @ w[i, j, :, outs]
    return y


def lstm(x, r):
    steps, samples, _ = x.shape
    hidden = r.shape[1]
    h = c = numpy.zeros((samples, hidden))
    sigmoid = lambda v: 1 / (1 + numpy.exp(-v))
    rows = []
    for step in x.astype(numpy.float64):
        i, o, f, g = numpy.split(step + h @ r[0], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
        h = sigmoid(o) * numpy.tanh(c)
        rows.append(h)
    return numpy.stack(rows)[:, None]


# Input, filter, stride, padding and groups. Fully connected layers, one with a sum
# in pieces; filters with and without Winograd, of several and of few channels,
# fewer than half a vector of them; groups that are blocks and such that are not.
LAYERS = [((1, 1, 1, 2500), (1, 1, 2500, 24), 1, 0, 1),
          ((3, 1, 1, 33), (1, 1, 33, 100), 1, 0, 1),
          ((1, 9, 10, 24), (3, 3, 24, 40), 1, 1, 1),
          ((2, 8, 8, 16), (3, 3, 16, 16), 2, 1, 1),
          ((1, 12, 11, 3), (5, 5, 3, 20), 1, 2, 1),
          ((1, 9, 20, 7), (3, 3, 7, 5), 1, 1, 1),
          ((1, 7, 7, 32), (3, 3, 16, 64), 1, 1, 2),
          ((1, 7, 7, 12), (1, 1, 3, 20), 1, 0, 4),
          ((1, 7, 7, 50), (1, 1, 50, 70), 1, 0, 1)]


def write(folder):
    constants, lines, arguments, results = [], [], [], []
    feeds, expected = {}, {}

    def typed(shape):
        return f"tensor<{'x'.join(map(str, shape))}xf32>"

    def constant(name, values):
        data = values.astype("<f4").tobytes().hex().upper()
        kind = typed(values.shape)
        constants.append(f'  %{name} = "tosa.const"() {{values = dense<"0x{data}"> : {kind}}} : () -> {kind}')

    def feed(i, shape):
        feeds[f"x{i}"] = RNG.uniform(-1, 1, shape).astype(numpy.float32)
        arguments.append(f'%x{i}: {typed(shape)} {{lw.name = "x{i}"}}')
        return feeds[f"x{i}"]

    def result(i, values):
        expected[f"y{i}"] = values
        results.append((f"%y{i}", typed(values.shape), f'{typed(values.shape)} {{lw.name = "y{i}"}}'))
        return typed(values.shape)

    for i, (shape, filters, stride, pad, groups) in enumerate(LAYERS):
        w = (RNG.standard_normal(filters) / numpy.sqrt(numpy.prod(filters[:3]))).astype(numpy.float32)
        b = RNG.uniform(-1, 1, filters[3]).astype(numpy.float32)
        constant(f"w{i}", w)
        constant(f"b{i}", b)
        x = feed(i, shape)
        kind = result(i, convolve(x, rounded(w), b, stride, pad, groups))
        lines.append(f"  %y{i} = lw.conv_2d %x{i}, %w{i} bias %b{i} {{strides = array<i64: {stride}, {stride}>, "
                     f"padding = array<i64: {pad}, {pad}, {pad}, {pad}>, groups = {groups} : i64}} : "
                     f"({typed(shape)}, {typed(filters)}, {typed(b.shape)}) -> {kind}")
    i, hidden = len(LAYERS), 37
    r = (RNG.standard_normal((1, hidden, 4 * hidden)) / 6).astype(numpy.float32)
    constant(f"w{i}", r)
    x = feed(i, (6, 2, 4 * hidden))
    kind = result(i, lstm(x, rounded(r)))
    lines.append(f'  %y{i} = lw.recurrent lstm forward %x{i}, %w{i} {{activations = ["sigmoid", "tanh", "tanh"], '
                 "alphas = array<f32: 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0>} : "
                 f"({typed(x.shape)}, {typed(r.shape)}) -> {kind}")
    names, kinds, declared = zip(*results)
    text = [f"func.func @main({', '.join(arguments)}) -> ({', '.join(declared)}) {{", *constants, *lines,
            f"  return {', '.join(names)} : {', '.join(kinds)}", "}"]
    (folder / "net.mlir").write_text("\n".join(text) + "\n")
    numpy.savez(folder / "in.npz", **feeds)
    numpy.savez(folder / "expected.npz", **expected)


def check(expected, files):
    expected = numpy.load(expected)
    for file in files:
        found = numpy.load(file)
        assert sorted(found) == sorted(expected), (file, sorted(found))
        for name in expected:
            error = abs(found[name] - expected[name]).max() / abs(expected[name]).max()
            assert error < 3e-6, (file, name, error)
            # Weights that are not rounded would be another result.
            assert found[name].shape == expected[name].shape
    print(f"{len(files)} x {len(expected)} results")


if sys.argv[1] == "write":
    write(pathlib.Path(sys.argv[2]))
else:
    check(sys.argv[2], sys.argv[3:])
