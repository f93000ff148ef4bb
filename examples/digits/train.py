#!/usr/bin/env python3
"""Trains the bundled example network and writes it with its data.

A small CNN of standard 3x3 convolutions with batch norm learns scikit-learn's
1,797 handwritten digits (8x8 grey images, 10 classes). 1,200 images train it,
the other 597 are held out and never looked at before the last line. Writes

  digits.onnx   the network, opset 13, NCHW, batch 1
  test.npz      images uint8 (597,8,8,1), labels uint8: the held-out split
  calib.npz     the same form, 200 of the training images, for calibration

usage: train.py [--output FOLDER] [--epochs N] [--seed N]
Needs Debian's python3-torch, python3-sklearn and python3-onnx.
"""
import argparse
import os
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
import torch
from torch import nn

# (output channels, stride) of each 3x3 convolution; the input has one channel.
LAYERS = [(32, 1), (64, 1), (64, 1), (64, 2), (96, 2)]
TRAIN_IMAGES = 1200
CALIB_IMAGES = 200


class DigitsNet(nn.Module):
    """3x3 convolutions with batch norm and ReLU, global average pool, classifier."""

    def __init__(self):
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        channels = 1
        for out, stride in LAYERS:
            self.convs.append(nn.Conv2d(channels, out, 3, stride, 1, bias=False))
            self.norms.append(nn.BatchNorm2d(out))
            channels = out
        self.classifier = nn.Linear(channels, 10)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = torch.relu(norm(conv(x)))
        return self.classifier(self.dropout(x.mean((2, 3))))


def normalize(images):
    """The network's input: uint8 (N,8,8,1) of 0..16 to float (N,1,8,8) of 0..1."""
    return images.astype(np.float32).transpose(0, 3, 1, 2) / np.float32(16)


def augment(x, generator):
    """Shifts each image by up to one pixel in both directions and adds noise."""
    padded = nn.functional.pad(x, (1, 1, 1, 1))
    dy, dx = torch.randint(0, 3, (2, len(x)), generator=generator)
    rows = (dy[:, None] + torch.arange(8))[:, :, None]
    columns = (dx[:, None] + torch.arange(8))[:, None, :]
    shifted = padded[torch.arange(len(x))[:, None, None], 0, rows, columns]
    noise = 0.02 * torch.randn(shifted.shape, generator=generator)
    return (shifted + noise)[:, None]


def train(images, labels, epochs, seed):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net = DigitsNet()
    optimizer = torch.optim.SGD(net.parameters(), 0.1, 0.9, weight_decay=5e-4, nesterov=True)
    x, y = torch.from_numpy(normalize(images)), torch.from_numpy(labels.astype(np.int64))
    batch = 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=epochs * (len(x) // batch))
    net.train()
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        total = 0.0
        for start in range(0, len(x) - batch + 1, batch):
            index = order[start:start + batch]
            loss = nn.functional.cross_entropy(
                net(augment(x[index], generator)), y[index], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {total / (len(x) // batch):.4f}", flush=True)
    return net.eval()


def to_onnx(net):
    """The network as an ONNX model, every layer a Conv, BatchNormalization, Relu."""
    nodes, weights = [], []

    def constant(name, value):
        weights.append(numpy_helper.from_array(value.detach().numpy(), name))
        return name

    value = "input"
    for i, (conv, norm) in enumerate(zip(net.convs, net.norms), 1):
        filters = constant(f"conv{i}.weight", conv.weight)
        nodes.append(helper.make_node(
            "Conv", [value, filters], [f"conv{i}_out"], name=f"conv{i}",
            kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=list(conv.stride)))
        parameters = [constant(f"bn{i}.{name}", getattr(norm, name))
                      for name in ("weight", "bias", "running_mean", "running_var")]
        nodes.append(helper.make_node(
            "BatchNormalization", [f"conv{i}_out"] + parameters, [f"bn{i}_out"],
            name=f"bn{i}", epsilon=norm.eps))
        nodes.append(helper.make_node("Relu", [f"bn{i}_out"], [f"relu{i}_out"], name=f"relu{i}"))
        value = f"relu{i}_out"
    nodes.append(helper.make_node("GlobalAveragePool", [value], ["pool_out"], name="pool"))
    nodes.append(helper.make_node("Flatten", ["pool_out"], ["flat_out"], name="flatten", axis=1))
    nodes.append(helper.make_node(
        "Gemm", ["flat_out", constant("classifier.weight", net.classifier.weight),
                 constant("classifier.bias", net.classifier.bias)],
        ["scores"], name="classifier", transB=1))
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 10])], weights)
    model = helper.make_model(graph, producer_name="lw examples/digits",
                              opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    onnx.checker.check_model(model)
    return model


def write(path, save):
    """Calls save(file) on a temporary file that then takes the place of path."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        save(file)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    torch.set_num_threads(1)  # The order of sums, and so the weights, do not vary.
    digits = load_digits()
    images = digits.images.astype(np.uint8)[..., None]
    labels = digits.target.astype(np.uint8)
    order = np.random.RandomState(0).permutation(len(images))
    learn, held_out = order[:TRAIN_IMAGES], order[TRAIN_IMAGES:]
    calib = learn[:CALIB_IMAGES]

    net = train(images[learn], labels[learn], arguments.epochs, arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)
    write(arguments.output / "digits.onnx",
          lambda file: file.write(to_onnx(net).SerializeToString()))
    for name, index in (("test", held_out), ("calib", calib)):
        write(arguments.output / f"{name}.npz",
              lambda file: np.savez_compressed(file, images=images[index], labels=labels[index]))

    with torch.no_grad():
        scores = net(torch.from_numpy(normalize(images[held_out])))
    correct = int((scores.argmax(1).numpy() == labels[held_out]).sum())
    print(f"held-out split: {correct} of {len(held_out)} ({100 * correct / len(held_out):.2f} %)")


if __name__ == "__main__":
    main()
