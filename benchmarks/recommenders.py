#!/usr/bin/env python3
"""Makes three trained recommenders: NeuMF, DeepFM and a two-tower network.

Users and items have latent factors, from which it is known how much a user likes
an item; the networks are trained (numpy, seconds) on what users have seen, a
sample of that, and rank unseen pairs nearly as well as the truth. Written to
FOLDER are NAME.onnx with int64 ids as inputs, batch a symbolic dimension,
NAME.npz with inputs and the output that numpy computes, and catalog.npz with the ids
of every item.

    benchmarks/recommenders.py FOLDER [--users 1000] [--items 500] [--samples 64]
"""
import argparse
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = numpy.random.default_rng(7)


# A network is a list of operations that computes forward, backward and writes
# itself as ONNX: name -> (forward, gradients of the operands).
def rows_gradient(g, y, table, ids, axis=0):
    gradient = numpy.zeros_like(table)
    numpy.add.at(gradient, ids, g)
    return gradient, None


def spread(g, shape):
    """The gradient of an operand that has been broadcast."""
    while g.ndim > len(shape):
        g = g.sum(0)
    for axis, extent in enumerate(shape):
        if extent == 1 and g.shape[axis] != 1:
            g = g.sum(axis, keepdims=True)
    return g


OPERATIONS = {
    "Gather": (lambda table, ids, axis=0: table[ids], rows_gradient),
    "MatMul": (lambda x, w: x @ w, lambda g, y, x, w: (g @ w.T, x.T @ g)),
    "Add": (lambda x, b: x + b, lambda g, y, x, b: (spread(g, x.shape), spread(g, b.shape))),
    "Sub": (lambda x, b: x - b, lambda g, y, x, b: (spread(g, x.shape), spread(-g, b.shape))),
    "Mul": (lambda x, b: x * b,
            lambda g, y, x, b: (spread(g * b, x.shape), spread(g * x, b.shape))),
    "Relu": (lambda x: numpy.maximum(x, 0), lambda g, y, x: (g * (x > 0),)),
    "Concat": (lambda *x, axis: numpy.concatenate(x, axis),
               lambda g, y, *x, axis: numpy.split(
                   g, numpy.cumsum([a.shape[axis] for a in x])[:-1], axis)),
    "Flatten": (lambda x, axis=1: x.reshape(len(x), -1),
                lambda g, y, x, axis=1: (g.reshape(x.shape),)),
    "ReduceSum": (lambda x, axes, keepdims: x.sum(int(axes[0]), keepdims=bool(keepdims)),
                  lambda g, y, x, axes, keepdims: (
                      numpy.broadcast_to(g if keepdims else numpy.expand_dims(g, int(axes[0])),
                                         x.shape), None)),
}


class Network:
    def __init__(self, name, inputs):
        self.name, self.inputs = name, inputs  # input name -> number of ids, 0 for one
        self.parameters, self.constants, self.steps = {}, {}, []

    def parameter(self, *shape, scale=None):
        name = f"w{len(self.parameters)}"
        scale = 1 / numpy.sqrt(shape[0]) if scale is None else scale
        self.parameters[name] = (RNG.standard_normal(shape) * scale).astype(numpy.float32)
        return name

    def op(self, kind, *operands, **attributes):
        self.steps.append((kind, operands, f"t{len(self.steps)}", attributes))
        return self.steps[-1][2]

    def table(self, rows, width, ids, scale=0.1):
        return self.op("Gather", self.parameter(rows, width, scale=scale), ids, axis=0)

    def layer(self, x, width, out, relu=True):
        y = self.op("Add", self.op("MatMul", x, self.parameter(width, out)),
                    self.parameter(out, scale=0))
        return self.op("Relu", y) if relu else y

    def sum(self, x, axis, keepdims):
        name = f"axis{axis}"
        self.constants[name] = numpy.array([axis])
        return self.op("ReduceSum", x, name, keepdims=keepdims)

    def forward(self, feeds):
        values = {**self.parameters, **self.constants, **feeds}
        for kind, operands, result, attributes in self.steps:
            values[result] = OPERATIONS[kind][0](*(values[o] for o in operands), **attributes)
        return values

    def logits(self, feeds):
        return self.forward(feeds)[self.steps[-1][2]][:, 0]

    def gradients(self, feeds, labels):
        values = self.forward(feeds)
        result = self.steps[-1][2]
        probability = 1 / (1 + numpy.exp(-values[result]))
        slopes = {result: (probability - labels[:, None]) / len(labels)}
        for kind, operands, result, attributes in reversed(self.steps):
            parts = OPERATIONS[kind][1](slopes[result], values[result],
                                        *(values[o] for o in operands), **attributes)
            for operand, part in zip(operands, parts):
                if part is not None:
                    slopes[operand] = slopes.get(operand, 0) + part
        return {name: slopes[name] for name in self.parameters}

    def train(self, feeds, labels, steps, batch=512, rate=0.01):
        """Adam."""
        state = {n: [numpy.zeros_like(p), numpy.zeros_like(p)]
                 for n, p in self.parameters.items()}
        for step in range(1, steps + 1):
            rows = RNG.integers(len(labels), size=batch)
            found = self.gradients({n: x[rows] for n, x in feeds.items()}, labels[rows])
            for name, gradient in found.items():
                mean, square = state[name]
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient ** 2 - square)
                self.parameters[name] -= (rate * mean / (1 - 0.9 ** step) / (
                    numpy.sqrt(square / (1 - 0.999 ** step)) + 1e-8)).astype(numpy.float32)

    def save(self, path):
        nodes = [helper.make_node(kind, operands, [result], **attributes)
                 for kind, operands, result, attributes in self.steps]
        nodes.append(helper.make_node("Sigmoid", [self.steps[-1][2]], ["score"]))
        inputs = [helper.make_tensor_value_info(
            name, TensorProto.INT64, ["batch", count] if count else ["batch"])
            for name, count in self.inputs.items()]
        output = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch", 1])
        weights = [numpy_helper.from_array(a, n)
                   for n, a in [*self.parameters.items(), *self.constants.items()]]
        graph = helper.make_graph(nodes, self.name, inputs, [output], weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)],
                                    ir_version=8), path)


def neumf(users, items):
    """He et al., Neural Collaborative Filtering, 2017."""
    net = Network("neumf", {"user": 0, "item": 0})
    general = net.op("Mul", net.table(users, 16, "user"), net.table(items, 16, "item"))
    deep = net.op("Concat", net.table(users, 32, "user"), net.table(items, 32, "item"), axis=1)
    for width, out in ((64, 32), (32, 16)):
        deep = net.layer(deep, width, out)
    net.layer(net.op("Concat", general, deep, axis=1), 32, 1, relu=False)
    return net


def deepfm(rows, fields):
    """Guo et al., DeepFM, 2017: one table for the ids of all fields."""
    net = Network("deepfm", {"ids": fields})
    linear = net.sum(net.table(rows, 1, "ids", scale=0.01), 1, keepdims=0)
    rows_of = net.table(rows, 16, "ids")
    total = net.sum(rows_of, 1, keepdims=0)
    squares = net.sum(net.op("Mul", rows_of, rows_of), 1, keepdims=0)
    pairs = net.sum(net.op("Sub", net.op("Mul", total, total), squares), 1, keepdims=1)
    net.constants["half"] = numpy.float32([0.5])
    pairs = net.op("Mul", pairs, "half")
    deep = net.layer(net.op("Flatten", rows_of, axis=1), 16 * fields, 32)
    deep = net.layer(deep, 32, 1, relu=False)
    net.op("Add", net.op("Add", linear, pairs), deep)
    return net


def two_tower(users, items, groups, genres):
    """Each side of its ids alone; the score is a product of the two."""
    net = Network("two_tower", {"user": 0, "group": 0, "item": 0, "genre": 0})

    def tower(a, a_rows, b, b_rows):
        both = net.op("Concat", net.table(a_rows, 24, a), net.table(b_rows, 8, b), axis=1)
        return net.layer(net.layer(both, 32, 32), 32, 16, relu=False)

    user, item = tower("user", users, "group", groups), tower("item", items, "genre", genres)
    net.sum(net.op("Mul", user, item), 1, keepdims=1)
    return net


def auc(scores, labels):
    """How often what is liked ranks before what is not."""
    ranks = numpy.argsort(numpy.argsort(scores))
    likes = labels.sum()
    return (ranks[labels > 0].sum() - likes * (likes - 1) / 2) / (likes * (len(labels) - likes))


class World:
    """Users in groups and items of genres, each with factors near those of its
    kind; what is liked is drawn from their product."""

    def __init__(self, users, items, groups=7, genres=12, factors=6):
        self.users, self.items, self.groups, self.genres = users, items, groups, genres
        self.group = RNG.integers(groups, size=users)
        self.genre = RNG.integers(genres, size=items)
        near = lambda kinds, of: RNG.standard_normal((kinds, factors))[of] + (
            0.7 * RNG.standard_normal((len(of), factors)))
        self.user, self.item = near(groups, self.group), near(genres, self.genre)
        self.likes = 0.7 * RNG.standard_normal(items)

    def sample(self, count):
        user, item = RNG.integers(self.users, size=count), RNG.integers(self.items, size=count)
        truth = (self.user[user] * self.item[item]).sum(1) + self.likes[item]
        labels = (RNG.random(count) < 1 / (1 + numpy.exp(-truth))).astype(numpy.float32)
        ids = {"user": user, "item": item, "group": self.group[user], "genre": self.genre[item]}
        # One space for the ids of all fields.
        starts = numpy.cumsum([0, self.users, self.items, self.groups])
        ids["ids"] = numpy.stack([ids[n] + s for n, s in zip(
            ("user", "item", "group", "genre"), starts)], 1)
        return ids, labels, truth


def make(folder, users, items, samples, steps=600):
    folder.mkdir(parents=True, exist_ok=True)
    world = World(users, items)
    seen, seen_labels, _ = world.sample(min(60 * (users + items), 500000))
    unseen, labels, truth = world.sample(10000)
    rows = users + items + world.groups + world.genres
    for net in (neumf(users, items), deepfm(rows, 4),
                two_tower(users, items, world.groups, world.genres)):
        pick = lambda ids: {name: ids[name] for name in net.inputs}
        net.train(pick(seen), seen_labels, steps)
        scores = net.logits(pick(unseen))
        net.save(folder / f"{net.name}.onnx")
        score = 1 / (1 + numpy.exp(-scores[:samples, None].astype(numpy.float64)))
        numpy.savez(folder / f"{net.name}.npz", score=score.astype(numpy.float32),
                    **{n: x[:samples] for n, x in pick(unseen).items()})
        if net.name == "two_tower":
            numpy.savez(folder / "catalog.npz", item=numpy.arange(items), genre=world.genre)
        print(f"{net.name}: AUC {auc(scores, labels):.3f}, of the truth {auc(truth, labels):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--samples", type=int, default=64, help="samples in NAME.npz")
    parser.add_argument("--steps", type=int, default=600, help="of training")
    options = parser.parse_args()
    make(options.folder, options.users, options.items, options.samples, options.steps)
