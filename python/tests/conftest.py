import pathlib

import numpy as np
import pytest

import lw

DIGITS = pathlib.Path(__file__).resolve().parents[2] / "examples/digits"

# Two inputs of floats and one of integers, batches of four samples.
SUMS = """
func.func @main(%a: tensor<4x3xf32> {lw.name = "a"}, %b: tensor<4x3xf32> {lw.name = "b"},
                %n: tensor<4x2xi32> {lw.name = "n"})
    -> (tensor<4x3xf32> {lw.name = "sum"}, tensor<4x2xi32> {lw.name = "twice"}) {
  %0 = tosa.add %a, %b : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %1 = tosa.add %n, %n : (tensor<4x2xi32>, tensor<4x2xi32>) -> tensor<4x2xi32>
  return %0, %1 : tensor<4x3xf32>, tensor<4x2xi32>
}
"""


@pytest.fixture(scope="session")
def digits():
    return DIGITS / "digits.onnx"


@pytest.fixture(scope="session")
def model(digits):
    return lw.compile(digits, cpu="multi")


@pytest.fixture(scope="session")
def samples():
    data = np.load(DIGITS / "test.npz")
    return np.float32(data["images"]).transpose(0, 3, 1, 2) / 16, data["labels"]


@pytest.fixture(scope="session")
def sums_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sums") / "sums.mlir"
    path.write_text(SUMS)
    return path


@pytest.fixture(scope="session")
def sums(sums_file):
    return lw.compile(sums_file)
