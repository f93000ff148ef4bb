#!/usr/bin/env python3
"""Computes the embeddings of all items of a two-tower recommender once, and scores
them all for a user: the network is cut into what depends on the user, on the item and
on both (docs/recommenders.md).

    benchmarks/recommenders.py FOLDER --items 100000 --steps 100
    PYTHONPATH=python LW_TOOLS=build/release/bin examples/python/two_towers.py FOLDER
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

import numpy

import lw

folder = pathlib.Path(sys.argv[1])
user_inputs, item_inputs = ("user", "group"), ("item", "genre")
catalog = numpy.load(folder / "catalog.npz")  # of every item its id and genre
tools = os.environ.get("LW_TOOLS", "")


def tool(name, *arguments):
    path = os.path.join(tools, name) if tools else shutil.which(name)
    subprocess.run([path, *map(str, arguments)], check=True)


def timed(what, function):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    print(f"{what}: {1000 * min(times):.2f} ms")
    return result


count = len(catalog["item"])
batch = 1000 if count % 1000 == 0 else count  # whole runs only
library, network = folder / "recommender.so", folder / "two_tower.onnx"
# One user against a batch of items.
shapes = [f"--shape={name}:1" for name in user_inputs] + [f"--shape={name}:{batch}" for name in item_inputs]
tool("lwc", network, "-o", library, "--quiet", *shapes,
     f"--split-towers=user:{','.join(user_inputs)},item:{','.join(item_inputs)}")
user, item, score = (lw.load(library, name=f"recommender_{part}") for part in ("user", "item", "score"))
whole = lw.compile(network, batch=batch)
ids = {name: catalog[name] for name in item_inputs}
items = timed(f"embeddings of {count} items", lambda: item(ids))

someone = {"user": numpy.array([3]), "group": numpy.array([1])}
embedding = timed("embedding of a user", lambda: user(someone))
pieces = items.reshape(-1, batch, items.shape[1])
scores = timed(f"scores of {count} items from embeddings", lambda: numpy.concatenate(
    [score(embedding, piece) for piece in pieces]))

inputs = {**{n: numpy.repeat(x, count) for n, x in someone.items()}, **ids}
expected = timed(f"scores of {count} items by the whole network", lambda: whole(inputs))
difference = numpy.abs(scores - expected).max()
print("best items:", numpy.argsort(-scores[:, 0])[:5])
if not difference <= 1e-6:
    sys.exit(f"the scores differ by {difference}")
