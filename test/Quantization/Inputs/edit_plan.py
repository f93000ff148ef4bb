"""edit_plan.py FROM.json TO.json LAYER FORM PRECISION...

Sets what a plan says of layers; `*` is all of them, what is empty stays. A
layer that is not there is added.
"""
import json
import sys

plan = json.load(open(sys.argv[1]))
rest = sys.argv[3:]
for name, form, precision in zip(rest[::3], rest[1::3], rest[2::3]):
    chosen = [layer for layer in plan["layers"] if name in ("*", layer["layer"])]
    if not chosen:
        chosen = [{"layer": name}]
        plan["layers"] += chosen
    for layer in chosen:
        layer.update({key: value for key, value in (("form", form), ("precision", precision)) if value})
json.dump(plan, open(sys.argv[2], "w"))
