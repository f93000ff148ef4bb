"""Checks the JSON of a rewrite against its own sums and the printed table.

  separable_json.py report.json report.txt
"""
import json
import re
import sys

report = json.load(open(sys.argv[1]))["compilation"]
plan, lines = report["separable"], open(sys.argv[2]).read().splitlines()
assert plan["goal"] == "macs=2x,skip=conv2" and plan["samples"] == 200
assert plan["feasible"] and 2 * plan["macs_after"] <= plan["macs_before"] == 4369344
assert report["cost"]["macs"] == plan["macs_after"]
saved = sum(layer["macs_before"] - layer["macs_after"] for layer in plan["layers"])
assert plan["macs_before"] - saved == plan["macs_after"]
assert abs(plan["predicted_error"] - sum(l["output_error"] for l in plan["layers"])) < 1e-9
accuracy = plan["accuracy"]
assert accuracy["samples"] == 200 and accuracy["top1_percent_before"] == 100, accuracy
assert 90 <= accuracy["top1_percent_after"] <= 100, accuracy

layers = {layer["layer"]: layer for layer in plan["layers"]}
assert not layers["conv2"]["rewritten"] and layers["conv2"]["note"] == "kept: skipped"
assert any(layer["rewritten"] for layer in layers.values())
printed = [re.split(r"\s", line)[0] for line in lines]
order = [name for name in printed if name in layers]
assert sorted(order) == sorted(layers), order
errors = [layers[name]["output_error"] for name in order]
assert errors == sorted(errors, reverse=True), errors
