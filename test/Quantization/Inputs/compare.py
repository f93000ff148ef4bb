"""compare.py exact.npy found.npy LIMIT: the squared difference relative to the
squared deviation from the mean over samples is above zero and at most LIMIT."""
import pathlib
import struct
import sys


def read(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<H", data[8:10])
    assert b"'<f4'" in data[10 : 10 + length]
    values = data[10 + length :]
    return struct.unpack(f"<{len(values) // 4}f", values)


exact, found = read(sys.argv[1]), read(sys.argv[2])
assert len(exact) == len(found) == 64 * 8
mean = [sum(exact[c::8]) / 64 for c in range(8)]
power = sum((x - mean[i % 8]) ** 2 for i, x in enumerate(exact))
error = sum((x - y) ** 2 for x, y in zip(exact, found)) / power
print(error)
sys.exit(not 0 < error <= float(sys.argv[3]))
