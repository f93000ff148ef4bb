"""Checks reports against the schema and what must hold between their figures.

usage: check_report.py SCHEMA FOLDER
"""
import json
import pathlib
import sys

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
reports = {name: json.loads((folder / f"{name}.json").read_text())
           for name in ("plain", "brief", "int8", "cross", "two")}

try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is missing: scripts/setup.sh installs it")
jsonschema.Draft202012Validator.check_schema(schema)
for name, report in reports.items():
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
# The schema is no formality.
for damage in (lambda r: r.pop("network"), lambda r: r.update(schema=2), lambda r: r["compilation"].pop("cost"),
               lambda r: r["details"]["layers"][0].update(surprise=1),
               lambda r: r["details"]["memory"]["buffers"][0].update(bytes=-1),
               lambda r: r["details"]["layers"][0]["after"].update(macs="many")):
    broken = json.loads(json.dumps(reports["plain"]))
    damage(broken)
    try:
        jsonschema.validate(broken, schema, cls=jsonschema.Draft202012Validator)
    except jsonschema.ValidationError:
        continue
    sys.exit("the schema accepts a damaged report")

assert "details" not in reports["brief"]
# What the network in examples/digits has, by its layers' extents.
macs = {"conv1": 8 * 8 * 9 * 32, "conv2": 8 * 8 * 9 * 32 * 64, "conv3": 8 * 8 * 9 * 64 * 64,
        "conv4": 4 * 4 * 9 * 64 * 64, "conv5": 2 * 2 * 9 * 64 * 96, "classifier": 96 * 10}
for name, report in reports.items():
    if name == "brief":
        continue
    details = report["details"]
    layers = {layer["name"]: layer for layer in details["layers"]}
    assert sum(layer["after"]["macs"] for layer in layers.values()) == report["compilation"]["cost"]["macs"], name
    assert all(i in layers for layer in layers.values() for i in layer["inputs"]), name
    for buffer in details["memory"]["buffers"]:
        assert buffer["offset"] + buffer["bytes"] <= details["memory"]["arena_bytes"], (name, buffer)
        assert buffer["first"] <= buffer["last"], (name, buffer)
    for layer in layers.values():
        assert layer["after"]["predicted_cycles"] >= 0 and layer["after"]["least_cycles"] >= 0
    measured = name != "cross"
    assert details["measured"] == measured, name
    assert all(("microseconds" in kernel) == measured for kernel in details["kernels"]), name
    if measured:
        shared = sum(layer["after"]["microseconds"] for layer in layers.values())
        kernels = sum(kernel["microseconds"] for kernel in details["kernels"] if kernel["layers"])
        assert abs(shared - kernels) <= 1e-6 * kernels, (name, shared, kernels)
        assert 1e8 < details["clock_hz"] < 1e10, details["clock_hz"]
    if name == "two":
        continue
    # Averages of integers are convolutions.
    found = {n: layer["after"]["macs"] for n, layer in layers.items() if layer["after"]["macs"] and n != "pool"}
    assert found == macs, (name, found)
    # A chain: each convolution is after the one before.
    order = list(macs)
    for before, after in zip(order, order[1:]):
        reached, todo = set(), [after]
        while todo:
            for i in layers[todo.pop()]["inputs"]:
                if i not in reached:
                    reached.add(i)
                    todo.append(i)
        assert before in reached, (name, before, after)

counted = json.loads((folder / "cost.json").read_text())["functions"][0]["layers"]
two = [layer["after"] for layer in reports["two"]["details"]["layers"]]
for key in ("macs", "weight_bytes", "activation_bytes"):
    assert [layer[key] for layer in counted] == [layer[key] for layer in two if layer["macs"]], key

plain, int8 = (reports[name]["details"]["layers"] for name in ("plain", "int8"))
assert all(layer["before"] is None and layer["after"]["precision"] == "f32" for layer in plain)
for layer in int8:
    if layer["name"] in macs:
        assert layer["before"]["precision"] == "f32" and layer["after"]["precision"] == "i8", layer
        # Weights of a byte and factors of a channel: far less than half.
        assert layer["after"]["weight_bytes"] < 0.5 * layer["before"]["weight_bytes"], layer
operations = reports["int8"]["compilation"]["quantization"]["operations"]
for operation in operations:
    counts = operation.get("histogram")
    assert operation["least"] == operation["largest"] or sum(counts) > 0 and counts[0] and counts[-1], operation
assert len(operations) > len(macs)
