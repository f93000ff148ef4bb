"""Runs networks written in MLIR, as torch-mlir and others print them, through
lw-run and compares them with numpy in f64.

  mlir_networks.py [lw-run flags]

The networks have what a newcomer's file has: scalars that are defined before the
operation whose body reads them, epsilons in f64, outputs that are inputs or
constants or one another, functions that call functions.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy

TOLERANCE = 1e-5
RANDOM = numpy.random.default_rng(11)


def draw(*shape):
    return RANDOM.normal(size=shape).astype("f4")


def dense(array):
    """An MLIR constant of an array of f32."""
    kind = "x".join(map(str, array.shape)) + "xf32"
    return f'arith.constant dense<"0x{array.astype("<f4").tobytes().hex().upper()}"> : tensor<{kind}>'


def conv(x, w, stride=1):
    """x [N, C, H, W] already padded, w [F, C, KH, KW]."""
    x, w = x.astype("f8"), w.astype("f8")
    windows = numpy.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return numpy.einsum("nchwij,fcij->nfhw", windows[:, :, ::stride, ::stride], w)


def pad(x):
    return numpy.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))


def elementwise(body, before="", x="%x", outs="%e", shape="1x8x4x4"):
    """A network of one linalg.generic on the input."""
    rank = shape.count("x") + 1
    dims = ", ".join(f"d{i}" for i in range(rank))
    map = f"affine_map<({dims}) -> ({dims})>"
    return f"""
func.func @main(%x: tensor<{shape}xf32>) -> tensor<{shape}xf32> {{
  {before}
  %e = tensor.empty() : tensor<{shape}xf32>
  %r = linalg.generic {{indexing_maps = [{map}, {map}], iterator_types = [{', '.join(['"parallel"'] * rank)}]}}
      ins({x} : tensor<{shape}xf32>) outs({outs} : tensor<{shape}xf32>) {{
  ^bb0(%in: f32, %out: f32):
    {body}
    linalg.yield %s : f32
  }} -> tensor<{shape}xf32>
  return %r : tensor<{shape}xf32>
}}"""


def scalars_from_outside():
    x = draw(1, 8, 4, 4)
    zero = "%z = arith.constant 0.0 : f32"
    relu = numpy.maximum(x, 0)
    yield "relu of a captured zero", elementwise("%s = arith.maximumf %in, %z : f32", zero), x, relu
    compare = "%c = arith.cmpf ugt, %in, %z : f32\n%s = arith.select %c, %in, %z : f32"
    yield "relu by comparison", elementwise(compare, zero), x, relu
    yield ("relu of a constant in the body",
           elementwise(zero + "\n" + compare), x, relu)
    yield ("an f64 scalar, narrowed in the body",
           elementwise("%n = arith.truncf %d : f64 to f32\n%s = arith.addf %in, %n : f32",
                       "%d = arith.constant 0.3 : f64"), x, x + numpy.float32(0.3))
    yield ("an f64 scalar, computed and narrowed before",
           elementwise("%s = arith.mulf %in, %n : f32",
                       """%d = arith.constant 0.3 : f64
  %d2 = arith.mulf %d, %d : f64
  %n = arith.truncf %d2 : f64 to f32"""), x, x * numpy.float32(0.09))
    yield ("an element of the input, read before",
           elementwise("%s = arith.subf %in, %p : f32",
                       """%c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %p = tensor.extract %x[%c0, %c3, %c3, %c0] : tensor<1x8x4x4xf32>"""), x, x - x[0, 3, 3, 0])
    yield ("a captured tensor",
           elementwise("""%h = linalg.index 1 : index
    %p = tensor.extract %t[%h] : tensor<8xf32>
    %s = arith.addf %in, %p : f32""",
                       "%t = arith.constant dense<[0., 1., 2., 3., 4., 5., 6., 7.]> : tensor<8xf32>"),
           x, x + numpy.arange(8).reshape(1, 8, 1, 1))
    yield ("two dimensions",
           elementwise("%s = arith.addf %in, %z : f32", "%z = arith.constant 1.0e-05 : f32", shape="1x8"),
           draw(1, 8), None)
    yield ("onto the input", elementwise("%s = arith.addf %in, %out : f32", outs="%x"), x, 2 * x)


def captured_layers():
    """What a layer computed is read inside the next operation, blocked layout or
    not, and its memory is kept until then."""
    x, w = draw(1, 16, 6, 6), draw(16, 16, 1, 1)
    y = conv(x, w)
    type = "tensor<1x6x6x16xf32>"
    head = f"""
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
func.func @main(%x0: tensor<1x16x6x6xf32>) -> {type} {{
  %x = tosa.transpose %x0 {{perms = array<i32: 0, 2, 3, 1>}} : (tensor<1x16x6x6xf32>) -> {type}
  %w = {dense(w.transpose(2, 3, 1, 0))}
  %y = lw.pointwise_conv_2d %x, %w : ({type}, tensor<1x1x16x16xf32>) -> {type}
  %t = tosa.tanh %y : ({type}) -> {type}
  %u = tosa.exp %t : ({type}) -> {type}
  %e = tensor.empty() : {type}"""
    iterators = 'iterator_types = ["parallel", "parallel", "parallel", "parallel"]'
    yield "a layer read in a body", head + f"""
  %r = linalg.generic {{indexing_maps = [#id, #id], {iterators}}} ins(%u : {type}) outs(%e : {type}) {{
  ^bb0(%in: f32, %out: f32):
    %n = linalg.index 0 : index
    %h = linalg.index 1 : index
    %v = linalg.index 2 : index
    %c = linalg.index 3 : index
    %p = tensor.extract %y[%n, %v, %h, %c] : {type}
    %s = arith.addf %in, %p : f32
    linalg.yield %s : f32
  }} -> {type}
  return %r : {type}
}}""", x, (numpy.exp(numpy.tanh(y)) + y.transpose(0, 1, 3, 2)).transpose(0, 2, 3, 1)
    yield "an element of a layer", head + f"""
  %c1 = arith.constant 1 : index
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %p = tensor.extract %y[%c0, %c1, %c1, %c9] : {type}
  %r = linalg.generic {{indexing_maps = [#id, #id], {iterators}}} ins(%u : {type}) outs(%e : {type}) {{
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %p : f32
    linalg.yield %s : f32
  }} -> {type}
  return %r : {type}
}}""", x, (numpy.exp(numpy.tanh(y)) + y[0, 9, 1, 1]).transpose(0, 2, 3, 1)
    yield "onto a layer that is read again", head + f"""
  %s = linalg.generic {{indexing_maps = [#id, #id], {iterators}}} ins(%t : {type}) outs(%t : {type}) {{
  ^bb0(%in: f32, %out: f32):
    %1 = arith.addf %in, %out : f32
    linalg.yield %1 : f32
  }} -> {type}
  %r = tosa.sub %s, %u : ({type}, {type}) -> {type}
  %q = tosa.add %r, %t : ({type}, {type}) -> {type}
  return %q : {type}
}}""", x, (3 * numpy.tanh(y) - numpy.exp(numpy.tanh(y))).transpose(0, 2, 3, 1)
    yield "a loop of convolutions", head + f"""
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%sum = %u) -> ({type}) {{
    %next = linalg.conv_2d_nhwc_hwcf ins(%y, %w : {type}, tensor<1x1x16x16xf32>) outs(%sum : {type}) -> {type}
    scf.yield %next : {type}
  }}
  return %r : {type}
}}""", x, (numpy.exp(numpy.tanh(y)) + 3 * conv(y, w)).transpose(0, 2, 3, 1)


def torch_network(relu, epsilon):
    """As torch-mlir prints them: channels first, a padded and a strided
    convolution, a batch norm onto its own input, a linear layer."""
    w1, w2, wl = draw(16, 3, 3, 3), draw(32, 16, 3, 3), draw(10, 32)
    gamma, beta, mean, bias = draw(16), draw(16), draw(16), draw(32)
    variance = numpy.abs(draw(16)) + numpy.float32(0.1)
    x = draw(1, 3, 32, 32)
    channel = lambda v: v.reshape(1, -1, 1, 1).astype("f8")
    y = conv(pad(x), w1)
    y = (y - channel(mean)) / numpy.sqrt(channel(variance) + 1e-5) * channel(gamma) + channel(beta)
    y = conv(pad(numpy.maximum(y, 0)), w2, stride=2) + channel(bias)
    expected = y.mean(axis=(2, 3)) @ wl.T.astype("f8")
    iterators = 'iterator_types = ["parallel", "parallel", "parallel", "parallel"]'
    attributes = lambda stride: f"{{dilations = dense<1> : vector<2xi64>, strides = dense<{stride}> : vector<2xi64>}}"
    zeros = "{ ^bb0(%i: index, %j: index, %k: index, %l: index): tensor.yield %z : f32 }"
    return f"""
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#first = affine_map<(d0, d1, d2, d3) -> (0, d1, d2, d3)>
#c = affine_map<(d0, d1, d2, d3) -> (d1)>
#two = affine_map<(d0, d1) -> (d0, d1)>
module attributes {{torch.debug_module_name = "Net"}} {{
func.func @forward(%x: tensor<1x3x32x32xf32>) -> tensor<1x10xf32> {{
  %w1 = {dense(w1)}
  %w2 = {dense(w2)}
  %wl = {dense(wl)}
  %gamma = {dense(gamma)}
  %beta = {dense(beta)}
  %mean = {dense(mean)}
  %variance = {dense(variance)}
  %bias = {dense(bias)}
  %z = arith.constant 0.0 : f32
  %eps = arith.constant 1.0e-05 : f64
  %area = arith.constant 2.56e+02 : f32
  {epsilon[0]}
  %p1 = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {zeros} : tensor<1x3x32x32xf32> to tensor<1x3x34x34xf32>
  %e1 = tensor.empty() : tensor<1x16x32x32xf32>
  %f1 = linalg.fill ins(%z : f32) outs(%e1 : tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
  %y1 = linalg.conv_2d_nchw_fchw {attributes(1)} ins(%p1, %w1 : tensor<1x3x34x34xf32>, tensor<16x3x3x3xf32>) outs(%f1 : tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
  %bn = linalg.generic {{indexing_maps = [#id, #c, #c, #c, #c, #id], {iterators}}} ins(%y1, %gamma, %beta, %mean, %variance : tensor<1x16x32x32xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) outs(%y1 : tensor<1x16x32x32xf32>) {{
  ^bb0(%in: f32, %ga: f32, %be: f32, %m: f32, %v: f32, %out: f32):
    {epsilon[1]}
    %s = arith.addf %v, %e32 : f32
    %r = math.rsqrt %s : f32
    %d = arith.subf %in, %m : f32
    %q = arith.mulf %d, %r : f32
    %t = arith.mulf %q, %ga : f32
    %u = arith.addf %t, %be : f32
    linalg.yield %u : f32
  }} -> tensor<1x16x32x32xf32>
  %rl = linalg.generic {{indexing_maps = [#first, #id], {iterators}}} ins(%bn : tensor<1x16x32x32xf32>) outs(%e1 : tensor<1x16x32x32xf32>) {{
  ^bb0(%in: f32, %out: f32):
    {relu}
    linalg.yield %s : f32
  }} -> tensor<1x16x32x32xf32>
  %p2 = tensor.pad %rl low[0, 0, 1, 1] high[0, 0, 1, 1] {zeros} : tensor<1x16x32x32xf32> to tensor<1x16x34x34xf32>
  %e2 = tensor.empty() : tensor<1x32x16x16xf32>
  %b2 = linalg.broadcast ins(%bias : tensor<32xf32>) outs(%e2 : tensor<1x32x16x16xf32>) dimensions = [0, 2, 3]
  %y2 = linalg.conv_2d_nchw_fchw {attributes(2)} ins(%p2, %w2 : tensor<1x16x34x34xf32>, tensor<32x16x3x3xf32>) outs(%b2 : tensor<1x32x16x16xf32>) -> tensor<1x32x16x16xf32>
  %eg = tensor.empty() : tensor<1x32x1x1xf32>
  %fg = linalg.fill ins(%z : f32) outs(%eg : tensor<1x32x1x1xf32>) -> tensor<1x32x1x1xf32>
  %k = tensor.empty() : tensor<16x16xf32>
  %sum = linalg.pooling_nchw_sum {attributes(1)} ins(%y2, %k : tensor<1x32x16x16xf32>, tensor<16x16xf32>) outs(%fg : tensor<1x32x1x1xf32>) -> tensor<1x32x1x1xf32>
  %cl = tensor.collapse_shape %sum [[0], [1, 2, 3]] : tensor<1x32x1x1xf32> into tensor<1x32xf32>
  %ed = tensor.empty() : tensor<1x32xf32>
  %mean2 = linalg.generic {{indexing_maps = [#two, #two], iterator_types = ["parallel", "parallel"]}} ins(%cl : tensor<1x32xf32>) outs(%ed : tensor<1x32xf32>) {{
  ^bb0(%in: f32, %out: f32):
    %s = arith.divf %in, %area : f32
    linalg.yield %s : f32
  }} -> tensor<1x32xf32>
  %et = tensor.empty() : tensor<32x10xf32>
  %wt = linalg.transpose ins(%wl : tensor<10x32xf32>) outs(%et : tensor<32x10xf32>) permutation = [1, 0]
  %em = tensor.empty() : tensor<1x10xf32>
  %fm = linalg.fill ins(%z : f32) outs(%em : tensor<1x10xf32>) -> tensor<1x10xf32>
  %mm = linalg.matmul ins(%mean2, %wt : tensor<1x32xf32>, tensor<32x10xf32>) outs(%fm : tensor<1x10xf32>) -> tensor<1x10xf32>
  return %mm : tensor<1x10xf32>
}}
}}""", x, expected


def torch_networks():
    narrowed = ("", "%e32 = arith.truncf %eps : f64 to f32")
    before = ("%e32 = arith.truncf %eps : f64 to f32", "")
    for name, relu in [("ugt", "%c = arith.cmpf ugt, %in, %z : f32\n%s = arith.select %c, %in, %z : f32"),
                       ("ogt", "%c = arith.cmpf ogt, %in, %z : f32\n%s = arith.select %c, %in, %z : f32"),
                       ("olt", "%c = arith.cmpf olt, %in, %z : f32\n%s = arith.select %c, %z, %in : f32"),
                       ("maximumf", "%s = arith.maximumf %z, %in : f32")]:
        yield "torch-mlir, relu by " + name, *torch_network(relu, narrowed if name != "olt" else before)


def outputs():
    """Results that no operation computes into a buffer of their own."""
    x = draw(1, 2, 3, 4)
    type = "tensor<1x2x3x4xf32>"
    constant = draw(1, 2, 3, 4)
    yield ("an input, a constant, one value three times",
           f"""
func.func @main(%x: {type}) -> ({type}, {type}, {type}, {type}, {type}) {{
  %k = {dense(constant)}
  %y = tosa.tanh %x : ({type}) -> {type}
  return %x, %k, %y, %y, %y : {type}, {type}, {type}, {type}, {type}
}}""", x, [x, constant, numpy.tanh(x), numpy.tanh(x), numpy.tanh(x)])
    yield "no operation", f"func.func @main(%x: {type}) -> {type} {{ return %x : {type} }}", x, x
    yield ("equal once duplicates are merged", f"""
func.func @main(%x: {type}) -> ({type}, {type}) {{
  %y = tosa.sigmoid %x : ({type}) -> {type}
  %z = tosa.sigmoid %x : ({type}) -> {type}
  return %z, %y : {type}, {type}
}}""", x, [1 / (1 + numpy.exp(-x))] * 2)
    yield ("a view of an input and of a constant", f"""
func.func @main(%x: {type}) -> (tensor<6x4xf32>, tensor<6x4xf32>, {type}) {{
  %k = {dense(constant)}
  %s = tosa.const_shape {{values = dense<[6, 4]> : tensor<2xindex>}} : () -> !tosa.shape<2>
  %y = tosa.reshape %x, %s : ({type}, !tosa.shape<2>) -> tensor<6x4xf32>
  %z = tosa.reshape %k, %s : ({type}, !tosa.shape<2>) -> tensor<6x4xf32>
  return %y, %z, %x : tensor<6x4xf32>, tensor<6x4xf32>, {type}
}}""", x, [x.reshape(6, 4), constant.reshape(6, 4), x])
    yield ("a value and what is computed from it", f"""
func.func @main(%x: {type}) -> ({type}, {type}) {{
  %y = tosa.exp %x : ({type}) -> {type}
  %z = tosa.add %y, %x : ({type}, {type}) -> {type}
  return %y, %z : {type}, {type}
}}""", x, [numpy.exp(x), numpy.exp(x) + x])
    yield ("a function that is called twice", f"""
func.func private @layer(%x: {type}) -> {type} {{
  %y = tosa.tanh %x : ({type}) -> {type}
  return %y : {type}
}}
func.func @main(%x: {type}) -> {type} {{
  %y = call @layer(%x) : ({type}) -> {type}
  %z = call @layer(%y) : ({type}) -> {type}
  return %z : {type}
}}""", x, numpy.tanh(numpy.tanh(x)))


def parts():
    """Values that are computed where a concatenation wants them, and read by a
    part beside them; their ends lie within a cache line."""
    for pixels in (1, 2, 3, 5):
        for channels in (4, 8, 16):
            x = draw(1, pixels, 1, 3 * channels + 1)
            part = x[..., channels:]
            inner = part[..., 1:channels + 1]
            type = lambda c: f"tensor<1x{pixels}x1x{c}xf32>"
            shape = lambda name, c, at: f"""
  %{name}0 = tosa.const_shape {{values = dense<[0, 0, 0, {at}]> : tensor<4xindex>}} : () -> !tosa.shape<4>
  %{name}1 = tosa.const_shape {{values = dense<[1, {pixels}, 1, {c}]> : tensor<4xindex>}} : () -> !tosa.shape<4>"""
            p, i, w = part.shape[3], channels, part.shape[3] + channels
            yield f"a part of a part, {pixels} pixels, {channels} channels", f"""
func.func @main(%x: {type(x.shape[3])}) -> ({type(w)}, {type(w)}) {{{shape("p", p, channels)}{shape("i", i, 1)}
  %p = tosa.slice %x, %p0, %p1 : ({type(x.shape[3])}, !tosa.shape<4>, !tosa.shape<4>) -> {type(p)}
  %i = tosa.slice %p, %i0, %i1 : ({type(p)}, !tosa.shape<4>, !tosa.shape<4>) -> {type(i)}
  %w = tosa.concat %i, %p {{axis = 3 : i32}} : ({type(i)}, {type(p)}) -> {type(w)}
  %t = tosa.tanh %w : ({type(w)}) -> {type(w)}
  return %w, %t : {type(w)}, {type(w)}
}}""", x, [numpy.concatenate([inner, part], 3), numpy.tanh(numpy.concatenate([inner, part], 3))]
            y = x[..., :channels]
            yield f"three parts, {pixels} pixels, {channels} channels", f"""
func.func @main(%x: {type(x.shape[3])}) -> {type(3 * channels)} {{{shape("p", channels, 0)}
  %p = tosa.slice %x, %p0, %p1 : ({type(x.shape[3])}, !tosa.shape<4>, !tosa.shape<4>) -> {type(channels)}
  %a = tosa.tanh %p : ({type(channels)}) -> {type(channels)}
  %b = tosa.exp %p : ({type(channels)}) -> {type(channels)}
  %c = tosa.abs %p : ({type(channels)}) -> {type(channels)}
  %w = tosa.concat %a, %b, %c {{axis = 3 : i32}} : ({type(channels)}, {type(channels)}, {type(channels)}) -> {type(3 * channels)}
  %t = tosa.tanh %w : ({type(3 * channels)}) -> {type(3 * channels)}
  return %t : {type(3 * channels)}
}}""", x, numpy.tanh(numpy.concatenate([numpy.tanh(y), numpy.exp(y), numpy.abs(y)], 3))


def run(text, x, expected, flags, work):
    (work / "m.mlir").write_text(text)
    numpy.save(work / "x.npy", x)
    expected = expected if isinstance(expected, list) else [expected]
    path = work / ("y.npz" if len(expected) > 1 else "y.npy")
    path.unlink(missing_ok=True)
    done = subprocess.run(["lw-run", work / "m.mlir", "--input", work / "x.npy", "--output", path, *flags],
                          capture_output=True, text=True)
    if done.returncode:
        return f"exit code {done.returncode}: {done.stderr.strip()[:500]}"
    found = numpy.load(path)
    found = [found[name] for name in found.files] if len(expected) > 1 else [found]
    if len(found) != len(expected):
        return f"{len(found)} outputs"
    for i, (a, b) in enumerate(zip(found, expected)):
        if a.shape != b.shape:
            return f"output {i} is {a.shape}, expected {b.shape}"
        error = numpy.abs(a - b).max() / numpy.abs(b).max()
        if not error <= TOLERANCE:
            return f"output {i} has an error of {error:.1e}"
    return ""


def report(families, run):
    """Runs every network of the families, prints what became of it and returns
    the exit code."""
    failures = count = 0
    with tempfile.TemporaryDirectory() as work:
        for family in families:
            for name, *network in family():
                why = run(*network, pathlib.Path(work))
                count += 1
                failures += bool(why)
                print(f"{name}: {'FAILED: ' + why if why else 'right'}", flush=True)
    print(f"{failures} of {count} networks differ")
    return failures != 0


def main():
    def run_with_flags(text, x, expected, work):
        expected = x + numpy.float32(1e-5) if expected is None else expected
        return run(text, x, expected, sys.argv[1:], work)

    sys.exit(report((scalars_from_outside, captured_layers, torch_networks, outputs, parts), run_with_flags))


if __name__ == "__main__":
    main()
