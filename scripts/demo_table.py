#!/usr/bin/env python3
"""Prints the demo's table from the JSON files that the tools wrote.

usage: demo_table.py FOLDER NAME...
Reads FOLDER/NAME.cost.json (of lw-print-cost) and FOLDER/NAME.run.json (of lw-run)
for each form of the network.
"""
import json
import pathlib
import sys

HEADER = ("form", "MACs", "parameters", "correct of {samples}", "accuracy", "latency, least",
          "median")


def row(folder, name):
    """One form's line and its number of samples."""
    cost = json.loads((folder / f"{name}.cost.json").read_text())["functions"][0]["total"]
    run = json.loads((folder / f"{name}.run.json").read_text())
    top1, samples = run["accuracy"]["top1"], run["accuracy"]["samples"]
    least, median = (f"{1000 * run['latency'][key]:.1f} us" for key in ("minimum_ms", "median_ms"))
    return (name, f"{cost['macs']:,}", f"{cost['parameters']:,}", str(top1),
            f"{100 * top1 / samples:.2f} %", least, median), samples


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    rows, samples = zip(*(row(folder, name) for name in names))
    lines = [tuple(title.format(samples=samples[0]) for title in HEADER), *rows]
    widths = [max(map(len, column)) for column in zip(*lines)]

    def show(line):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("| " + " | ".join(cells) + " |")

    show(lines[0])
    print("|" + "|".join("-" * (width + 1) + (":" if i else "-")
                         for i, width in enumerate(widths)) + "|")
    for line in lines[1:]:
        show(line)


if __name__ == "__main__":
    main()
