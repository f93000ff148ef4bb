"""Computes a small ONNX network with numpy, one operator after another as the
specification of ONNX says, and compares its outputs with those of lw-run.

  evaluate_onnx.py NETWORK.onnx NETWORK.mlir

Integers must be equal, floats agree within 1e-5 of the largest magnitude.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import numpy_helper
from onnx.mapping import TENSOR_TYPE_TO_NP_TYPE

SAMPLES = 4


def windows(x, kernel, attributes, fill):
    """The input under every tap, and where the outputs are."""
    top, left, bottom, right = attributes.get("pads", [0] * 4)
    x = numpy.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    (sy, sx), (dy, dx) = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    height = (x.shape[2] - dy * (kernel[0] - 1) - 1) // sy + 1
    width = (x.shape[3] - dx * (kernel[1] - 1) - 1) // sx + 1
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            yield ky, kx, x[:, :, ky * dy:, kx * dx:][:, :, :height * sy:sy, :width * sx:sx]


def conv(x, w, attributes, fill=0):
    groups = attributes.get("group", 1)
    ci, co = w.shape[1], w.shape[0] // groups
    parts = []
    for g in range(groups):
        total = 0
        for ky, kx, part in windows(x[:, g * ci:(g + 1) * ci], w.shape[2:], attributes, fill):
            total = total + numpy.einsum("nchw,oc->nohw", part - fill, w[g * co:(g + 1) * co, :, ky, kx])
        parts.append(total)
    return numpy.concatenate(parts, axis=1)


def along(values, rank, axis):
    """Values of one dimension, ready to be combined with a tensor."""
    return values.reshape([-1 if i == axis else 1 for i in range(rank)]) if values.ndim else values


def quantize(x, scale, zero):
    limits = numpy.iinfo(zero.dtype)
    rounded = numpy.rint(x / scale).astype(numpy.float64) + int(zero)
    return numpy.clip(rounded, limits.min, limits.max).astype(zero.dtype)


def dequantize(attributes, x, scale, zero):
    scale, zero = (along(v, x.ndim, attributes.get("axis", 1)) for v in (scale, zero))
    return ((x.astype(numpy.int64) - zero).astype(numpy.float32) * scale).astype(numpy.float32)


def evaluate(op, a, x):
    if op == "Conv":
        y = conv(x[0].astype(numpy.float64), x[1].astype(numpy.float64), a)
        return (y + along(x[2], 4, 1) if len(x) > 2 else y).astype(numpy.float32)
    if op == "ConvInteger":
        return conv(x[0].astype(numpy.int64), x[1].astype(numpy.int64), a, int(x[2])).astype(numpy.int32)
    if op == "Gemm":
        assert a == {"transB": 1}
        return (x[0] @ x[1].T + (x[2] if len(x) > 2 else 0)).astype(numpy.float32)
    simple = {
        "Add": lambda: x[0] + x[1], "Mul": lambda: x[0] * x[1], "Relu": lambda: numpy.maximum(x[0], 0),
        "Clip": lambda: numpy.minimum(numpy.maximum(x[0], x[1]), x[2]),
        "QuantizeLinear": lambda: quantize(*x), "DequantizeLinear": lambda: dequantize(a, *x),
        "Cast": lambda: x[0].astype(TENSOR_TYPE_TO_NP_TYPE[a["to"]]),
        "Gather": lambda: numpy.take(x[0], x[1], axis=a["axis"]),
        "Concat": lambda: numpy.concatenate(x, axis=a["axis"]),
        "Flatten": lambda: x[0].reshape(len(x[0]), -1), "Reshape": lambda: x[0].reshape(x[1]),
        "Transpose": lambda: x[0].transpose(a["perm"]),
        "AveragePool": lambda: numpy.mean([w for _, _, w in windows(x[0], a["kernel_shape"], a, 0)], axis=0),
        "MaxPool": lambda: numpy.max([w for _, _, w in windows(
            x[0], a["kernel_shape"], a, numpy.iinfo(x[0].dtype).min)], axis=0),
    }
    return simple[op]()


def run(graph, inputs):
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer} | inputs
    for node in graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        values[node.output[0]] = evaluate(node.op_type, attributes, [values[i] for i in node.input])
    return {output.name: values[output.name] for output in graph.output}


def main():
    graph = onnx.load(sys.argv[1]).graph
    rng = numpy.random.default_rng(0)
    compared = 0
    for _ in range(SAMPLES):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            inputs, flags = {}, []
            for info in graph.input:
                shape = [d.dim_value for d in info.type.tensor_type.shape.dim]
                inputs[info.name] = rng.normal(0, 3, shape).astype(numpy.float32)
                numpy.save(folder / f"{info.name}.npy", inputs[info.name])
                flags += ["--input", folder / f"{info.name}.npy"]
            subprocess.run(["lw-run", sys.argv[2], *flags, "--reference", "--output", folder / "y.npz"],
                           check=True, capture_output=True)
            expected = numpy.load(folder / "y.npz")
            for name, found in run(graph, inputs).items():
                wanted = expected[name]
                assert wanted.shape == found.shape, name
                compared += found.size
                if found.dtype == numpy.float32:
                    assert numpy.abs(found - wanted).max() <= 1e-5 * numpy.abs(wanted).max(), name
                else:
                    different = numpy.count_nonzero(found != wanted.view(found.dtype))
                    assert different == 0, f"{name}: {different} integers differ"
                    assert len(numpy.unique(found)) > 3, f"{name} says nothing"
    print(f"{compared} elements agree")


main()
