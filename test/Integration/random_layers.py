"""Draws convolutions of every kind, compiles them for processors and compares what
they compute under qemu with the reference path, which is plain loops: floats
within 1e-5 of the largest magnitude, bytes bit by bit.

  random_layers.py SEED NETWORKS CPU[:QEMU CPU]... [--weights=bf16,all]

CPU is one of AArch64, or of x86-64, or multi or multi-aarch64: a library with code
for several processors, of which QEMU CPU takes one and, of x86-64, native this
machine.

A network is six layers of floats and six of bytes, each of an input of its own.
With --weights, the reference has weights that numpy has rounded to bfloat16.
"""
import pathlib
import random
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import emulation

TOLERANCE = 1e-5


def draw(rng):
    """Input shape, filter shape, group, and attributes of a convolution."""
    kind = rng.choice(["standard", "pointwise", "depthwise", "grouped"])
    group = 1
    channels, outputs = rng.randint(1, 70), rng.randint(1, 70)
    if kind == "depthwise":
        group, outputs = channels, channels * rng.choice([1, 1, 2])
    elif kind == "grouped":
        group = rng.choice([2, 3, 4])
        channels, outputs = group * rng.randint(1, 20), group * rng.randint(1, 20)
    kernel = [1, 1] if kind == "pointwise" else [rng.randint(1, 5), rng.randint(1, 5)]
    strides = [rng.choice([1, 1, 2, 3]) for _ in kernel]
    dilations = [rng.choice([1, 1, 2]) if k > 1 else 1 for k in kernel]
    pads = [rng.randint(0, k - 1) for k in kernel * 2]
    size = [(k - 1) * d + 1 + rng.randint(0, 12) for k, d in zip(kernel, dilations)]
    return ([rng.choice([1, 1, 2]), channels, *size], [outputs, channels // group, *kernel],
            dict(group=group, strides=strides, dilations=dilations, pads=pads, kernel_shape=kernel))


def network(rng, numbers):
    nodes, inputs, constants, outputs, feeds = [], [], [], [], {}

    def constant(array):
        constants.append(numpy_helper.from_array(array, f"c{len(constants)}"))
        return constants[-1].name

    for i in range(6):
        shape, filters, attributes = draw(rng)
        x = numbers.uniform(-1, 1, shape).astype(np.float32)
        weights = (numbers.standard_normal(filters) / np.sqrt(np.prod(filters[1:]))).astype(np.float32)
        bias = numbers.standard_normal(filters[0]).astype(np.float32)
        operands = [f"x{i}", constant(weights)] + [constant(bias)] * rng.randint(0, 1)
        activation = rng.choice([None, "Relu", "Sigmoid"])
        nodes.append(helper.make_node("Conv", operands, [f"y{i}" if activation is None else f"z{i}"], **attributes))
        if activation:
            nodes.append(helper.make_node(activation, [f"z{i}"], [f"y{i}"]))
        feeds[f"x{i}"] = x
        inputs.append(helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, shape))
        outputs.append(helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, None))
    for i in range(6):
        shape, filters, attributes = draw(rng)
        weights = numbers.integers(-128, 128, filters).astype(np.int8)
        # About the range of the result.
        deviation = 74 * 74 * np.sqrt(np.prod(filters[1:]))
        scales = (2e-2 * 50 / deviation * numbers.uniform(0.5, 2, filters[0])).astype(np.float32)
        operands = [f"q{i}", constant(np.float32(1)), constant(np.uint8(rng.randint(0, 255))), constant(weights),
                    constant(scales), constant(np.zeros(filters[0], np.int8)), constant(np.float32(2e-2)),
                    constant(np.uint8(rng.randint(0, 255)))]
        operands += [constant(numbers.integers(-9999, 9999, filters[0]).astype(np.int32))] * rng.randint(0, 1)
        nodes.append(helper.make_node("QLinearConv", operands, [f"r{i}"], **attributes))
        feeds[f"q{i}"] = numbers.integers(0, 256, shape).astype(np.uint8)
        inputs.append(helper.make_tensor_value_info(f"q{i}", TensorProto.UINT8, shape))
        outputs.append(helper.make_tensor_value_info(f"r{i}", TensorProto.UINT8, None))
    graph = helper.make_graph(nodes, "layers", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return onnx.shape_inference.infer_shapes(model), feeds


def compare(mine, reference):
    """The error of floats in the largest magnitude, how many bytes differ."""
    if reference.dtype == np.float32:
        return np.abs(mine - reference).max() / max(np.abs(reference).max(), 1e-9), TOLERANCE
    return np.count_nonzero(mine != reference), 0


def round_weights(model):
    """Those of float convolutions that are not depthwise, to 8 bits of mantissa, half to even."""
    rounded = onnx.ModelProto()
    rounded.CopyFrom(model)
    constants = {constant.name: constant for constant in rounded.graph.initializer}
    for node in rounded.graph.node:
        group = [a.i for a in node.attribute if a.name == "group"]
        if node.op_type != "Conv" or (group[0] > 1 and constants[node.input[1]].dims[1] == 1):
            continue
        constant = constants[node.input[1]]
        mantissa, exponent = np.frexp(numpy_helper.to_array(constant).astype(np.float64))
        values = np.ldexp(np.rint(mantissa * 256) / 256, exponent).astype(np.float32)
        constant.CopyFrom(numpy_helper.from_array(values, constant.name))
    return rounded


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    cpus = [cpu for cpu in sys.argv[3:] if not cpu.startswith("--")]
    flags = sys.argv[3 + len(cpus):]
    compared = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        emulator = emulation.Emulator(folder)
        for number in range(seed, seed + count):
            model, feeds = network(random.Random(number), np.random.default_rng(number))
            onnx.save(model, folder / "net.onnx")
            np.savez(folder / "in.npz", **feeds)
            onnx.save(round_weights(model) if flags else model, folder / "reference.onnx")
            emulation.run(["lw-run", folder / "reference.onnx", f"--input={folder / 'in.npz'}", f"--output={folder / 'out.npz'}",
                 "--reference"])
            loaded = np.load(folder / "out.npz")
            expected = {name.name: loaded[name.name] for name in model.graph.output}
            for cpu in cpus:
                cpu, _, emulated = cpu.partition(":")
                results = emulator.run(folder / "net.onnx", cpu, emulated, feeds.values(), expected.values(),
                                       flags)
                for (name, reference), result in zip(expected.items(), results):
                    error, limit = compare(result, reference)
                    compared += 1
                    if not error <= limit:
                        failures += 1
                        node = [n for n in model.graph.node if n.op_type.endswith("Conv") and n.output[0][1:] == name[1:]]
                        print(f"seed {number}, {cpu} {emulated}, {name}: {error:.3g} of {reference.shape}\n{node}", flush=True)
    print(f"{failures} of {compared} layers differ")
    sys.exit(failures != 0 or compared == 0)


if __name__ == "__main__":
    main()
