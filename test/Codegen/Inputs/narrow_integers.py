"""Quantized layers whose channels leave half a vector or less, with random weights: 7, 20, 24 and
8 channels, a sum of 20, one row of 20 pixels between depthwise layers, and a result in f32."""
import numpy

RNG = numpy.random.default_rng(5)


def constant(name, *shape):
    values = RNG.integers(-127, 128, shape, "i1")
    kind = f"tensor<{'x'.join(map(str, shape))}xi8>"
    print(f'  %{name} = "tosa.const"() {{values = dense<"0x{values.tobytes().hex().upper()}"> : {kind}}} : () -> {kind}')
    return kind


def layer(op, result, x, filter, out, to="output = <u8, 0.5, 11>", residual="", around=1):
    """A layer of `out` channels on %x, a pair of a name and its channels."""
    weights = constant(f"w{result}", *filter)
    scales = ", ".join(f"{s:.6f}" for s in RNG.uniform(0.001, 0.004, out))
    quant = f"#lw.conv_quant<input = <u8, 0.5, 11>, filter = [{scales}]" + (f", {to}" if to else "")
    operand, of = "", ""
    if residual:
        quant += ", residual = <u8, 0.5, 11>"
        operand, of = f" residual %{residual}", f", tensor<2x9x20x{out}xi8>"
    result_type = f"tensor<2x9x20x{out}x{'i8' if to else 'f32'}>"
    print(f"  %{result} = lw.{op} %{x[0]}, %w{result}{operand} {{padding = array<i64: {around}, {around}, {around}, {around}>,\n"
          f"      quantization = {quant}>}}\n"
          f"      : (tensor<2x9x20x{x[1]}xi8>, {weights}{of}) -> {result_type}")
    return result, out


print("func.func @main(%x: tensor<2x9x20x10xf32>) -> tensor<2x9x20x8xf32> {")
print("  %q = lw.quantize %x to <u8, 0.02, 11> : tensor<2x9x20x10xf32> -> tensor<2x9x20x10xi8>")
x = layer("conv_2d", "a", ("q", 10), (3, 3, 10, 7), 7)
r = layer("pointwise_conv_2d", "r", x, (1, 1, 7, 20), 20, around=0)
x = layer("depthwise_conv_2d", "d", r, (3, 3, 20, 1), 20)
x = layer("pointwise_conv_2d", "e", x, (1, 1, 20, 20), 20, residual="r", around=0)
x = layer("conv_2d", "f", x, (3, 3, 20, 24), 24)
layer("conv_2d", "y", x, (3, 3, 24, 8), 8, to="")
print("  return %y : tensor<2x9x20x8xf32>\n}")
