"""Runs small networks of quantized operators, from float to float, and compares
with the formulas of ONNX in numpy. Where a formula goes through floats, numbers
at the middle of two steps may fall either way: one step apart, of one element
in a hundred."""
import os
import subprocess
import sys

import numpy

from onnx_model import *

MS = "com.microsoft"
folder, flags = sys.argv[1], sys.argv[2:]
os.makedirs(folder, exist_ok=True)
rng = numpy.random.default_rng(7)
RANGE = {UINT8: (0, 255), INT8: (-128, 127)}


def q(x, scale, zero, kind):
    return numpy.clip(numpy.rint(x / numpy.float32(scale)) + zero, *RANGE[kind]).astype(int)


def dq(x, scale, zero):
    return ((x - zero) * numpy.float32(scale)).astype(numpy.float32)


def scalar(name, scale, zero, kind):
    return [floats("s" + name, [], [scale]), tensor("z" + name, [], [zero], kind)]


def array(name, values, kind):
    return tensor(name, list(values.shape), values.ravel().tolist(), kind)


def check(name, nodes, constants, x, expected, scale, kind=UINT8, zero=0, exact=False):
    """The network quantizes x as `xq` and dequantizes `yq`."""
    path = f"{folder}/{name}"
    nodes = ([node("QuantizeLinear", ["x", "sx", "zx"], ["xq"])] + nodes +
             [node("DequantizeLinear", ["yq", "sy", "zy"], ["y"])])
    save(model(nodes, {"x": list(x.shape)}, ["y"],
               constants + scalar("x", *X) + scalar("y", scale, zero, kind)), path + ".onnx")
    numpy.save(path + ".npy", x)
    done = subprocess.run(["lw-run", path + ".onnx", "--input", path + ".npy", "--output",
                           path + ".out.npy", *flags], capture_output=True, text=True)
    assert done.returncode == 0, (name, done.stderr)
    found = numpy.rint(numpy.load(path + ".out.npy") / numpy.float32(scale)).astype(int) + zero
    assert found.shape == expected.shape, (name, found.shape, expected.shape)
    error = numpy.abs(found - expected)
    assert expected.min() < expected.max(), name
    bound = 0 if exact else 1
    assert error.max() <= bound and (error > 0).mean() <= 0.01, (name, error.max(), error.mean())


X = (0.0625, 100, UINT8)
x = rng.standard_normal((1, 4, 9, 9)).astype(numpy.float32) * 3
xq = q(x, *X)
xr = dq(xq, *X[:2])


def conv(x, w, pad, groups):
    """Sums of integers: x is [1, C, H, W], w is [O, C / groups, K, K]."""
    x = numpy.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    k, each = w.shape[2], w.shape[0] // groups
    size = x.shape[2] - k + 1
    y = numpy.zeros((1, w.shape[0], size, size), numpy.int64)
    for o in range(w.shape[0]):
        first = o // each * w.shape[1]
        for dy in range(k):
            for dx in range(k):
                part = x[0, first:first + w.shape[1], dy:dy + size, dx:dx + size]
                y[0, o] += (part * w[o, :, dy, dx, None, None]).sum(axis=0)
    return y


def check_conv(name, shape, pad, groups, kind, zeros, per_channel):
    """The dialect's requantization of exact sums."""
    low, high = RANGE[kind]
    w = rng.integers(low, high + 1, shape)
    count = shape[0] if per_channel else 1
    scales = rng.uniform(0.001, 0.01, count).astype(numpy.float32)
    zeros = numpy.resize(zeros, count)
    b = rng.integers(-5000, 5000, shape[0])
    each = (shape[0], 1, 1, 1) if per_channel else (1, 1, 1, 1)
    acc = conv(xq - X[1], w - zeros.reshape(each), pad, groups) + b[None, :, None, None]
    multiplier = (numpy.float64(X[0]) * scales.astype(numpy.float64) /
                  numpy.float64(numpy.float32(0.05))).astype(numpy.float32)
    product = acc.astype(numpy.float32) * multiplier.reshape(1, -1, 1, 1)
    expected = numpy.clip(numpy.rint(product) + 90, 0, 255).astype(int)
    parameters = [array("w", w, kind), array("zw", zeros if per_channel else zeros.reshape(()), kind),
                  tensor("sw", [count] if per_channel else [], None, raw=scales.tobytes()),
                  tensor("b", [shape[0]], b.tolist(), INT32)]
    check(name, [node("QLinearConv", ["xq", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"], ["yq"],
                      pads=[pad] * 4, group=groups)],
          parameters, x, expected, 0.05, zero=90, exact=True)


check_conv("s8", (6, 4, 3, 3), 1, 1, INT8, [0], True)
check_conv("u8", (6, 4, 1, 1), 0, 1, UINT8, [128], False)
# Weights less their zero point need nine bits, 0 and 255 among them.
check_conv("wide", (6, 4, 3, 3), 1, 1, UINT8, [3], False)
check_conv("wide-channels", (6, 4, 1, 1), 0, 1, UINT8, [0, 255, 7, 128, 200, 90], True)
check_conv("wide-s8", (5, 4, 3, 3), 0, 1, INT8, [-100], False)
check_conv("wide-depthwise", (4, 1, 3, 3), 1, 4, UINT8, [17], False)
check_conv("wide-groups", (6, 2, 3, 3), 1, 2, UINT8, [17, 0, 255, 1, 2, 128], True)
check_conv("multiplier", (8, 1, 3, 3), 1, 4, INT8, [0], True)

two = [floats("s2", [], [0.125]), tensor("z2", [], [20], UINT8)]
first = ["xq", "sx", "zx"]
half = node("QuantizeLinear", ["x", "s2", "z2"], ["x2"])
x2 = dq(q(x, 0.125, 20, UINT8), 0.125, 20)

check("add", [half, node("QLinearAdd", first + ["x2", "s2", "z2", "sy", "zy"], ["yq"], domain=MS)],
      two, x, q(xr + x2, 0.07, 120, UINT8), 0.07, zero=120)
check("mul", [half, node("QLinearMul", first + ["x2", "s2", "z2", "sy", "zy"], ["yq"], domain=MS)],
      two, x, q(xr * x2, 0.31, 50, UINT8), 0.31, zero=50)
constant = rng.integers(-128, 128, (4, 1, 1))
check("add-constant",
      [node("QLinearAdd", first + ["c", "sc", "zc", "sy", "zy"], ["yq"], domain=MS)],
      [array("c", constant, INT8), *scalar("c", 0.02, 11, INT8)], x,
      q(xr + dq(constant, 0.02, 11)[None], 0.07, 120, UINT8), 0.07, zero=120)
check("concat", [half, node("QLinearConcat", ["sy", "zy"] + first + ["x2", "s2", "z2"], ["yq"],
                            domain=MS, axis=1)],
      two, x, numpy.concatenate([q(xr, 0.07, 120, UINT8), q(x2, 0.07, 120, UINT8)], 1), 0.07, zero=120)
check("sigmoid", [node("QLinearSigmoid", first + ["sy", "zy"], ["yq"], domain=MS)], [], x,
      q(1 / (1 + numpy.exp(-xr)), 1 / 256, 0, UINT8), 1 / 256)
check("leaky", [node("QLinearLeakyRelu", first + ["sy", "zy"], ["yq"], domain=MS, alpha=0.3)], [], x,
      q(numpy.where(xr < 0, numpy.float32(0.3) * xr, xr), 0.05, -20, INT8), 0.05, INT8, -20)
check("global", [node("QLinearGlobalAveragePool", first + ["sy", "zy"], ["yq"], domain=MS)], [], x,
      q(xr.mean(axis=(2, 3), keepdims=True), 0.004, 128, UINT8), 0.004, zero=128)
windows = numpy.lib.stride_tricks.sliding_window_view(xr, (3, 3), (2, 3))
check("average", [node("QLinearAveragePool", first + ["sy", "zy"], ["yq"], domain=MS,
                       kernel_shape=[3, 3])], [], x,
      q(windows.mean(axis=(4, 5)), 0.03, 128, UINT8), 0.03, zero=128)
padded = numpy.pad(xr, ((0, 0), (0, 0), (1, 1), (1, 1)))
counted = numpy.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3)).mean(axis=(4, 5))
check("counted", [node("QLinearAveragePool", first + ["sy", "zy"], ["yq"], domain=MS,
                       kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)], [], x,
      q(counted, 0.03, 128, UINT8), 0.03, zero=128)
inside = numpy.pad(numpy.ones_like(xr), ((0, 0), (0, 0), (1, 1), (1, 1)))
inside = numpy.lib.stride_tricks.sliding_window_view(inside, (3, 3), (2, 3)).mean(axis=(4, 5))
check("not-counted", [node("QLinearAveragePool", first + ["sy", "zy"], ["yq"], domain=MS,
                           kernel_shape=[3, 3], pads=[1, 1, 1, 1])], [], x,
      q(counted / inside, 0.03, 128, UINT8), 0.03, zero=128)
# Maxima of uint8 on both sides of 128.
sides = numpy.pad(xq, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=0)
check("max", [node("MaxPool", ["xq"], ["yq"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], [], x,
      numpy.lib.stride_tricks.sliding_window_view(sides, (3, 3), (2, 3)).max(axis=(4, 5)),
      X[0], zero=X[1], exact=True)
check("moves", [node("Transpose", ["xq"], ["t"], perm=[0, 2, 3, 1]),
                node("Reshape", ["t", "shape"], ["yq"])], [ints("shape", [9, -1])], x,
      xq.transpose(0, 2, 3, 1).reshape(9, -1), X[0], zero=X[1], exact=True)

# Fully connected.
flat = ints("shape", [1, -1])
w = rng.integers(-128, 128, (324, 10))
acc = (xq.reshape(1, -1) - X[1]) @ w
product = acc.astype(numpy.float32) * numpy.float32(numpy.float64(X[0]) *
                                                    numpy.float64(numpy.float32(0.01)) /
                                                    numpy.float64(numpy.float32(4)))
weights = [array("w", w, INT8), *scalar("w", 0.01, 0, INT8)]
check("matmul", [node("Reshape", ["xq", "shape"], ["f"]),
                 node("QLinearMatMul", ["f", "sx", "zx", "w", "sw", "zw", "sy", "zy"], ["yq"])],
      [flat, *weights], x, numpy.clip(numpy.rint(product) + 128, 0, 255).astype(int), 4, zero=128,
      exact=True)
bias = rng.integers(-9000, 9000, 10)
product = (acc + bias).astype(numpy.float32) * numpy.float32(
    numpy.float64(X[0]) * numpy.float64(numpy.float32(0.01)) / numpy.float64(numpy.float32(4)))
check("gemm", [node("Reshape", ["xq", "shape"], ["f"]),
               node("QGemm", ["f", "sx", "zx", "w", "sw", "zw", "b", "sy", "zy"], ["yq"],
                    domain=MS, transB=1)],
      [flat, array("w", w.T, INT8), *weights[1:], array("b", bias, INT32)], x,
      numpy.clip(numpy.rint(product) + 128, 0, 255).astype(int), 4, zero=128, exact=True)
# The accumulators themselves, as floats.
check("integer", [node("Reshape", ["xq", "shape"], ["f"]),
                  node("MatMulInteger", ["f", "w", "zx", "zw"], ["a"]),
                  node("Cast", ["a"], ["r"], to=1),
                  node("QuantizeLinear", ["r", "sy", "zy"], ["yq"])],
      [flat, *weights], x, q(acc.astype(numpy.float32), 4096, 128, UINT8), 4096, zero=128, exact=True)
# Less their zero point they take 9 bits.
v = rng.integers(0, 256, w.shape)
v[:2, 0] = [0, 255]
check("integer9", [node("Reshape", ["xq", "shape"], ["f"]),
                   node("MatMulInteger", ["f", "v", "zx", "zv"], ["a"]),
                   node("Cast", ["a"], ["r"], to=1),
                   node("QuantizeLinear", ["r", "sy", "zy"], ["yq"])],
      [flat, array("v", v, UINT8), tensor("zv", [], [121], UINT8)], x,
      q(((xq.reshape(1, -1) - X[1]) @ (v - 121)).astype(numpy.float32), 4096, 128, UINT8), 4096,
      zero=128, exact=True)
w = rng.integers(0, 256, (3, 4, 3, 3))
acc = conv(xq - X[1], w - 4, 1, 1)
check("conv-integer", [node("ConvInteger", ["xq", "w", "zx", "zw"], ["a"], pads=[1] * 4),
                       node("Cast", ["a"], ["r"], to=1),
                       node("QuantizeLinear", ["r", "sy", "zy"], ["yq"])],
      [array("w", w, UINT8), tensor("zw", [], [4], UINT8)], x,
      q(acc.astype(numpy.float32), 4096, 128, UINT8), 4096, zero=128, exact=True)
# Weights that need 9 bits; accumulators that are added up.
for zero in (0, 122):
    acc = conv(xq - X[1], w - zero, 1, 1)
    check(f"conv-integer-{zero}", [node("ConvInteger", ["xq", "w", "zx", "zw"], ["a"], pads=[1] * 4),
                                   node("Add", ["a", "bias"], ["b"]), node("Add", ["a", "b"], ["c"]),
                                   node("Cast", ["c"], ["r"], to=1),
                                   node("QuantizeLinear", ["r", "sy", "zy"], ["yq"])],
          [array("w", w, UINT8), tensor("zw", [], [zero], UINT8),
           array("bias", numpy.array([[[[7]], [[-300]], [[5000]]]]), INT32)], x,
          q((2 * acc + numpy.array([7, -300, 5000]).reshape(1, 3, 1, 1)).astype(numpy.float32), 8192, 128, UINT8),
          8192, zero=128, exact=True)
