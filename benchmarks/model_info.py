#!/usr/bin/python3
"""Counts what an ONNX network computes and stores, from the file alone.

The count goes through the onnx package's own shape inference, so it does not
repeat the arithmetic of the builder in networks.py and can check it.

  model_info.py FILE…    MACs (Conv, Gemm, MatMul) and bytes of weights
"""
import math
import sys

import onnx


# What multiplies, too, and is not counted.
UNCOUNTED = {"ConvTranspose", "LSTM", "GRU", "RNN", "Einsum", "If", "Loop", "Scan", "ConvInteger",
             "MatMulInteger", "QLinearConv", "QLinearMatMul"}


def describe(path):
    """{"macs", "weight_bytes", "inputs": {name: shape}, "outputs": ...} of an ONNX file.
    The MACs of a network with other operations, or without known shapes, are None."""
    model = onnx.load(path)
    known = True
    try:
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except onnx.shape_inference.InferenceError:
        known = False
    graph = model.graph
    weights = {w.name: tuple(w.dims) for w in graph.initializer}
    # A symbolic size, such as the batch, counts as 1.
    shapes = dict(weights)
    for value in [*graph.input, *graph.value_info, *graph.output]:
        if value.type.tensor_type.HasField("shape"):
            shapes.setdefault(value.name, tuple(
                d.dim_value or 1 for d in value.type.tensor_type.shape.dim))
    macs = 0 if known and not any(n.op_type in UNCOUNTED for n in graph.node) else None
    for node in graph.node if macs is not None else []:
        if node.op_type not in ("Conv", "Gemm", "MatMul"):
            continue
        if node.output[0] not in shapes or node.input[0] not in shapes:
            macs = None
            break
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
            "outputs": {v.name: shapes.get(v.name, ()) for v in graph.output}}


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        info = describe(argument)
        print(f"{argument}: {info['macs']} MACs, {info['weight_bytes']} bytes of weights")
