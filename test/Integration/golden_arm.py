"""Compiles the trained networks for AArch64, runs them under qemu and compares
with golden/.

  golden_arm.py MODELS CPU [--only NAME]... [--skip NAME]... [lwc flags]

CPU is one that lwc and qemu know, or one for lwc and one for qemu, `a,b`. Every
output must match within 1e-4 of its largest magnitude.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np

import emulation
import golden


def read(models, name, part):
    return np.fromfile(models / "golden" / f"{name}.{part}.f32", np.float32)


def main():
    models, cpus, flags = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:]
    names = {"--only": [], "--skip": []}
    while flags[:1] and flags[0] in names:
        names[flags[0]].append(flags[1])
        flags = flags[2:]
    index = json.loads((models / "golden" / "index.json").read_text())
    failures = run = 0
    with tempfile.TemporaryDirectory() as folder:
        emulator = emulation.Emulator(folder)
        for name in sorted(index):
            if name in names["--skip"] or (names["--only"] and name not in names["--only"]):
                continue
            expected = [read(models, name, f"output{i}") for i, _ in enumerate(index[name]["outputs"])]
            found = emulator.run(models / "onnx" / f"{name}.onnx", cpus[0], cpus[-1],
                                 [read(models, name, "input")], expected, flags)
            errors = [golden.compare(mine, right) for mine, right in zip(found, expected)]
            ok = max(errors) <= golden.TOLERANCE
            failures += not ok
            run += 1
            print(f"{name}: error {max(errors):.1e}{'' if ok else ' FAILED'}", flush=True)
    print(f"{failures} of {run} networks differ")
    sys.exit(failures != 0 or run == 0)


if __name__ == "__main__":
    main()
