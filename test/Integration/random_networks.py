"""Draws whole networks, compiles them for processors, runs them under qemu and
compares with an interpreter, which is plain loops in double precision.

  random_networks.py PROPERTY_TESTS SEED NETWORKS CPU[:QEMU CPU]...

PROPERTY_TESTS is the program of the unit tests that draws and interprets them.
CPU is one of AArch64, or x86-64... or multi, see emulation.py. Five networks make
a module; modules go to the processors in turn, each with switches drawn for it.
"""
import pathlib
import random
import sys
import tempfile

import numpy as np

import emulation

PORTION = 5


def draw_flags(rng, cpu):
    flags = [flag for flag in ("--no-winograd", "--no-fold", "--no-fuse") if rng.random() < 0.3]
    # Debian has LLVM's OpenMP library for this machine only.
    if cpu == "multi" or cpu.startswith("x86-64"):
        flags.append(f"--threads={rng.choice([1, 1, 2, 3])}")
    return flags


def is_right(found, expected, bound):
    with np.errstate(invalid="ignore"):
        near = np.abs(found.astype(np.float64) - expected) <= bound
    return (near | (found == expected) | (np.isnan(found) & np.isnan(expected))).all()


def main():
    program, seed, count, cpus = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        emulator = emulation.Emulator(folder)
        emulation.run([program, f"--seed={seed}", f"--configurations={count}", f"--write-networks={folder}"])
        for number, first in enumerate(range(0, count, PORTION)):
            data = np.load(folder / f"{first}.npz")
            inputs, expected = ([data[f"{kind}{i}"] for i in range(len(data.files)) if f"{kind}{i}" in data]
                                for kind in ("input", "output"))
            cpu, _, emulated = cpus[number % len(cpus)].partition(":")
            flags = draw_flags(random.Random(f"{seed} {first}"), cpu)
            found = emulator.run(folder / f"{first}.mlir", cpu, emulated, inputs, expected, flags)
            wrong = {int(network) for output, right, bound, network in
                     zip(found, expected, data["bounds"], data["networks"]) if not is_right(output, right, bound)}
            failures += len(wrong)
            for network in sorted(wrong):
                print(f"seed {seed}, network {network}: wrong for {cpu} {emulated} {' '.join(flags)}", flush=True)
    print(f"{failures} of {count} networks differ")
    sys.exit(failures != 0 or count == 0)


if __name__ == "__main__":
    main()
