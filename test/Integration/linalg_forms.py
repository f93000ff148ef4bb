"""Runs what torch-mlir's linalg backend writes for one operator after another
through lw-run and compares it with numpy in f64.

  linalg_forms.py [--kernels] [lw-run flags]

With --kernels nothing may be left that runs as plain loops (--remarks says what).
"""
import math
import subprocess
import sys

import numpy

import mlir_networks

TOLERANCE = 1e-5
RANDOM = numpy.random.default_rng(7)


def draw(*shape):
    return RANDOM.normal(size=shape).astype("f4")


def tensor(shape, element="f32"):
    return "tensor<" + "".join(f"{extent}x" for extent in shape) + element + ">"


def dense(array):
    kind = {"float32": "f32", "int64": "i64"}[str(array.dtype)]
    return f'arith.constant dense<"0x{array.tobytes().hex().upper()}"> : {tensor(array.shape, kind)}'


def affine(rank, results):
    return f"affine_map<({', '.join(f'd{i}' for i in range(rank))}) -> ({', '.join(map(str, results))})>"


class Network:
    """Text of one function, operation by operation."""

    def __init__(self, *inputs, name="main"):
        self.lines, self.count, self.name = [], 0, name
        self.inputs = [(f"%arg{i}", shape, element) for i, (shape, element) in enumerate(inputs)]
        self.shapes = {name: (shape, element) for name, shape, element in self.inputs}
        for constant, value in [("zero", "0.0 : f32"), ("least", "0xFF800000 : f32"), ("eps", "1.0e-05 : f64"),
                                ("zero64", "0.0 : f64"), ("none", "0 : i64"), ("one", "1.0 : f32"),
                                ("half", "0.5 : f32"), ("three", "3.0 : f32"), ("six", "6.0 : f32"),
                                ("root2", "1.41421354 : f32")]:
            self.lines.append(f"%{constant} = arith.constant {value}")

    def add(self, text, shape, element="f32"):
        self.count += 1
        name = f"%v{self.count}"
        self.lines.append(f"{name} = {text}")
        self.shapes[name] = (list(shape), element)
        return name

    def type(self, name):
        return tensor(*self.shapes[name])

    def constant(self, array):
        return self.add(dense(array), array.shape, {"float32": "f32", "int64": "i64"}[str(array.dtype)])

    def fill(self, shape, value="%zero", element="f32"):
        empty = self.add(f"tensor.empty() : {tensor(shape, element)}", shape, element)
        return self.add(f"linalg.fill ins({value} : {element}) outs({empty} : {tensor(shape, element)}) -> {tensor(shape, element)}",
                        shape, element)

    def generic(self, shape, body, inputs=(), element="f32", init=None, loops=None, out=None):
        """inputs: (name, results of its map). The body reads %a, %b, ... and %out
        and ends in %y."""
        rank = loops or len(shape)
        out = list(range(rank)) if out is None else out
        kinds = ["parallel" if f"d{i}" in map(str, [f"d{r}" if isinstance(r, int) else r for r in out]) else "reduction"
                 for i in range(rank)]
        maps = [affine(rank, [f"d{r}" if isinstance(r, int) else r for r in results])
                for results in [m for _, m in inputs] + [out]]
        init = init or self.add(f"tensor.empty() : {tensor(shape, element)}", shape, element)
        arguments = ", ".join(f"%{chr(97 + i)}: {self.shapes[n][1]}" for i, (n, _) in enumerate(inputs))
        arguments += (", " if arguments else "") + f"%out: {element}"
        ins = (f"ins({', '.join(n for n, _ in inputs)} : {', '.join(self.type(n) for n, _ in inputs)})" if inputs else "")
        iterators = ", ".join(f'"{kind}"' for kind in kinds)
        return self.add(f"linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = [{iterators}]}} {ins} "
                        f"outs({init} : {tensor(shape, element)}) {{\n^bb0({arguments}):\n{body}\nlinalg.yield %y : {element}\n}}"
                        f" -> {tensor(shape, element)}", shape, element)

    def each(self, body, *inputs, element="f32"):
        shape = self.shapes[inputs[0]][0]
        rank = len(shape)

        def places(name):
            own = self.shapes[name][0]
            return [i + rank - len(own) if extent == shape[i + rank - len(own)] and extent != 1 or rank == len(own) and
                    extent == shape[i] else "0" for i, extent in enumerate(own)]
        return self.generic(shape, body, [(name, places(name)) for name in inputs], element)

    def reduce(self, body, x, axis, init="%zero", element="f32"):
        shape = list(self.shapes[x][0])
        kept = shape[:axis] + [1] + shape[axis + 1:]
        rank = len(shape)
        return self.generic(kept, body, [(x, list(range(rank)))], element, self.fill(kept, init, element), rank,
                            [("0" if i == axis else i) for i in range(rank)])

    def text(self, *results, before="", visibility=""):
        types = ", ".join(self.type(name) for name in results)
        inputs = ", ".join(f"{name}: {tensor(shape, element)}" for name, shape, element in self.inputs)
        body = "\n".join(self.lines)
        return (f"{before}\nfunc.func {visibility} @{self.name}({inputs}) -> ({types}) {{\n{body}\n"
                f"return {', '.join(results)} : {types}\n}}\n")


def activations():
    x = draw(1, 6, 5, 7) * 4
    wide = x.astype("f8")
    sigmoid = 1 / (1 + numpy.exp(-wide))
    erf = numpy.vectorize(math.erf)
    limit = "%c = arith.cmpf ult, %a, {low} : f32\n%y = arith.select %c, {low}, %a : f32"
    cap = "%c = arith.cmpf ugt, %a, {high} : f32\n%y = arith.select %c, {high}, %a : f32"

    def network(*bodies):
        n = Network((x.shape, "f32"))
        value = "%arg0"
        for body in bodies:
            value = n.each(body, value, *(["%arg0"] if "%b" in body else []))
        return n.text(value)
    logistic = "%n = arith.negf %a : f32\n%e = math.exp %n : f32\n%s = arith.addf %e, %one : f32\n%y = arith.divf %one, %s : f32"
    relu6 = [limit.format(low="%zero"), cap.format(high="%six")]
    gate = ["%y = arith.addf %a, %three : f32", *relu6]
    product, sixth = "%y = arith.mulf %a, %b : f32", "%y = arith.divf %a, %six : f32"
    yield "relu6", network(*relu6), x, numpy.clip(wide, 0, 6)
    yield "sigmoid", network(logistic), x, sigmoid
    yield "silu", network(logistic, product), x, wide * sigmoid
    yield "hard swish", network(*gate, product, sixth), x, wide * numpy.clip(wide + 3, 0, 6) / 6
    yield "hard sigmoid", network(*gate, sixth), x, numpy.clip(wide + 3, 0, 6) / 6
    yield ("gelu", network("%d = arith.divf %a, %root2 : f32\n%e = math.erf %d : f32\n%s = arith.addf %e, %one : f32\n"
                           "%h = arith.mulf %s, %half : f32\n%y = arith.mulf %a, %h : f32"),
           x, wide * (erf(wide / math.sqrt(2)) + 1) / 2)
    yield ("elu", network("%p = arith.cmpf ogt, %a, %zero : f32\n%e = math.exp %a : f32\n%m = arith.subf %e, %one : f32\n"
                          "%y = arith.select %p, %a, %m : f32"), x, numpy.where(wide > 0, wide, numpy.expm1(wide)))
    yield ("a power, a root", network("%k = arith.constant 2 : i64\n%p = math.fpowi %a, %k : f32, i64\n%y = math.sqrt %p : f32"),
           x, numpy.abs(wide))


def rows():
    x = draw(2, 5, 16)
    n = Network((x.shape, "f32"))
    greatest, place = n.fill([2, 5], "%least"), n.fill([2, 5], "%none", "i64")
    maps = f"[{affine(3, ['d0', 'd1', 'd2'])}, {affine(3, ['d0', 'd1'])}, {affine(3, ['d0', 'd1'])}]"
    both = n.add(f"""linalg.generic {{indexing_maps = {maps}, iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%arg0 : {n.type('%arg0')}) outs({greatest}, {place} : {n.type(greatest)}, {n.type(place)}) {{
  ^bb0(%in: f32, %out: f32, %at: i64):
    %i = linalg.index 2 : index
    %j = arith.index_cast %i : index to i64
    %s = arith.maximumf %in, %out : f32
    %c = arith.cmpf ogt, %in, %out : f32
    %t = arith.select %c, %j, %at : i64
    linalg.yield %s, %t : f32, i64
  }} -> ({n.type(greatest)}, {n.type(place)})""", [2, 5])
    n.lines[-1] = n.lines[-1].replace(f"{both} =", f"{both}:2 =")
    first = n.add(f"tensor.expand_shape {both}#0 [[0], [1, 2]] output_shape [2, 5, 1] : {n.type(both)} into tensor<2x5x1xf32>", [2, 5, 1])
    exponential = n.each("%y = math.exp %a : f32", n.each("%y = arith.subf %a, %b : f32", "%arg0", first))
    total = n.reduce("%y = arith.addf %a, %out : f32", exponential, 2)
    y = numpy.exp(x.astype("f8") - x.max(2, keepdims=True))
    yield "softmax", n.text(n.each("%y = arith.divf %a, %b : f32", exponential, total)), x, y / y.sum(2, keepdims=True)

    scale, bias = draw(16), draw(16)
    n = Network((x.shape, "f32"))
    add, add64 = "%y = arith.addf %a, %out : f32", "%y = arith.addf %a, %out : f64"
    count = "%n = arith.constant 1.6e+01 : {0}\n%y = arith.divf %a, %n : {0}"
    wide = n.each("%y = arith.extf %a : f32 to f64", "%arg0", element="f64")
    mean = n.each(count.format("f64"), n.reduce(add64, wide, 2, "%zero64", "f64"), element="f64")
    rest = n.each("%y = arith.subf %a, %b : f64", wide, mean, element="f64")
    square = n.each("%y = arith.mulf %a, %a : f64", rest, element="f64")
    variance = n.each(count.format("f64"), n.reduce(add64, square, 2, "%zero64", "f64"), element="f64")
    variance = n.each("%y = arith.truncf %a : f64 to f32", variance)
    root = n.each("%n = arith.truncf %eps : f64 to f32\n%s = arith.addf %a, %n : f32\n%y = math.rsqrt %s : f32", variance)
    mean = n.each(count.format("f32"), n.reduce(add, "%arg0", 2))
    value = n.each("%y = arith.mulf %a, %b : f32", n.each("%y = arith.subf %a, %b : f32", "%arg0", mean), root)
    for operation, parameter in (("mulf", scale), ("addf", bias)):
        value = n.each(f"%y = arith.{operation} %a, %b : f32", value, n.constant(parameter))
    y = x.astype("f8")
    y = (y - y.mean(2, keepdims=True)) / numpy.sqrt(y.var(2, keepdims=True) + 1e-5) * scale + bias
    yield "layer normalization, variance in f64", n.text(value), x, y


def images():
    x = draw(1, 4, 9, 9)
    n = Network((x.shape, "f32"))
    padded = n.add("tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 1, 1] {\n^bb0(%i: index, %j: index, %k: index, %l: index):\n"
                   "tensor.yield %zero : f32\n} : tensor<1x4x9x9xf32> to tensor<1x4x11x11xf32>", [1, 4, 11, 11])
    window = n.add("tensor.empty() : tensor<3x3xf32>", [3, 3])
    total = n.add("linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} "
                  f"ins({padded}, {window} : {n.type(padded)}, {n.type(window)}) outs({n.fill([1, 4, 5, 5])} : tensor<1x4x5x5xf32>) "
                  "-> tensor<1x4x5x5xf32>", [1, 4, 5, 5])
    # The pixels under a window, from its place.
    pixels = ""
    for axis, d in (("h", 2), ("w", 3)):
        pixels += f"""%{axis} = linalg.index {d} : index
%{axis}i = arith.index_cast %{axis} : index to i64
%{axis}two = arith.constant 2 : i64
%{axis}one = arith.constant 1 : i64
%{axis}size = arith.constant 9 : i64
%{axis}three = arith.constant 3 : i64
%{axis}zero = arith.constant 0 : i64
%{axis}s = arith.muli %{axis}i, %{axis}two : i64
%{axis}b = arith.subi %{axis}s, %{axis}one : i64
%{axis}e = arith.addi %{axis}b, %{axis}three : i64
%{axis}lo = arith.maxsi %{axis}b, %{axis}zero : i64
%{axis}hi = arith.minsi %{axis}e, %{axis}size : i64
%{axis}n = arith.subi %{axis}hi, %{axis}lo : i64
"""
    pixels += "%n = arith.muli %hn, %wn : i64\n%f = arith.sitofp %n : i64 to f32\n%y = arith.divf %a, %f : f32"
    ones = numpy.pad(numpy.ones_like(x), ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = lambda a: numpy.lib.stride_tricks.sliding_window_view(a, (3, 3), axis=(2, 3))[:, :, ::2, ::2].astype("f8").sum((4, 5))
    yield ("average pool that leaves out the padding", n.text(n.each(pixels, total)), x,
           view(numpy.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))) / view(ones))

    # A transposed convolution: zeros between the pixels and the filter turned.
    w = draw(4, 3, 2, 2)
    n = Network((x.shape, "f32"))
    filter = n.constant(w)
    turned = n.generic([3, 4, 2, 2], f"""%o = linalg.index 0 : index
%i = linalg.index 1 : index
%h = linalg.index 2 : index
%v = linalg.index 3 : index
%last = arith.constant 1 : index
%p = arith.subi %last, %h : index
%q = arith.subi %last, %v : index
%y = tensor.extract {filter}[%i, %o, %p, %q] : {n.type(filter)}""")
    spread = n.add(f"tensor.insert_slice %arg0 into {n.fill([1, 4, 19, 19])}[0, 0, 1, 1] [1, 4, 9, 9] [1, 1, 2, 2] "
                   ": tensor<1x4x9x9xf32> into tensor<1x4x19x19xf32>", [1, 4, 19, 19])
    up = n.add("linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} "
               f"ins({spread}, {turned} : {n.type(spread)}, {n.type(turned)}) outs({n.fill([1, 3, 18, 18])} : tensor<1x3x18x18xf32>) "
               "-> tensor<1x3x18x18xf32>", [1, 3, 18, 18])
    y = numpy.zeros((1, 3, 18, 18))
    for i in range(2):
        for j in range(2):
            y[:, :, i::2, j::2] = numpy.einsum("nchw,cf->nfhw", x.astype("f8"), w[:, :, i, j])
    yield "transposed convolution", n.text(up), x, y


def tables():
    table, ids = draw(50, 8), RANDOM.integers(0, 50, (2, 6))
    n = Network((ids.shape, "i64"))
    name = n.constant(table)
    value = n.generic([2, 6, 8], f"%i = arith.index_cast %a : i64 to index\n%j = linalg.index 2 : index\n"
                      f"%y = tensor.extract {name}[%i, %j] : {n.type(name)}", [("%arg0", [0, 1])])
    yield "embedding", n.text(value), ids, table[ids].astype("f8")


def sharing():
    """Results that begin from one tensor."""
    x = draw(4, 8)
    n = Network((x.shape, "f32"))
    start = n.fill([4])
    sums = [n.generic([4], body, [("%arg0", [0, 1])], init=start, loops=2, out=[0]) for body in
            ("%y = arith.addf %a, %out : f32", "%q = arith.mulf %a, %a : f32\n%y = arith.addf %q, %out : f32")]
    wide = x.astype("f8")
    yield "two sums from one zero", n.text(*sums), x, [wide.sum(1), (wide * wide).sum(1)]
    yield "the other way round", n.text(*sums[::-1]), x, [(wide * wide).sum(1), wide.sum(1)]
    yield "and what they begin from", n.text(*sums, start), x, [wide.sum(1), (wide * wide).sum(1), numpy.zeros(4)]


def modules():
    x, w = draw(1, 6), draw(6)
    n = Network((x.shape, "f32"), name="score")
    n.lines.append("%g = ml_program.global_load_const @w : tensor<6xf32>")
    n.shapes["%g"] = ([6], "f32")
    text = n.text(n.each("%y = arith.mulf %a, %b : f32", "%arg0", "%g"),
                  before=f"ml_program.global private @w(dense<\"0x{w.tobytes().hex().upper()}\"> : tensor<6xf32>) : tensor<6xf32>")
    other = Network((x.shape, "f32"), name="other")
    yield "a global, --entry", text + other.text(other.each("%y = arith.addf %a, %a : f32", "%arg0")), x, x.astype("f8") * w, ["--entry=score"]

    x = draw(3, 6)
    text = """
func.func @main(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x6xf32>
  %e = tensor.empty(%n) : tensor<?x6xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x6xf32>) outs(%e : tensor<?x6xf32>) {
  ^bb0(%a: f32, %out: f32):
    %y = math.tanh %a : f32
    linalg.yield %y : f32
  } -> tensor<?x6xf32>
  return %r : tensor<?x6xf32>
}"""
    yield "an open batch, --batch", text, x, numpy.tanh(x.astype("f8")), ["--batch=3"]
    yield "an open batch, --shape", text, x, numpy.tanh(x.astype("f8")), ["--shape=input0:3x6"]


def run(text, x, expected, flags, kernels, work):
    (work / "m.mlir").write_text(text)
    numpy.save(work / "x.npy", x.astype("i8") if x.dtype.kind == "i" else x)
    expected = expected if isinstance(expected, list) else [expected]
    path = work / ("y.npz" if len(expected) > 1 else "y.npy")
    path.unlink(missing_ok=True)
    done = subprocess.run(["lw-run", work / "m.mlir", "--input", work / "x.npy", "--output", path, "--remarks", *flags],
                          capture_output=True, text=True)
    if done.returncode:
        return f"exit code {done.returncode}: {done.stderr.strip()[:500]}"
    if kernels and "not raised" in done.stderr:
        return done.stderr.strip()[:500]
    found = numpy.load(path)
    found = [found[name] for name in found.files] if len(expected) > 1 else [found]
    for i, (a, b) in enumerate(zip(found, expected)):
        if a.shape != b.shape:
            return f"output {i} is {a.shape}, expected {b.shape}"
        error = numpy.abs(a - b).max() / max(numpy.abs(b).max(), 1e-3)
        if not error <= TOLERANCE:
            return f"output {i} has an error of {error:.1e}"
    return "" if len(found) == len(expected) else f"{len(found)} outputs"


def main():
    flags = sys.argv[1:]
    kernels = "--kernels" in flags
    flags = [flag for flag in flags if flag != "--kernels"]

    def run_with_flags(text, x, expected, *rest):
        *own, work = rest
        return run(text, x, expected, flags + (own[0] if own else []), kernels, work)

    sys.exit(mlir_networks.report((activations, rows, images, tables, sharing, modules), run_with_flags))


if __name__ == "__main__":
    main()
