"""Compiles trained neural networks with lw, and runs what was compiled.

    model = lw.compile("model.onnx")      # or lw.load("model.so")
    scores = model(images)                # NumPy in, NumPy out, any batch

Compiling needs lw's tools, running a compiled library needs NumPy only.
"""
from importlib import metadata as _metadata

from ._compile import compile
from ._error import Error
from .model import Benchmark, Model, Tensor, load

try:
    __version__ = _metadata.version("lw")
except _metadata.PackageNotFoundError:  # a checkout in PYTHONPATH
    __version__ = "unknown"

__all__ = ["Benchmark", "Error", "Model", "Tensor", "compile", "load"]
