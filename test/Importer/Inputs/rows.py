"""Reductions, softmax and normalizations, computed by lw-run with kernels and
with plain loops, against numpy in f64:

  rows.py FOLDER [--arm=CPU] CASES...

With --arm by a library for that processor, under qemu.
"""
import pathlib
import re
import subprocess
import sys

import numpy as np

from onnx_model import *

folder, cases = sys.argv[1], sys.argv[2:]
arm = cases.pop(0).removeprefix("--arm=") if cases[0].startswith("--arm=") else None
rng = np.random.default_rng(7)


def call(name, command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit("%s: %s" % (name, done.stderr))


def run_here(name, path, outputs, want):
    for flags in ([], ["--reference"]):
        call(name, ["lw-run", path, "--input", path + ".npy", "--output", path + ".npz", *flags])
        yield np.load(path + ".npz")


def run_on_arm(name, path, outputs, want):
    runner, library = folder + "/run_library", folder + "/net.so"
    if not pathlib.Path(runner).exists():
        source = pathlib.Path(__file__).parents[2] / "Integration/Inputs/run_library.c"
        call(name, ["aarch64-linux-gnu-gcc", "-O1", source, "-o", runner, "-ldl"])
    call(name, ["lwc", path, "-o", library, "--target=aarch64-linux-gnu", "--cpu=" + arm, "--quiet"])
    header = pathlib.Path(folder + "/net.h").read_text()
    arena = re.search(r"NET_ARENA_BYTES (\d+)", header).group(1)
    x = np.load(path + ".npy")
    x.tofile(path + ".f32")
    files = [part for output, y in zip(outputs, want)
             for part in ("%s.%s.f32" % (path, output), str(4 * y.size))]
    call(name, ["qemu-aarch64", "-cpu", arm, "-L", "/usr/aarch64-linux-gnu", runner, library, "net",
                arena, path + ".f32", str(x.nbytes), "--", *files])
    yield {output: np.fromfile("%s.%s.f32" % (path, output), "f") for output in outputs}


def run(name, x, nodes, want, initializers=(), opset=18, tolerance=2e-6, outputs=("y",)):
    """One network of one input, its outputs against `want`."""
    path = "%s/%s.onnx" % (folder, name)
    save(model(nodes, {"x": list(x.shape)}, outputs, initializers, opset), path)
    np.save(path + ".npy", x)
    want = [np.asarray(y) for y in (want if isinstance(want, tuple) else (want,))]
    for got in (run_on_arm if arm else run_here)(name, path, outputs, want):
        for output, expected in zip(outputs, want):
            y = got[output]
            number = np.isfinite(expected)
            same = y.size == expected.size and np.array_equal(
                y.reshape(expected.shape)[~number], expected.astype("f")[~number], equal_nan=True)
            error = np.abs(y.reshape(expected.shape) - expected)[number] if same else [np.inf]
            scale = max(1, np.abs(expected[number]).max(initial=0))
            if not np.max(error, initial=0) <= tolerance * scale:
                sys.exit("%s: %s is off by %s of %s" % (name, output, np.max(error), scale))
    print(name, "agrees")


def parameter(name, shape):
    values = rng.standard_normal(shape).astype("f")
    return values, floats(name, list(shape), values.ravel().tolist())


def reductions():
    x = rng.standard_normal((2, 5, 4, 19)).astype("f")
    f = x.astype("d")
    sums = {
        "ReduceL1": lambda v, a, k: np.abs(v).sum(a, keepdims=k),
        "ReduceL2": lambda v, a, k: np.sqrt((v * v).sum(a, keepdims=k)),
        "ReduceLogSum": lambda v, a, k: np.log(v.sum(a, keepdims=k)),
        "ReduceLogSumExp": lambda v, a, k: np.log(np.exp(v).sum(a, keepdims=k)),
        "ReduceMax": lambda v, a, k: v.max(a, keepdims=k),
        "ReduceMean": lambda v, a, k: v.mean(a, keepdims=k),
        "ReduceMin": lambda v, a, k: v.min(a, keepdims=k),
        "ReduceProd": lambda v, a, k: v.prod(a, keepdims=k),
        "ReduceSum": lambda v, a, k: v.sum(a, keepdims=k),
        "ReduceSumSquare": lambda v, a, k: (v * v).sum(a, keepdims=k),
    }
    for i, (op, reduce) in enumerate(sums.items()):
        data = np.abs(x) if op == "ReduceLogSum" else x
        wide = data.astype("d")
        for opset, axes, keep in ((11, [1, -1], 1), (18, [0, 2], 0), (18, [3], 1), (13, [], 0)):
            inputs, more, attributes = ["x"], [], {"keepdims": keep}
            if axes and opset >= (13 if op == "ReduceSum" else 18):
                inputs.append("axes")
                more.append(ints("axes", axes))
            elif axes:
                attributes["axes"] = axes
            run("%s-%d-%s" % (op, opset, "".join(map(str, axes))), data,
                [node(op, inputs, ["y"], **attributes)],
                reduce(wide, tuple(axes) or None, bool(keep)), more, opset, tolerance=4e-6)
    # No axis at all: what is done to each element remains.
    run("noop", x, [node("ReduceSumSquare", ["x"], ["y"], noop_with_empty_axes=1)], f * f)
    # The largest of what is no number is none; of infinities it is infinite.
    special = np.array([[np.inf, 1, 2], [-np.inf] * 3, [np.inf, -np.inf, 0]], "f")
    run("infinities", special, [node("ReduceLogSumExp", ["x"], ["y"], keepdims=0, axes=[1])],
        [np.inf, -np.inf, np.inf], opset=13)


def softmaxes():
    x = (3 * rng.standard_normal((3, 5, 37))).astype("f")
    f = x.astype("d")
    for axis in range(3):
        e = np.exp(f - f.max(axis, keepdims=True))
        run("softmax-%d" % axis, x, [node("Softmax", ["x"], ["y"], axis=axis)],
            e / e.sum(axis, keepdims=True))
        run("log-%d" % axis, x, [node("LogSoftmax", ["x"], ["y"], axis=axis)],
            np.log(e / e.sum(axis, keepdims=True)))
    e = np.exp(f - f.max((1, 2), keepdims=True))
    run("flattened", x, [node("Softmax", ["x"], ["y"], axis=1)],
        e / e.sum((1, 2), keepdims=True), opset=11)
    # Masks of -inf, and rows that nothing is left of.
    special = np.array([[1, -np.inf, 1, -np.inf], [-np.inf] * 4, [0, np.nan, 0, 0],
                        [np.inf, 0, 0, 0], [-1e30, 0, -200, 0]], "f")
    want = np.array([[.5, 0, .5, 0], [np.nan] * 4, [np.nan] * 4, [np.nan] * 4, [0, .5, 0, .5]])
    run("special", special, [node("Softmax", ["x"], ["y"], axis=1)], want)
    run("special-columns", special.T.copy(), [node("Softmax", ["x"], ["y"], axis=0)], want.T)


def normal(x, axes, epsilon):
    x = x.astype("d")
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def normalizations():
    x = (2 + 3 * rng.standard_normal((2, 6, 3, 21))).astype("f")
    s, scale = parameter("s", (3, 21))
    b, bias = parameter("b", (3, 21))
    mean = x.astype("d").mean((2, 3), keepdims=True)
    inverse = 1 / np.sqrt(x.astype("d").var((2, 3), keepdims=True) + 1e-5)
    run("layer", x, [node("LayerNormalization", ["x", "s", "b"], ["y", "m", "i"], axis=2)],
        (normal(x, (2, 3), 1e-5) * s + b, mean, inverse), [scale, bias],
        outputs=("y", "m", "i"))
    run("rms", x, [node("RMSNormalization", ["x", "s"], ["y"], axis=-2, epsilon=0.5)],
        x / np.sqrt((x.astype("d") ** 2).mean((2, 3), keepdims=True) + 0.5) * s, [scale], opset=23)
    s, scale = parameter("s", (6,))
    b, bias = parameter("b", (6,))
    column = lambda v: v.reshape(1, 6, 1, 1)
    run("instance", x, [node("InstanceNormalization", ["x", "s", "b"], ["y"], epsilon=1e-3)],
        normal(x, (2, 3), 1e-3) * column(s) + column(b), [scale, bias])
    grouped = normal(x.reshape(2, 3, -1), 2, 1e-5).reshape(x.shape)
    run("group", x, [node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=3)],
        grouped * column(s) + column(b), [scale, bias], opset=21)
    s, scale = parameter("s", (3,))
    b, bias = parameter("b", (3,))
    each = lambda v: column(np.repeat(v, 2))
    run("group-18", x, [node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=3)],
        grouped * each(s) + each(b), [scale, bias], opset=18)
    x[0, :, 1, 2] = 0
    f = x.astype("d")
    for p, norm in ((1, np.abs(f).sum(1, keepdims=True)),
                    (2, np.sqrt((f * f).sum(1, keepdims=True)))):
        run("norm-%d" % p, x, [node("LpNormalization", ["x"], ["y"], axis=1, p=p)],
            np.divide(f, norm, out=np.zeros_like(f), where=norm != 0))
    run("moments", x, [node("MeanVarianceNormalization", ["x"], ["y"])], normal(x, (0, 2, 3), 0))
    x = x.reshape(2, 6, 63)
    skip, added = parameter("skip", x.shape)
    s, scale = parameter("s", (63,))
    b, bias = parameter("b", (63,))
    run("skip", x, [node("SkipLayerNormalization", ["x", "skip", "s", "", "b"], ["y", "", "", "z"],
                         domain="com.microsoft", epsilon=1e-5)],
        (normal(x.astype("d") + skip + b, 2, 1e-5) * s, x.astype("d") + skip + b),
        [added, scale, bias], outputs=("y", "z"))


def decomposed():
    """What exporters write where the operator is newer than their opset, between
    convolutions, so that channels come last and lie in blocks."""
    x = rng.standard_normal((1, 20, 4, 5)).astype("f")
    w = rng.standard_normal((20, 20, 1, 1)).astype("f") / 4
    s, scale = parameter("s", (20, 1, 1))
    weights = floats("w", [20, 20, 1, 1], w.ravel().tolist())
    numbers = [floats("two", [], [2.0]), floats("eps", [], [1e-6])]
    y = np.einsum("oc,nchw->nohw", w[:, :, 0, 0].astype("d"), x)
    want = np.einsum("oc,nchw->nohw", w[:, :, 0, 0].astype("d"), normal(y, 1, 1e-6) * s)
    run("decomposed", x, [
        node("Conv", ["x", "w"], ["c"]), node("ReduceMean", ["c"], ["m"], axes=[1]),
        node("Sub", ["c", "m"], ["d"]), node("Pow", ["d", "two"], ["q"]),
        node("ReduceMean", ["q"], ["v"], axes=[1]), node("Add", ["v", "eps"], ["e"]),
        node("Sqrt", ["e"], ["r"]), node("Div", ["d", "r"], ["n"]),
        node("Mul", ["n", "s"], ["t"]), node("Conv", ["t", "w"], ["y"])],
        want, [weights, scale] + numbers, opset=13, tolerance=5e-6)


for case in cases:
    globals()[case]()
