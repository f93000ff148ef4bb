"""Reading and writing .npy files with nothing but the standard library, so that
tests compare lw's reader and writer with an independent one.

  npy.py make FILE DTYPE SHAPE VALUE...   values are repeated to fill the shape
  npy.py print FILE                       dtype, shape and the first values
"""
import ast
import math
import struct
import sys

CODES = {"f2": "e", "f4": "f", "f8": "d", "u1": "B", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "b1": "?"}


def save(path, dtype, shape, values, order="<", fortran=False):
    header = repr({"descr": order + dtype, "fortran_order": fortran, "shape": tuple(shape)}).encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with open(path, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
        out.write(struct.pack(("<" if order == "|" else order) + str(len(values)) + CODES[dtype], *values))


def load(path_or_bytes):
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else open(path_or_bytes, "rb").read()
    assert data[:6] == b"\x93NUMPY" and data[6] == 1, "no NumPy file of version 1"
    length = struct.unpack("<H", data[8:10])[0]
    assert (10 + length) % 64 == 0, "elements are not aligned"
    header = ast.literal_eval(data[10:10 + length].decode())
    assert not header["fortran_order"]
    dtype = header["descr"][1:]
    values = [v[0] for v in struct.iter_unpack("<" + CODES[dtype], data[10 + length:])]
    assert len(values) == math.prod(header["shape"]), "wrong number of elements"
    return dtype, header["shape"], values


def main():
    if sys.argv[1] == "make":
        _, _, path, dtype, shape, *values = sys.argv
        shape = [int(extent) for extent in shape.split("x")]
        number = float if dtype[0] == "f" else int
        count = math.prod(shape)
        values = ([number(v) for v in values] * (count // max(len(values), 1) + 1))[:count]
        save(path, dtype, shape, values, "|" if dtype == "u1" else "<")
    else:
        dtype, shape, values = load(sys.argv[2])
        print(dtype, "x".join(str(e) for e in shape), *(f"{v:g}" for v in values[:12]))


if __name__ == "__main__":
    main()
