"""Compiles networks with lwc."""
from __future__ import annotations

import json
import os
import pathlib
import re
import tempfile
import warnings
from typing import Any, Mapping, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike

from . import _tools
from ._error import Error
from .model import Model, Path

Numbers = Union[float, Sequence[float]]


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return ",".join(map(str, value))
    return str(value)


def _samples(value: ArrayLike | Mapping[str, ArrayLike] | Path, folder: str, name: str) -> str:
    """A path as it is, an array, or one for each input, as the file that lwc reads."""
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, Mapping):
        path = os.path.join(folder, name + ".npz")
        np.savez(path, **{key: np.asarray(array) for key, array in value.items()})
        return path
    path = os.path.join(folder, name + ".npy")
    np.save(path, np.asarray(value))
    return path


def _names(value: Sequence[str] | Path, folder: str) -> str:
    """A path as it is, names as the file that lwc reads."""
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    path = pathlib.Path(folder, "names.txt")
    for name in value:
        if "\n" in name or "\r" in name:
            raise Error(f"class_names: {name!r} has a line break")
    path.write_text("".join(name + "\n" for name in value), "utf-8")
    return str(path)


def _several(shapes: Sequence[int] | Sequence[Sequence[int]]) -> Sequence[Sequence[int]]:
    """A list of shapes; of one that shape."""
    return shapes if shapes and not isinstance(shapes[0], (int, np.integer)) else [shapes]  # type: ignore


def compile(network: Path | bytes, output: Path | None = None, *, quantize: str | None = None,
            separable: str | None = None, weights: str | None = None, arithmetic: str | None = None,
            calibrate: ArrayLike | Mapping[str, ArrayLike] | Path | None = None,
            calibrate_labels: ArrayLike | Path | None = None, scale: float | None = None,
            mean: Numbers | None = None, std: Numbers | None = None, bgr: bool = False,
            input_type: str | None = None, resize: str | None = None, crop: int | str | None = None,
            class_names: Sequence[str] | Path | None = None, softmax: bool = False,
            target: str | None = None, cpu: str | None = None, threads: int | None = None,
            batch: int | None = None, shape: Mapping[str, Sequence[int] | Sequence[Sequence[int]]] | None = None,
            dim: Mapping[str, int] | None = None, flags: Sequence[str] = (),
            progress: bool | None = None) -> Model:
    """Compiles a network to machine code.

    Args:
        network: An ONNX file, MLIR (text or bytecode), or the bytes of an ONNX file.
        output: Where to keep the library, `model.so`; a C header goes beside it. Without,
            it lives as long as the model does, or until `Model.save`.
        quantize: "int8": compute with 8-bit integers (docs/quantization.md).
        separable: A goal, "macs=2x", "time=1.5x", ...: rewrite convolutions to cheaper
            forms (docs/separable.md).
        weights: "bf16": halve the bytes of weights that layers wait for (docs/weights.md).
        arithmetic: "bf16": multiply bfloat16 where the processor is faster at it (docs/weights.md).
        calibrate: Samples of the input for both, some hundred without labels: an array,
            of floats in the network's layout or uint8 images (N, H, W, C), or a path as
            lwc takes it, "samples.npz:images". Of several inputs a mapping from their
            names to arrays.
        calibrate_labels: Their classes, an array or path, to count the accuracy on.
        scale, mean, std, bgr: What turns the pixels of uint8 images into inputs:
            (scale * pixel - mean) / std, blue first with bgr.
        input_type: "uint8": the network itself takes images (N, H, W, C), and does that.
        resize, crop: How images of other sizes come to the network's, "bilinear:256" and
            224: said in `Model.info["image"]` and done by `lw-run --image`.
        class_names: What the classes of the output are called, for `Model.class_names`:
            names, or a path of a text with one a line.
        softmax: Make the output, scores of classes, probabilities.
        target: The triple to compile for, "aarch64-linux-gnu"; this machine's without.
        cpu: The processor; "native" is this one's, "multi" makes code for several, of
            which the library takes the best where it runs.
        threads: What one run uses; for many samples one thread and several models or
            workers are faster.
        batch: The samples of a run.
        shape: Shapes of inputs where the ONNX file leaves them open: {"x": (1, 3, 48, 320)}.
            Of several, {"x": [(1, 3, 48, 160), (1, 3, 48, 320)]}, one model takes any.
        dim: Extents of symbolic dimensions by their names: {"height": 640}.
        flags: Further flags of lwc, ["--no-winograd"].
        progress: Whether to show how long it takes; without, on terminals and in notebooks.

    Returns:
        A model. Where this machine cannot run what was compiled for another, it can be
        saved and pickled, and raises `Error` when it is called.

    Raises:
        Error: in the words of lwc, which name the node, the operator and the remedy.
    """
    if output is not None and pathlib.Path(output).suffix.lower() != ".so":
        raise Error(f"{os.fspath(output)}: expected a library, NAME.so; lwc writes other kinds of files")
    with tempfile.TemporaryDirectory(prefix="lw-") as folder:
        if isinstance(network, (bytes, bytearray)):
            path, what = os.path.join(folder, "network.onnx"), "network"
            pathlib.Path(path).write_bytes(network)
        else:
            path = os.fspath(network)
            what = os.path.basename(path)
        stem = re.sub(r"\W", "_", pathlib.Path(path).stem, flags=re.ASCII) or "network"
        library = os.path.join(folder, stem + ".so") if output is None else os.fspath(output)
        report = os.path.join(folder, "report.json")
        options: dict[str, Any] = {
            "quantize": quantize, "separable": separable, "weights": weights, "arithmetic": arithmetic,
            "input-type": input_type, "scale": scale, "resize": resize, "crop": crop,
            "mean": mean, "std": std, "target": target, "cpu": cpu, "threads": threads, "batch": batch, "json": report}
        if calibrate is not None:
            options["calibrate"] = _samples(calibrate, folder, "samples")
        if calibrate_labels is not None:
            options["calibrate-labels"] = _samples(calibrate_labels, folder, "labels")
        arguments = [f"--{key}={_text(value)}" for key, value in options.items() if value is not None]
        if class_names is not None:
            arguments.append("--class-names=" + _names(class_names, folder))
        arguments += ["--bgr"] * bgr + ["--softmax"] * softmax
        arguments += [f"--shape={name}:{'x'.join(map(str, extents))}"
                      for name, shapes in (shape or {}).items() for extents in _several(shapes)]
        arguments += [f"--dim={name}={extent}" for name, extent in (dim or {}).items()]
        said = _tools.run("lwc", [*arguments, *flags, "-o", library, path], what, progress)
        for line in said.splitlines():
            if "warning:" in line:
                warnings.warn(line, stacklevel=2)
        return Model(library, name=what if output is None else None,
                     report=json.loads(pathlib.Path(report).read_text()), check=False)
