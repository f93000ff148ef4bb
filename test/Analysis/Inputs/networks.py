#!/usr/bin/env python3
"""Prints published networks as lw operations with weights of zeros.

usage: networks.py NAME > network.mlir
       networks.py --list
       networks.py --check LW_OPT    counts all of them and compares with the published figures

For counting: the architectures follow their papers and reference
implementations, the weights are splat constants, batch norms are not folded.
"""
import json
import subprocess
import sys


class Network:
    """Emits one function; a tensor is (ssa name, height, width, channels)."""

    def __init__(self, size, channels=3):
        self.lines, self.count = [], 0
        self.argument = ("%x", size, size, channels)

    def type(self, t):
        return f"tensor<1x{t[1]}x{t[2]}x{t[3]}xf32>"

    def emit(self, text, h, w, c):
        self.count += 1
        self.lines.append(f"  %{self.count} = {text}")
        return (f"%{self.count}", h, w, c)

    def constant(self, shape, value=0.0):
        t = "tensor<" + "x".join(map(str, shape)) + "xf32>"
        name = self.emit(f'"tosa.const"() {{values = dense<{value:.1f}> : {t}}} : () -> {t}', 0, 0, 0)[0]
        return name, t

    def shape(self, values):
        n = len(values)
        return self.emit(f"tosa.const_shape {{values = dense<{list(values)}> : tensor<{n}xindex>}} : () -> !tosa.shape<{n}>",
                         0, 0, 0)[0], f"!tosa.shape<{n}>"

    def norm(self, x):
        p, t = self.constant([x[3]])
        v, _ = self.constant([x[3]], 1.0)
        return self.emit(f"lw.batch_norm {x[0]}, {p}, {p}, {p}, {v} {{epsilon = 1.0e-5 : f32}} : {self.type(x)}, {t}", *x[1:])

    def conv(self, x, out, kernel=1, stride=1, pad=None, groups=1, norm=True, bias=False):
        """pad: None for the output extent ceil(in / stride), else on every side."""
        n, h, w, c = x
        k = (kernel, kernel) if isinstance(kernel, int) else kernel
        pads = []
        for extent, taps in zip((h, w), k):
            total = max((-(-extent // stride) - 1) * stride + taps - extent, 0)
            pads += [total // 2, total - total // 2] if pad is None else [pad, pad]
        oh = (h + pads[0] + pads[1] - k[0]) // stride + 1
        ow = (w + pads[2] + pads[3] - k[1]) // stride + 1
        depthwise = groups == c and groups > 1
        pointwise = k == (1, 1) and groups == 1 and not any(pads)
        name = "depthwise_conv_2d" if depthwise else "pointwise_conv_2d" if pointwise else "conv_2d"
        f, ft = self.constant([*k, c, out // c] if depthwise else [*k, c // groups, out])
        operands, types = f"{n}, {f}", f"{self.type(x)}, {ft}"
        if bias:
            b, bt = self.constant([out])
            operands, types = f"{operands} bias {b}", f"{types}, {bt}"
        attributes = f"strides = array<i64: {stride}, {stride}>"
        if not pointwise:
            attributes += f", padding = array<i64: {', '.join(map(str, pads))}>"
            if not depthwise:
                attributes += f", groups = {groups} : i64"
        y = self.emit(f"lw.{name} {operands} {{{attributes}}} : ({types}) -> {self.type(('', oh, ow, out))}", oh, ow, out)
        return self.norm(y) if norm else y

    def unary(self, op, x):
        return self.emit(f"tosa.{op} {x[0]} : ({self.type(x)}) -> {self.type(x)}", *x[1:])

    def relu(self, x):
        return self.emit(f"tosa.clamp {x[0]} {{min_val = 0.0 : f32, max_val = 3.40282347E+38 : f32}} : "
                         f"({self.type(x)}) -> {self.type(x)}", *x[1:])

    def silu(self, x):
        return self.mul(x, self.unary("sigmoid", x))

    def add(self, x, y):
        return self.emit(f"tosa.add {x[0]}, {y[0]} : ({self.type(x)}, {self.type(y)}) -> {self.type(x)}", *x[1:])

    def mul(self, x, y):
        s = self.emit('"tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>', 0, 0, 0)[0]
        return self.emit(f"tosa.mul {x[0]}, {y[0]}, {s} : ({self.type(x)}, {self.type(y)}, tensor<1xi8>) -> {self.type(x)}", *x[1:])

    def concat(self, *xs):
        c = sum(x[3] for x in xs)
        y = ("", *xs[0][1:3], c)
        return self.emit(f"tosa.concat {', '.join(x[0] for x in xs)} {{axis = 3 : i32}} : "
                         f"({', '.join(map(self.type, xs))}) -> {self.type(y)}", *y[1:])

    def channels(self, x, start, size):
        a, at = self.shape([0, 0, 0, start])
        b, bt = self.shape([1, x[1], x[2], size])
        y = ("", x[1], x[2], size)
        return self.emit(f"tosa.slice {x[0]}, {a}, {b} : ({self.type(x)}, {at}, {bt}) -> {self.type(y)}", *y[1:])

    def shuffle(self, x, groups):
        return self.emit(f"lw.channel_shuffle {x[0]} {{groups = {groups} : i64}} : {self.type(x)}", *x[1:])

    def pool(self, x, kernel, stride, out):
        """Maximum pooling to a given output extent; windows may leave rows over."""
        n, h, w, c = x
        need = (out - 1) * stride + kernel
        if need < h:
            a, at = self.shape([0, 0, 0, 0])
            b, bt = self.shape([1, need, need, c])
            y = ("", need, need, c)
            x = self.emit(f"tosa.slice {n}, {a}, {b} : ({self.type(x)}, {at}, {bt}) -> {self.type(y)}", *y[1:])
        pad = need - x[1]
        y = ("", out, out, c)
        return self.emit(f"tosa.max_pool2d {x[0]} {{kernel = array<i64: {kernel}, {kernel}>, "
                         f"pad = array<i64: {pad // 2}, {pad - pad // 2}, {pad // 2}, {pad - pad // 2}>, "
                         f"stride = array<i64: {stride}, {stride}>}} : ({self.type(x)}) -> {self.type(y)}", *y[1:])

    def mean(self, x):
        """The sum instead of the mean: no constant that could be counted."""
        for axis in (1, 2):
            y = ("", 1, x[2] if axis == 1 else 1, x[3])
            x = self.emit(f"tosa.reduce_sum {x[0]} {{axis = {axis} : i32}} : ({self.type(x)}) -> {self.type(y)}", *y[1:])
        return x

    def flatten(self, x):
        s, st = self.shape([1, 1, 1, x[1] * x[2] * x[3]])
        y = ("", 1, 1, x[1] * x[2] * x[3])
        return self.emit(f"tosa.reshape {x[0]}, {s} : ({self.type(x)}, {st}) -> {self.type(y)}", *y[1:])

    def dense(self, x, out, bias=True):
        return self.conv(x, out, norm=False, bias=bias)

    def text(self, y):
        return "\n".join([f"func.func @main(%x: {self.type(self.argument)}) -> {self.type(y)} {{", *self.lines,
                          f"  return {y[0]} : {self.type(y)}", "}"])


def mobilenet_v1(width=1.0, size=224):
    n = Network(size)
    c = lambda channels: int(channels * width)
    x = n.relu(n.conv(n.argument, c(32), 3, 2))
    for out, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]:
        x = n.relu(n.conv(x, x[3], 3, stride, groups=x[3]))
        x = n.relu(n.conv(x, c(out)))
    return n, n.dense(n.mean(x), 1000)


def mobilenet_v2():
    n = Network(224)
    x = n.relu(n.conv(n.argument, 32, 3, 2))
    for expand, out, repeats, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                         (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(repeats):
            s = stride if i == 0 else 1
            y = n.relu(n.conv(x, x[3] * expand)) if expand > 1 else x
            y = n.relu(n.conv(y, y[3], 3, s, groups=y[3]))
            y = n.conv(y, out)
            x = n.add(x, y) if s == 1 and x[3] == out else y
    x = n.relu(n.conv(x, 1280))
    return n, n.dense(n.mean(x), 1000)


def shufflenet_v1():
    n, groups = Network(224), 3
    x = n.pool(n.relu(n.conv(n.argument, 24, 3, 2)), 3, 2, 56)
    for stage, (out, repeats) in enumerate([(240, 4), (480, 8), (960, 4)]):
        for i in range(repeats):
            stride = 2 if i == 0 else 1
            # The first layer of all has too few channels for groups.
            y = n.relu(n.conv(x, out // 4, groups=1 if stage == 0 and i == 0 else groups))
            y = n.conv(n.shuffle(y, groups), out // 4, 3, stride, groups=out // 4)
            y = n.conv(y, out - x[3] if stride == 2 else out, groups=groups)
            x = n.relu(n.concat(n.pool(x, 3, 2, y[1]), y) if stride == 2 else n.add(x, y))
    return n, n.dense(n.mean(x), 1000)


def shufflenet_v2():
    n = Network(224)
    x = n.pool(n.relu(n.conv(n.argument, 24, 3, 2)), 3, 2, 56)
    for out, repeats in [(116, 4), (232, 8), (464, 4)]:
        half = out // 2
        for i in range(repeats):
            if i == 0:
                a = n.relu(n.conv(n.conv(x, x[3], 3, 2, groups=x[3]), half))
                b = x
            else:
                a, b = n.channels(x, 0, half), n.channels(x, half, half)
            b = n.relu(n.conv(b, half))
            b = n.conv(b, half, 3, 2 if i == 0 else 1, groups=half)
            b = n.relu(n.conv(b, half))
            x = n.shuffle(n.concat(a, b), 2)
    x = n.relu(n.conv(x, 1024))
    return n, n.dense(n.mean(x), 1000)


def efficientnet_b0():
    n = Network(224)
    x = n.silu(n.conv(n.argument, 32, 3, 2))
    for expand, kernel, stride, out, repeats in [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
                                                 (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]:
        for i in range(repeats):
            s, inputs = stride if i == 0 else 1, x[3]
            y = n.silu(n.conv(x, inputs * expand)) if expand > 1 else x
            y = n.silu(n.conv(y, y[3], kernel, s, groups=y[3]))
            gate = n.silu(n.conv(n.mean(y), inputs // 4, norm=False, bias=True))
            gate = n.unary("sigmoid", n.conv(gate, y[3], norm=False, bias=True))
            y = n.conv(n.mul(y, gate), out)
            x = n.add(x, y) if s == 1 and inputs == out else y
    x = n.silu(n.conv(x, 1280))
    return n, n.dense(n.mean(x), 1000)


def squeezenet(version):
    n = Network(224)

    def fire(x, squeeze, expand):
        x = n.relu(n.conv(x, squeeze, norm=False, bias=True))
        return n.relu(n.concat(n.conv(x, expand, norm=False, bias=True), n.conv(x, expand, 3, norm=False, bias=True)))

    def pool(x):  # rounds up
        return n.pool(x, 3, 2, -(-(x[1] - 3) // 2) + 1)

    x = n.conv(n.argument, *((96, 7, 2, 0) if version == "1.0" else (64, 3, 2, 0)), norm=False, bias=True)
    pools = {"1.0": (3, 7), "1.1": (2, 4)}[version]
    x = pool(n.relu(x))
    for i, (squeeze, expand) in enumerate([(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]):
        if i in pools:
            x = pool(x)
        x = fire(x, squeeze, expand)
    return n, n.mean(n.relu(n.conv(x, 1000, norm=False, bias=True)))


def resnet18():
    n = Network(224)
    x = n.pool(n.relu(n.conv(n.argument, 64, 7, 2, 3)), 3, 2, 56)
    for out, stride in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
        y = n.conv(n.relu(n.conv(x, out, 3, stride, 1)), out, 3, 1, 1)
        if stride == 2:
            x = n.conv(x, out, 1, stride, 0)
        x = n.relu(n.add(x, y))
    return n, n.dense(n.mean(x), 1000)


def resnet50(stride_on_3x3):
    n = Network(224)
    x = n.pool(n.relu(n.conv(n.argument, 64, 7, 2, 3)), 3, 2, 56)
    for stage, (mid, repeats) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for i in range(repeats):
            stride = 2 if i == 0 and stage > 0 else 1
            first, second = (1, stride) if stride_on_3x3 else (stride, 1)
            y = n.relu(n.conv(x, mid, 1, first, 0))
            y = n.relu(n.conv(y, mid, 3, second, 1))
            y = n.conv(y, 4 * mid)
            if i == 0:
                x = n.conv(x, 4 * mid, 1, stride, 0)
            x = n.relu(n.add(x, y))
    return n, n.dense(n.mean(x), 1000)


def vgg16():
    n = Network(224)
    x = n.argument
    for out, repeats in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(repeats):
            x = n.relu(n.conv(x, out, 3, norm=False, bias=True))
        x = n.pool(x, 2, 2, x[1] // 2)
    x = n.relu(n.dense(n.flatten(x), 4096))
    x = n.relu(n.dense(x, 4096))
    return n, n.dense(x, 1000)


def densenet121():
    n, growth = Network(224), 32
    x = n.pool(n.relu(n.conv(n.argument, 64, 7, 2, 3)), 3, 2, 56)
    for stage, repeats in enumerate([6, 12, 24, 16]):
        if stage:
            x = n.conv(n.relu(n.norm(x)), x[3] // 2, norm=False)
            x = n.pool(x, 2, 2, x[1] // 2)
        for _ in range(repeats):
            y = n.conv(n.relu(n.norm(x)), 4 * growth, norm=False)
            y = n.conv(n.relu(n.norm(y)), growth, 3, norm=False)
            x = n.concat(x, y)
    return n, n.dense(n.mean(n.relu(n.norm(x))), 1000)


def xception():
    n = Network(299)

    def separable(x, out):
        return n.conv(n.conv(x, x[3], 3, groups=x[3], norm=False), out)

    x = n.relu(n.conv(n.argument, 32, 3, 2, 0))
    x = n.relu(n.conv(x, 64, 3, 1, 0))
    for i, out in enumerate([128, 256, 728]):
        shortcut = n.conv(x, out, 1, 2)
        y = separable(x if i == 0 else n.relu(x), out)
        y = separable(n.relu(y), out)
        x = n.add(n.pool(y, 3, 2, shortcut[1]), shortcut)
    for _ in range(8):
        y = x
        for _ in range(3):
            y = separable(n.relu(y), 728)
        x = n.add(x, y)
    shortcut = n.conv(x, 1024, 1, 2)
    y = separable(n.relu(x), 728)
    y = separable(n.relu(y), 1024)
    x = n.add(n.pool(y, 3, 2, shortcut[1]), shortcut)
    x = n.relu(separable(x, 1536))
    x = n.relu(separable(x, 2048))
    return n, n.dense(n.mean(x), 1000)


# Name: (architecture, MACs of convolutions and fully connected layers,
# parameters with batch norm's scale and offset).
NETWORKS = {
    "mobilenet_v1": (lambda: mobilenet_v1(), 568_740_352, 4_231_976),
    "mobilenet_v1_0.75": (lambda: mobilenet_v1(0.75), 325_400_448, 2_585_560),
    "mobilenet_v1_0.5": (lambda: mobilenet_v1(0.5), 149_497_088, 1_331_592),
    "mobilenet_v1_0.25": (lambda: mobilenet_v1(0.25), 41_030_272, 470_072),
    "mobilenet_v1_192": (lambda: mobilenet_v1(size=192), 418_121_728, 4_231_976),
    "mobilenet_v1_160": (lambda: mobilenet_v1(size=160), 290_675_200, 4_231_976),
    "mobilenet_v1_128": (lambda: mobilenet_v1(size=128), 186_400_768, 4_231_976),
    "mobilenet_v2": (mobilenet_v2, 300_774_272, 3_504_872),
    "shufflenet_v1": (shufflenet_v1, 137_460_672, 1_865_728),
    "shufflenet_v2": (shufflenet_v2, 144_907_992, 2_278_604),
    "efficientnet_b0": (efficientnet_b0, 385_814_752, 5_288_548),
    "squeezenet_1.0": (lambda: squeezenet("1.0"), 818_924_576, 1_248_424),
    "squeezenet_1.1": (lambda: squeezenet("1.1"), 349_151_936, 1_235_496),
    "densenet121": (densenet121, 2_834_161_664, 7_978_856),
    "resnet18": (resnet18, 1_814_073_344, 11_689_512),
    "resnet50_v1": (lambda: resnet50(False), 3_857_973_248, 25_557_032),
    "resnet50_v1.5": (lambda: resnet50(True), 4_089_184_256, 25_557_032),
    "vgg16": (vgg16, 15_470_264_320, 138_357_544),
    "xception": (xception, 8_357_403_496, 22_855_952),
}


def text(name):
    network, output = NETWORKS[name][0]()
    return network.text(output)


def check(lw_opt):
    """Prints a line for each network; returns the number of wrong ones."""
    wrong = 0
    for name, (_, macs, parameters) in NETWORKS.items():
        run = subprocess.run([lw_opt, "--lw-print-cost=format=json", "-o", "/dev/null"], input=text(name), text=True,
                             stderr=subprocess.PIPE, check=True)
        total = json.loads(run.stderr)["functions"][0]["total"]
        ok = (total["macs"], total["parameters"]) == (macs, parameters)
        wrong += not ok
        print(f"{'ok   ' if ok else 'WRONG'} {name}: {total['macs']:,} MACs, {total['parameters']:,} parameters" +
              ("" if ok else f"; expected {macs:,} and {parameters:,}"))
    return wrong


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(NETWORKS))
    elif len(sys.argv) == 2 and sys.argv[1] in NETWORKS:
        print(text(sys.argv[1]))
    elif len(sys.argv) == 3 and sys.argv[1] == "--check":
        sys.exit(check(sys.argv[2]))
    else:
        sys.exit(__doc__)
