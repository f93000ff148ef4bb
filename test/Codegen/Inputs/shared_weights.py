"""Writes a network of convolutions whose channels fill no vectors, with weights
that are all different, to the file that is the argument."""
import sys

import numpy

count = 0
lines, height, channels, value = [], 12, 3, "%x"


def constant(*shape):
    global count
    array = numpy.arange(count, count + numpy.prod(shape), dtype="<f4") / 1024
    count += array.size
    name = f"%c{count}"
    text = "x".join(map(str, shape)) + "xf32"
    lines.append(f'  {name} = "tosa.const"() {{values = dense<"0x{array.tobytes().hex().upper()}"> : '
                 f"tensor<{text}>}} : () -> tensor<{text}>")
    return name, f"tensor<{text}>"


def layer(op, out, *filter_shape, stride=1):
    global height, channels, value
    pad = filter_shape[0] // 2
    weights, weights_type = constant(*filter_shape)
    bias, bias_type = constant(out)
    before = f"tensor<1x{height}x{height}x{channels}xf32>"
    height, channels = (height - 1) // stride + 1, out
    after = f"tensor<1x{height}x{height}x{channels}xf32>"
    name = f"%v{count}"
    attributes = f"strides = array<i64: {stride}, {stride}>, padding = array<i64: {pad}, {pad}, {pad}, {pad}>"
    if op == "pointwise_conv_2d":
        attributes = ""
    lines.append(f"  {name} = lw.{op} {value}, {weights} bias {bias} {{{attributes}}} : "
                 f"({before}, {weights_type}, {bias_type}) -> {after}")
    value = name


layer("conv_2d", 24, 3, 3, 3, 24)
layer("conv_2d", 40, 3, 3, 24, 40)
layer("conv_2d", 32, 5, 5, 40, 32, stride=2)
layer("depthwise_conv_2d", 32, 3, 3, 32, 1)
layer("conv_2d", 48, 3, 3, 32, 48)
layer("pointwise_conv_2d", 72, 1, 1, 48, 72)
with open(sys.argv[1], "w") as file:
    file.write("func.func @main(%x: tensor<1x12x12x3xf32>) -> tensor<1x6x6x72xf32> {\n")
    file.write("\n".join(lines))
    file.write(f"\n  return {value} : tensor<1x6x6x72xf32>\n}}\n")
