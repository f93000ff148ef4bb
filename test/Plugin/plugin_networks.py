"""Sends convolutions in linalg through the plugin in a stock mlir-opt, as README
says, runs what comes out and compares it with numpy in f64.

  plugin_networks.py PLUGIN LLVM_TOOLS README

README's own pipeline is used, but for the error that it allows: filters are sums
of the four terms that it keeps. What comes out holds neither lw nor tosa.
"""
import pathlib
import re
import subprocess
import sys

import numpy

RANDOM = numpy.random.default_rng(5)
LOOPS = ("one-shot-bufferize{bufferize-function-boundaries},func.func(convert-linalg-to-loops),"
         "expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-math-to-llvm,convert-arith-to-llvm,"
         "finalize-memref-to-llvm,convert-func-to-llvm,convert-cf-to-llvm,reconcile-unrealized-casts")
MAPS = """
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#channel = affine_map<(n, h, w, c) -> (c)>
"""
PARALLEL = 'iterator_types = ["parallel", "parallel", "parallel", "parallel"]'


def type_of(array, element):
    return "tensor<" + "x".join(map(str, array.shape)) + "x" + element + ">"


def dense(array, element):
    code = {"f32": "<f4", "f64": "<f8"}[element]
    return f'arith.constant dense<"0x{array.astype(code).tobytes().hex().upper()}"> : {type_of(array, element)}'


def draw(element, *shape):
    values = RANDOM.normal(size=shape)
    return values.astype("f4").astype("f8") if element == "f32" else values


def draw_filter(element, terms, *shape):
    """A filter [KH, KW, C, F] of so many separable terms."""
    kh, kw, c, f = shape
    first, second = draw("f64", kh * kw, c, terms), draw("f64", c, terms, f)
    w = numpy.einsum("kct,ctf->kcf", first, second).reshape(shape)
    return w.astype("f4").astype("f8") if element == "f32" else w


def conv(x, w):
    windows = numpy.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return numpy.einsum("nhwcij,ijcf->nhwf", windows, w)


def network(element, body, result, arguments, tolerance):
    """@f with `body`, called by @main on constants. @main prints how far off the
    result is, in units of what is allowed: printing has six digits, f64 more."""
    listed = ", ".join(f"%{name}: {type_of(value, element)}" for name, value in arguments.items())
    types = ", ".join(type_of(value, element) for value in arguments.values())
    constants = "\n".join(f"  %{name} = {dense(value, element)}" for name, value in arguments.items())
    named = ", ".join("%" + name for name in arguments)
    kind = type_of(result, element)
    suffix = element.upper()
    return f"""{MAPS}
func.func private @printMemref{suffix}(tensor<*x{element}>)
func.func @f({listed}) -> {kind} {{
  %z = arith.constant 0.0 : {element}
  %e = tensor.empty() : {kind}
  %zeros = linalg.fill ins(%z : {element}) outs(%e : {kind}) -> {kind}
{body}
  return %r : {kind}
}}
func.func @main() {{
{constants}
  %y = call @f({named}) : ({types}) -> {kind}
  %expected = {dense(result, element)}
  %scale = arith.constant {1 / (tolerance * abs(result).max()):.6e} : {element}
  %e = tensor.empty() : {kind}
  %d = linalg.generic {{indexing_maps = [#id, #id, #id], {PARALLEL}}} ins(%y, %expected : {kind}, {kind}) outs(%e : {kind}) {{
  ^bb0(%a: {element}, %b: {element}, %out: {element}):
    %1 = arith.subf %a, %b : {element}
    %2 = arith.mulf %1, %scale : {element}
    linalg.yield %2 : {element}
  }} -> {kind}
  %u = tensor.cast %d : {kind} to tensor<*x{element}>
  call @printMemref{suffix}(%u) : (tensor<*x{element}>) -> ()
  return
}}"""


def scaled(source, kind, element, operation="arith.mulf %a, %k"):
    return f"""
  %r = linalg.generic {{indexing_maps = [#id, #channel, #id], {PARALLEL}}} ins({source}, %s : {kind}, tensor<4x{element}>) outs(%e : {kind}) {{
  ^bb0(%a: {element}, %k: {element}, %out: {element}):
    %1 = {operation} : {element}
    linalg.yield %1 : {element}
  }} -> {kind}"""


def cases(element):
    x, w, v = draw(element, 1, 6, 6, 3), draw_filter(element, 4, 3, 3, 3, 16), draw_filter(element, 2, 3, 3, 3, 16)
    small = draw(element, 3, 3, 3, 4)
    scale = draw(element, 16)
    y, ys = conv(x, w), conv(x, small)
    kind, kinds = type_of(y, element), type_of(ys, element)
    operands = lambda name, filter: f"ins(%x, {name} : {type_of(x, element)}, {type_of(filter, element)})"
    constants = lambda s=scale: f"  %w = {dense(w, element)}\n  %s = {dense(s, element)}\n"
    plain = lambda onto, name="%w", result="%y", filter=w, kind=kind: (
        f"  {result} = linalg.conv_2d_nhwc_hwcf {operands(name, filter)} outs({onto} : {kind}) -> {kind}\n")
    batch_norm = scaled("%y", kind, element).replace("tensor<4x", "tensor<16x")
    yield "a convolution", constants() + plain("%zeros", result="%r"), y, {"x": x}
    yield "and a scale", constants() + plain("%zeros") + batch_norm, y * scale, {"x": x}
    yield ("and a shift", constants() + plain("%zeros") + batch_norm.replace("mulf", "addf"), y + scale, {"x": x})
    # A filter that is not known cannot take up the scale.
    body = f"  %s = {dense(scale[:4], element)}\n" + plain("%zeros", filter=small, kind=kinds) + scaled("%y", kinds, element)
    yield "a filter that is an argument", body, ys * scale[:4], {"x": x, "w": small}
    body = (f"  %v = {dense(v, element)}\n" + constants() + plain("%zeros", result="%y0")
            + plain("%y0", name="%v") + batch_norm)
    yield "a sum of two and a scale", body, (y + conv(x, v)) * scale, {"x": x}
    loop = f"""{constants()}
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%sum = %zeros) -> ({kind}) {{
  {plain("%sum", result="%next")}    scf.yield %next : {kind}
  }}"""
    yield "a sum in a loop", loop, 3 * y, {"x": x}
    relu = f"""
  %r = linalg.generic {{indexing_maps = [#id, #id], {PARALLEL}}} ins(%y : {kind}) outs(%e : {kind}) {{
  ^bb0(%a: {element}, %out: {element}):
    %1 = arith.maximumf %a, %z : {element}
    linalg.yield %1 : {element}
  }} -> {kind}"""
    yield "and a relu", constants() + plain("%zeros") + relu, numpy.maximum(y, 0), {"x": x}


def channels_first(element):
    x, w = draw(element, 1, 3, 6, 6), draw_filter(element, 3, 3, 3, 3, 16)
    y = conv(x.transpose(0, 2, 3, 1), w).transpose(0, 3, 1, 2)
    filter = w.transpose(3, 2, 0, 1)
    kind = type_of(y, element)
    yield "channels first", f"""  %w = {dense(filter, element)}
  %r = linalg.conv_2d_nchw_fchw ins(%x, %w : {type_of(x, element)}, {type_of(filter, element)}) outs(%zeros : {kind}) -> {kind}""", y, {"x": x}


def execute(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))[:300]}\nexit code {done.returncode}: {done.stderr[:2000]}")
    return done.stdout


def main():
    plugin, tools, readme = map(pathlib.Path, sys.argv[1:])
    pipeline = re.search(r"--pass-pipeline='builtin.module\((.*)\)' in.mlir", readme.read_text()).group(1)
    load = [tools / "mlir-opt", f"--load-dialect-plugin={plugin}", f"--load-pass-plugin={plugin}"]
    libraries = ",".join(str(tools.parent / "lib" / f"libmlir_{part}runner_utils.so") for part in ("", "c_"))
    failures = 0
    for element, tolerance in (("f32", 1e-5), ("f64", 1e-13)):
        for name, body, expected, arguments in (*cases(element), *channels_first(element)):
            text = network(element, body, expected, arguments, tolerance)
            linalg = execute([*load, f"--pass-pipeline=builtin.module({pipeline})"], text)
            why = ", ".join(sorted(set(re.findall(r"\b(?:tosa|lw)\.\w+", linalg))))
            if "argument" not in name and "depthwise" not in linalg:
                why = why or "not separated"
            code = execute([tools / "mlir-opt", f"--pass-pipeline=builtin.module({LOOPS})"], linalg)
            printed = execute([tools / "mlir-runner", "-e", "main", "-entry-point-result=void",
                               f"-shared-libs={libraries}"], code)
            data = printed[printed.index("data ="):]
            found = numpy.array([float(v) for v in re.findall(r"[-+\d.e]+|nan|inf", data[6:])]).reshape(expected.shape)
            if not abs(found).max() <= 1:
                why = why or f"an error of {abs(found).max() * tolerance:.1e}"
            failures += bool(why)
            print(f"{element}, {name}: {'FAILED: ' + why if why else 'right'}", flush=True)
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
