"""Compiles the trained networks for AArch64, runs them under qemu and compares
with golden/.

  golden_arm.py MODELS CPU [--only NAME]... [--skip NAME]... [lwc flags]

CPU is one that lwc and qemu know, or one for lwc and one for qemu, `a,b`. Every
output must match within 1e-4 of its largest magnitude.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import golden


def compile_runner(folder):
    runner = folder / "run_library"
    source = pathlib.Path(__file__).parent / "Inputs" / "run_library.c"
    subprocess.run(["aarch64-linux-gnu-gcc", "-O1", source, "-o", runner, "-ldl"], check=True)
    return runner


def main():
    models, cpus, flags = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:]
    names = {"--only": [], "--skip": []}
    while flags[:1] and flags[0] in names:
        names[flags[0]].append(flags[1])
        flags = flags[2:]
    index = json.loads((models / "golden" / "index.json").read_text())
    failures = run = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        runner = compile_runner(folder)
        for name in sorted(index):
            if name in names["--skip"] or (names["--only"] and name not in names["--only"]):
                continue
            entry = index[name]
            library = folder / "net.so"
            subprocess.run(["lwc", models / "onnx" / f"{name}.onnx", "-o", library, "--target=aarch64-linux-gnu",
                            f"--cpu={cpus[0]}", "--quiet", *flags], check=True)
            arena = re.search(r"NET_ARENA_BYTES (\d+)", (folder / "net.h").read_text()).group(1)
            given = models / "golden" / f"{name}.input.f32"
            arguments = [library, "net", arena, given, str(given.stat().st_size), "--"]
            expected = []
            for i, _ in enumerate(entry["outputs"]):
                expected.append(models / "golden" / f"{name}.output{i}.f32")
                arguments += [folder / f"{i}.f32", str(expected[-1].stat().st_size)]
            subprocess.run(["qemu-aarch64", "-cpu", cpus[-1], "-L", "/usr/aarch64-linux-gnu", runner, *arguments],
                           check=True)
            errors = [golden.compare(golden.read_f32(folder / f"{i}.f32"), golden.read_f32(path))
                      for i, path in enumerate(expected)]
            ok = max(errors) <= golden.TOLERANCE
            failures += not ok
            run += 1
            print(f"{name}: error {max(errors):.1e}{'' if ok else ' FAILED'}", flush=True)
    print(f"{failures} of {run} networks differ")
    sys.exit(failures != 0 or run == 0)


if __name__ == "__main__":
    main()
