"""Writes the networks of networks.py as TFLite models, for LiteRT and XNNPACK.

A converter of just those operators: batch norm folded into the convolution
before it, Relu and Clip(0, 6) fused into their producer, activations and
filters turned from NCHW to NHWC. Anything else is refused by name.
"""
import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as tfl
from onnx import numpy_helper

ACTIVATIONS = {"Relu": tfl.ActivationFunctionType.RELU,
               "Clip": tfl.ActivationFunctionType.RELU6}


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


class Converter:
    def __init__(self, graph):
        self.graph = graph
        self.weights = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        self.consumers = {}
        for node in graph.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.done = set()  # Nodes that went into an earlier operator.
        self.buffers = [tfl.BufferT()]
        self.tensors, self.operators, self.codes = [], [], []
        self.index, self.shapes = {}, {}

    def unsupported(self, node, why):
        raise NotImplementedError(f"no TFLite form of {node.op_type} '{node.name}': {why}")

    def tensor(self, shape, values=None, name=""):
        tensor = tfl.TensorT()
        tensor.shape, tensor.name = [int(s) for s in shape], name or f"t{len(self.tensors)}"
        tensor.type = tfl.TensorType.FLOAT32
        if values is not None:
            buffer = tfl.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
            if values.dtype == np.int32:
                tensor.type = tfl.TensorType.INT32
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def constant(self, values, dtype=np.float32):
        values = np.asarray(values, dtype)
        return self.tensor(values.shape, values)

    def value(self, name, shape):
        """A new activation in NHWC that stands for the ONNX value `name`."""
        self.index[name], self.shapes[name] = self.tensor(shape, name=name), tuple(shape)
        return self.index[name]

    def emit(self, kind, inputs, outputs, options=None, **fields):
        code = getattr(tfl.BuiltinOperator, kind)
        if code not in self.codes:
            self.codes.append(code)
        operator = tfl.OperatorT()
        operator.opcodeIndex = self.codes.index(code)
        operator.inputs, operator.outputs = inputs, outputs
        if options:
            operator.builtinOptionsType = getattr(tfl.BuiltinOptions, options)
            operator.builtinOptions = getattr(tfl, options + "T")()
            for name, value in fields.items():
                setattr(operator.builtinOptions, name, value)
        self.operators.append(operator)

    def only_consumer(self, name, kinds):
        """The one node that uses `name`, if it is of one of `kinds`."""
        nodes = self.consumers.get(name, [])
        return nodes[0] if len(nodes) == 1 and nodes[0].op_type in kinds else None

    def fuse_activation(self, output):
        """Takes in a Relu or Relu6 after `output`; returns (code, new output)."""
        node = self.only_consumer(output, ACTIVATIONS)
        if node is None:
            return tfl.ActivationFunctionType.NONE, output
        if node.op_type == "Clip" and [float(self.weights[i]) for i in node.input[1:]] != [0, 6]:
            self.unsupported(node, "bounds other than 0 and 6")
        self.done.add(node.name)
        return ACTIVATIONS[node.op_type], node.output[0]

    def padded(self, node, name, pads, kernel, stride):
        """(input, shape, padding): SAME where it means the same, else a PAD."""
        index, shape = self.index[name], self.shapes[name]
        if not any(pads):
            return index, shape, tfl.Padding.VALID
        if stride == 1 and kernel % 2 and list(pads) == [kernel // 2] * 4:
            return index, shape, tfl.Padding.SAME
        top, left, bottom, right = pads
        shape = (shape[0], shape[1] + top + bottom, shape[2] + left + right, shape[3])
        output = self.tensor(shape)
        amounts = self.constant([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
        self.emit("PAD", [index, amounts], [output], "PadOptions")
        return output, shape, tfl.Padding.VALID

    def conv(self, node):
        a = attributes(node)
        kernel, stride = a["kernel_shape"], a.get("strides", [1, 1])
        pads, groups = a.get("pads", [0] * 4), a.get("group", 1)
        if kernel[0] != kernel[1] or stride[0] != stride[1] or set(a.get("dilations", [1])) != {1}:
            self.unsupported(node, "uneven kernel or strides, or a dilation")
        weight = self.weights[node.input[1]].astype(np.float64)
        bias = (self.weights[node.input[2]].astype(np.float64) if len(node.input) > 2
                else np.zeros(len(weight)))
        output = node.output[0]
        norm = self.only_consumer(output, ("BatchNormalization",))
        if norm is not None:
            gamma, beta, mean, variance = (self.weights[i].astype(np.float64)
                                           for i in norm.input[1:])
            scale = gamma / np.sqrt(variance + attributes(norm).get("epsilon", 1e-5))
            weight *= scale[:, None, None, None]
            bias = (bias - mean) * scale + beta
            output = norm.output[0]
            self.done.add(norm.name)
        activation, output = self.fuse_activation(output)
        data, shape, padding = self.padded(node, node.input[0], pads, kernel[0], stride[0])
        trim = 0 if padding == tfl.Padding.SAME else kernel[0] - 1
        size = [(s - trim - 1) // stride[0] + 1 for s in shape[1:3]]
        common = {"padding": padding, "strideH": stride[0], "strideW": stride[0],
                  "fusedActivationFunction": activation, "dilationHFactor": 1,
                  "dilationWFactor": 1}
        if groups == 1:
            kind, options, weight = "CONV_2D", "Conv2DOptions", weight.transpose(0, 2, 3, 1)
        elif groups == shape[3] == len(weight):
            kind, options, weight = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions",
                                     weight.transpose(1, 2, 3, 0))
            common["depthMultiplier"] = 1
        else:
            self.unsupported(node, f"{groups} groups")
        self.emit(kind, [data, self.constant(weight), self.constant(bias)],
                  [self.value(output, (shape[0], *size, len(bias)))], options, **common)

    def max_pool(self, node):
        a = attributes(node)
        kernel, stride, pads = a["kernel_shape"][0], a["strides"][0], a.get("pads", [0] * 4)
        # Zeros pad a maximum rightly where no input is negative.
        name = node.input[0]
        producer = next((o for o in self.operators if self.index[name] in o.outputs), None)
        if any(pads) and not getattr(producer.builtinOptions, "fusedActivationFunction", 0):
            self.unsupported(node, "padding of values that may be negative")
        data, shape, _ = self.padded(node, name, pads, 0, stride)
        if a.get("ceil_mode", 0) and any((s - kernel) % stride for s in shape[1:3]):
            self.unsupported(node, "ceil_mode that changes the size")
        size = [(s - kernel) // stride + 1 for s in shape[1:3]]
        self.emit("MAX_POOL_2D", [data], [self.value(node.output[0], (1, *size, shape[3]))],
                  "Pool2DOptions", padding=tfl.Padding.VALID, strideH=stride, strideW=stride,
                  filterHeight=kernel, filterWidth=kernel)

    def mean(self, node):
        keep = node.op_type == "GlobalAveragePool"
        a = attributes(node)
        if not keep and (a["axes"] != [2, 3] or a["keepdims"]):
            self.unsupported(node, "axes other than H and W, or kept ones")
        channels = self.shapes[node.input[0]][3]
        shape = (1, 1, 1, channels) if keep else (1, channels)
        self.emit("MEAN", [self.index[node.input[0]], self.constant([1, 2], np.int32)],
                  [self.value(node.output[0], shape)], "ReducerOptions", keepDims=keep)

    def binary(self, node):
        activation, output = self.fuse_activation(node.output[0])
        shape = max((self.shapes[i] for i in node.input), key=np.prod)
        kind = node.op_type
        self.emit(kind.upper(), [self.index[i] for i in node.input], [self.value(output, shape)],
                  kind + "Options", fusedActivationFunction=activation)

    def reshape(self, data, name, shape):
        self.emit("RESHAPE", [data, self.constant(shape, np.int32)], [self.value(name, shape)],
                  "ReshapeOptions", newShape=list(shape))

    def shuffle(self, node):
        """Reshape, Transpose, Reshape that exchange two factors of the channels."""
        transpose = self.only_consumer(node.output[0], ("Transpose",))
        last = transpose and self.only_consumer(transpose.output[0], ("Reshape",))
        if not last or attributes(transpose)["perm"] != [0, 2, 1, 3, 4]:
            self.unsupported(node, "not part of a channel shuffle")
        batch, outer, inner, height, width = map(int, self.weights[node.input[1]])
        self.done.update((transpose.name, last.name))
        self.reshape(self.index[node.input[0]], node.output[0], (batch, height, width, outer, inner))
        output = self.value(transpose.output[0], (batch, height, width, inner, outer))
        self.emit("TRANSPOSE", [self.index[node.output[0]],
                                self.constant([0, 1, 2, 4, 3], np.int32)], [output],
                  "TransposeOptions")
        self.reshape(output, last.output[0], (batch, height, width, outer * inner))

    def gemm(self, node):
        if not attributes(node).get("transB"):
            self.unsupported(node, "transB = 0")
        weight, bias = (self.weights[i] for i in node.input[1:])
        self.emit("FULLY_CONNECTED",
                  [self.index[node.input[0]], self.constant(weight), self.constant(bias)],
                  [self.value(node.output[0], (1, len(bias)))], "FullyConnectedOptions")

    def node(self, node):
        data = self.index.get(node.input[0])
        shape = self.shapes.get(node.input[0])
        kind = node.op_type
        if kind == "Conv":
            self.conv(node)
        elif kind == "MaxPool":
            self.max_pool(node)
        elif kind in ("GlobalAveragePool", "ReduceMean"):
            self.mean(node)
        elif kind in ("Add", "Mul"):
            self.binary(node)
        elif kind == "Sigmoid":
            self.emit("LOGISTIC", [data], [self.value(node.output[0], shape)])
        elif kind == "Concat":
            parts = [self.shapes[i] for i in node.input]
            self.emit("CONCATENATION", [self.index[i] for i in node.input],
                      [self.value(node.output[0], (*shape[:3], sum(p[3] for p in parts)))],
                      "ConcatenationOptions", axis=3)
        elif kind == "Split":
            half = (*shape[:3], shape[3] // len(node.output))
            self.emit("SPLIT", [self.constant(3, np.int32), data],
                      [self.value(o, half) for o in node.output], "SplitOptions",
                      numSplits=len(node.output))
        elif kind == "Reshape":
            self.shuffle(node)
        elif kind == "Flatten" and shape[1:3] == (1, 1):
            self.reshape(data, node.output[0], (1, shape[3]))
        elif kind == "Gemm":
            self.gemm(node)
        else:
            self.unsupported(node, "not among the operators of networks.py")

    def convert(self):
        batch, channels, height, width = (
            d.dim_value for d in self.graph.input[0].type.tensor_type.shape.dim)
        source = self.value(self.graph.input[0].name, (batch, height, width, channels))
        for node in self.graph.node:
            if node.name not in self.done:
                self.node(node)
        sub = tfl.SubGraphT()
        sub.tensors, sub.operators, sub.inputs = self.tensors, self.operators, [source]
        sub.outputs = [self.index[o.name] for o in self.graph.output]
        model = tfl.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [sub], self.buffers
        model.operatorCodes = []
        for code in self.codes:
            entry = tfl.OperatorCodeT()
            entry.builtinCode, entry.version = code, 1
            entry.deprecatedBuiltinCode = min(code, 127)
            model.operatorCodes.append(entry)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def convert(path):
    """The TFLite flatbuffer of an ONNX file."""
    graph = onnx.load(path).graph
    if len(graph.input) != 1 or len(graph.input[0].type.tensor_type.shape.dim) != 4:
        raise NotImplementedError("no TFLite form of a network whose input is not one image")
    return Converter(graph).convert()
