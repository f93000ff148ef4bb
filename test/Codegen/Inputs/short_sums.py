"""Quantized layers whose weights let four products, two, or none be added in 16 bits, and inputs at
the ends of their range: writes PREFIX.mlir, PREFIX.npy and what naive sums give, PREFIX.npz."""
import sys

import numpy

RNG = numpy.random.default_rng(11)
PREFIX, H, W, CIN, COUT, ZERO, OUT_ZERO, SCALE = sys.argv[1], 5, 7, 40, 24, 3, 7, 0.0007

# One sign fills what 16 bits hold: 4 * 32 * 255 and 2 * 64 * 255, and a little more than that.
FILTERS = {"fours": (1, -32, 32), "pairs": (1, -64, 64), "none": (1, -65, 65), "window": (3, -32, 32)}

x = RNG.choice(numpy.array([0, 1, 254, 255], "u1"), (1, H, W, CIN))
x[0, 0] = 255
text, results, expected = [], [], []
for name, (kernel, low, high) in FILTERS.items():
    f = RNG.integers(low, high + 1, (kernel, kernel, CIN, COUT), "i1")
    f[..., :8] = high
    f[..., 8:16] = low
    # The zero point meets the border.
    padded = numpy.full((H + kernel - 1, W + kernel - 1, CIN), ZERO)
    pad = kernel // 2
    padded[pad:pad + H, pad:pad + W] = x[0]
    total = sum((padded[dy:dy + H, dx:dx + W] - ZERO) @ f[dy, dx].astype("i8")
                for dy in range(kernel) for dx in range(kernel))
    rounded = numpy.rint(total.astype("f4") * numpy.float32(numpy.float32(SCALE) * 0.5 / 0.5)) + OUT_ZERO
    expected.append(numpy.clip(rounded, 0, 255).astype("u1"))
    kind, out = f"tensor<{kernel}x{kernel}x{CIN}x{COUT}xi8>", f"tensor<1x{H}x{W}x{COUT}xi8>"
    text.append(f'  %w_{name} = "tosa.const"() {{values = dense<"0x{f.tobytes().hex().upper()}"> : {kind}}} : () -> {kind}')
    op = "pointwise_conv_2d" if kernel == 1 else "conv_2d"
    text.append(f"  %{name} = lw.{op} %x, %w_{name} {{padding = array<i64: {pad}, {pad}, {pad}, {pad}>, "
                f"quantization = #lw.conv_quant<input = <u8, 0.5, {ZERO}>, "
                f"filter = [{', '.join([str(SCALE)] * COUT)}], output = <u8, 0.5, {OUT_ZERO}>>}}\n"
                f"      : (tensor<1x{H}x{W}x{CIN}xi8>, {kind}) -> {out}")
    results.append((f"%{name}", out))
with open(f"{PREFIX}.mlir", "w") as file:
    file.write(f"func.func @main(%x: tensor<1x{H}x{W}x{CIN}xi8>) -> ({', '.join(t for _, t in results)}) {{\n"
               + "\n".join(text) + f"\n  return {', '.join(n for n, _ in results)} : {', '.join(t for _, t in results)}\n}}\n")
numpy.save(f"{PREFIX}.npy", x.view("i1"))
numpy.savez(f"{PREFIX}.npz", *expected)
