"""Draws whole networks, quantizes them and compares the outputs bit for bit.

  quantized_networks.py SEED NETWORKS CPU[:QEMU CPU]...

Each network goes to every processor, on one to three threads where it is this
machine's family, and is compared with the reference path. CPU is one of AArch64 or
x86-64..., see emulation.py; `native` stands for this machine. Networks that lwc
refuses because a tensor of theirs is zero for all samples are counted. Needs onnx.
"""
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

import emulation

FUNCTIONS = ["Relu", "Relu", "Relu", "Clip", "HardSwish", "LeakyRelu", "Sigmoid", "Tanh", "Elu", "Abs", "Softplus",
             "Softsign", "Mish"]


class Drawer:
    """One network: images of one input that layers of every kind compute."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.numbers = np.random.default_rng(self.rng.getrandbits(32))
        self.nodes, self.constants, self.images, self.used = [], [], [], set()
        shape = (self.rng.choice([1, 3, 4, 8, 17]), self.rng.randint(5, 15), self.rng.randint(5, 15))
        self.input = self.image("x", shape)

    def image(self, name, shape):
        self.images.append((name, shape))
        return name, shape

    def constant(self, values, kind=np.float32):
        name = f"k{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def node(self, kind, inputs, outputs=1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        self.used.update(inputs)
        return names[0] if outputs == 1 else names

    def pick(self, fits=lambda shape: True):
        found = [image for image in self.images if fits(image[1])]
        # The latest, mostly: networks are deep.
        return found[-1] if found and self.rng.random() < 0.7 else self.rng.choice(found) if found else None

    def function(self, name):
        kind = self.rng.choice(FUNCTIONS)
        if kind == "Clip":
            return self.node("Clip", [name, self.constant(0), self.constant(6)])
        return self.node(kind, [name])

    def conv(self, given=None, last=False):
        name, (c, h, w) = given or self.pick()
        kernel = [1, 1] if last else [self.rng.choice([k for k in (1, 3, 3, 5) if k <= side]) for side in (h, w)]
        groups = 1 if last else self.rng.choice([1, 1, c] + [g for g in (2, 3, 4) if c % g == 0])
        out = groups * self.rng.choice([1, 2]) if groups == c > 1 else groups * self.rng.choice([1, 3, 4, 8, 16])
        strides = [1, 1] if last else [self.rng.choice([1, 1, 2]) for _ in kernel]
        pads = [self.rng.randint(0, k // 2 + (self.rng.random() < 0.1)) for k in kernel * 2]
        weights = self.numbers.standard_normal((out, c // groups, *kernel)) / np.sqrt(c // groups * kernel[0] * kernel[1])
        inputs = [name, self.constant(weights)]
        if self.rng.random() < 0.8:
            inputs.append(self.constant(self.numbers.standard_normal(out)))
        result = self.node("Conv", inputs, group=groups, strides=strides, pads=pads)
        if not last and self.rng.random() < 0.75:
            result = self.function(result)
        size = [(side + pads[i] + pads[i + 2] - kernel[i]) // strides[i] + 1 for i, side in enumerate((h, w))]
        return self.image(result, (out, *size))

    def pool(self):
        name, (c, h, w) = self.pick(lambda s: s[1] > 2 and s[2] > 2)  # the input's, at least
        kind, k, stride = self.rng.choice(["MaxPool", "AveragePool"]), self.rng.choice([2, 3]), self.rng.choice([1, 2])
        pads = [self.rng.choice([0, k // 2])] * 4
        result = self.node(kind, [name], kernel_shape=[k, k], strides=[stride] * 2, pads=pads)
        self.image(result, (c, *((side + 2 * pads[0] - k) // stride + 1 for side in (h, w))))

    def join(self):
        name, shape = self.pick()
        other = self.rng.choice([n for n, s in self.images if s[1:] == shape[1:]])
        others = dict(self.images)
        if others[other] == shape and self.rng.random() < 0.6:
            result = self.node(self.rng.choice(["Add", "Add", "Mul"]), [name, other])
            if self.rng.random() < 0.5:
                result = self.node("Relu", [result])
            return self.image(result, shape)
        # Parts that nothing else reads are computed in place.
        parts = [(other, others[other]), self.conv_like((name, shape))]
        return self.image(self.node("Concat", [n for n, _ in parts], axis=1),
                          (sum(s[0] for _, s in parts), *shape[1:]))

    def conv_like(self, given):
        """A convolution whose result is as wide and high as its input."""
        name, (c, h, w) = given
        out = self.rng.choice([3, 8, 16])
        weights = self.numbers.standard_normal((out, c, 3, 3)) / np.sqrt(9 * c)
        result = self.node("Conv", [name, self.constant(weights)], pads=[1] * 4)
        return self.function(result) if self.rng.random() < 0.5 else result, (out, h, w)

    def move(self):
        name, (c, h, w) = self.pick()
        kind = self.rng.choice(["slice", "split", "pad", "shuffle", "resize"])
        if kind == "slice" and c > 1:
            first = self.rng.randrange(c - 1)
            ends = [self.constant([v], np.int64) for v in (first, c, 1)]
            self.image(self.node("Slice", [name, *ends]), (c - first, h, w))
        elif kind == "split" and c % 2 == 0:
            for part in self.node("Split", [name], 2, axis=1, num_outputs=2):
                self.image(part, (c // 2, h, w))
        elif kind == "pad":
            amounts = [self.rng.randint(0, 2) for _ in range(4)]
            self.image(self.node("Pad", [name, self.constant([0, 0, *amounts[:2], 0, 0, *amounts[2:]], np.int64)]),
                       (c, h + amounts[0] + amounts[2], w + amounts[1] + amounts[3]))
        elif kind == "shuffle" and c % 2 == 0:
            wide = self.node("Reshape", [name, self.constant([1, 2, c // 2, h, w], np.int64)])
            turned = self.node("Transpose", [wide], perm=[0, 2, 1, 3, 4])
            self.image(self.node("Reshape", [turned, self.constant([1, c, h, w], np.int64)]), (c, h, w))
        elif kind == "resize" and h * w <= 300:
            scales = self.constant([1, 1, 2, 2])
            self.image(self.node("Resize", [name, "", scales], mode="nearest", nearest_mode="floor",
                                 coordinate_transformation_mode="asymmetric"), (c, 2 * h, 2 * w))

    def draw(self):
        for _ in range(self.rng.randint(3, 14)):
            self.rng.choice([self.conv, self.conv, self.conv, self.join, self.pool, self.move])()
        # Convolutions end it, so that no float is computed but from their sums.
        outputs = [self.conv(image, last=True)[0] for image in list(self.images[1:]) if image[0] not in self.used]
        graph = helper.make_graph(
            self.nodes, "drawn",
            [helper.make_tensor_value_info("x", 1, [1, *self.input[1]])],
            [onnx.ValueInfoProto(name=name) for name in outputs or [self.conv(self.input, last=True)[0]]],
            self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def main():
    seed, count, cpus = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    failures = compared = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        emulator = emulation.Emulator(folder)
        network, module, x, y = (folder / name for name in ("net.onnx", "net.mlir", "x.npy", "y.npz"))
        for number in range(count):
            drawer = Drawer(f"{seed} {number}")
            onnx.save(drawer.draw(), str(network))
            values = drawer.numbers.standard_normal((1, *drawer.input[1])).astype(np.float32)
            np.save(x, values)
            command = ["lwc", network, "-o", module, "--emit=mlir", "--quiet", "--quantize=int8,always",
                       f"--calibrate={x}"]
            if "gives them no range" in subprocess.run(command, capture_output=True, text=True).stderr:
                refused += 1
                continue
            emulation.run(command)

            def native(*flags):
                emulation.run(["lw-run", module, f"--input={x}", f"--output={y}", *flags])
                loaded = np.load(y)
                return [loaded[name] for name in loaded.files]

            expected = native("--reference")
            for entry in cpus:
                cpu, _, emulated = entry.partition(":")
                if cpu == "native" or (cpu.startswith("x86-64") and not emulated):
                    found = native(f"--cpu={cpu}", f"--threads={drawer.rng.choice([1, 2, 3])}")
                else:
                    found = emulator.run(module, cpu, emulated, [values], expected)
                compared += 1
                if not all(np.array_equal(a, b) for a, b in zip(found, expected)):
                    failures += 1
                    worst = max(np.abs(a - b).max() for a, b in zip(found, expected))
                    print(f"seed {seed}, network {number}: differs by {worst:.3g} for {entry}", flush=True)
    print(f"{failures} of {compared} runs differ, {refused} of {count} networks refused")
    sys.exit(failures != 0 or refused > count / 5)


if __name__ == "__main__":
    main()
