"""Runs the Python example of a document in a folder, with an image made for it.

usage: readme.py DOCUMENT FOLDER PACKAGES
Keeps its `image` as the network takes it, floats of [-1, 1], as x.npy. The example has at
most seven lines.
"""
import os
import pathlib
import re
import sys

import numpy
from PIL import Image

text = pathlib.Path(sys.argv[1]).read_text()
example, = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
lines = [line for line in example.splitlines() if line.strip()]
assert len(lines) <= 7, f"{len(lines)} lines"
sys.path.insert(0, sys.argv[3])
os.chdir(sys.argv[2])
noise = numpy.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=numpy.uint8)
if not os.path.exists("cat.jpg"):
    Image.fromarray(noise).resize((400, 300)).save("cat.jpg")
names = {}
exec(example, names)
pixels = numpy.float32(names["image"]).transpose(2, 0, 1)[None]
numpy.save("x.npy", pixels / 127.5 - 1)
