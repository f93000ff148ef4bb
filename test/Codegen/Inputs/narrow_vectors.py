"""A network whose channels fill no vectors, with random weights: 24 channels, of which the last
8 are half a vector; 4 groups of 6 and 9 channels; and 5 filters of 3 columns for 20 pixels."""
import numpy

RNG = numpy.random.default_rng(3)


def constant(name, *shape):
    values = RNG.uniform(-1, 1, shape).astype(numpy.float32)
    kind = f"tensor<{'x'.join(map(str, shape))}xf32>"
    data = values.astype("<f4").tobytes().hex().upper()
    print(f'  %{name} = "tosa.const"() {{values = dense<"0x{data}"> : {kind}}} : () -> {kind}')
    return kind


def layer(result, x, kind, out, filter, attributes):
    weights = constant(f"w{result}", *filter)
    bias = constant(f"b{result}", filter[-1])
    to = f"tensor<2x9x20x{out}xf32>"
    print(f"  %{result} = lw.conv_2d %{x}, %w{result} bias %b{result} {{{attributes}}}\n"
          f"      : ({kind}, {weights}, {bias}) -> {to}")
    return to


around = "padding = array<i64: 1, 1, 1, 1>"
kind = "tensor<2x9x20x10xf32>"
print(f"func.func @main(%x: {kind}) -> tensor<2x9x20x5xf32> {{")
kind = layer("t", "x", kind, 24, (3, 3, 10, 24), around)
kind = layer("u", "t", kind, 36, (1, 1, 6, 36), "groups = 4 : i64")
kind = layer("y", "u", kind, 5, (3, 3, 36, 5), around)
print(f"  return %y : {kind}\n}}")
