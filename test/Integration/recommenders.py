"""Runs the recommenders that benchmarks/recommenders.py has made."""
import pathlib
import subprocess
import sys

import numpy

folder = pathlib.Path(sys.argv[1])
for name, tables in (("neumf", 4), ("deepfm", 2), ("two_tower", 4)):
    path, arrays = folder / f"{name}.onnx", numpy.load(folder / f"{name}.npz")
    for batch in (1, 64):
        for flags in ([], ["--reference"], ["--threads=2"]):
            command = ["lw-run", path, f"--batch={batch}", "--output", folder / "y.npy", *flags]
            for array in arrays.files:
                if array != "score":
                    command += ["--input", f"{array}={folder / name}.npz:{array}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found = numpy.load(folder / "y.npy")
            assert found.shape == arrays["score"].shape, (name, batch, found.shape)
            worst = numpy.abs(found - arrays["score"]).max()
            assert worst <= 1e-5, (name, batch, flags, worst)
    # One kernel a table, which is a constant of the module as it came.
    imported = subprocess.run(["lw-translate", "--import-onnx", path], check=True,
                              capture_output=True).stdout
    lowered = subprocess.run(["lw-opt", "--lw-graph-pipeline", "--lw-set-target=cpu=x86-64-v3",
                              "--lw-select-kernels"], input=imported, check=True,
                             capture_output=True).stdout.decode()
    gathers = [line for line in lowered.splitlines() if "lw.gather" in line]
    assert len(gathers) == tables, (name, len(gathers))
    assert all("lw.kernel = #lw.gather" in line for line in gathers), name
