#!/usr/bin/env python3
"""Draws what `lw-run --compare --json layers.json` has found: a bar a layer.

  plot_comparison.py layers.json layers.svg

Needs matplotlib.
"""
import argparse
import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", metavar="layers.json")
    parser.add_argument("plot", metavar="layers.svg")
    arguments = parser.parse_args()
    with open(arguments.report) as file:
        report = json.load(file)
    if "comparison" not in report:
        parser.error(f"{arguments.report} is no report of lw-run --compare")
    layers = [layer for layer in report["comparison"]["layers"] if layer["sqnr_db"] is not None]
    figure, axes = plt.subplots(figsize=(8, 1 + 0.22 * len(layers)))
    colors = ["tab:blue" if layer["precision"] == "int8" else "tab:gray" for layer in layers]
    axes.barh([layer["name"] for layer in layers], [layer["sqnr_db"] for layer in layers], color=colors)
    axes.invert_yaxis()
    axes.set_xlabel("signal-to-noise ratio of the layer's result, dB (blue: int8)")
    axes.set_title(f"{report['network']} against {report['comparison']['original']}", fontsize=9)
    axes.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(arguments.plot)


if __name__ == "__main__":
    main()
