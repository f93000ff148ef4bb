"""A PNG of one colour: make_png.py FILE HEIGHT WIDTH [RED GREEN BLUE]; without colours without pixels."""
import struct
import sys
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


path, (height, width, *colour) = sys.argv[1], map(int, sys.argv[2:])
with open(path, "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
    pixels = zlib.compress((b"\0" + bytes(colour) * width) * height) if colour else b""
    file.write(chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
