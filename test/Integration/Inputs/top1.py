"""top1.py report.json LEAST: lw-run has found at least so many samples right."""
import json
import sys

with open(sys.argv[1]) as file:
    found = json.load(file)["accuracy"]["top1"]
print(found)
sys.exit(found < int(sys.argv[2]))
