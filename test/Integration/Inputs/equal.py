"""Whether files of f32 are equal but for rounding: EXPECTED FILE..."""
import sys

import numpy

expected, *others = (numpy.fromfile(path, "<f4") for path in sys.argv[1:])
assert expected.size and expected.std() > 0
for other in others:
    assert other.shape == expected.shape
    assert abs(other - expected).max() <= 1e-5 * abs(expected).max(), (other, expected)
