import sys

import numpy

y = numpy.load(sys.argv[1])
expected = {"bytes": numpy.array([[2, -2, 3], [100, -100, 0]], "i1"),
            "twice": numpy.array([[2, 4, 6], [-8, 10, 2**41]], "i8"),
            "sum": numpy.array([[3.5, 1.5, 9], [92, -90, 2**41]], "f4"),
            "constant": numpy.array([7, -8, 9000000000], "i8")}
for name, array in expected.items():
    assert y[name].dtype == array.dtype and (y[name] == array).all(), (name, y[name])
