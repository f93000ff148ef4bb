"""How close the inner loops of kernels for ARM come to the issue limit of the
multiply-add, by LLVM's models of the processors.

  arm_loops.py [--int8 | --bf16] [--depthwise] [--cpus cortex-a76,neoverse-n1,neoverse-v1] [--markdown]
  arm_loops.py --networks FILE... [--cpus neoverse-n1] [--minimum 0.9]

Compiles single layers with lwc, takes the innermost loop with the most
multiply-adds, runs llvm-mca on it and compares with the multiply-adds that the
model can issue in a cycle: fmla, of quantized layers sdot or smmla, or bfmmla.
"""
import argparse
import functools
import pathlib
import re
import subprocess
import sys
import tempfile

# Name, height, width, input channels, output channels, kernel, stride.
LAYERS = [
    ("pointwise 56x56, 128-128", "pointwise", 56, 128, 128, 1, 1),
    ("pointwise 14x14, 512-512", "pointwise", 14, 512, 512, 1, 1),
    ("standard 3x3 32x32, 256-256", "standard", 32, 256, 256, 3, 1),
    ("MobileNetV1 112x112, 32-64", "pointwise", 112, 32, 64, 1, 1),
    ("MobileNetV1 56x56, 64-128", "pointwise", 56, 64, 128, 1, 1),
    ("MobileNetV1 28x28, 256-256", "pointwise", 28, 256, 256, 1, 1),
    ("MobileNetV1 7x7, 1024-1024", "pointwise", 7, 1024, 1024, 1, 1),
    ("MobileNetV1 28x28, 128-256", "pointwise", 28, 128, 256, 1, 1),
]
# Loads and stores take as long: not counted among the layers above.
DEPTHWISE = ("MobileNetV1 depthwise 56x56, 128", "depthwise", 56, 128, 128, 3, 1)


# Instructions that multiply and add, with operands that are independent.
MULTIPLY = {"fmla": "fmla v{0}.4s, v30.4s, v31.s[0]", "sdot": "sdot v{0}.4s, v30.16b, v31.4b[0]",
            "smmla": "smmla v{0}.4s, v30.16b, v31.16b", "sadalp": "sadalp v{0}.4s, v30.8h",
            "bfmmla": "bfmmla v{0}.4s, v30.8h, v31.8h"}


# Loops of fewer are ends of rows and sums of vectors.
LEAST_MULTIPLIES = 8
# A sum without bias begins at its first product.
FIRST = {"fmla": "fmul"}


def tensor(*shape, element="f32"):
    return f"tensor<{'x'.join(map(str, shape))}x{element}>"


def quantized(kind, size, inputs, outputs, kernel, stride):
    filters = (kernel, kernel, inputs, 1) if kind == "depthwise" else (kernel, kernel, inputs, outputs)
    op = {"pointwise": "pointwise_conv_2d", "standard": "conv_2d", "depthwise": "depthwise_conv_2d"}[kind]
    pad = kernel // 2
    padding = f"padding = array<i64: {pad}, {pad}, {pad}, {pad}>, " if pad else ""
    x, y, w = (tensor(*shape, element="i8") for shape in
               ((1, size, size, inputs), (1, size, size, outputs), filters))
    scales = ", ".join(["0.01"] * outputs)
    return (f"func.func @main(%x: {tensor(1, size, size, inputs)}) -> {tensor(1, size, size, outputs)} {{\n"
            f'  %w = "tosa.const"() <{{values = dense<5> : {w}}}> : () -> {w}\n'
            f"  %q = lw.quantize %x to <u8, 0.5, 128> : {tensor(1, size, size, inputs)} -> {x}\n"
            f"  %y = lw.{op} %q, %w {{{padding}quantization = #lw.conv_quant<input = <u8, 0.5, 128>, "
            f"filter = [{scales}], output = <u8, 0.5, 3>>}} : ({x}, {w}) -> {y}\n"
            f"  %z = lw.dequantize %y from <u8, 0.5, 3> : {y} -> {tensor(1, size, size, outputs)}\n"
            f"  return %z : {tensor(1, size, size, outputs)}\n}}\n")


def network(kind, size, inputs, outputs, kernel, stride):
    filters = (kernel, kernel, inputs, 1) if kind == "depthwise" else (kernel, kernel, inputs, outputs)
    op = {"pointwise": "pointwise_conv_2d", "standard": "conv_2d", "depthwise": "depthwise_conv_2d"}[kind]
    pad = kernel // 2
    attributes = f" {{padding = array<i64: {pad}, {pad}, {pad}, {pad}>}}" if pad else ""
    x, w, y = tensor(1, size, size, inputs), tensor(*filters), tensor(1, size, size, outputs)
    # A layer before and after, so that values lie in blocks.
    return (f"func.func @main(%x: {x}) -> {y} {{\n"
            f'  %w = "tosa.const"() <{{values = dense<0.5> : {w}}}> : () -> {w}\n'
            f"  %a = tosa.abs %x : ({x}) -> {x}\n"
            f"  %y = lw.{op} %a, %w{attributes} : ({x}, {w}) -> {y}\n"
            f"  %z = tosa.abs %y : ({y}) -> {y}\n  return %z : {y}\n}}\n")


def loops(assembly):
    """The bodies of innermost loops: from a label to the branch back to it."""
    lines = assembly.splitlines()
    labels = {}
    for i, line in enumerate(lines):
        if match := re.match(r"(\.LBB\w+):", line):
            labels[match.group(1)] = i
        elif (match := re.match(r"\s+(?:b\.\w+|cbn?z\s+\w+,|tbn?z\s+\w+, #\d+,)\s*(\.LBB\w+)", line)) and \
                match.group(1) in labels:
            body = lines[labels[match.group(1)] + 1:i + 1]
            if not any(re.match(r"\.LBB", part) for part in body):
                yield [part for part in body if re.match(r"\s+[a-z]", part)]


def functions(assembly):
    """Names and texts of functions."""
    parts = re.split(r"^([A-Za-z_][\w.$]*):.*$", assembly, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2])


def unit_of(body):
    """The multiply-add of a loop, and the accumulators and instructions of it."""
    best = ("", (0, 0))
    for name in MULTIPLY:
        sums = [match.group(1) for line in body if (match := re.match(rf"\s+{name}\s+(v\d+)", line))]
        best = max(best, (name, (len(set(sums)), len(sums))), key=lambda found: found[1])
    return best


def measure(body, name, cpu):
    """Multiply-adds, instructions, cycles, and accesses of the stack of a loop."""
    multiplies = sum(bool(re.match(rf"\s+(?:{name}|{FIRST.get(name, name)})\s", line)) for line in body)
    # What leaves the registers, or comes back to them.
    spills = sum(bool(re.search(r"\b(?:str|stp|ldr|ldp)\s+q", line)) and "[sp" in line for line in body)
    command = ["llvm-mca-22", "-mtriple=aarch64-linux-gnu", f"-mcpu={cpu}", "-iterations=200", "--resource-pressure=0",
               "--instruction-info=0"]
    report = subprocess.run(command, input="\n".join(body), capture_output=True, text=True, check=True).stdout
    return multiplies, len(body), int(re.search(r"Total Cycles:\s+(\d+)", report).group(1)) / 200, spills


def compile_for(cpu, path, folder, flags=()):
    """The assembly of a network."""
    output = pathlib.Path(folder) / "network.s"
    subprocess.run(["lwc", path, "-o", output, "--target=aarch64-linux-gnu", f"--cpu={cpu}", "--quiet", *flags],
                   check=True)
    return output.read_text()


def measure_layer(text, cpu, folder, flags=()):
    """What measure() says of the loop of a layer, after the name of its unit."""
    (folder / "layer.mlir").write_text(text)
    assembly = compile_for(cpu, folder / "layer.mlir", folder, ["--no-winograd", *flags])
    # Of the most accumulators: what is left of a row of pixels has few.
    body = max(loops(assembly), key=lambda body: unit_of(body)[1])
    name = unit_of(body)[0]
    return name, *measure(body, name, cpu)


def measure_networks(paths, cpus, minimum):
    """Prints the loops of networks below a share of the limit, and all that use the stack."""
    with tempfile.TemporaryDirectory() as folder:
        for cpu in cpus:
            for path in paths:
                every = below = 0
                for function, text in functions(compile_for(cpu, path, folder)):
                    for body in loops(text):
                        name, (_, most) = unit_of(body)
                        if most < LEAST_MULTIPLIES:
                            continue
                        multiplies, instructions, cycles, spills = measure(body, name, cpu)
                        share = multiplies / cycles / limit(cpu, name)
                        every += 1
                        if share < minimum or spills:
                            below += share < minimum
                            print(f"{cpu} {path.stem} {function}: {100 * share:.0f} % "
                                  f"({multiplies} {name} of {instructions}, {spills} spills)")
                print(f"{cpu} {path.stem}: {below} of {every} loops below {100 * minimum:.0f} %", flush=True)


@functools.cache
def limit(cpu, name):
    """Multiply-adds a cycle of the model: independent ones alone."""
    code = "\n".join(MULTIPLY[name].format(i) for i in range(24))
    report = subprocess.run(["llvm-mca-22", "-mtriple=aarch64-linux-gnu", f"-mcpu={cpu}", "-iterations=200",
                             "--resource-pressure=0", "--instruction-info=0"], input=code, capture_output=True,
                            text=True, check=True).stdout
    return 24 * 200 / int(re.search(r"Total Cycles:\s+(\d+)", report).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpus", default="cortex-a76,neoverse-n1,neoverse-v1")
    parser.add_argument("--int8", action="store_true", help="quantized layers")
    parser.add_argument("--bf16", action="store_true", help="layers that multiply bfloat16")
    parser.add_argument("--markdown", action="store_true", help="print a table for docs/benchmarks.md")
    parser.add_argument("--depthwise", action="store_true", help="measure a depthwise layer, too")
    parser.add_argument("--only", default="", metavar="PART", help="layers whose names have it")
    parser.add_argument("--minimum", type=float, default=0, help="fail below this share of the limit")
    parser.add_argument("--networks", nargs="+", type=pathlib.Path, metavar="FILE", default=[],
                        help="list the loops of these that come to less than --minimum, or use the stack")
    args = parser.parse_args()
    cpus = args.cpus.split(",")
    if args.networks:
        return measure_networks(args.networks, cpus, args.minimum)
    rows, worst, used = [], 1.0, set()
    with tempfile.TemporaryDirectory() as folder:
        for name, *shape in LAYERS + [DEPTHWISE] * args.depthwise:
            if args.only not in name:
                continue
            cells = []
            for cpu in cpus:
                text = (quantized if args.int8 else network)(*shape)
                unit, multiplies, instructions, cycles, spills = measure_layer(
                    text, cpu, pathlib.Path(folder), ["--arithmetic=bf16,all"] if args.bf16 else [])
                share = multiplies / cycles / limit(cpu, unit)
                worst = min(worst, share)
                used.add((cpu, unit))
                cells.append(f"{100 * share:.0f} % ({multiplies} {unit} of {instructions}, {spills} spills)")
            rows.append([name, *cells])
    header = ["layer", *cpus]
    if args.markdown:
        print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows if args.markdown else [header, *rows]:
        print("| " + " | ".join(row) + " |" if args.markdown else "  ".join(f"{cell:34}" for cell in row))
    units = ", ".join(f"{cpu} {limit(cpu, u):.2f} {u}" for cpu, u in sorted(used))
    print(f"a cycle: {units}")
    print(f"least: {100 * worst:.0f} % of the limit")
    sys.exit(worst < args.minimum)


if __name__ == "__main__":
    main()
