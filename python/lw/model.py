"""Compiled networks as Python objects."""
from __future__ import annotations

import os
import pathlib
import tempfile
import time
from typing import Any, Callable, Mapping, NamedTuple, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike

from ._elf import read_info
from ._error import Error
from ._library import Library

Path = Union[str, "os.PathLike[str]"]
Outputs = Union[np.ndarray, "dict[str, np.ndarray]"]

_DTYPES = {"i1": "bool", "f16": "float16", "f32": "float32", "f64": "float64",
           **{f"{sign}i{bits}": f"{'u' if sign == 'u' else ''}int{bits}"
              for sign in ("", "s", "u") for bits in (8, 16, 32, 64)},
           # NumPy has no bfloat16: its bits.
           "bf16": "uint16"}


class Tensor(NamedTuple):
    """An input or output of a network; the first extent of `shape` is that of one run."""
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} {_any_batch(self.shape)}"


class Shape(NamedTuple):
    """The arrays of a network for one of the shapes that its library holds."""
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __str__(self) -> str:
        return " ".join(f"{t.name}:{'x'.join(map(str, t.shape))}" for t in self.inputs if t.shape)


class Benchmark(NamedTuple):
    """Times of single runs of a network, in milliseconds, of `batch` samples each."""
    minimum_ms: float
    median_ms: float
    p90_ms: float
    runs: int
    batch: int

    @property
    def samples_per_second(self) -> float:
        return 1000 * self.batch / self.median_ms


def _any_batch(shape: Sequence[int]) -> str:
    """`(N, 3, 224, 224)`: any number of samples."""
    return "()" if not shape else f"({', '.join(['N', *map(str, shape[1:])])}{',' * (len(shape) == 1)})"


def _tensors(entries: Sequence[Mapping[str, Any]], path: str) -> tuple[Tensor, ...]:
    for entry in entries:
        if entry["type"] not in _DTYPES:
            raise Error(f"{path}: '{entry['name']}' has elements of type {entry['type']}, "
                        "which NumPy has not")
    return tuple(Tensor(entry["name"], tuple(entry["shape"]), np.dtype(_DTYPES[entry["type"]]))
                 for entry in entries)


class Model:
    """A compiled network: `lw.compile` and `lw.load` make it.

    `model(x)` runs it. One model may be called by any number of threads at the same
    time: each has working memory of its own, and the interpreter runs other threads
    meanwhile. Models are pickled with the bytes of their library, so that Ray, Spark
    and multiprocessing hand them to other processes and machines.

    Attributes:
        inputs, outputs: a `Tensor` each.
        shapes: of a library of several shapes the `Shape`s, of which `inputs` and
            `outputs` are the first; else that one.
        info: what the library says of itself, as docs/c-interface.md lists it.
    """

    def __init__(self, path: Path, *, name: str | None = None, report: dict[str, Any] | None = None,
                 check: bool = True, network: str | None = None):
        # What errors call it; a library in a temporary file has a better name.
        self._path = name or os.fspath(path)
        try:
            # Kept open, so that the bytes stay those that were loaded.
            self._file = open(path, "rb")
        except OSError as error:
            raise Error(f"{self._path}: {error.strerror}") from None
        prefix, machine, self.info = read_info(self._file, self._path, network)
        self.shapes = tuple(Shape(_tensors(shape["inputs"], self._path), _tensors(shape["outputs"], self._path))
                            for shape in self.info.get("shapes", [self.info]))
        self.inputs, self.outputs = self.shapes[0]
        self._network = network
        self._report = report
        self._library: Library | Error
        try:
            self._library = Library(os.fspath(path), self._path, prefix, machine, self.info)
        except Error as error:
            if check:
                raise
            self._library = error

    @property
    def name(self) -> str:
        return str(self.info["name"])

    @property
    def level(self) -> str:
        """The processor whose code runs here: with cpu="multi" the library has several."""
        return self._code().level or str(self.info["cpu"])

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """What the classes of the output are called; None where the library does not say."""
        return self._code().class_names

    def __repr__(self) -> str:
        def listed(tensors: Sequence[Tensor]) -> str:
            return ", ".join(map(str, tensors)) or "nothing"
        return f"<lw.Model {self.name}: {listed(self.inputs)} -> {listed(self.outputs)}; {self.info['cpu']}>"

    def __call__(self, *arrays: ArrayLike | Mapping[str, ArrayLike]) -> Outputs:
        """Runs the network on arrays in the order of `inputs`, or on a dictionary by name.

        The first dimension of every input is that of samples, and may have any extent:
        the library is called as often as that takes, and the last call is filled up
        with the last sample. Of a library of several shapes that one is called whose
        inputs these are, with the fewest samples and calls.

        Returns:
            An array, or a dictionary by name where the network has several outputs.

        Raises:
            Error: the arrays are not what the network takes.
        """
        library = self._code()
        index, inputs, (runs, left, batch) = self._choose(self._ordered(arrays))
        shape = self.shapes[index]
        outputs = [self._allocate(tensor, runs, left, batch) for tensor in shape.outputs]
        if not left:
            library.run(inputs, outputs, runs, index)
        else:
            whole = [array[:runs * batch] for array in inputs]
            library.run(whole, [array[:runs * t.shape[0]] for t, array in zip(shape.outputs, outputs)], runs, index)
            last = [np.concatenate([array[runs * batch:], np.repeat(array[-1:], batch - left, 0)])
                    for array in inputs]
            results = [np.empty(t.shape, t.dtype) for t in shape.outputs]
            library.run(last, results, 1, index)
            for tensor, array, result in zip(shape.outputs, outputs, results):
                rest = array[runs * tensor.shape[0]:]
                rest[...] = result[:len(rest)]
        return outputs[0] if len(outputs) == 1 else {t.name: a for t, a in zip(shape.outputs, outputs)}

    def benchmark(self, *arrays: ArrayLike | Mapping[str, ArrayLike], min_time: float = 1.0,
                  repetitions: int = 10, warm_up: int = 5) -> Benchmark:
        """Measures single runs, of `arrays` or of random floats and zero integers.

        Runs go on for `min_time` seconds and for `repetitions`, after `warm_up` of them.
        The few microseconds that a call takes in Python are in the times.
        """
        library = self._code()
        index = 0
        if arrays and len(self.shapes) > 1:
            index, values, _ = self._choose(self._ordered(arrays))
        elif arrays:
            values = [self._convert(t, v) for t, v in zip(self.inputs, self._ordered(arrays))]
        shape = self.shapes[index]
        if arrays:
            values = [np.resize(a, t.shape) if a.size else np.zeros(t.shape, t.dtype)
                      for t, a in zip(shape.inputs, values)]
        else:
            generator = np.random.default_rng(0)
            values = [generator.uniform(-1, 1, t.shape).astype(t.dtype) if t.dtype.kind == "f"
                      else np.zeros(t.shape, t.dtype) for t in shape.inputs]
        outputs = [np.empty(t.shape, t.dtype) for t in shape.outputs]
        times: list[int] = []
        end = time.perf_counter() + min_time
        while len(times) < warm_up + max(repetitions, 1) or time.perf_counter() < end:
            start = time.perf_counter_ns()
            library.run(values, outputs, 1, index)
            times.append(time.perf_counter_ns() - start)
        measured = np.array(times[warm_up:]) / 1e6
        return Benchmark(float(measured.min()), float(np.median(measured)), float(np.quantile(measured, 0.9)),
                         len(measured), shape.inputs[0].shape[0] if shape.inputs and shape.inputs[0].shape else 1)

    def cost(self) -> dict[str, int]:
        """`macs`, `parameters` and `weight_bytes` as compiled (docs/cost-model.md)."""
        return dict(self.info["cost"] or {})

    def report(self) -> dict[str, Any]:
        """What lwc has reported: cost before and after, the layers of a rewrite, ..."""
        if self._report is None:
            raise Error(f"{self._path}: there is a report where lw.compile has compiled the network; "
                        "lwc --json=FILE writes it")
        return self._report

    def save(self, path: Path) -> None:
        """Writes the library, for `lw.load`, lw-run and programs. It appears only when complete."""
        temporary = f"{os.fspath(path)}.{os.getpid()}.tmp"
        try:
            pathlib.Path(temporary).write_bytes(self._bytes())
            os.replace(temporary, path)
        except OSError as error:
            pathlib.Path(temporary).unlink(missing_ok=True)
            raise Error(f"{os.fspath(path)}: {error.strerror}") from None

    def __reduce__(self) -> tuple[Callable[..., Model], tuple[Any, ...]]:
        return _from_bytes, (os.path.basename(self._path), self._bytes(), self._report, self._network)

    def _bytes(self) -> bytes:
        return os.pread(self._file.fileno(), os.fstat(self._file.fileno()).st_size, 0)

    def _code(self) -> Library:
        if isinstance(self._library, Error):
            raise self._library
        return self._library

    def _ordered(self, arrays: Sequence[Any]) -> list[Any]:
        if len(arrays) == 1 and isinstance(arrays[0], Mapping):
            given = arrays[0]
            if set(given) == {tensor.name for tensor in self.inputs}:
                return [given[tensor.name] for tensor in self.inputs]
            found = "inputs named " + (", ".join(map(repr, given)) or "nothing")
        elif len(arrays) == len(self.inputs):
            return list(arrays)
        else:
            found = str(len(arrays))
        raise Error(f"{self.name}: takes {len(self.inputs)} inputs "
                    f"({', '.join(map(str, self.inputs))}), found {found}")

    def _choose(self, arrays: Sequence[Any]) -> tuple[int, list[np.ndarray], tuple[int, int, int]]:
        """The number of a shape that fits, the converted arrays, and what `_count` says of them."""
        found, refused = [], []
        for index, shape in enumerate(self.shapes):
            try:
                inputs = [self._convert(t, value) for t, value in zip(shape.inputs, arrays)]
                counts = [self._count(t, array) for t, array in zip(shape.inputs, inputs)]
                # Of whole runs, extents of the inputs may differ.
                if len({count if count[1] else count[:2] for count in counts}) > 1:
                    raise Error(f"{self.name}: the inputs disagree on the number of samples: " + ", ".join(
                        f"'{t.name}' has {a.shape[0] if t.shape else 'one'}"
                        for t, a in zip(shape.inputs, inputs)))
            except Error as error:
                refused.append(error)
                continue
            runs, left, batch = counts[0] if counts else (1, 0, 1)
            calls = runs + (left > 0)
            found.append((calls * batch, calls, index, inputs, (runs, left, batch)))
        if found:
            _, _, index, inputs, count = min(found, key=lambda each: each[:3])
            return index, inputs, count
        if len(self.shapes) == 1:
            raise refused[0]
        raise Error(f"{self.name}: none of the library's shapes fits, "
                    f"{'; '.join(map(str, self.shapes))}: {refused[0]}")

    def _convert(self, tensor: Tensor, value: Any) -> np.ndarray:
        """As dense array of the input's type; an error where values could be lost."""
        array = np.asarray(value)
        if array.dtype != tensor.dtype:
            kinds = array.dtype.kind + tensor.dtype.kind
            converted = array.astype(tensor.dtype) if kinds == "ff" or set(kinds) <= {"i", "u"} else None
            if converted is None or (kinds != "ff" and not np.array_equal(converted, array)):
                raise Error(f"{self.name}: input '{tensor.name}' takes {tensor.dtype}, found {array.dtype}; "
                            f"convert it with .astype(numpy.{tensor.dtype})" + (
                                ", or compile with input_type='uint8' for images"
                                if kinds == "uf" and array.ndim == 4 else ""))
            array = converted
        return np.ascontiguousarray(array) if array.ndim else array

    def _count(self, tensor: Tensor, array: np.ndarray) -> tuple[int, int, int]:
        """Whole runs, samples that are left, and samples of a run."""
        shape = tensor.shape
        if not shape and not array.shape:
            return 1, 0, 1
        # A vector of another length is more likely a mistake than a batch.
        if array.shape != shape and (array.ndim != len(shape) or array.shape[1:] != shape[1:] or not shape[0]
                                     or (array.ndim == 1 and array.shape[0] % shape[0])):
            hint = ""
            if array.shape == shape[1:]:
                hint = "; x[numpy.newaxis] makes a batch of one sample"
            elif array.ndim == 4 and array.shape[1:] == (*shape[2:], *shape[1:2]):
                hint = "; x.transpose(0, 3, 1, 2) puts the channels first"
            elif array.ndim == 4 and array.shape[1:] == (*shape[3:], *shape[1:3]):
                hint = "; x.transpose(0, 2, 3, 1) puts the channels last"
            elif len(shape) > 1:
                hint = "; N is any number of samples"
            raise Error(f"{self.name}: input '{tensor.name}' takes {tensor.dtype} {_any_batch(shape)}, "
                        f"found {array.dtype} {array.shape}{hint}")
        if not shape[0]:
            return 1, 0, 1
        return *divmod(array.shape[0], shape[0]), shape[0]

    def _allocate(self, tensor: Tensor, runs: int, left: int, batch: int) -> np.ndarray:
        if not tensor.shape and not left:
            return np.empty((), tensor.dtype) if runs == 1 else np.empty(runs, tensor.dtype)
        first = tensor.shape[0] if tensor.shape else 1
        if left and (not tensor.shape or first % batch):
            raise Error(f"{self.name}: output '{tensor.name}' of shape {tensor.shape} is not one for each of "
                        f"the {batch} samples of a run: give a multiple of {batch} samples")
        return np.empty((runs * first + left * first // batch, *tensor.shape[1:]), tensor.dtype)


def load(path: Path, name: str | None = None) -> Model:
    """Loads a library that `lw.compile` or lwc has made.

    Args:
        name: Of a library of several networks (`lwc --split-towers`) that one whose C
            functions have this prefix: "recommender_item".

    Raises:
        Error: it is none, or this machine cannot run it; what the processor lacks is named.
    """
    return Model(path, network=name)


def _from_bytes(name: str, code: bytes, report: dict[str, Any] | None, network: str | None = None) -> Model:
    """Unpickles a model: its library is a file for as long as loading takes."""
    with tempfile.TemporaryDirectory(prefix="lw-") as folder:
        path = os.path.join(folder, name)
        pathlib.Path(path).write_bytes(code)
        return Model(path, name=name, report=report, network=network)
