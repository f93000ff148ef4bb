"""Writes a network for images of any size: 1x1 convolution, the mean of each
channel, a product with a 256x256 matrix, and with `scalar` a product with a second
input. shapes.c computes it with the same formulas for the weights."""
import sys

from onnx_model import *

CHANNELS = 256
scalar = sys.argv[2:] == ["scalar"]
nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]),
         node("GlobalAveragePool", ["r"], ["p"]), node("Flatten", ["p"], ["f"]),
         node("Gemm", ["f", "m"], ["g" if scalar else "y"])]
inputs = {"x": ["n", 3, "h", "w"]}
if scalar:
    nodes.append(node("Mul", ["g", "s"], ["y"]))
    inputs["s"] = []
w = [((o * 7 + c * 3) % 11 - 4) / 8 for o in range(CHANNELS) for c in range(3)]
m = [((i * 5 + j * 3) % 13 - 6) / 64 for i in range(CHANNELS) for j in range(CHANNELS)]
save(model(nodes, inputs, ["y"], initializers=[
    floats("w", [CHANNELS, 3, 1, 1], w), floats("m", [CHANNELS, CHANNELS], m)]), sys.argv[1])
