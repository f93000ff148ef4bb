"""TOSA's integer arithmetic in numpy, as its specification says it, and networks
of it that lw-run must compute to the same integers."""
import pathlib
import subprocess
import sys

import numpy

TYPES = {"int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "bool": "i1", "float32": "f32"}


def wide(x):
    return numpy.asarray(x).astype(object)


def bounds(bits, unsigned=False):
    return (0, 2**bits - 1) if unsigned else (-2**(bits - 1), 2**(bits - 1) - 1)


def scaled(value, multiplier, shift, double=False):
    """apply_scale_32 and apply_scale_16 of whole numbers of any size."""
    value, multiplier, shift = int(value), int(multiplier), int(shift)
    half = 1 << (shift - 1)
    if double and shift > 31:
        half += (1 << 30) if value >= 0 else -(1 << 30)
    return (value * multiplier + half) >> shift


def rescale(x, multiplier, shift, input_zero, output_zero, dtype, double=False, input_unsigned=False,
            output_unsigned=False):
    """Multipliers and shifts are one number or one a channel, the last dimension."""
    bits = x.dtype.itemsize * 8
    values = wide(x)
    if input_unsigned:
        values, input_zero = values % 2**bits, input_zero % 2**bits
    if output_unsigned:
        output_zero %= 2**(numpy.dtype(dtype).itemsize * 8)
    multiplier, shift = (numpy.broadcast_to(numpy.asarray(v, object), x.shape) for v in (multiplier, shift))
    y = numpy.frompyfunc(lambda v, m, s: scaled(v, m, s, double), 3, 1)(values - input_zero, multiplier, shift)
    low, high = bounds(numpy.dtype(dtype).itemsize * 8, output_unsigned)
    return wrap(numpy.clip(y + output_zero, low, high), dtype)


def wrap(values, dtype):
    """Whole numbers to a type of fewer bits."""
    bits = numpy.dtype(dtype).itemsize * 8
    values = numpy.asarray(values, object) % 2**bits
    return numpy.where(values >= 2**(bits - 1), values - 2**bits, values).astype(dtype)


def windows(x, kernel, stride, pad, dilation, fill):
    """[N, OH, OW, KH, KW, C] of an image; `fill` stands in its padding."""
    x = numpy.pad(x, ((0, 0), pad[:2], pad[2:], (0, 0)), constant_values=fill)
    span = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    w = numpy.lib.stride_tricks.sliding_window_view(x, span, axis=(1, 2))
    w = w[:, ::stride[0], ::stride[1], :, ::dilation[0], ::dilation[1]]
    return numpy.moveaxis(w, 3, 5)


def conv2d(x, w, bias, zero, weight_zero, stride, pad, dilation):
    """x [N, H, W, C], w [F, KH, KW, C]."""
    v = windows(x.astype("i8") - zero, w.shape[1:3], stride, pad, dilation, 0)
    y = numpy.einsum("nhwijc,fijc->nhwf", v, w.astype("i8") - weight_zero)
    return wrap(y + bias.astype("i8"), "i4")


def depthwise_conv2d(x, w, bias, zero, weight_zero, stride, pad, dilation):
    """w [KH, KW, C, M]."""
    v = windows(x.astype("i8") - zero, w.shape[:2], stride, pad, dilation, 0)
    y = numpy.einsum("nhwijc,ijcm->nhwcm", v, w.astype("i8") - weight_zero)
    return wrap(y.reshape(*y.shape[:3], -1) + bias.astype("i8"), "i4")


def reciprocal_scale(count):
    k = (count - 1).bit_length()
    return ((1 << 30) + 1 << k) // count, 30 + k


def avg_pool2d(x, kernel, stride, pad, zero, output_zero):
    ones = windows(numpy.ones(x.shape, "i8"), kernel, stride, pad, (1, 1), 0).sum((3, 4))
    sums = windows(x.astype("i8") - zero, kernel, stride, pad, (1, 1), 0).sum((3, 4))
    y = numpy.frompyfunc(lambda s, n: scaled(int(s), *reciprocal_scale(int(n))), 2, 1)(sums, ones)
    low, high = bounds(x.dtype.itemsize * 8)
    return numpy.clip(y + output_zero, low, high).astype(x.dtype)


class Network:
    """A function of what is added to it, every result an output."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.inputs, self.lines, self.outputs, self.count = [], [], [], 0

    def type(self, shape, dtype):
        return "tensor<" + "".join(f"{d}x" for d in shape) + TYPES[str(numpy.dtype(dtype))] + ">"

    def draw(self, dtype, shape, low=None, high=None):
        dtype = numpy.dtype(dtype)
        if dtype == bool:
            return self.random.integers(0, 2, shape).astype(bool)
        if dtype.kind == "f":
            return self.random.normal(0, 60, shape).astype(dtype)
        info = numpy.iinfo(dtype)
        x = self.random.integers(info.min if low is None else low, info.max if high is None else high, shape,
                                 endpoint=True).astype(dtype)
        if low is None and x.size > 4:
            x.flat[:3] = info.min, info.max, 0
        return x

    def input(self, x):
        self.inputs.append(x.copy())
        return f"%x{len(self.inputs) - 1}", self.type(x.shape, x.dtype)

    def emit(self, text):
        """A line with its value in place of %r."""
        self.count += 1
        self.lines.append("  " + text.replace("%r", f"%v{self.count}"))
        return f"%v{self.count}"

    def const(self, x):
        x = numpy.asarray(x)
        type = self.type(x.shape, x.dtype)
        values = str(x.tolist()).replace("True", "true").replace("False", "false")
        return self.emit(f'%r = "tosa.const"() <{{values = dense<{values}> : {type}}}> : () -> {type}'), type

    def shape(self, values):
        values = list(map(int, values))
        value = self.emit(f"%r = tosa.const_shape {{values = dense<{values}> : tensor<{len(values)}xindex>}} : () -> "
                          f"!tosa.shape<{len(values)}>")
        return value, f"!tosa.shape<{len(values)}>"

    def op(self, name, operands, expected, attributes="", output=True):
        """An operation on values and types; returns such a pair."""
        expected = numpy.asarray(expected)
        type = self.type(expected.shape, expected.dtype)
        text = f"%r = tosa.{name} {', '.join(v for v, _ in operands)} {attributes} : ({', '.join(t for _, t in operands)}) -> {type}"
        value = self.emit(text)
        if output:
            self.outputs.append((value, type, expected, name + " " + attributes))
        return value, type

    def rescale(self, value, x, multiplier, shift, input_zero, output_zero, dtype, double=False, scale32=True,
                input_unsigned=False, output_unsigned=False, output=True):
        """Returns the value and the integers that it must be."""
        channels = numpy.ndim(multiplier) == 1
        y = rescale(x, multiplier, shift, input_zero, output_zero, dtype, double, input_unsigned, output_unsigned)
        operands = [value, self.const(numpy.atleast_1d(multiplier).astype("i4" if scale32 else "i2")),
                    self.const(numpy.atleast_1d(shift).astype("i1")), self.const(numpy.array([input_zero], x.dtype)),
                    self.const(numpy.array([output_zero], dtype))]
        flag = lambda value: str(bool(value)).lower()
        attributes = (f"{{scale32 = {flag(scale32)}, rounding_mode = {'DOUBLE_ROUND' if double else 'SINGLE_ROUND'}, "
                      f"per_channel = {flag(channels)}, input_unsigned = {flag(input_unsigned)}, "
                      f"output_unsigned = {flag(output_unsigned)}}}")
        return self.op("rescale", operands, y, attributes, output), y

    def text(self):
        arguments = ", ".join(f"%x{i}: {self.type(x.shape, x.dtype)}" for i, x in enumerate(self.inputs))
        types = ", ".join(type for _, type, _, _ in self.outputs)
        body = "\n".join(self.lines)
        return (f"func.func @main({arguments}) -> ({types}) {{\n{body}\n  return "
                f"{', '.join(v for v, _, _, _ in self.outputs)} : {types}\n}}\n")

    def check(self, folder, *flags):
        """Counts outputs that differ, and says which."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "net.mlir").write_text(self.text())
        for i, x in enumerate(self.inputs):
            numpy.save(folder / f"x{i}.npy", x)
        (folder / "y.npz").unlink(missing_ok=True)
        done = subprocess.run(["lw-run", folder / "net.mlir",
                               *[f"--input=input{i}={folder}/x{i}.npy" for i in range(len(self.inputs))],
                               f"--output={folder}/y.npz", *flags], capture_output=True, text=True)
        if done.returncode:
            print(f"lw-run {' '.join(flags)}: exit code {done.returncode}: {done.stderr[-2000:]}")
            return len(self.outputs)
        found = numpy.load(folder / "y.npz")
        wrong = 0
        for name, (_, _, expected, what) in zip(found.files, self.outputs):
            y = found[name]
            same = y.shape == expected.shape and y.dtype == expected.dtype and (y == expected).all()
            if not same:
                wrong += 1
                at = numpy.argwhere(y != expected)[:3].tolist() if y.shape == expected.shape else ""
                print(f"{' '.join(flags)} {what}: differs at {at}: {[(y[tuple(i)], expected[tuple(i)]) for i in at]} "
                      f"{y.dtype}{y.shape} expected {expected.dtype}{expected.shape}")
        return wrong


def finish(wrong):
    print(f"{wrong} outputs differ")
    sys.exit(wrong != 0)
