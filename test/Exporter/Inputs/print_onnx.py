"""Checks an ONNX file with onnx's checker and its strict shape inference, and
prints its graph, one node a line.

  print_onnx.py FILE
"""
import sys

import onnx
from onnx import numpy_helper

MAX_SHOWN = 6


def show(attribute):
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, float):
        return f"{attribute.name}={value:g}"
    return f"{attribute.name}={value}"


def kind(info):
    tensor = info.type.tensor_type
    extents = "x".join(str(d.dim_value) for d in tensor.shape.dim)
    return f"{info.name}: {onnx.TensorProto.DataType.Name(tensor.elem_type)} [{extents}]"


def main():
    model = onnx.load(sys.argv[1])
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    graph = model.graph
    print(f"opset {model.opset_import[0].version}, IR {model.ir_version}, {model.producer_name}")
    for info in graph.input:
        print("input", kind(info))
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        extents = "x".join(map(str, values.shape))
        dtype = onnx.TensorProto.DataType.Name(tensor.data_type)
        shown = " = " + " ".join(f"{v:g}" for v in values.ravel()) if values.size <= MAX_SHOWN else ""
        print(f"constant {tensor.name}: {dtype} [{extents}]{shown}")
    for node in graph.node:
        attributes = " ".join(map(show, sorted(node.attribute, key=lambda a: a.name)))
        print(f"{node.output[0]} = {node.op_type}({', '.join(node.input)})"
              + (f" {attributes}" if attributes else "") + f" as {node.name}")
    for info in graph.output:
        print("output", kind(info))


main()
