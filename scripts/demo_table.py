#!/usr/bin/env python3
"""Prints the demo's table from the JSON files that the tools wrote.

usage: demo_table.py FOLDER NAME...
Reads FOLDER/NAME.cost.json (lw-print-cost) and FOLDER/NAME.run.json (lw-run) of each
form of the network; the first is what the others are compared with.
"""
import json
import pathlib
import sys


def read(folder, name):
    """One row of numbers."""
    cost = json.loads((folder / f"{name}.cost.json").read_text())["total"]
    run = json.loads((folder / f"{name}.run.json").read_text())
    labels = run["labels"]
    return {"name": name, "macs": cost["macs"], "parameters": cost["parameters"],
            "correct": labels["top1"], "images": labels["count"],
            "median": run["benchmark"]["median_us"]}
