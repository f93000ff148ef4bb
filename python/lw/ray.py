"""Compiled networks in Ray Data.

    dataset.map_batches(lw.ray.Predictor, fn_constructor_args=("model.so", "image"),
                        concurrency=8, batch_size=250)

Leave Ray a core that no worker takes: its own tasks need one, and would wait forever.
"""
from __future__ import annotations

import os
from typing import Any, Callable, Mapping, Union

import numpy as np

from .model import Model, Path, load

Batch = Mapping[str, np.ndarray]


class Predictor:
    """What `map_batches` makes one of in each worker: Ray distributes, the library computes.

    Args:
        model: The path of a compiled library, which every machine has (workers on one
            machine then share its memory), or a model, whose bytes Ray hands out.
        inputs: The column with the network's input, or a dictionary from names of inputs
            to columns; without, columns are named like the inputs. A function makes the
            inputs of a batch of columns.
        outputs: The same for outputs: by default columns named like them are added. A
            function of the batch and of what the network has returned makes all columns.

    Raises:
        lw.Error: in the worker, where its processor cannot run the library.
    """

    def __init__(self, model: Model | Path,
                 inputs: Union[str, Mapping[str, str], Callable[[Batch], Any], None] = None,
                 outputs: Union[str, Mapping[str, str], Callable[[Batch, Any], Batch], None] = None):
        self.model = load(model) if isinstance(model, (str, os.PathLike)) else model
        self._inputs, self._outputs = inputs, outputs

    def __call__(self, batch: Batch) -> dict[str, np.ndarray]:
        if callable(self._inputs):
            values = self._inputs(batch)
        elif isinstance(self._inputs, str):
            values = batch[self._inputs]
        else:
            columns = self._inputs or {}
            values = {t.name: batch[columns.get(t.name, t.name)] for t in self.model.inputs}
        results = self.model(values)
        if callable(self._outputs):
            return dict(self._outputs(batch, results))
        if not isinstance(results, dict):
            results = {self.model.outputs[0].name: results}
        columns = {next(iter(results)): self._outputs} if isinstance(self._outputs, str) else self._outputs or {}
        return {**batch, **{columns.get(name, name): array for name, array in results.items()}}
