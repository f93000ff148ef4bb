#!/usr/bin/python3
"""Builds the ONNX networks that the benchmark measures.

The weights are random but seeded, scaled so that activations neither vanish
nor explode; speed depends on shapes, not on what a network has learned. The
graphs are the ones exporters emit: NCHW, opset 13, Conv followed by
BatchNormalization, Relu6 as Clip, SiLU as Sigmoid and Mul, channel shuffle as
Reshape, Transpose, Reshape. Needs the onnx package (Debian: python3-onnx).

  networks.py --list              names, MACs, parameters
  networks.py --output DIR NAME…  writes DIR/NAME.onnx (all if no name is given)
"""
import argparse
import math
import os
import sys
import zlib

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    sys.exit(f"networks.py: {error}: install python3-onnx and run with /usr/bin/python3")


class Tensor:
    """A value of the graph: its name, shape (no batch), and mean square."""

    def __init__(self, name, shape, moment):
        self.name, self.shape, self.moment = name, tuple(shape), moment


class Graph:
    """Collects nodes and weights, and counts MACs and parameters."""

    def __init__(self, name, shape):
        self.name = name
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.weights = [], []
        self.macs = self.parameters = 0
        self.input = Tensor("input", shape, 1.0)

    def node(self, kind, inputs, shape, moment, **attributes):
        name = f"{kind}_{len(self.nodes)}"
        names = [i.name if isinstance(i, Tensor) else i for i in inputs]
        self.nodes.append(helper.make_node(kind, names, [name + "_out"], name=name, **attributes))
        return Tensor(name + "_out", shape, moment)

    def constant(self, values, role):
        """A constant that is no trained parameter, such as a shape or a bound."""
        name = f"{role}_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def parameter(self, values, role):
        self.parameters += values.size
        return self.constant(values.astype(np.float32), role)

    def normal(self, shape, mean, deviation):
        return self.rng.normal(mean, deviation, shape)

    def conv(self, x, out, kernel=1, stride=1, pad=None, groups=1, bias=False):
        """A convolution whose output has a variance near one."""
        cin, height, width = x.shape
        pad = kernel // 2 if pad is None else pad
        fan_in = cin // groups * kernel * kernel
        scale = 1 / math.sqrt(fan_in * x.moment)
        inputs = [x, self.parameter(
            self.normal((out, cin // groups, kernel, kernel), 0, scale), "weight")]
        if bias:
            inputs.append(self.parameter(self.normal(out, 0, 0.1), "bias"))
        height = (height + 2 * pad - kernel) // stride + 1
        width = (width + 2 * pad - kernel) // stride + 1
        self.macs += out * height * width * fan_in
        return self.node("Conv", inputs, (out, height, width), 1.0, group=groups,
                         kernel_shape=[kernel] * 2, strides=[stride] * 2,
                         pads=[pad] * 4, dilations=[1, 1])

    def batch_norm(self, x, gain=1.0):
        """Statistics near those of the data; `gain` is the mean of gamma."""
        channels = x.shape[0]
        gamma = self.normal(channels, gain, 0.1 * gain)
        beta = self.normal(channels, 0, 0.3 * gain)
        inputs = [x, self.parameter(gamma, "gamma"), self.parameter(beta, "beta")]
        # The running mean and variance are no parameters in the usual count.
        inputs.append(self.constant(
            self.normal(channels, 0, 0.2).astype(np.float32), "mean"))
        inputs.append(self.constant(
            self.rng.uniform(0.7, 1.4, channels).astype(np.float32), "variance"))
        return self.node("BatchNormalization", inputs, x.shape, 1.2 * gain * gain, epsilon=1e-5)

    def relu(self, x):
        return self.node("Relu", [x], x.shape, x.moment / 2)

    def relu6(self, x):
        bounds = [self.constant(np.float32(v), "bound") for v in (0, 6)]
        return self.node("Clip", [x] + bounds, x.shape, x.moment / 2)

    def sigmoid(self, x):
        return self.node("Sigmoid", [x], x.shape, 0.3)

    def silu(self, x):
        return self.mul(x, self.sigmoid(x), x.moment * 0.36)

    def mul(self, x, y, moment):
        return self.node("Mul", [x, y], x.shape, moment)

    def add(self, x, y):
        return self.node("Add", [x, y], x.shape, x.moment + y.moment)

    def max_pool(self, x, kernel, stride, pad=0, ceil=False):
        channels, height, width = x.shape
        size = [(s + 2 * pad - kernel + (stride - 1 if ceil else 0)) // stride + 1
                for s in (height, width)]
        return self.node("MaxPool", [x], (channels, *size), x.moment * 2,
                         kernel_shape=[kernel] * 2, strides=[stride] * 2,
                         pads=[pad] * 4, ceil_mode=int(ceil))

    def global_pool(self, x):
        return self.node("GlobalAveragePool", [x], (x.shape[0], 1, 1), x.moment * 0.7)

    def flatten(self, x):
        return self.node("Flatten", [x], (math.prod(x.shape),), x.moment, axis=1)

    def linear(self, x, out):
        scale = 1 / math.sqrt(x.shape[0] * x.moment)
        inputs = [x, self.parameter(self.normal((out, x.shape[0]), 0, scale), "weight"),
                  self.parameter(self.normal(out, 0, 0.1), "bias")]
        self.macs += out * x.shape[0]
        return self.node("Gemm", inputs, (out,), 1.0, transB=1)

    def conv_bn(self, x, out, kernel=1, stride=1, groups=1, act=None, gain=1.0):
        x = self.batch_norm(self.conv(x, out, kernel, stride, groups=groups), gain)
        return act(x) if act else x

    def model(self, output):
        """The checked ONNX model with `output` as its only result."""
        def info(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *shape])
        self.nodes[-1].output[0] = "output"
        graph = helper.make_graph(self.nodes, self.name, [info("input", self.input.shape)],
                                  [info("output", output.shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)],
                                  producer_name="lw-benchmarks")
        model.ir_version = 7
        onnx.checker.check_model(model, full_check=True)
        return model


def mobilenet_v1(g, x):
    x = g.conv_bn(x, 32, 3, 2, act=g.relu6)
    for out, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
                        *((512, 1),) * 5, (1024, 2), (1024, 1)):
        x = g.conv_bn(x, x.shape[0], 3, stride, groups=x.shape[0], act=g.relu6)
        x = g.conv_bn(x, out, act=g.relu6)
    return g.linear(g.flatten(g.global_pool(x)), 1000)


def mobilenet_v2(g, x):
    x = g.conv_bn(x, 32, 3, 2, act=g.relu6)
    for expand, out, count, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                      (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for stride in (first, *(1,) * (count - 1)):
            shortcut, hidden = x, x.shape[0] * expand
            if expand != 1:
                x = g.conv_bn(x, hidden, act=g.relu6)
            x = g.conv_bn(x, hidden, 3, stride, groups=hidden, act=g.relu6)
            x = g.conv_bn(x, out, gain=0.5)
            if stride == 1 and shortcut.shape == x.shape:
                x = g.add(shortcut, x)
    x = g.conv_bn(x, 1280, act=g.relu6)
    return g.linear(g.flatten(g.global_pool(x)), 1000)


def shufflenet_v2(g, x):
    def branch(x, out, stride):
        x = g.conv_bn(x, out, act=g.relu)
        x = g.conv_bn(x, out, 3, stride, groups=out)
        return g.conv_bn(x, out, act=g.relu)

    def shuffle(x, y):
        channels, (height, width) = x.shape[0], x.shape[1:]
        shape = (2 * channels, height, width)
        z = g.node("Concat", [x, y], shape, x.moment, axis=1)
        split = g.constant(np.int64([1, 2, channels, height, width]), "shape")
        z = g.node("Reshape", [z, split], (2, channels, height, width), z.moment)
        z = g.node("Transpose", [z], (channels, 2, height, width), z.moment, perm=[0, 2, 1, 3, 4])
        merge = g.constant(np.int64([1, *shape]), "shape")
        return g.node("Reshape", [z, merge], shape, z.moment)

    def halves(x):
        shape = (x.shape[0] // 2, *x.shape[1:])
        first = g.node("Split", [x, g.constant(np.int64([shape[0]] * 2), "split")],
                       shape, x.moment, axis=1)
        g.nodes[-1].output.append(first.name + "_1")
        return first, Tensor(first.name + "_1", shape, x.moment)

    x = g.max_pool(g.conv_bn(x, 24, 3, 2, act=g.relu), 3, 2, 1)
    for out, count in ((116, 4), (232, 8), (464, 4)):
        y = g.conv_bn(x, x.shape[0], 3, 2, groups=x.shape[0])
        x = shuffle(g.conv_bn(y, out // 2, act=g.relu), branch(x, out // 2, 2))
        for _ in range(count - 1):
            left, right = halves(x)
            x = shuffle(left, branch(right, out // 2, 1))
    x = g.conv_bn(x, 1024, act=g.relu)
    x = g.node("ReduceMean", [x], x.shape[:1], x.moment * 0.7, axes=[2, 3], keepdims=0)
    return g.linear(x, 1000)


def efficientnet_b0(g, x):
    def squeeze_excite(x, reduced):
        y = g.silu(g.conv(g.global_pool(x), reduced, bias=True))
        return g.mul(x, g.sigmoid(g.conv(y, x.shape[0], bias=True)), x.moment * 0.3)

    x = g.conv_bn(x, 32, 3, 2, act=g.silu)
    for expand, kernel, first, out, count in (
            (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
            (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)):
        for stride in (first, *(1,) * (count - 1)):
            shortcut, hidden = x, x.shape[0] * expand
            if expand != 1:
                x = g.conv_bn(x, hidden, act=g.silu)
            x = g.conv_bn(x, hidden, kernel, stride, groups=hidden, act=g.silu)
            x = squeeze_excite(x, shortcut.shape[0] // 4)
            x = g.conv_bn(x, out, gain=0.5)
            if stride == 1 and shortcut.shape == x.shape:
                x = g.add(shortcut, x)
    x = g.conv_bn(x, 1280, act=g.silu)
    return g.linear(g.flatten(g.global_pool(x)), 1000)


def squeezenet_1_1(g, x):
    def fire(x, squeeze, expand):
        x = g.relu(g.conv(x, squeeze, bias=True))
        left = g.relu(g.conv(x, expand, bias=True))
        right = g.relu(g.conv(x, expand, 3, bias=True))
        return g.node("Concat", [left, right], (2 * expand, *x.shape[1:]), left.moment, axis=1)

    x = g.relu(g.conv(x, 64, 3, 2, pad=0, bias=True))
    for squeeze, expand, count in ((16, 64, 2), (32, 128, 2), (48, 192, 2), (64, 256, 2)):
        if squeeze != 64:
            x = g.max_pool(x, 3, 2, ceil=True)
        for _ in range(count):
            x = fire(x, squeeze, expand)
    x = g.relu(g.conv(x, 1000, bias=True))
    return g.flatten(g.global_pool(x))


def resnet(g, x, counts, bottleneck):
    def block(x, width, stride):
        out, shortcut = width * (4 if bottleneck else 1), x
        if bottleneck:  # v1.5: the stride is in the 3x3
            x = g.conv_bn(x, width, act=g.relu)
            x = g.conv_bn(x, width, 3, stride, act=g.relu)
            x = g.conv_bn(x, out, gain=0.5)
        else:
            x = g.conv_bn(x, width, 3, stride, act=g.relu)
            x = g.conv_bn(x, out, 3, gain=0.5)
        if shortcut.shape != x.shape:
            shortcut = g.conv_bn(shortcut, out, 1, stride)
        return g.relu(g.add(x, shortcut))

    x = g.max_pool(g.conv_bn(x, 64, 7, 2, act=g.relu), 3, 2, 1)
    for index, count in enumerate(counts):
        for i in range(count):
            x = block(x, 64 << index, 2 if index and not i else 1)
    return g.linear(g.flatten(g.global_pool(x)), 1000)


# name: builder, MACs, parameters (with batch norm's affine pair): the published
# counts, which building the network must reproduce.
NETWORKS = {
    "mobilenet_v1": (mobilenet_v1, 568740352, 4231976),
    "mobilenet_v2": (mobilenet_v2, 300774272, 3504872),
    "shufflenet_v2": (shufflenet_v2, 144907992, 2278604),
    "efficientnet_b0": (efficientnet_b0, 385814752, 5288548),
    "squeezenet_1_1": (squeezenet_1_1, 349151936, 1235496),
    "resnet18": (lambda g, x: resnet(g, x, (2, 2, 2, 2), False), 1814073344, 11689512),
    "resnet50": (lambda g, x: resnet(g, x, (3, 4, 6, 3), True), 4089184256, 25557032),
}


def pointwise(g, x, out):
    return g.relu(g.conv(x, out, bias=True))


def depthwise(g, x, stride=1, kernel=3):
    return g.relu(g.conv(x, x.shape[0], kernel, stride, groups=x.shape[0], bias=True))


def standard(g, x, out, stride=1):
    return g.relu(g.conv(x, out, 3, stride, bias=True))


def separable(g, x, out):
    return pointwise(g, g.conv(x, x.shape[0], 3, groups=x.shape[0]), out)


def layers():
    """name: (input shape, layer, whether copies of it can follow each other)."""
    table = {}
    for size, cin, cout in ((112, 32, 64), (56, 128, 128), (28, 256, 256), (14, 512, 512),
                            (7, 1024, 1024)):
        table[f"pw_{size}_{cin}_{cout}"] = ((cin, size, size),
                                            lambda g, x, c=cout: pointwise(g, x, c), cin == cout)
    for size, channels in ((112, 64), (56, 128), (28, 256), (14, 512), (7, 1024)):
        for stride in (1, 2) if size > 7 else (1,):
            table[f"dw_{size}_{channels}_s{stride}"] = (
                (channels, size, size), lambda g, x, s=stride: depthwise(g, x, s), stride == 1)
    table["first_224_3_32_s2"] = ((3, 224, 224), lambda g, x: standard(g, x, 32, 2), False)
    for size, channels in ((56, 64), (28, 128), (14, 256), (7, 512), (32, 256)):
        table[f"conv3_{size}_{channels}_{channels}"] = (
            (channels, size, size), lambda g, x, c=channels: standard(g, x, c), True)
    table["separable3_32_256_256"] = ((256, 32, 32), lambda g, x: separable(g, x, 256), True)
    return table


LAYERS = layers()


def build(name):
    """Builds one network or layer; NAME_xN is N copies of a layer in a row.

    Returns (model, MACs, parameters)."""
    if name in NETWORKS:
        builder, macs, parameters = NETWORKS[name]
        g = Graph(name, (3, 224, 224))
        model = g.model(builder(g, g.input))
        if (g.macs, g.parameters) != (macs, parameters):
            raise SystemExit(f"networks.py: {name}: expected {macs} MACs and {parameters} "
                             f"parameters, built {g.macs} and {g.parameters}")
        return model, g.macs, g.parameters
    base, _, copies = name.partition("_x")
    if base not in LAYERS:
        raise SystemExit(f"networks.py: unknown network '{name}'; expected one of "
                         f"{', '.join([*NETWORKS, *LAYERS])}")
    shape, layer, chains = LAYERS[base]
    if copies and not (chains and copies.isdigit() and int(copies) > 0):
        raise SystemExit(f"networks.py: '{name}': layer {base} " + (
            "needs a positive number after _x" if chains else "cannot follow itself"))
    g = Graph(name, shape)
    x = g.input
    for _ in range(int(copies or 1)):
        x = layer(g, x)
    return g.model(x), g.macs, g.parameters


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--output", metavar="DIR", help="write DIR/NAME.onnx")
    parser.add_argument("--list", action="store_true", help="print MACs and parameters")
    parser.add_argument("--list-layers", action="store_true",
                        help="print the layers and whether copies of one can follow each other")
    args = parser.parse_args()
    if args.list_layers:
        for name, (_, _, chains) in LAYERS.items():
            print(name, "chains" if chains else "single")
        return
    if not args.list and not args.output:
        parser.error("expected --list, --list-layers or --output DIR")
    if args.output:
        os.makedirs(args.output, exist_ok=True)
    for name in args.names or [*NETWORKS, *LAYERS]:
        model, macs, parameters = build(name)
        if args.list:
            print(f"{name:24} {macs:12} MACs {parameters:10} parameters")
        if args.output:
            path = os.path.join(args.output, name + ".onnx")
            with open(path + ".tmp", "wb") as file:
                file.write(model.SerializeToString())
            os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main()
