"""Pads with values, of every axis, before what else reads them, against numpy.

  pads.py SEED COUNT [lw-run flags]

Draws COUNT networks of a pad alone, a pad and a clamp, a pad and a maximum pool,
and a pad and a padded convolution, compiles them as one and compares all.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy


def constant(name, array):
    values = numpy.array2string(array, separator=", ", threshold=sys.maxsize, floatmode="unique",
                                formatter={"float_kind": lambda v: f"0x{numpy.float32(v).view('u4'):08X}"})
    shape = "x".join(map(str, array.shape))
    return f'  {name} = "tosa.const"() <{{values = dense<{values}> : tensor<{shape}xf32>}}> : () -> tensor<{shape}xf32>\n'


def tensor(shape):
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


class Network:
    def __init__(self, random, number):
        self.random, self.name = random, str(number)
        rank = random.choice([1, 2, 3, 4, 4, 4, 4, 4])
        self.shape = [int(random.integers(1, 3)), *map(int, random.integers(1, 8, rank - 1))]
        if rank == 4:
            self.shape[3] = int(random.choice([1, 3, 5, 8, 13, 16, 17, 24, 32]))
        self.amounts = [(int(a), int(b)) for a, b in random.integers(0, 4, (rank, 2))]
        if random.random() < 0.5:  # the image alone
            self.amounts = [p if i in (1, 2) or rank != 4 else (0, 0) for i, p in enumerate(self.amounts)]
        self.value = numpy.float32(random.choice([-numpy.inf, -10, 1e-7, 4e-7, 0.5, 3, 1e30]))
        self.input = random.standard_normal(self.shape).astype("f4")
        self.padded = numpy.pad(self.input, self.amounts, constant_values=self.value)
        kinds = ["alone", "clamp"] + (["pool", "convolution"] if rank == 4 and numpy.isfinite(self.value) else
                                      ["pool"] if rank == 4 else [])
        self.kind = str(random.choice(kinds))

    def code(self, argument):
        """Operations, and the result's name."""
        n, p = self.name, self.padded
        flat = [a for pair in self.amounts for a in pair]
        text = (f"  %s{n} = tosa.const_shape {{values = dense<{flat}> : tensor<{len(flat)}xindex>}} : "
                f"() -> !tosa.shape<{len(flat)}>\n" + constant(f"%v{n}", numpy.array([self.value], "f4")) +
                f"  %p{n} = tosa.pad {argument}, %s{n}, %v{n} : ({tensor(self.shape)}, !tosa.shape<{len(flat)}>, "
                f"tensor<1xf32>) -> {tensor(p.shape)}\n")
        self.expected = p
        if self.kind == "clamp":
            self.expected = numpy.clip(p, -1, 2)
            text += (f"  %y{n} = tosa.clamp %p{n} {{min_val = -1.0 : f32, max_val = 2.0 : f32}} : "
                     f"({tensor(p.shape)}) -> {tensor(p.shape)}\n")
        elif self.kind == "pool":
            h, w = min(2, p.shape[1]), min(2, p.shape[2])
            windows = numpy.lib.stride_tricks.sliding_window_view(p, (h, w), axis=(1, 2))
            self.expected = windows.max(axis=(-1, -2))
            text += (f"  %y{n} = tosa.max_pool2d %p{n} {{kernel = array<i64: {h}, {w}>, pad = array<i64: 0, 0, 0, 0>, "
                     f"stride = array<i64: 1, 1>}} : ({tensor(p.shape)}) -> {tensor(self.expected.shape)}\n")
        elif self.kind == "convolution":
            # An image of zeros around the padded one.
            weights = self.random.standard_normal((3, 3, p.shape[3], 5)).astype("f4")
            around = numpy.pad(p.astype("f8"), [(0, 0), (1, 1), (1, 1), (0, 0)])
            windows = numpy.lib.stride_tricks.sliding_window_view(around, (3, 3), axis=(1, 2))
            self.expected = numpy.einsum("nhwcyx,yxcf->nhwf", windows, weights.astype("f8"))
            text += (constant(f"%w{n}", weights) +
                     f"  %y{n} = lw.conv_2d %p{n}, %w{n} {{padding = array<i64: 1, 1, 1, 1>}} : "
                     f"({tensor(p.shape)}, {tensor(weights.shape)}) -> {tensor(self.expected.shape)}\n")
        return text, f"%{'p' if self.kind == 'alone' else 'y'}{n}"


def main():
    seed, count, flags = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    random = numpy.random.default_rng(seed)
    networks = [Network(random, i) for i in range(count)]
    body, results = "", []
    for i, network in enumerate(networks):
        text, result = network.code(f"%x{i}")
        body += text
        results.append(result)
    types = ", ".join(tensor(n.expected.shape) for n in networks)
    arguments = ", ".join(f"%x{i}: {tensor(n.shape)}" for i, n in enumerate(networks))
    module = (f"func.func @main({arguments}) -> ({types}) {{\n{body}"
              f"  return {', '.join(results)} : {types}\n}}\n")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "pads.mlir").write_text(module)
        inputs = []
        for i, network in enumerate(networks):
            numpy.save(folder / f"{i}.npy", network.input)
            inputs += ["--input", f"input{i}={folder / f'{i}.npy'}"]
        subprocess.run(["lw-run", folder / "pads.mlir", *inputs, "--output", folder / "y.npz", *flags],
                       check=True, stdout=subprocess.DEVNULL)
        found = numpy.load(folder / "y.npz")
        for i, network in enumerate(networks):
            y, expected = found[f"output{i}"].astype("f8"), network.expected.astype("f8")
            finite = numpy.isfinite(expected)
            scale = max(abs(expected[finite]).max(initial=0), 1e-30)
            # A pad, a clamp and a pool compute nothing.
            tolerance = 1e-5 * scale if network.kind == "convolution" else 0
            ok = y.shape == expected.shape and (y[~finite] == expected[~finite]).all() and \
                (abs(y[finite] - expected[finite]) <= tolerance).all()
            failures += not ok
            if not ok:
                print(f"seed {seed}, network {i}: {network.kind} of {network.shape} padded by {network.amounts} "
                      f"with {network.value}")
    print(f"{failures} of {count} pads differ")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
