"""Runs nodes of ONNX, several in one network, and compares with numpy."""
import pathlib
import subprocess

import numpy
import onnx
from onnx import helper, numpy_helper


class Cases:
    """Nodes of one opset whose inputs are arrays: those of `run` become inputs of
    the network, other ones initializers."""

    def __init__(self, folder, opset):
        self.folder, self.opset = pathlib.Path(folder), opset
        self.folder.mkdir(parents=True, exist_ok=True)
        self.nodes, self.inputs, self.weights, self.expected = [], {}, {}, {}

    def add(self, kind, operands, expected, known=(), **attributes):
        """`operands` are arrays, names of outputs, or None where one is left out; those
        whose number is in `known` are initializers. `expected` are the outputs, None
        where one is that of other nodes only; their names are returned."""
        number, names = len(self.nodes), []
        for i, operand in enumerate(operands):
            isName = isinstance(operand, str)
            names.append(operand if isName else "" if operand is None else f"x{number}_{i}")
            if operand is not None and not isName:
                (self.weights if i in known else self.inputs)[names[-1]] = operand
        outputs = [f"y{number}_{i}" for i in range(len(expected))]
        self.nodes.append(helper.make_node(kind, names, outputs, **attributes))
        self.expected.update(item for item in zip(outputs, expected) if item[1] is not None)
        return outputs

    def check(self, *flags, tolerance=1e-6):
        def info(name, array):
            return helper.make_tensor_value_info(
                name, onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[array.dtype], array.shape)
        graph = helper.make_graph(
            self.nodes, "cases", [info(*item) for item in self.inputs.items()],
            [info(*item) for item in self.expected.items()],
            [numpy_helper.from_array(a, n) for n, a in self.weights.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                  ir_version=8)
        path = self.folder / "cases.onnx"
        onnx.save(model, path)
        command = ["lw-run", path, "--output", self.folder / "y.npz", *flags]
        for name, array in self.inputs.items():
            numpy.save(self.folder / f"{name}.npy", array)
            command += ["--input", f"{name}={self.folder / name}.npy"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = numpy.load(self.folder / "y.npz")
        for name, expected in self.expected.items():
            got = found[name]
            kind = self.nodes[int(name[1:].split("_")[0])]
            assert got.shape == expected.shape, (kind, got.shape, expected.shape)
            assert got.dtype == expected.dtype, (kind, got.dtype, expected.dtype)
            worst = numpy.abs(got.astype(float) - expected.astype(float)).max(initial=0)
            limit = tolerance * numpy.abs(expected.astype(float)).max(initial=1)
            assert worst <= (limit if got.dtype.kind == "f" else 0), (kind, worst, got, expected)
