"""samples.py file.npy N H W C [nan]: an array of pseudo-random f32, the first a NaN on request."""
import struct
import sys

path, shape, bad = sys.argv[1], tuple(map(int, sys.argv[2:6])), len(sys.argv) > 6
count = shape[0] * shape[1] * shape[2] * shape[3]
state, values = 1, []
for _ in range(count):
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    values.append((state >> 40) / 2**23 - 1)
if bad:
    values[0] = float("nan")
header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
header += " " * ((63 - 10 - len(header)) % 64) + "\n"
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(struct.pack(f"<{count}f", *values))
