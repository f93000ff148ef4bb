"""Layers that multiply bfloat16, and what they give by plain loops in float64 with
inputs and weights that are rounded here.

  bfloat_products.py write FOLDER              net.mlir, in.npz, bf16.npz and f32.npz there
  bfloat_products.py check FOLDER TYPE FILE... TYPE is bf16, f32 or a report of lwc, which says
                                               whether this processor multiplies bfloat16
"""
import json
import pathlib
import sys

import numpy

RNG = numpy.random.default_rng(7)


def rounded(values):
    """To 8 bits of mantissa, half to even: by scaling, not by the bits."""
    mantissa, exponent = numpy.frexp(numpy.asarray(values, numpy.float64))
    return numpy.ldexp(numpy.rint(mantissa * 256) / 256, exponent)


def same(values):
    return numpy.asarray(values, numpy.float64)


def convolve(x, w, bias, stride, pad):
    (n, h, width, _), (kh, kw, _, co) = x.shape, w.shape
    x = numpy.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    oh, ow = (h + 2 * pad - kh) // stride + 1, (width + 2 * pad - kw) // stride + 1
    y = numpy.zeros((n, oh, ow, co)) + bias
    for i in range(kh):
        for j in range(kw):
            y += x[:, i:i + stride * oh:stride, j:j + stride * ow:stride][:, :oh, :ow] @ w[i, j]
    return y


def depthwise(x, w, bias):
    x = numpy.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    h, width = x.shape[1] - 2, x.shape[2] - 2
    return bias + sum(x[:, i:i + h, j:j + width] * w[i, j, :, 0] for i in range(3) for j in range(3))


# Input, filter, stride and padding: fully connected layers, one with a sum in pieces,
# channels that make no whole vector or block, rows, columns and tiles of every kind.
LAYERS = [((1, 1, 1, 2500), (1, 1, 2500, 24), 1, 0),
          ((3, 1, 1, 34), (1, 1, 34, 100), 1, 0),
          ((1, 9, 10, 24), (3, 3, 24, 40), 1, 1),
          ((2, 8, 8, 16), (3, 3, 16, 16), 2, 1),
          ((1, 12, 11, 6), (5, 5, 6, 20), 1, 2),
          ((1, 7, 7, 50), (1, 1, 50, 70), 1, 0),
          ((1, 5, 5, 12), (1, 1, 12, 3), 2, 0)]


class Network:
    def __init__(self):
        self.constants, self.lines, self.arguments, self.results = [], [], [], []
        self.feeds, self.expected = {}, {"bf16": {}, "f32": {}}

    @staticmethod
    def typed(shape):
        return f"tensor<{'x'.join(map(str, shape))}xf32>"

    def feed(self, name, shape):
        self.feeds[name] = RNG.uniform(-1, 1, shape).astype(numpy.float32)
        self.arguments.append(f'%{name}: {self.typed(shape)} {{lw.name = "{name}"}}')
        return self.feeds[name]

    def constant(self, name, values):
        data, kind = values.astype("<f4").tobytes().hex().upper(), self.typed(values.shape)
        self.constants.append(f'  %{name} = "tosa.const"() {{values = dense<"0x{data}"> : {kind}}} : () -> {kind}')

    def layer(self, name, operation, x, filters, shape, attributes, residual=None):
        """Its weights and bias; `x` and `residual` are a name and a shape."""
        w = (RNG.standard_normal(filters) / numpy.sqrt(numpy.prod(filters[:3]))).astype(numpy.float32)
        b = RNG.uniform(-1, 1, shape[3]).astype(numpy.float32)
        self.constant(f"{name}w", w)
        self.constant(f"{name}b", b)
        operands, kinds = f"%{x[0]}, %{name}w bias %{name}b", [x[1], w.shape, b.shape]
        if residual:
            operands += f" residual %{residual}"
            kinds.append(shape)
        self.lines.append(f"  %{name} = lw.{operation} {operands} {{{attributes}}} : "
                          f"({', '.join(map(self.typed, kinds))}) -> {self.typed(shape)}")
        return w, b

    def result(self, name, of):
        """`of` makes the result of a function that rounds."""
        for kind, rounding in (("bf16", rounded), ("f32", same)):
            self.expected[kind][name] = of(rounding)
        kind = self.typed(self.expected["f32"][name].shape)
        self.results.append((f"%{name}", kind, f'{kind} {{lw.name = "{name}"}}'))

    def single(self, i, shape, filters, stride, pad):
        x = self.feed(f"x{i}", shape)
        out = convolve(x, numpy.zeros(filters), 0, stride, pad).shape
        w, b = self.layer(f"y{i}", "conv_2d", (f"x{i}", shape), filters, out,
                          f"strides = array<i64: {stride}, {stride}>, padding = array<i64: {pad}, {pad}, {pad}, {pad}>")
        self.result(f"y{i}", lambda r: convolve(r(x), r(w), same(b), stride, pad))

    def block(self, name, channels, size):
        """What a residual network repeats, and a depthwise layer in it."""
        shape, wide = (1, size, size, channels), (1, size, size, 3 * channels)
        x = self.feed(f"{name}x", shape)
        pointwise = "strides = array<i64: 1, 1>"
        a = self.layer(f"{name}a", "pointwise_conv_2d", (f"{name}x", shape), (1, 1, channels, channels), shape,
                       pointwise)
        c = self.layer(f"{name}c", "pointwise_conv_2d", (f"{name}a", shape), (1, 1, channels, 3 * channels), wide,
                       pointwise + ", activation = #lw.act<relu>")
        d = self.layer(f"{name}d", "depthwise_conv_2d", (f"{name}c", wide), (3, 3, 3 * channels, 1), wide,
                       "padding = array<i64: 1, 1, 1, 1>")
        e = self.layer(f"{name}e", "pointwise_conv_2d", (f"{name}d", wide), (1, 1, 3 * channels, channels), shape,
                       pointwise, residual=f"{name}a")
        f = self.layer(f"{name}f", "conv_2d", (f"{name}e", shape), (3, 3, channels, channels), shape,
                       "padding = array<i64: 1, 1, 1, 1>", residual=f"{name}e")

        def compute(r):
            product = lambda v, layer: convolve(r(v), r(layer[0]), same(layer[1]), 1, layer[0].shape[0] // 2)
            trunk = r(product(x, a))
            inner = depthwise(numpy.maximum(product(trunk, c), 0), same(d[0]), same(d[1]))
            trunk = r(product(inner, e) + trunk)
            return product(trunk, f) + trunk

        self.result(f"{name}f", compute)

    def text(self):
        names, kinds, declared = zip(*self.results)
        return "\n".join([f"func.func @main({', '.join(self.arguments)}) -> ({', '.join(declared)}) {{",
                          *self.constants, *self.lines, f"  return {', '.join(names)} : {', '.join(kinds)}", "}"]) + "\n"


def write(folder):
    network = Network()
    for i, layer in enumerate(LAYERS):
        network.single(i, *layer)
    network.block("b", 16, 6)
    network.block("d", 20, 5)
    (folder / "net.mlir").write_text(network.text())
    numpy.savez(folder / "in.npz", **network.feeds)
    for kind, results in network.expected.items():
        numpy.savez(folder / f"{kind}.npz", **results)


def check(folder, kind, files):
    if kind.endswith(".json"):
        kind = "bf16" if json.loads(pathlib.Path(kind).read_text())["compilation"]["arithmetic"] else "f32"
    expected = numpy.load(folder / f"{kind}.npz")
    for file in files:
        found = numpy.load(file)
        assert sorted(found) == sorted(expected), (file, sorted(found))
        for name in expected:
            errors = abs(found[name] - expected[name]) / abs(expected[name]).max()
            # Between layers, a sum in another order may be rounded to the other of
            # two neighbours; few are.
            most, mean = (1e-5, 1e-5) if name.startswith("y") or kind == "f32" else (1e-2, 2e-4)
            assert errors.max() < most and errors.mean() < mean, (file, name, errors.max(), errors.mean())
    print(f"{len(files)} x {len(expected)} results")


if sys.argv[1] == "write":
    write(pathlib.Path(sys.argv[2]))
else:
    check(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
