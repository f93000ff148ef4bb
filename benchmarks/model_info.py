#!/usr/bin/python3
"""Counts what an ONNX network computes and stores, from the file alone.

The count goes through the onnx package's own shape inference, so it does not
repeat the arithmetic of the builder in networks.py and can check it.

  model_info.py FILE…    MACs (Conv, Gemm, MatMul) and bytes of weights
"""
import math
import sys

import onnx


def describe(path):
    """{"macs", "weight_bytes", "inputs": {name: shape}, "outputs": ...} of an ONNX file."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True)
    graph = model.graph
    weights = {w.name: tuple(w.dims) for w in graph.initializer}
    # A symbolic size, such as the batch, counts as 1.
    shapes = dict(weights)
    for value in [*graph.input, *graph.value_info, *graph.output]:
        shapes.setdefault(value.name, tuple(
            d.dim_value or 1 for d in value.type.tensor_type.shape.dim))
    macs = 0
    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul"):
            continue
        output = math.prod(shapes[node.output[0]])
        if node.op_type == "Conv":
            # [Cout, Cin / groups, KH, KW]: a MAC for each but the first.
            macs += output * math.prod(shapes[node.input[1]][1:])
        else:
            transposed = any(a.name == "transA" and a.i for a in node.attribute)
            macs += output * shapes[node.input[0]][-2 if transposed else -1]
    data = sum(math.prod(s) for s in weights.values()) * 4
    return {"macs": macs, "weight_bytes": data,
            "inputs": {v.name: shapes[v.name] for v in graph.input if v.name not in weights},
            "outputs": {v.name: shapes[v.name] for v in graph.output}}


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        info = describe(argument)
        print(f"{argument}: {info['macs']} MACs, {info['weight_bytes']} bytes of weights")
