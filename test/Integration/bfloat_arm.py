"""Layers that multiply bfloat16 on AArch64, run under qemu, against plain loops in float64.

  bfloat_arm.py FOLDER CPU[:QEMU CPU]...  FOLDER is what bfloat_products.py has written
"""
import pathlib
import re
import sys
import tempfile

import numpy

import emulation


def main():
    folder, cpus = pathlib.Path(sys.argv[1]), sys.argv[2:]
    feeds, expected = numpy.load(folder / "in.npz"), numpy.load(folder / "bf16.npz")
    names = re.findall(r'lw.name = "(\w+)"', (folder / "net.mlir").read_text())
    inputs = [feeds[name] for name in names if name in feeds]
    outputs = {name: expected[name].astype(numpy.float32) for name in names if name in expected}
    with tempfile.TemporaryDirectory() as scratch:
        emulator = emulation.Emulator(pathlib.Path(scratch))
        for cpu in cpus:
            cpu, _, emulated = cpu.partition(":")
            results = emulator.run(folder / "net.mlir", cpu, emulated, inputs, outputs.values(),
                                   ["--arithmetic=bf16,all"])
            found = dict(zip(outputs, results))
            path = pathlib.Path(scratch) / f"{cpu}.npz"
            numpy.savez(path, **found)
            emulation.run([sys.executable, pathlib.Path(__file__).parent.parent / "Codegen/Inputs/bfloat_products.py",
                           "check", folder, "bf16", path])
    print(f"{len(cpus)} processors")


main()
