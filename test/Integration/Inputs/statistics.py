"""Compares a file of statistics with the bundled network's activations.

usage: statistics.py NETWORK.onnx IMAGES.npz STATISTICS.npz
The network is computed by NumPy from the ONNX file: convolution, batch norm and
ReLU one after the other, in f64.
"""
import json
import sys

import numpy as np
import onnx
from onnx import numpy_helper


def patches(x, kernel, strides, pads):
    """[N, H, W, C] to [N, OH, OW, KH * KW * C]."""
    x = np.pad(x, ((0, 0), (pads[0], pads[2]), (pads[1], pads[3]), (0, 0)))
    height = (x.shape[1] - kernel[0]) // strides[0] + 1
    width = (x.shape[2] - kernel[1]) // strides[1] + 1
    return np.concatenate(
        [x[:, ky:ky + strides[0] * height:strides[0], kx:kx + strides[1] * width:strides[1]]
         for ky in range(kernel[0]) for kx in range(kernel[1])], axis=-1)


def run(graph, x):
    """Yields (last node of a layer, its result, what its convolution sees)."""
    weights = {w.name: numpy_helper.to_array(w).astype(np.float64) for w in graph.initializer}
    names, seen = [], None
    for position, node in enumerate(graph.node):
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv":
            w = weights[node.input[1]]
            seen = patches(x, w.shape[2:], attributes["strides"], attributes["pads"])
            x = seen @ w.transpose(2, 3, 1, 0).reshape(-1, w.shape[0])
            if len(node.input) > 2:
                x = x + weights[node.input[2]]
        elif node.op_type == "BatchNormalization":
            scale, offset, mean, variance = (weights[name] for name in node.input[1:])
            x = (x - mean) / np.sqrt(variance + attributes["epsilon"]) * scale + offset
        elif node.op_type == "Relu":
            x = np.maximum(x, 0)
        elif node.op_type in ("GlobalAveragePool", "AveragePool"):
            x, seen = x.mean(axis=(1, 2), keepdims=True), None
        elif node.op_type in ("Flatten", "Reshape"):
            x = x.reshape(len(x), -1)
            continue
        elif node.op_type == "Gemm":
            w = weights[node.input[1]]
            seen = x
            x = x @ (w.T if attributes.get("transB") else w) + weights[node.input[2]]
        else:
            sys.exit(f"{node.op_type}: not computed here")
        names.append(node.name)
        following = graph.node[position + 1].op_type if position + 1 < len(graph.node) else ""
        if following not in ("BatchNormalization", "Relu"):
            yield names, x, seen
            names = []


graph = onnx.load(sys.argv[1]).graph
images = np.load(sys.argv[2])["images"].astype(np.float64) / 16
file = np.load(sys.argv[3])
statistics = json.loads(file["statistics.json"])
assert statistics["samples"] == len(images)
tensors = {t["name"]: (i, t) for i, t in enumerate(statistics["tensors"])}
layers = {layer["name"]: i for i, layer in enumerate(statistics["layers"])}


def check_tensor(name, x):
    index, tensor = tensors[name]
    rows = x.reshape(-1, x.shape[-1])
    get = lambda what: file[f"tensor{index}.{what}"]
    assert tensor["values_per_channel"] == len(rows), name
    np.testing.assert_allclose(get("minimum"), rows.min(0), atol=1e-4, err_msg=name)
    np.testing.assert_allclose(get("maximum"), rows.max(0), atol=1e-4, err_msg=name)
    np.testing.assert_allclose(get("mean"), rows.mean(0), atol=1e-5, err_msg=name)
    np.testing.assert_allclose(get("variance"), rows.var(0), atol=1e-5, err_msg=name)
    # Values beside an edge may round to the other bin: cumulated counts differ
    # by few values.
    counts = get("histogram").astype(np.int64)
    edges = (tensor["first_bin"] + np.arange(len(counts) + 1)) * tensor["bin_width"]
    assert counts.sum() == rows.size and len(counts) <= 2048, name
    expected = np.histogram(rows.clip(edges[0], edges[-1]), edges)[0]
    assert abs((counts - expected).cumsum()).max() <= 1e-3 * rows.size, name


def check_layer(name, seen):
    index = layers[name]
    rows = seen.reshape(-1, seen.shape[-1])
    layer = statistics["layers"][index]
    assert (layer["moments"], layer["vectors"]) == ("patches", len(rows)), name
    np.testing.assert_allclose(file[f"layer{index}.mean"], rows.mean(0), atol=1e-5, err_msg=name)
    np.testing.assert_allclose(file[f"layer{index}.covariance"], np.cov(rows.T, bias=True),
                               atol=1e-5, err_msg=name)


# Images are (N, H, W, 1) already.
check_tensor("input", images)
checked = 0
for names, x, seen in run(graph, images):
    check_tensor(names[0], x)
    if seen is not None:
        check_layer(names[0], seen)
        checked += 1
print(f"{checked} layers agree")
