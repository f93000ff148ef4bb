#!/usr/bin/env python3
"""What compiling networks takes: processor time, memory, bytes.

  compile_cost.py NETWORK.onnx... [--lwc FLAGS] [--runs N]

Every network is compiled to a shared library, on one thread. Prints a table of

  weights   bytes of the network's parameters, in MB (10^6)
  seconds   processor time of lwc and of the linker that it starts, user and
            system, the least of the runs
  peak      the largest resident memory of either, in MB
  library   bytes of the library, in MB

An entry may carry flags of its own: 'NETWORK.onnx --shape=images:1x3x320x320'.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", metavar="NETWORK.onnx")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--lwc", default="", metavar="FLAGS", help="flags for every network")
    parser.add_argument("--tools", default="", metavar="DIR",
                        help="where lw's tools are (default: in PATH)")
    return parser.parse_args()


def compile_once(command, report):
    """Processor seconds, peak memory in bytes and the report; None after a failure."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(message, file=sys.stderr, end="")
        return None
    with open(report) as file:
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, json.load(file)


def measure(arguments, entry, folder):
    library, report = os.path.join(folder, "network.so"), os.path.join(folder, "report.json")
    command = [os.path.join(arguments.tools, "lwc"), *shlex.split(entry),
               *shlex.split(arguments.lwc), "-o", library, f"--json={report}"]
    runs = [compile_once(command, report) for _ in range(arguments.runs)]
    if None in runs:
        return None
    return (runs[0][2]["compilation"]["original"]["weight_bytes"], min(r[0] for r in runs),
            max(r[1] for r in runs), os.path.getsize(library))


def main():
    arguments = parse_arguments()
    rows, failed = [], False
    with tempfile.TemporaryDirectory() as folder:
        for entry in arguments.networks:
            name = os.path.splitext(os.path.basename(shlex.split(entry)[0]))[0]
            measured = measure(arguments, entry, folder)
            failed |= measured is None
            cells = ["failed"] * 4
            if measured:
                weights, seconds, peak, library = measured
                cells = [f"{weights / 1e6:.1f}", f"{seconds:.2f}", f"{peak / 1e6:.0f}",
                         f"{library / 1e6:.1f}"]
            rows.append([name, *cells])
    print("| network | weights MB | seconds | peak MB | library MB |")
    print("|---|---:|---:|---:|---:|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
