"""Compiled networks in Spark.

    frame.mapInPandas(lw.spark.predictor(lw.load("model.so"), "image", "scores"), schema)
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator

import numpy as np

from .model import Model

if TYPE_CHECKING:
    import pandas


def predictor(model: Model, inputs: str, outputs: str) -> Callable[
        [Iterator[pandas.DataFrame]], Iterator[pandas.DataFrame]]:
    """A function for `mapInPandas`: adds the column `outputs`, what a network with one output
    makes of the column `inputs`, whose values are flat or nested lists of a sample each."""
    shape, dtype = model.inputs[0].shape[1:], model.inputs[0].dtype

    def predict(frames: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        for frame in frames:
            samples = [np.array(list(value), dtype).reshape(shape) for value in frame[inputs]]
            scores = model(np.stack(samples)) if samples else ()
            yield frame.assign(**{outputs: [np.ravel(row).tolist() for row in scores]})
    return predict
