#!/usr/bin/env python3
"""Prints the demo's table from the JSON files that the tools wrote.

usage: demo_table.py FOLDER NAME=TITLE...
Reads FOLDER/NAME.cost.json (of lw-print-cost) and FOLDER/NAME.run.json (of lw-run)
for each form of the network, and writes FOLDER/tradeoff.json, from which
benchmarks/separable_tradeoff.py draws a plot.
"""
import json
import pathlib
import sys

HEADER = ("form", "MACs", "parameters", "correct of {samples}", "accuracy", "latency, least",
          "median")

# What the plot joins by a line.
SERIES = {"original": "as trained", "folded": "as trained, folded", "macs": "fitted, goal MACs",
          "time": "fitted, goal time", "svd": "plain SVD"}


def read(folder, name, title):
    """One form's numbers."""
    cost = json.loads((folder / f"{name}.cost.json").read_text())["functions"][0]["total"]
    run = json.loads((folder / f"{name}.run.json").read_text())
    return {"series": SERIES.get(name, name), "name": title, "macs": cost["macs"],
            "parameters": cost["parameters"], "correct": run["accuracy"]["top1"],
            "samples": run["accuracy"]["samples"],
            "top1_percent": 100 * run["accuracy"]["top1"] / run["accuracy"]["samples"],
            "minimum_ms": run["latency"]["minimum_ms"], "median_ms": run["latency"]["median_ms"]}


def row(point):
    return (point["name"], f"{point['macs']:,}", f"{point['parameters']:,}",
            str(point["correct"]), f"{point['top1_percent']:.2f} %",
            f"{1000 * point['minimum_ms']:.1f} us", f"{1000 * point['median_ms']:.1f} us")


def show(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    for i, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("| " + " | ".join(cells) + " |")
        if i == 0:
            print("|" + "|".join("-" * (width + 1) + (":" if j else "-")
                                 for j, width in enumerate(widths)) + "|")


def main():
    folder = pathlib.Path(sys.argv[1])
    points = [read(folder, *form.split("=", 1)) for form in sys.argv[2:]]
    samples = points[0]["samples"]
    show([tuple(title.format(samples=samples) for title in HEADER), *map(row, points)])
    results = {"network": "digits", "samples": samples, "processor": "this machine",
               "points": points}
    (folder / "tradeoff.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
