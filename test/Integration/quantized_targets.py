"""Quantizes networks once, compiles them for several processors and compares the
outputs bit for bit.

  quantized_targets.py MODELS SAMPLES NAME[,NAME...] CPU[,CPU...] [ARM CPU[:QEMU CPU]...]

All are compared with the reference path, as are two and three threads. ARM processors
run under qemu. NAME `all` is every network of MODELS. A softmax, an exponential or an
average after the last products, which floats compute and which is only alike, is taken
off before, and what follows it. Needs onnx.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx

import emulation


def without_functions(path, stripped):
    """The network whose outputs, where a softmax, an exponential or an average stands
    between the last products and them, are what those are taken of."""
    network = onnx.load(str(path))
    makers = {output: node for node in network.graph.node for output in node.output}
    names, cut = [], False

    def behind(name):
        """The arguments of such functions on the ways back from tensor `name`."""
        node = makers.get(name)
        if node is None or node.op_type in ("Conv", "Gemm", "MatMul"):
            return []
        if node.op_type in ("Softmax", "Exp", "GlobalAveragePool"):
            return behind(node.input[0]) or [node.input[0]]
        return [found for input in node.input for found in behind(input)]

    for output in network.graph.output:
        found = behind(output.name)
        cut |= bool(found)
        names += found or [output.name]
    if cut:
        del network.graph.output[:]
        network.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(names))
        network = kept(network)
    onnx.save(network, str(stripped))


def kept(network):
    """`network` without the nodes whose results nothing reads."""
    needed = {output.name for output in network.graph.output}
    nodes = []
    for node in reversed(network.graph.node):
        if needed.intersection(node.output):
            nodes.insert(0, node)
            needed.update(node.input)
    del network.graph.node[:]
    network.graph.node.extend(nodes)
    return network


def main():
    models, samples, names, cpus, arm = (pathlib.Path(sys.argv[1]), sys.argv[2],
                                         sys.argv[3].split(","), sys.argv[4].split(","), sys.argv[5:])
    index = json.loads((models / "golden" / "index.json").read_text())
    if names == ["all"]:
        names = sorted(index)
    failures = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        emulator = emulation.Emulator(folder)
        for name in names:
            given = np.fromfile(models / "golden" / f"{name}.input.f32", np.float32)
            x = folder / "x.npy"
            np.save(x, given.reshape(index[name]["input"]))
            module, network = folder / "net.mlir", folder / "net.onnx"
            without_functions(models / "onnx" / f"{name}.onnx", network)
            emulation.run(["lwc", network, "-o", module, "--emit=mlir", "--quiet",
                 "--quantize=int8,always", f"--calibrate={samples if samples != 'input' else x}"])
            results = {}

            def native(label, *flags):
                y = folder / "y.npz"
                emulation.run(["lw-run", module, f"--input={x}", f"--output={y}", *flags])
                loaded = np.load(y)
                results[label] = [loaded[k] for k in sorted(loaded.files)]

            native("reference", "--reference")
            for cpu in cpus:
                native(cpu, f"--cpu={cpu}")
            for threads in (2, 3):
                native(f"{threads} threads", f"--threads={threads}")
            for entry in arm:
                cpu, _, emulated = entry.partition(":")
                results[cpu] = emulator.run(module, cpu, emulated, [given], results["reference"])
            for label, values in results.items():
                same = all(np.array_equal(a, b) for a, b in zip(values, results["reference"]))
                worst = max(np.abs(a.astype(np.float64) - b).max() for a, b in zip(values, results["reference"]))
                compared += 1
                failures += not same
                print(f"{name} {label}: {'equal' if same else f'DIFFERS by {worst:.3g}'}", flush=True)
    print(f"{failures} of {compared} runs differ")
    sys.exit(failures != 0 or compared == 0)


if __name__ == "__main__":
    main()
