"""Quantizes networks once, compiles them for several processors and compares the
outputs bit for bit.

  quantized_targets.py MODELS SAMPLES NAME[,NAME...] CPU[,CPU...] [ARM CPU[:QEMU CPU]...]

The first CPU that runs here is what others are compared with, the reference path
among them. ARM ones run under qemu. A processor that cannot run is named.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

import golden_arm

TRIPLE = "aarch64-linux-gnu"


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(" ".join(map(str, command)) + "\n" + done.stdout + done.stderr)
    return done.stdout


def main():
    models, samples, names, cpus, arm = (pathlib.Path(sys.argv[1]), sys.argv[2],
                                         sys.argv[3].split(","), sys.argv[4].split(","), sys.argv[5:])
    index = json.loads((models / "golden" / "index.json").read_text())
    failures = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        runner = golden_arm.compile_runner(folder) if arm else None
        for name in names:
            given = models / "golden" / f"{name}.input.f32"
            shape = index[name]["input"]
            x = folder / "x.npy"
            np.save(x, np.fromfile(given, np.float32).reshape(shape))
            module = folder / "net.mlir"
            run(["lwc", models / "onnx" / f"{name}.onnx", "-o", module, "--emit=mlir", "--quiet",
                 "--quantize=int8,always", f"--calibrate={samples if samples != 'input' else x}"])
            results = {}

            def native(label, *flags):
                y = folder / "y.npz"
                run(["lw-run", module, f"--input={x}", f"--output={y}", *flags])
                loaded = np.load(y)
                results[label] = [loaded[k] for k in sorted(loaded.files)]

            native("reference", "--reference")
            for cpu in cpus:
                native(cpu, f"--cpu={cpu}")
            native("3 threads", "--threads=3")
            for entry in arm:
                cpu, _, emulated = entry.partition(":")
                library = folder / "net.so"
                run(["lwc", module, "-o", library, f"--target={TRIPLE}", f"--cpu={cpu}", "--quiet"])
                arena = re.search(r"NET_ARENA_BYTES (\d+)", (folder / "net.h").read_text()).group(1)
                arguments = [library, "net", arena, given, given.stat().st_size, "--"]
                files = []
                for i, y in enumerate(results["reference"]):
                    files.append(folder / f"{i}.f32")
                    arguments += [files[-1], y.nbytes]
                run(["qemu-aarch64", "-cpu", emulated or cpu, "-L", "/usr/" + TRIPLE, runner, *arguments])
                results[cpu] = [np.fromfile(f, y.dtype).reshape(y.shape)
                                for f, y in zip(files, results["reference"])]
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
