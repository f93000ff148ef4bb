"""Networks of every element type: operators on inputs of that type, their
results beside numpy's. Usage: element_types.py FOLDER [argument of lw-run ...]
"""
import pathlib
import subprocess
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(sys.argv[1])
FOLDER.mkdir(parents=True, exist_ok=True)
ARGUMENTS = sys.argv[2:]
TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16,
         "float64": TensorProto.DOUBLE, "bool": TensorProto.BOOL,
         "int8": TensorProto.INT8, "uint8": TensorProto.UINT8,
         "int16": TensorProto.INT16, "uint16": TensorProto.UINT16,
         "int32": TensorProto.INT32, "uint32": TensorProto.UINT32,
         "int64": TensorProto.INT64, "uint64": TensorProto.UINT64}
SHAPE = (2, 3, 4, 5)
random = numpy.random.default_rng(7)


def draw(dtype, shape, least=None):
    if dtype == numpy.bool_:
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "f":
        return (random.standard_normal(shape) * 4).astype(dtype)
    info = numpy.iinfo(dtype)
    low = max(info.min, -1000) if least is None else least
    return random.integers(low, min(info.max, 1000), shape, endpoint=True).astype(dtype)


def divide(a, b):
    """Rounds toward zero."""
    quotient = numpy.abs(a.astype(object)) // numpy.abs(b.astype(object))
    return (quotient * numpy.sign(a.astype(object)) * numpy.sign(b.astype(object))).astype(a.dtype)


class Network:
    def __init__(self, inputs, constants=()):
        self.inputs, self.constants = inputs, dict(constants)
        self.nodes, self.outputs, self.expected = [], [], {}

    def add(self, op, names, expected, **attributes):
        outputs = expected if isinstance(expected, list) else [expected]
        results = []
        for array in outputs:
            array = numpy.asarray(array)
            results.append(f"y{len(self.expected)}_{op}")
            self.expected[results[-1]] = array
            self.outputs.append(helper.make_tensor_value_info(
                results[-1], TYPES[array.dtype.name], array.shape))
        self.nodes.append(helper.make_node(op, names, results, **attributes))

    def run(self, name, opset=18):
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info(key, TYPES[a.dtype.name], a.shape)
             for key, a in self.inputs.items()], self.outputs,
            [numpy_helper.from_array(a, key) for key, a in self.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 8
        path = FOLDER / f"{name}.onnx"
        onnx.save(model, path)
        command = ["lw-run", path, "--output", FOLDER / "y.npz", *ARGUMENTS]
        for key, array in self.inputs.items():
            numpy.save(FOLDER / f"{key}.npy", array)
            command += ["--input", f"{key}={FOLDER}/{key}.npy"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stderr)
        found = numpy.load(FOLDER / "y.npz")
        for key, array in self.expected.items():
            y = found[key]
            assert y.dtype == array.dtype, (name, key, y.dtype, array.dtype)
            assert y.shape == array.shape, (name, key, y.shape, array.shape)
            if array.dtype.kind == "f":
                close = numpy.allclose(y, array, rtol=2e-3 if array.dtype.itemsize == 2 else 1e-5,
                                       atol=1e-5, equal_nan=True)
            else:
                close = numpy.array_equal(y, array)
            assert close, (name, key, y.ravel()[:8], array.ravel()[:8])
        print(f"{name}: {len(self.expected)} results")


def moves(network, name, a):
    network.constants.update(
        shape=numpy.array([3, -1], "i8"), starts=numpy.array([1, -1], "i8"),
        ends=numpy.array([3, -100], "i8"), axes=numpy.array([1, 3], "i8"),
        steps=numpy.array([1, -2], "i8"), pads=numpy.array([0, 1, 0, 0, 0, 0, 2, 1], "i8"),
        twice=numpy.array([1, 2, 1, 3], "i8"), parts=numpy.array([1, 0, 3], "i8"),
        wide=numpy.array([2, 2, 3, 4, 5], "i8"), rows=numpy.array([2, 0, -1], "i8"),
        fixed=a[:, :1])
    network.add("Identity", [name], a)
    network.add("Reshape", [name, "shape"], a.reshape(3, -1))
    network.add("Transpose", [name], a.transpose(0, 2, 3, 1), perm=[0, 2, 3, 1])
    network.add("Slice", [name, "starts", "ends", "axes", "steps"], a[:, 1:3, :, ::-2])
    network.add("Pad", [name, "pads"], numpy.pad(a, ((0, 0), (1, 0), (0, 2), (0, 1))))
    network.add("Tile", [name, "twice"], numpy.tile(a, (1, 2, 1, 3)))
    network.add("Expand", [name, "wide"], numpy.broadcast_to(a, (2, *a.shape)))
    network.add("Concat", [name, "fixed", name], numpy.concatenate([a, a[:, :1], a], 1), axis=1)
    network.add("Split", [name, "parts"][:1], [a[:, :, :2], a[:, :, 2:]], axis=2, num_outputs=2)
    network.add("Gather", [name, "rows"], a[:, [2, 0, -1]], axis=1)
    network.add("Unsqueeze", [name, "one"], a[:, None])
    network.constants["one"] = numpy.array([1], "i8")


def test(dtype):
    a, b = draw(dtype, SHAPE), draw(dtype, (3, 1, 5))
    network = Network({"a": a, "b": b})
    moves(network, "a", a)
    network.add("Where", ["c", "a", "b"], numpy.where(c := draw(numpy.dtype(bool), (4, 1)), a, b))
    network.inputs["c"] = c
    network.add("Equal", ["a", "b"], a == b)
    wide = numpy.float32 if dtype.kind == "f" else dtype
    if dtype.kind != "b":
        network.add("Less", ["a", "b"], a < b)
        network.add("LessOrEqual", ["a", "b"], a <= b)
        network.add("Greater", ["a", "b"], a > b)
        network.add("GreaterOrEqual", ["a", "b"], a >= b)
        network.add("Max", ["a", "b"], numpy.maximum(a, b))
        network.add("Min", ["a", "b"], numpy.minimum(a, b))
        network.add("Add", ["a", "b"], a + b)
        network.add("Sub", ["a", "b"], a - b)
        network.add("Mul", ["a", "b"], a * b)
        network.add("Relu", ["a"], numpy.maximum(a, dtype.type(0)))
        network.add("Sign", ["a"], numpy.sign(a))
        low, high = numpy.array(-2 if dtype.kind != "u" else 3).astype(dtype), numpy.array(7).astype(dtype)
        network.constants["low"] = low
        network.inputs["high"] = high
        network.add("Clip", ["a", "low", "high"], numpy.clip(a, low, high))
        network.add("Clip", ["a", "low"], numpy.maximum(a, low))
        network.add("Clip", ["a", "", "low"], numpy.minimum(a, low))
        if dtype.kind != "u":
            network.add("Abs", ["a"], numpy.abs(a))
            network.add("Neg", ["a"], -a)
        for op, function in (("ReduceMax", numpy.max), ("ReduceMin", numpy.min)):
            network.add(op, ["a", "last"], function(a, (1, 3), keepdims=True))
        small = a.astype(wide)
        network.constants["last"] = numpy.array([1, -1], "i8")
        network.add("ReduceSum", ["a", "last"], small.sum((1, 3), dtype=wide).astype(dtype), keepdims=0)
    if dtype.kind in "iu":
        d = draw(dtype, SHAPE, least=1)
        if dtype.kind == "i":
            d[::2] *= -1
        network.inputs["d"] = d
        network.add("Div", ["a", "d"], divide(a, d))
        network.add("Mod", ["a", "d"], a % d)
        network.add("Mod", ["a", "d"], numpy.fmod(a, d), fmod=1)
        network.constants["three"] = numpy.array(3).astype(dtype)
        network.add("Div", ["a", "three"], divide(a, network.constants["three"]))
        network.add("Mod", ["a", "three"], a % network.constants["three"])
        network.add("BitwiseAnd", ["a", "b"], a & b)
        network.add("BitwiseOr", ["a", "b"], a | b)
        network.add("BitwiseXor", ["a", "b"], a ^ b)
        network.add("BitwiseNot", ["a"], ~a)
        network.constants["two"] = numpy.array(2).astype(dtype)
        if dtype.itemsize > 1:
            e = draw(numpy.dtype("i1"), SHAPE, least=-9) % 10
            network.inputs["e"] = e.astype(dtype)
            network.add("Pow", ["e", "two"], e.astype(dtype) ** 2)
        if dtype.kind == "u":
            s = random.integers(0, 8 * dtype.itemsize, SHAPE).astype(dtype)
            network.inputs["s"] = s
            network.add("BitShift", ["a", "s"], a << s, direction="LEFT")
            network.add("BitShift", ["a", "s"], a >> s, direction="RIGHT")
    if dtype.kind == "f":
        a.ravel()[:3] = [numpy.inf, -numpy.inf, numpy.nan]
        network = Network({"a": a, "b": b})
        network.add("IsNaN", ["a"], numpy.isnan(a))
        network.add("IsInf", ["a"], numpy.isinf(a))
        network.add("IsInf", ["a"], numpy.isposinf(a), detect_negative=0)
        network.add("IsInf", ["a"], numpy.isneginf(a), detect_positive=0)
        network.add("Mod", ["b", "b7"], numpy.fmod(b, dtype.type(0.7)), fmod=1)
        network.constants["b7"] = numpy.array(0.7).astype(dtype)
    network.run(dtype.name)


def test_casts():
    """From each type to each other one."""
    for source in TYPES:
        kind = numpy.dtype(source)
        a = draw(kind, (3, 5), least=0)
        if kind.kind == "f":
            a = numpy.abs(a) * kind.type(3)
        network = Network({"a": a})
        for target, number in TYPES.items():
            network.add("Cast", ["a"], a.astype(target), to=number)
        network.run(f"cast_{source}", 13)
    a = numpy.array([-3.7, -1.5, -0.5, 0.5, 1.5, 2.5, 3.7, -100.9], "f4")
    network = Network({"a": a})
    for target in ("int8", "int16", "int32", "int64", "bool"):
        network.add("Cast", ["a"], a.astype(target), to=TYPES[target])
    network.run("cast_truncates", 13)


def test_logic():
    a, b = draw(numpy.dtype(bool), SHAPE), draw(numpy.dtype(bool), (4, 1))
    network = Network({"a": a, "b": b}, {"yes": numpy.array([True])})
    moves(network, "a", a)
    network.add("And", ["a", "b"], a & b)
    network.add("Or", ["a", "b"], a | b)
    network.add("Xor", ["a", "b"], a ^ b)
    network.add("Xor", ["a", "yes"], ~a)
    network.add("Not", ["a"], ~a)
    network.add("Equal", ["a", "b"], a == b)
    network.add("Where", ["a", "b", "yes"], numpy.where(a, b, True))
    network.constants["ints"] = numpy.array([[5], [6], [7], [8]], "i8")
    network.constants["two"] = numpy.array(2, "i8")
    network.add("Where", ["b", "ints", "two"], numpy.where(b, network.constants["ints"], 2))
    network.run("logic")


def test_edges():
    """Outputs that are inputs, constants or the same twice, and scalars."""
    a, s = draw(numpy.dtype("i8"), (2, 3)), numpy.array(5, "i8")
    network = Network({"a": a, "s": s, "unused": numpy.array([True])},
                      {"k": numpy.array([[1, 2, 3]], "i4"), "one": numpy.array(1, "i8")})
    network.add("Add", ["s", "one"], numpy.array(6, "i8"))
    network.add("Mul", ["a", "s"], a * 5)
    network.add("Identity", ["k"], network.constants["k"])
    network.add("Shape", ["a"], numpy.array([2, 3], "i8"))
    network.add("Greater", ["s", "one"], numpy.array(True))
    network.outputs.append(helper.make_tensor_value_info("a", TensorProto.INT64, (2, 3)))
    network.outputs.append(helper.make_tensor_value_info("k", TensorProto.INT32, (1, 3)))
    network.expected.update(a=a, k=network.constants["k"])
    # One listed twice.
    network.outputs.append(network.outputs[0])
    network.expected[network.outputs[0].name + "_2"] = network.expected[network.outputs[0].name]
    network.run("edges")


def test_empty(dtype):
    """Parts without elements, and what is computed of them."""
    a = draw(numpy.dtype(dtype), (2, 3))
    network = Network({"a": a}, {
        "parts": numpy.array([3, 0], "i8"), "one": numpy.ones((2, 1), dtype),
        "low": numpy.array([-(2**63)], "i8"), "high": numpy.array([2**63 - 1], "i8"),
        "axis": numpy.array([1], "i8"), "step": numpy.array([-(2**63)], "i8"),
        "minus": numpy.array([-1], "i8"), "pads": numpy.array([0, -3, 0, 2], "i8"),
        "seven": numpy.array(7).astype(dtype)})
    network.nodes += [
        helper.make_node("Split", ["a", "parts"], ["whole", "none"], axis=1),
        helper.make_node("Add", ["none", "one"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["relu"]),
        helper.make_node("Slice", ["a", "high", "low", "axis"], ["nothing"])]
    network.add("Concat", ["relu", "whole", "none", "nothing", "one"],
                numpy.concatenate([a, network.constants["one"]], 1), axis=1)
    network.add("Slice", ["a", "high", "low", "axis", "step"], a[:, -1:])
    network.add("Slice", ["a", "high", "low", "axis", "minus"], a[:, ::-1])
    network.add("Slice", ["a", "low", "high", "axis", "high"], a[:, :1])
    network.add("Pad", ["a", "pads", "seven"], numpy.full((2, 2), 7, dtype))
    network.run(f"empty_{dtype}", 13)


for name in TYPES:
    if not name.startswith("bool"):
        test(numpy.dtype(name))
test_casts()
test_logic()
test_edges()
for name in ("float32", "int64", "int32", "uint8"):
    test_empty(name)
