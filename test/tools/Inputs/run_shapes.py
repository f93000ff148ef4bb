"""Runs a library of several shapes on arrays of several shapes; every sample must give
what a run of it alone gives."""
import json
import subprocess
import sys

import npy

CHANNELS = 256


def run(shape, values):
    npy.save("x.npy", "f4", shape, values)
    done = subprocess.run(["lw-run", sys.argv[1], "--input=x.npy", "--output=y.npy", "--json=r.json"],
                          capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip().replace("lw-run: ", "")
    return json.load(open("r.json"))["runs"], npy.load("y.npy")[2]


for shape in ((1, 3, 8, 12), (1, 3, 5, 7), (2, 3, 5, 7), (4, 3, 8, 12), (6, 3, 8, 12), (8, 3, 8, 12),
              (1, 3, 8, 13)):
    size = 3 * shape[2] * shape[3]
    values = [((i * 29) % 97 - 48) / 48 for i in range(shape[0] * size)]
    runs, outputs = run(shape, values)
    if runs is None:
        print(list(shape), outputs)
        continue
    print(list(shape), runs, "runs")
    for sample in range(shape[0]):
        _, alone = run((1, *shape[1:]), values[sample * size:(sample + 1) * size])
        found = outputs[sample * CHANNELS:(sample + 1) * CHANNELS]
        assert max(abs(a - b) for a, b in zip(alone, found, strict=True)) < 1e-5, (shape, sample)
