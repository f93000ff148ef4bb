"""Three small networks for the tests of damaged files, written to the folder
that is the argument."""
import random
import sys

from onnx_model import *

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


def conv(x, y, cin, cout, kernel, **attributes):
    w = parameter(y + ".w", cout, cin, kernel, kernel)
    return node("Conv", [x, w, parameter(y + ".b", cout)], [y], **attributes)


def write(name, nodes, shape, outputs):
    save(model(nodes, {"x": shape}, outputs, weights.values()),
         f"{sys.argv[1]}/{name}.onnx")
    weights.clear()


statistics = [parameter("n" + str(i), 8) for i in range(3)]
weights["n3"] = floats("n3", [8], [1.0] * 8)
write("residual", [
    conv("x", "c1", 3, 8, 3, pads=[1, 1, 1, 1]),
    node("BatchNormalization", ["c1", *statistics, "n3"], ["b1"]),
    node("Relu", ["b1"], ["r1"]),
    conv("r1", "c2", 8, 8, 3, pads=[1, 1, 1, 1], strides=[2, 2]),
    node("Slice", ["r1", constant("zero", 0, 0), constant("end", 99, 99),
                   constant("axes", 2, 3), constant("two", 2, 2)], ["s"]),
    node("Add", ["c2", "s"], ["a"]),
    node("MaxPool", ["a"], ["m"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    node("Flatten", ["m"], ["f"]),
    node("Gemm", ["f", parameter("g.w", 10, 32), parameter("g.b", 10)], ["g"], transB=1),
    node("Softmax", ["g"], ["y"]),
], ["batch", 3, 8, 8], ["y"])

write("mobile", [
    conv("x", "c1", 3, 12, 1),
    node("Reshape", ["c1", constant("split", 1, 3, 4, 6, 6)], ["p"]),
    node("Transpose", ["p"], ["t"], perm=[0, 2, 1, 3, 4]),
    node("Reshape", ["t", constant("merge", 1, -1, 6, 6)], ["s"]),
    conv("s", "c2", 1, 12, 3, group=12, auto_pad="SAME_UPPER"),
    node("HardSigmoid", ["c2"], ["h"]),
    node("Mul", ["c2", "h"], ["w"]),
    node("Split", ["w"], ["left", "right"], axis=1),
    node("AveragePool", ["left"], ["l"], kernel_shape=[3, 3], pads=[1, 1, 1, 1],
         count_include_pad=1),
    node("Concat", ["l", "right"], ["j"], axis=1),
    node("GlobalAveragePool", ["j"], ["y"]),
], [1, 3, 6, 6], ["y"])

weights["scales"] = floats("scales", [4], [1.0, 1.0, 2.0, 2.0])
write("detector", [
    conv("x", "c1", 3, 4, 3, pads=[1, 1, 1, 1], strides=[2, 2]),
    node("Resize", ["c1", "", "scales"], ["u"], mode="linear"),
    conv("u", "c2", 4, 4, 1),
    node("Transpose", ["c1"], ["t1"], perm=[0, 2, 3, 1]),
    node("Transpose", ["c2"], ["t2"], perm=[0, 2, 3, 1]),
    node("Reshape", ["t1", constant("rows", 1, -1, 4)], ["r1"]),
    node("Reshape", ["t2", "rows"], ["r2"]),
    node("Concat", ["r1", "r2"], ["c"], axis=1),
    node("Split", ["c", constant("parts", 2, 2)], ["a", "b"], axis=2),
    node("Softmax", ["a"], ["scores"], axis=2),
    node("Exp", ["b"], ["e"]),
    node("Pad", ["e", constant("pads", 0, 0, 1, 0, 0, 1)], ["boxes"]),
], [1, 3, 8, 8], ["scores", "boxes"])
