"""Writes a network of convolutions whose channels fill no vectors, with weights
that are all different, or of 8 bits as good as random, to a file.

  shared_weights.py FILE [u8 | s8]

With a type it is quantized, to inputs of that.
"""
import sys

import numpy

path, kind = sys.argv[1], (sys.argv[2:] or ["f32"])[0]
rng = numpy.random.default_rng(1)
count = 0
lines, height, channels, value = [], 12, 3, "%x"
if kind != "f32":
    lines.append(f"  %q = lw.quantize %x to <{kind}, 0.5, 3> : tensor<1x12x12x3xf32> -> tensor<1x12x12x3xi8>")
    value = "%q"


def constant(element, *shape):
    global count
    if element == "f32":
        array = numpy.arange(count, count + numpy.prod(shape), dtype="<f4") / 1024
    else:
        array = rng.integers(-100, 100, shape).astype({"i8": "i1", "i32": "<i4"}[element])
    count += array.size
    name = f"%c{count}"
    text = "x".join(map(str, shape)) + "x" + element
    lines.append(f'  {name} = "tosa.const"() {{values = dense<"0x{array.tobytes().hex().upper()}"> : '
                 f"tensor<{text}>}} : () -> tensor<{text}>")
    return name, f"tensor<{text}>"


def layer(op, out, *filter_shape, stride=1):
    global height, channels, value
    pad = filter_shape[0] // 2
    weight, sum_type, element = ("f32", "f32", "f32") if kind == "f32" else ("i8", "i32", "i8")
    weights, weights_type = constant(weight, *filter_shape)
    bias, bias_type = constant(sum_type, out)
    before = f"tensor<1x{height}x{height}x{channels}x{element}>"
    height, channels = (height - 1) // stride + 1, out
    after = f"tensor<1x{height}x{height}x{channels}x{element}>"
    name = f"%v{count}"
    attributes = [f"strides = array<i64: {stride}, {stride}>", f"padding = array<i64: {pad}, {pad}, {pad}, {pad}>"]
    if op == "pointwise_conv_2d":
        attributes = []
    if kind != "f32":
        attributes.append(f"quantization = #lw.conv_quant<input = <{kind}, 0.5, 3>, filter = "
                          f"[{', '.join(['0.01'] * out)}], output = <{kind}, 0.5, 3>>")
    lines.append(f"  {name} = lw.{op} {value}, {weights} bias {bias} {{{', '.join(attributes)}}} : "
                 f"({before}, {weights_type}, {bias_type}) -> {after}")
    value = name


layer("conv_2d", 24, 3, 3, 3, 24)
layer("conv_2d", 40, 3, 3, 24, 40)
layer("conv_2d", 32, 5, 5, 40, 32, stride=2)
# The order of bytes in these is the unit's.
if kind == "f32":
    layer("depthwise_conv_2d", 32, 3, 3, 32, 1)
layer("conv_2d", 48, 3, 3, 32, 48)
layer("pointwise_conv_2d", 72, 1, 1, 48, 72)
if kind != "f32":
    lines.append(f"  %y = lw.dequantize {value} from <{kind}, 0.5, 3> : tensor<1x6x6x72xi8> -> tensor<1x6x6x72xf32>")
    value = "%y"
with open(path, "w") as file:
    file.write("func.func @main(%x: tensor<1x12x12x3xf32>) -> tensor<1x6x6x72xf32> {\n")
    file.write("\n".join(lines))
    file.write(f"\n  return {value} : tensor<1x6x6x72xf32>\n}}\n")
