"""Writes small ONNX files for the tests, without the onnx package.

Only what the tests need of the protobuf wire format: every message is built
from (field number, value) pairs of onnx.proto.
"""
import struct
import sys

FLOAT, UINT8, INT8, INT32, INT64, BOOL = 1, 2, 3, 6, 7, 9


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One field: int as varint, float as fixed32, str and bytes as a length
    and contents."""
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, str):
        value = value.encode()
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def tensor(name, shape, values, dtype=FLOAT, **extra):
    """A TensorProto with raw data; `raw` or `fields` replace the data."""
    out = b"".join(field(1, d) for d in shape) + field(2, dtype)
    if "fields" in extra:
        out += extra["fields"]
    elif "raw" in extra:
        out += field(9, extra["raw"])
    else:
        code = {FLOAT: "f", UINT8: "B", INT8: "b", INT32: "i", INT64: "q",
                BOOL: "?"}[dtype]
        out += field(9, struct.pack("<%d%s" % (len(values), code), *values))
    return out + field(8, name)


def floats(name, shape, values=None):
    count = 1
    for extent in shape:
        count *= extent
    if values is None:
        values = [0.5 + i for i in range(count)]
    return tensor(name, shape, values)


def ints(name, values):
    return tensor(name, [len(values)], values, INT64)


class Graph(bytes):
    """A GraphProto, as an attribute."""


class Reference(str):
    """The name of the function's attribute that an attribute is."""


def attribute(name, value):
    if isinstance(value, Graph):
        return field(1, name) + field(6, bytes(value)) + field(20, 5)
    if isinstance(value, Reference):
        return field(1, name) + field(21, str(value)) + field(20, 1)
    if isinstance(value, float):
        return field(1, name) + field(2, value) + field(20, 1)
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    if isinstance(value, str):
        return field(1, name) + field(4, value) + field(20, 3)
    if isinstance(value, bytes):
        return field(1, name) + field(5, value) + field(20, 4)
    if all(isinstance(v, bytes) for v in value):
        return field(1, name) + b"".join(field(9, v) for v in value) + field(20, 8)
    if all(isinstance(v, int) for v in value):
        return field(1, name) + b"".join(field(8, v) for v in value) + field(20, 7)
    return field(1, name) + b"".join(field(7, float(v)) for v in value) + field(20, 6)


def node(op, inputs, outputs, name=None, domain=None, **attributes):
    out = b"".join(field(1, i) for i in inputs)
    out += b"".join(field(2, o) for o in outputs)
    out += field(3, outputs[0] if name is None else name) + field(4, op)
    out += b"".join(field(5, attribute(k, v)) for k, v in attributes.items())
    return out + (field(7, domain) if domain else b"")


def value(name, shape=None, dtype=FLOAT):
    """A ValueInfoProto; a string in the shape is a symbolic extent."""
    kind = field(1, dtype)
    if shape is not None:
        dims = b"".join(
            field(1, field(2, d) if isinstance(d, str) else field(1, d))
            for d in shape)
        kind += field(2, dims)
    return field(1, name) + field(2, field(1, kind))


def graph(nodes, inputs, outputs, initializers=()):
    """Inputs are name: shape, or name: (shape, element type); outputs are names of
    floats, or name: element type."""
    graph = b"".join(field(1, n) for n in nodes) + field(2, "test")
    graph += b"".join(field(5, t) for t in initializers)
    graph += b"".join(
        field(11, value(n, *s) if isinstance(s, tuple) else value(n, s))
        for n, s in inputs.items())
    types = outputs if isinstance(outputs, dict) else {}
    graph += b"".join(field(12, value(n, None, types.get(n, FLOAT))) for n in outputs)
    return Graph(graph)


def function(name, domain, nodes, inputs, outputs, attributes=(), defaults=(),
             opset=13):
    """A FunctionProto; `defaults` are attributes."""
    out = field(1, name) + field(10, domain) + field(9, field(2, opset))
    out += b"".join(field(4, i) for i in inputs) + b"".join(field(5, o) for o in outputs)
    out += b"".join(field(6, a) for a in attributes)
    return out + b"".join(field(7, n) for n in nodes) + b"".join(
        field(11, d) for d in defaults)


def model(nodes, inputs, outputs, initializers=(), opset=13, functions=()):
    return (field(1, 8) + field(8, field(2, opset)) +
            field(7, bytes(graph(nodes, inputs, outputs, initializers))) +
            b"".join(field(25, f) for f in functions))


def save(contents, path=None):
    """Writes a model to `path`, or to the script's argument."""
    with open(path or sys.argv[1], "wb") as file:
        file.write(contents)
