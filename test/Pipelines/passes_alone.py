"""Runs every pass and pipeline of lw alone on the smallest modules, and the passes
of code generation with some of them left out.

  passes_alone.py [--kernels]

Whatever a pass is given, it ends by itself: with a module, or with a message that
says what is wrong. A dialect that a pass creates operations or attributes of, and
does not name, shows as "isn't known in this MLIRContext"; a predecessor whose
attributes a pass relies on, without asking, as a crash.
"""
import itertools
import re
import subprocess
import sys

MODULES = {
    "empty": "",
    "no operation": "func.func @main() { return }",
    "identity": "func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> { return %x : tensor<1x4x4x16xf32> }",
    "declaration": "func.func private @main(tensor<4xf32>) -> tensor<4xf32>",
    "func": """
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}""",
    "tosa": """
func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  %y = tosa.sigmoid %x : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %y : tensor<1x4x4x16xf32>
}""",
    "tosa convolution": """
func.func @main(%x: tensor<1x4x4x3xf32>, %w: tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %b = "tosa.const"() {values = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<1x4x4x3xf32>, tensor<2x3x3x3xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}""",
    "linalg": """
func.func @main(%x: tensor<1x4x4x3xf32>, %w: tensor<3x3x3x2xf32>) -> tensor<1x2x2x2xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %y = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x4x3xf32>, tensor<3x3x3x2xf32>) outs(%o : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}""",
    "integers": """
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %i = tosa.cast %x : (tensor<1x4xf32>) -> tensor<1x4xi8>
  %y = tosa.cast %i : (tensor<1x4xi8>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}""",
    "integer results": """
func.func @main(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<2xi64>) {
  %k = arith.constant dense<[1, 2]> : tensor<2xi64>
  return %x, %k : tensor<1x4xf32>, tensor<2xi64>
}""",
    "unknown extents": """
func.func @main(%x: tensor<?x4xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = tosa.add %x, %z : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}""",
    "undefined elements": """
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %e = tensor.empty() : tensor<1x4xf32>
  %y = tosa.add %x, %e : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}""",
    "memref": """
func.func @main(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %v = memref.load %x[%i] : memref<4xf32>
    %e = math.exp %v : f32
    memref.store %e, %x[%i] : memref<4xf32>
  }
  return
}""",
    "branches": """
func.func @main(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  cf.cond_br %c, ^a, ^b
^a:
  %y = tosa.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
^b:
  return %x : tensor<4xf32>
}""",
}

# All of code generation in its order, and a network with a layer of every kind:
# streamed, Winograd, pooled, concatenated, reference.
KERNELS = [["--lw-record-entry", "--lw-split-separable=terms-apart"], ["--lw-select-kernels=winograd=always"],
           ["--lw-stream-stages=least-bytes=0"], ["--lw-fetch-weights"], ["--lw-verify-kernels"], ["--lw-plan-memory"],
           ["--lw-emit-kernels=profile"], ["--lw-lower-to-llvm"]]
NETWORK = """
func.func @main(%x: tensor<1x16x16x16xf32>) -> tensor<1x16x16x40xf32> {
  %w1 = "tosa.const"() {values = dense<0.01> : tensor<1x1x16x32xf32>} : () -> tensor<1x1x16x32xf32>
  %wd = "tosa.const"() {values = dense<0.02> : tensor<3x3x32x1xf32>} : () -> tensor<3x3x32x1xf32>
  %w2 = "tosa.const"() {values = dense<0.03> : tensor<1x1x32x16xf32>} : () -> tensor<1x1x32x16xf32>
  %w3 = "tosa.const"() {values = dense<0.04> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  %ws = "tosa.const"() {values = dense<0.05> : tensor<3x3x16x2xf32>} : () -> tensor<3x3x16x2xf32>
  %wp = "tosa.const"() {values = dense<0.06> : tensor<1x1x32x8xf32>} : () -> tensor<1x1x32x8xf32>
  %a = lw.pointwise_conv_2d %x, %w1 : (tensor<1x16x16x16xf32>, tensor<1x1x16x32xf32>) -> tensor<1x16x16x32xf32>
  %d = lw.depthwise_conv_2d %a, %wd {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x32xf32>, tensor<3x3x32x1xf32>) -> tensor<1x16x16x32xf32>
  %p = lw.pointwise_conv_2d %d, %w2 : (tensor<1x16x16x32xf32>, tensor<1x1x32x16xf32>) -> tensor<1x16x16x16xf32>
  %c = lw.conv_2d %p, %w3 {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x16x16x16xf32>
  %s = lw.separable_conv_2d %c, %ws, %wp {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x16xf32>, tensor<3x3x16x2xf32>, tensor<1x1x32x8xf32>) -> tensor<1x16x16x8xf32>
  %m = tosa.max_pool2d %c {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>} : (tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
  %r = tosa.erf %m : (tensor<1x16x16x16xf32>) -> tensor<1x16x16x16xf32>
  %y = tosa.concat %s, %c, %r {axis = 3 : i32} : (tensor<1x16x16x8xf32>, tensor<1x16x16x16xf32>, tensor<1x16x16x16xf32>) -> tensor<1x16x16x40xf32>
  return %y : tensor<1x16x16x40xf32>
}"""


def fault(text, flags):
    """What is wrong with the end of lw-opt, or nothing."""
    done = subprocess.run(["lw-opt", "-o", "/dev/null", *flags], input=text, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        return f"exit code {done.returncode}"
    for words in ("isn't known in this MLIRContext", "LLVM ERROR", "unrealized_conversion_cast", "Stack dump",
                  "unable to infer", "failed to verify", "incompatible", "different element types"):
        if words in done.stderr:
            return f"'{words}': " + done.stderr.strip()[:300]
    if done.returncode == 1 and "error: " not in done.stderr:
        return "no message"
    return ""


def names():
    listed = subprocess.run(["lw-opt", "--list-passes"], check=True, capture_output=True, text=True).stdout
    pipelines = ["lw-graph-pipeline", "lw-reference-pipeline", "lw-reference-loops-pipeline", "lw-kernel-pipeline",
                 "lw-kernel-loops-pipeline", "lw-lower-to-llvm"]
    passes = [name for name in re.findall(r"^  --(\S+)", listed, re.M) if "lw" in name.split("-")]
    assert len(passes) >= 20, f"only {passes} are listed"
    return sorted({*passes, *pipelines})


def cases(kernels):
    """What to report, the module, the flags."""
    if kernels:
        for taken in itertools.product((False, True), repeat=len(KERNELS)):
            flags = [flag for part, take in zip(KERNELS, taken) if take for flag in part]
            yield " ".join(flags), NETWORK, ["--lw-set-target", *flags]
        return
    for name in names():
        # All at once, each in a context of its own; one by one to see which.
        for flags in (["--" + name], ["--lw-set-target", "--" + name]):
            if fault("\n// -----\n".join(MODULES.values()), ["--split-input-file", *flags]):
                for module, text in MODULES.items():
                    yield f"{' '.join(flags)} on '{module}'", text, flags


def main():
    failures = 0
    for what, text, flags in cases("--kernels" in sys.argv):
        if why := fault(text, flags):
            failures += 1
            print(f"{what}: {why}", flush=True)
    print(f"{failures} runs end badly")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
