"""Inputs of a network in files, for tools that read them."""
import numpy as np


def save_inputs(prefix, fed):
    """Saves arrays by the names of their inputs; the arguments that name the files."""
    arguments = []
    for name, value in fed.items():
        file = "%s.%s.npy" % (prefix, name)
        np.save(file, value)
        arguments += ["--input", file]
    return arguments
