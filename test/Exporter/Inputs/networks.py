"""Networks with random weights that hold every operator of which the importer
leaves something to export, written to the folder that is the argument."""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent / "Importer" / "Inputs"))
from onnx_model import *  # noqa: E402, F403

rng = random.Random(0)
weights = {}


def parameter(name, *shape):
    count = 1
    for extent in shape:
        count *= extent
    weights[name] = floats(name, shape, [rng.gauss(0, 0.5) for _ in range(count)])
    return name


def constant(name, *values):
    weights[name] = ints(name, values)
    return name


def number(name, value):
    weights[name] = floats(name, [], [value])
    return name


def write(name, nodes, inputs, outputs, opset=17):
    save(model(nodes, inputs, outputs, weights.values(), opset), f"{sys.argv[1]}/{name}.onnx")
    weights.clear()


def ints32(name, *values):
    weights[name] = tensor(name, [len(values)], values, INT32)
    return name


def integer(name, value, dtype=INT32):
    weights[name] = tensor(name, [], [value], dtype)
    return name


write("convolutions", [
    node("Conv", ["x", parameter("w0", 8, 4, 3, 3), parameter("b0", 8)], ["c0"], pads=[1, 0, 0, 1], strides=[2, 1]),
    node("LeakyRelu", ["c0"], ["l0"], alpha=0.2),
    node("Conv", ["l0", parameter("w1", 8, 2, 1, 3)], ["c1"], group=4, dilations=[1, 2], pads=[0, 2, 0, 2]),
    node("Tanh", ["c1"], ["t1"]),
    node("Conv", ["t1", parameter("w2", 16, 1, 3, 3), parameter("b2", 16)], ["c2"], group=8, pads=[1, 1, 1, 1]),
    node("HardSwish", ["c2"], ["h2"]),
    node("Conv", ["h2", parameter("w3", 8, 16, 1, 1)], ["c3"]),
    node("Add", ["c3", "l0"], ["a3"]),
    node("Clip", ["a3", number("low", -1.0), number("high", 2.0)], ["k3"]),
    node("GlobalAveragePool", ["k3"], ["g"]),
    node("Conv", ["g", parameter("w4", 8, 8, 1, 1), parameter("b4", 8)], ["c4"]),
    node("Sigmoid", ["c4"], ["s4"]),
    node("Mul", ["k3", "s4"], ["m"]),
    node("Flatten", ["m"], ["f"]),
    node("Gemm", ["f", parameter("w5", 10, 8 * 3 * 7), parameter("b5", 10)], ["y"], transB=1),
    node("Flatten", ["g"], ["fg"]),
    node("MatMul", ["fg", parameter("w6", 8, 5)], ["mm"]),
    node("LogSoftmax", ["mm"], ["z"], axis=1),
], {"x": [1, 4, 6, 8]}, ["y", "z", "m"])

write("gelu", [
    node("Conv", ["x", parameter("w0", 8, 4, 3, 3), parameter("b0", 8)], ["c"], pads=[1, 1, 1, 1]),
    node("Mul", ["c", number("root", 0.5 ** 0.5)], ["cr"]),
    node("Erf", ["cr"], ["ce"]),
    node("Add", ["ce", number("one", 1.0)], ["c1"]),
    node("Mul", ["c", "c1"], ["cc"]),
    node("Mul", ["cc", number("half", 0.5)], ["g"]),
    node("Conv", ["g", parameter("w1", 8, 8, 1, 1)], ["d"]),
    node("Pow", ["d", number("three", 3.0)], ["d3"]),
    node("Mul", ["d3", number("cube", 0.044715)], ["dc"]),
    node("Add", ["d", "dc"], ["ds"]),
    node("Mul", ["ds", number("scale", 0.79788456)], ["dm"]),
    node("Tanh", ["dm"], ["dt"]),
    node("Add", ["dt", "one"], ["d1"]),
    node("Mul", ["d", "half"], ["dh"]),
    node("Mul", ["dh", "d1"], ["y"]),
], {"x": [1, 4, 6, 8]}, ["y"])

write("moves", [
    node("Pad", ["x", constant("pads", 0, 1, 0, 2, 0, 0, 1, 0), number("fill", 0.5)], ["p"]),
    node("Slice", ["p", constant("s", 5, 0), constant("e", -9, 99), constant("ax", 2, 3),
                   constant("st", -1, 3)], ["sl"]),
    node("Resize", ["sl", "", "", constant("sizes", 2, 5, 10, 7)], ["rs"], mode="nearest"),
    node("Conv", ["rs", parameter("w", 8, 5, 1, 1)], ["c"]),
    node("DepthToSpace", ["c"], ["d"], blocksize=2),
    node("MaxPool", ["d"], ["mp"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    node("AveragePool", ["d"], ["ap"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
    node("Concat", ["mp", "ap"], ["cc"], axis=1),
    node("Tile", ["cc", constant("rep", 1, 1, 1, 2)], ["ti"]),
    node("Split", ["ti", constant("parts", 3, 1)], ["u", "v"], axis=1),
    node("Mul", ["u", "v"], ["uv"]),
    node("Transpose", ["uv"], ["t"], perm=[0, 2, 3, 1]),
    node("Reshape", ["t", constant("rows", 2, -1, 3)], ["y"]),
    node("Gather", ["y", constant("which", 7, 0, 0, 3)], ["z"], axis=1),
], {"x": [2, 4, 6, 5]}, ["y", "z"])

write("elements", [
    node("Exp", ["x"], ["e"]), node("Sqrt", ["e"], ["q"]), node("Log", ["q"], ["lg"]),
    node("Abs", ["lg"], ["a"]), node("Neg", ["a"], ["n"]), node("Floor", ["x"], ["fl"]),
    node("Ceil", ["x"], ["ce"]), node("Erf", ["x"], ["er"]), node("Sum", ["n", "fl", "ce", "er"], ["s"]),
    node("Div", ["s", "e"], ["d"]), node("Pow", ["q", number("p", 1.5)], ["pw"]),
    node("Max", ["d", "pw"], ["mx"]), node("Min", ["mx", "e"], ["mn"]),
    node("PRelu", ["x", parameter("slope", 3, 1, 1)], ["pr"]), node("Elu", ["x"], ["el"]),
    node("Softplus", ["x"], ["so"]), node("HardSigmoid", ["x"], ["hs"]),
    node("Sub", ["pr", "el"], ["sb"]), node("Mean", ["sb", "so", "hs", "mn"], ["y"]),
    node("ReduceMax", ["y"], ["r0"], axes=[1], keepdims=0), node("ReduceMin", ["y"], ["r1"], axes=[2]),
    node("ReduceProd", ["y"], ["r2"], axes=[3]), node("ReduceMean", ["y"], ["r3"], axes=[2, 3]),
    node("MatMul", ["r0", parameter("w", 1, 6, 4)], ["m"]),
    node("Softmax", ["y"], ["z"], axis=1),
], {"x": [1, 3, 5, 6]}, ["y", "z", "r1", "r2", "r3", "m"])

write("rows", [
    node("Conv", ["x", parameter("w", 5, 3, 1, 1)], ["c"]),
    node("InstanceNormalization", ["c", parameter("si", 5), parameter("bi", 5)], ["i"]),
    node("LpNormalization", ["i"], ["l"], axis=1, p=1), node("LpNormalization", ["l"], ["k"], axis=2),
    node("LayerNormalization", ["k", parameter("sl", 4, 6), parameter("bl", 4, 6)], ["n"], axis=2),
    node("SimplifiedLayerNormalization", ["n", parameter("s", 5, 4, 6)], ["y"], axis=1),
], {"x": [2, 3, 4, 6]}, ["y", "k"])

write("sequence", [
    node("Conv", ["x", parameter("w", 6, 3, 3), parameter("b", 6)], ["c"], pads=[1, 1]),
    node("Relu", ["c"], ["r"]),
    node("MaxPool", ["r"], ["p"], kernel_shape=[2], strides=[2]),
    node("Transpose", ["p"], ["t"], perm=[0, 2, 1]),
    node("MatMul", ["t", "p"], ["y"]),
    node("Identity", ["x"], ["same"]),
], {"x": [2, 3, 8]}, ["y", "same", "p"])

write("recurrent", [
    node("LSTM", ["x", parameter("wl", 2, 20, 4), parameter("rl", 2, 20, 5), parameter("bl", 2, 40), "",
                  parameter("h", 2, 2, 5), parameter("c", 2, 2, 5), parameter("p", 2, 15)],
         ["y0", "", "y"], hidden_size=5, direction="bidirectional", clip=2.0),
    node("Transpose", ["y0"], ["t0"], perm=[0, 2, 1, 3]),
    node("Reshape", ["t0", constant("s0", 0, 0, -1)], ["r0"]),
    node("GRU", ["r0", parameter("wg", 1, 9, 10), parameter("rg", 1, 9, 3), parameter("bg", 1, 18)],
         ["y1"], hidden_size=3, direction="reverse", linear_before_reset=1),
    node("Squeeze", ["y1", constant("one", 1)], ["r1"]),
    node("RNN", ["r1", parameter("wr", 1, 4, 3), parameter("rr", 1, 4, 4)], ["y2", "z"], hidden_size=4,
         activations=[b"LeakyRelu"], activation_alpha=[0.25]),
    # Samples of other lengths are layers of their own, of parts of one product.
    node("GRU", ["r1", parameter("wh", 1, 6, 3), parameter("rh", 1, 6, 2), "", ints32("lengths", 6, 4)], ["u"],
         hidden_size=2, activations=[b"HardSigmoid", b"ScaledTanh"], activation_alpha=[0.3, 1.5],
         activation_beta=[0.4, 0.7]),
], {"x": [6, 2, 4]}, ["y", "y2", "z", "u"])

write("indices", [
    node("ArgMax", ["x"], ["a"], axis=2, keepdims=0),
    node("Gather", [parameter("table", 7, 3), "a"], ["ga"]),
    node("TopK", ["x", constant("k", 3)], ["tv", "ti"], axis=1),
    node("GatherElements", ["x", "ti"], ["ge"], axis=1),
    node("ScatterElements", ["x", "ti", "tv"], ["se"], axis=1, reduction="add"),
    node("OneHot", ["a", constant("depth", 7), parameter("values", 2)], ["oh"], axis=1),
    node("CumSum", ["se", integer("axis", 2)], ["cs"], exclusive=1, reverse=1),
    node("Unsqueeze", ["a", constant("last", 2)], ["ua"]),
    node("GatherND", ["x", "ua"], ["gn"], batch_dims=1),
    node("ScatterND", [parameter("s", 7, 5), "ua", "x0"], ["sn"]),
    node("NonMaxSuppression", ["boxes", "scores", constant("most", 4), number("iou", 0.3), number("least", -0.5)],
         ["nms"], center_point_box=1),
], {"x": [2, 5, 7], "x0": [2, 5, 5], "boxes": [1, 9, 4], "scores": [1, 2, 9]},
    {**dict.fromkeys(["ga", "ge", "se", "oh", "cs", "gn", "sn"], FLOAT), "nms": INT64, "a": INT64})

write("regions", [
    node("Conv", ["x", parameter("w", 3, 2, 1, 1)], ["c"]),
    node("GridSample", ["c", "grid"], ["y"], mode="bicubic", padding_mode="reflection", align_corners=1),
    node("GridSample", ["c", "grid"], ["n"], mode="nearest", padding_mode="border"),
    node("RoiAlign", ["c", "rois", constant("images", 0, 1, 1)], ["r"], output_height=2, output_width=3,
         sampling_ratio=2, spatial_scale=2.0, mode="max"),
    node("RoiAlign", ["c", "rois", constant("images", 0, 1, 1)], ["o"], output_height=2, output_width=2,
         coordinate_transformation_mode="output_half_pixel"),
    node("MaxRoiPool", ["c", parameter("five", 2, 5)], ["m"], pooled_shape=[2, 2], spatial_scale=0.5),
], {"x": [2, 2, 6, 5], "grid": [2, 4, 3, 2], "rois": [3, 4]}, ["y", "n", "r", "o", "m"], 16)

write("logic", [
    node("Cast", ["bytes"], ["b"], to=FLOAT), node("Add", ["x", "b"], ["a"]),
    node("Greater", ["a", "x"], ["gt"]), node("LessOrEqual", ["a", "b"], ["le"]), node("Equal", ["n", "m"], ["eq"]),
    node("And", ["gt", "le"], ["an"]), node("Not", ["an"], ["no"]), node("Xor", ["flag", "no"], ["xo"]),
    node("Or", ["eq", "xo"], ["or"]), node("Where", ["or", "x", "a"], ["y"]),
    node("Cast", ["a"], ["i"], to=INT32), node("Cast", ["a"], ["h"], to=10), node("Cast", ["h"], ["d"], to=11),
    node("Div", ["n", "m"], ["q"]), node("Max", ["n", "m"], ["mx"]), node("Neg", ["mx"], ["ng"]),
    node("Clip", ["ng", "", integer("most", 3, INT64)], ["cl"]), node("ReduceSum", ["cl"], ["rs"], axes=[1]),
    node("Where", ["or", "bytes", "other"], ["wb"]), node("Cast", ["wb"], ["s"], to=INT8),
], {"x": [3, 4], "bytes": ([3, 4], UINT8), "other": ([3, 4], UINT8), "flag": ([1, 4], BOOL), "n": ([3, 4], INT64),
    "m": ([3, 1], INT64)}, {"y": FLOAT, "i": INT32, "d": 11, "q": INT64, "rs": INT64, "xo": BOOL, "wb": UINT8, "s": INT8}, 12)
