"""Writes small ONNX files without the onnx package: the messages of Protocol Buffers by hand."""

FLOAT, INT64, BOOL, FLOAT16 = 1, 7, 9, 10


def varint(number):
    head, rest = number & 127, number >> 7
    return bytes([head | 128]) + varint(rest) if rest else bytes([head])


def message(*fields):
    """Fields are pairs of a number and an integer, a text or a message."""
    result = b""
    for number, value in fields:
        if isinstance(value, int):
            result += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            result += varint(number << 3 | 2) + varint(len(value)) + value
    return result


def tensor(name, kind, shape):
    dims = [(1, message((1, extent) if isinstance(extent, int) else (2, extent))) for extent in shape]
    return message((1, name), (2, message((1, message((1, kind), (2, message(*dims)))))))


def model(nodes, inputs, outputs):
    """Nodes are triples of an operator, its inputs and its outputs; tensors are name, type and shape."""
    graph = [(1, message(*((1, name) for name in sources), *((2, name) for name in results), (4, kind)))
             for kind, sources, results in nodes]
    graph += [(2, "graph"), *((11, tensor(*entry)) for entry in inputs), *((12, tensor(*entry)) for entry in outputs)]
    return message((1, 8), (7, message(*graph)), (8, message((1, ""), (2, 17))))
