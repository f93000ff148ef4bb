"""Shows the first photographs of a set to the C example, one after another.

usage: examples.py images.npy COUNT PROGRAM ARGUMENT...
"""
import pathlib
import re
import subprocess
import sys

import numpy

images = numpy.load(sys.argv[1])[:int(sys.argv[2])]
image = pathlib.Path(sys.argv[1]).with_suffix(".ppm")
for pixels in images:
    height, width, _ = pixels.shape
    image.write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels.astype(numpy.uint8).tobytes())
    text = subprocess.run([sys.argv[3], image, *sys.argv[4:]], check=True, capture_output=True, text=True).stdout
    print(re.fullmatch(r"class (\d+), score .*\n", text)[1], end=" ")
