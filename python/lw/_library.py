"""Loads a compiled library and calls it through its C interface."""
from __future__ import annotations

import ctypes
import os
import platform
import shutil
import tempfile
import threading
from typing import Any, Sequence

import numpy as np

from ._error import Error

_STATUS = {1: "a null pointer", 2: "no working memory, or memory that is not aligned",
           3: "a processor that it has no code for", 4: "inputs of a shape that it has no code for"}

# Linux's names of what LLVM calls otherwise.
_LINUX_FEATURES = {"bmi": "bmi1", "lzcnt": "abm", "sahf": "lahf_lm", "sse3": "pni", "cx16": "cx16",
                   "dotprod": "asimddp", "neon": "asimd", "fp-armv8": "fp", "fullfp16": "asimdhp"}

# What has been loaded from which path: the dynamic linker goes by paths, and
# would give the old code of a file that has been replaced.
_loaded: dict[str, tuple[int, ...]] = {}
_loaded_lock = threading.Lock()


def _open(path: str) -> ctypes.CDLL:
    real = os.path.realpath(path)
    status = os.stat(real)
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    with _loaded_lock:
        if _loaded.setdefault(real, identity) == identity:
            return ctypes.CDLL(real)
    with tempfile.TemporaryDirectory(prefix="lw-") as folder:
        return ctypes.CDLL(shutil.copy(real, folder))


def _missing_features(features: Sequence[str]) -> list[str]:
    try:
        with open("/proc/cpuinfo") as file:
            lines = [line.split(":", 1)[1].split() for line in file if line.startswith(("flags", "Features"))]
    except OSError:
        return []
    present = set(lines[0]) if lines else set(features)
    return [name for name in features
            if not {name, name.replace(".", "_"), _LINUX_FEATURES.get(name, name)} & present]


class Library:
    """The code of one network. Any number of threads may call it at the same time."""

    def __init__(self, path: str, shown: str, prefix: str, machine: str, info: dict[str, Any]):
        """`shown` is what errors call the file `path`."""
        if machine != platform.machine():
            raise Error(f"{shown}: is compiled for {machine}, this machine is {platform.machine()}; "
                        "compile the network for it with lw.compile(..., target=...)")
        try:
            code = _open(path)
            self._run = getattr(code, prefix + "_run")
            supported = getattr(code, prefix + "_supported")
            level = getattr(code, prefix + "_level", None)
            if info.get("shapes"):
                self._run = getattr(code, prefix + "_run_shape")
        except (OSError, AttributeError) as error:
            raise Error(f"{shown}: cannot be loaded: {error}" + (
                "; code for several threads needs LLVM's OpenMP library (Debian: apt-get install libomp5-22)"
                if "libomp" in str(error) else "")) from None
        if not supported():
            missing = ", ".join(_missing_features(info["features"])) or "a feature that it needs"
            raise Error(f"{shown}: is compiled for cpu '{info['cpu']}', this machine lacks {missing}; compile "
                        "the network with cpu='multi', or on this machine")
        self.class_names: tuple[str, ...] | None = None
        if info.get("labels"):
            label = getattr(code, prefix + "_label")
            label.restype = ctypes.c_char_p
            self.class_names = tuple(label(i).decode() for i in range(info["labels"]))
        self.level: str | None = None
        if level:
            level.restype = ctypes.c_char_p
            self.level = level().decode()
        self._run.argtypes = [ctypes.c_void_p] * (4 if info.get("shapes") else 3)
        # Of each shape the extents of its inputs.
        self._extents = [self._pointers(shape["inputs"]) for shape in info.get("shapes", [])]
        self._counts = len(info["inputs"]), len(info["outputs"])
        self._arena_bytes, self._alignment = info["arena_bytes"], info["arena_alignment"]
        self._threads = threading.local()

    @staticmethod
    def _pointers(tensors: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
        arrays = [(ctypes.c_int64 * max(len(t["shape"]), 1))(*t["shape"]) for t in tensors]
        pointers = (ctypes.c_void_p * max(len(arrays), 1))(*map(ctypes.addressof, arrays))
        return ctypes.addressof(pointers), pointers, arrays

    def _scratch(self) -> tuple[Any, ...]:
        """This thread's arrays of pointers and working memory."""
        scratch: tuple[Any, ...] | None = getattr(self._threads, "scratch", None)
        if scratch is None:
            memory = np.empty(self._arena_bytes + self._alignment, np.uint8)
            inputs, outputs = ((ctypes.c_void_p * max(count, 1))() for count in self._counts)
            scratch = (inputs, outputs, ctypes.addressof(inputs), ctypes.addressof(outputs),
                       memory.ctypes.data + -memory.ctypes.data % self._alignment, memory)
            self._threads.scratch = scratch
        return scratch

    def run(self, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], runs: int, shape: int = 0) -> None:
        """Runs on `runs` consecutive pieces of dense arrays; of a library of several shapes that of this number."""
        sources, targets, at_sources, at_targets, arena, _ = self._scratch()
        pointers = [(sources, i, array.__array_interface__["data"][0], array.nbytes // max(runs, 1))
                    for i, array in enumerate(inputs)]
        pointers += [(targets, i, array.__array_interface__["data"][0], array.nbytes // max(runs, 1))
                     for i, array in enumerate(outputs)]
        chosen = [self._extents[shape][0]] if self._extents else []
        for run in range(runs):
            for table, i, address, step in pointers:
                table[i] = address + run * step
            status = self._run(*chosen, at_sources, at_targets, arena)
            if status:
                raise Error(f"the network has refused {_STATUS.get(status, f'status {status}')}")
