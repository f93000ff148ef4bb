"""Quantizes networks once, compiles them for several processors and compares the
outputs bit for bit.

  quantized_targets.py MODELS SAMPLES NAME[,NAME...] CPU[,CPU...] [ARM CPU[:QEMU CPU]...]

The first CPU that runs here is what others are compared with, the reference path
among them. ARM ones run under qemu. A processor that cannot run is named.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np

import emulation


def main():
    models, samples, names, cpus, arm = (pathlib.Path(sys.argv[1]), sys.argv[2],
                                         sys.argv[3].split(","), sys.argv[4].split(","), sys.argv[5:])
    index = json.loads((models / "golden" / "index.json").read_text())
    failures = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        emulator = emulation.Emulator(folder)
        for name in names:
            given = np.fromfile(models / "golden" / f"{name}.input.f32", np.float32)
            x = folder / "x.npy"
            np.save(x, given.reshape(index[name]["input"]))
            module = folder / "net.mlir"
            emulation.run(["lwc", models / "onnx" / f"{name}.onnx", "-o", module, "--emit=mlir", "--quiet",
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
            native("3 threads", "--threads=3")
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
