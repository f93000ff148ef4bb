#!/usr/bin/env python3
"""Counts what compiled networks execute on AArch64, under qemu with a plugin.

  arm_instructions.py NETWORK... [--cpu cortex-a76] [--f32] [--int8] [--markdown]

Of networks of one input, by f32 and by 8-bit integers unless one is chosen. Counted is
what the second of two runs executes, in multiply-accumulates (MACs) of the network:

  ideal         instructions a MAC if there were nothing but multiply-adds of 128
                bits: 1/4 by fmla, 1/16 by sdot
  instructions  all
  multiplies    fmla or sdot of 128 bits, and fmla or sdot of half a register and
                fmadd by their share of one: under the ideal where a layer multiplies
                otherwise, over it where lanes are empty
  loads         loads and stores of 128 bits, each of one register or two
  stack         such of the stack, in thousandths of all instructions: values that
                find no register

Needs qemu-user 7.2, gcc and the cross compiler (scripts/setup.sh --cross).
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

TRIPLE = "aarch64-linux-gnu"
PROGRAM = r"""
#include "net.h"
#include <stdlib.h>
#include <string.h>

static void *filled(size_t bytes, int value) {
  bytes = (bytes + 64) / 64 * 64;
  return memset(aligned_alloc(64, bytes), value, bytes);
}

int main(int argc, char **argv) {
  /* 0x3d3d3d3d is the float 0.046. */
  const void *inputs[] = {filled(NET_INPUT0_BYTES, 0x3d)};
  void *outputs[] = {filled(NET_OUTPUT0_BYTES, 0)};
  void *arena = filled(NET_ARENA_BYTES, 0);
  (void)argc;
  for (int i = atoi(argv[1]); i > 0; --i)
    if (net_run(inputs, outputs, arena))
      return 1;
  return 0;
}
"""
# What multiplies, and how much of a register of 128 bits it fills.
UNITS = {"f32": (4, {"fmla": 1, "half-fmla": 1 / 2, "fmadd": 1 / 4}), "int8": (16, {"sdot": 1, "half-sdot": 1 / 2})}


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}exit status {done.returncode}")
    return done.stdout + done.stderr


def count(folder, cpu, runs):
    counts = collections.Counter()
    for line in run(["qemu-aarch64", "-cpu", cpu, "-plugin", folder / "count.so", "-d", "plugin",
                     folder / "program", runs]).splitlines():
        name, _, number = line.partition(" ")
        counts[name] += int(number)
    return counts


def measure(folder, network, cpu, precision):
    """MACs of the network and what a run executes."""
    def compile_network(*flags):
        run(["lwc", network, "-o", folder / "net.a", f"--target={TRIPLE}", f"--cpu={cpu}", "--quiet",
             f"--json={folder / 'report.json'}", *flags])

    compile_network()
    header = (folder / "net.h").read_text()
    if "NET_NUM_INPUTS 1\n" not in header or "NET_NUM_OUTPUTS 1\n" not in header:
        sys.exit(f"{network}: expected one input and one output")
    if precision == "int8":
        shape = [int(extent) for extent in re.search(r"NET_INPUT0_SHAPE {(.*)}", header).group(1).split(",")]
        np.save(folder / "samples.npy", np.random.default_rng(0).uniform(-1, 1, [4, *shape[1:]]).astype(np.float32))
        compile_network("--quantize=int8,always", f"--calibrate={folder / 'samples.npy'}")
    macs = json.loads((folder / "report.json").read_text())["compilation"]["cost"]["macs"]
    (folder / "program.c").write_text(PROGRAM)
    run([TRIPLE + "-gcc", "-O1", "-static", folder / "program.c", folder / "net.a", "-lm", "-o", folder / "program"])
    once, twice = (count(folder, cpu, runs) for runs in (1, 2))
    return macs, {name: twice[name] - once[name] for name in twice}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", type=pathlib.Path, metavar="NETWORK")
    parser.add_argument("--cpu", default="cortex-a76", help="one that lwc and qemu know, with sdot for 8-bit integers")
    parser.add_argument("--f32", action="store_true")
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="print a table for docs/benchmarks.md")
    args = parser.parse_args()
    chosen = [precision for precision in UNITS if getattr(args, precision)] or list(UNITS)
    rows = [["network", "million MACs", "ideal", "instructions", "multiplies", "loads", "stack ‰"]]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(["gcc", "-O1", "-shared", "-fPIC", pathlib.Path(__file__).parent / "count_instructions.c", "-o",
             folder / "count.so"])
        for network in args.networks:
            for precision in chosen:
                macs, counts = measure(folder, network, args.cpu, precision)
                lanes, units = UNITS[precision]
                multiplies = sum(share * counts[unit] for unit, share in units.items())
                rows.append([f"{network.stem} {precision}", f"{macs / 1e6:.1f}", f"{1 / lanes:.4f}",
                             *(f"{number / macs:.4f}" for number in
                               (counts["instructions"], multiplies, counts["vector-memory"])),
                             f"{1000 * counts['vector-stack'] / counts['instructions']:.2f}"])
    if args.markdown:
        rows.insert(1, ["---", *["---:"] * 6])
    for row in rows:
        print("| " + " | ".join(row) + " |" if args.markdown else "  ".join(f"{cell:>24}" for cell in row))


if __name__ == "__main__":
    main()
