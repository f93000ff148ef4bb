"""Runs small networks with known outputs through lw-run.

  faults.py FOLDER [lw-run flags]

Every folder below FOLDER that holds model.onnx, input.npz and expected.npz is
run; every expected output must match within 1e-4 of its largest finite
magnitude, with NaN and infinities at the same places.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

TOLERANCE = 1e-4


def key(name):
    """The name of an output in a file: what no file can be called is replaced."""
    return re.sub(r"[\x00-\x1f\x7f/\\]", "_", name)


def difference(found, expected):
    """What tells them apart, or nothing."""
    if found.shape != expected.shape:
        return f"shape {found.shape}, expected {expected.shape}"
    found, expected = found.astype("f8"), expected.astype("f8")
    finite = numpy.isfinite(expected)
    special = ~finite & ~((found == expected) | (numpy.isnan(found) & numpy.isnan(expected)))
    if special.any() or not numpy.isfinite(found[finite]).all():
        return "NaN or infinities at other places"
    if not finite.any():
        return ""
    scale = max(abs(expected[finite]).max(), 1e-30)
    error = abs(found[finite] - expected[finite]).max() / scale
    return f"error {error:.1e}" if error > TOLERANCE else ""


def run(folder, flags):
    inputs = numpy.load(folder / "input.npz")
    expected = numpy.load(folder / "expected.npz")
    with tempfile.TemporaryDirectory() as temporary:
        output = pathlib.Path(temporary) / "y.npz"
        arguments = []
        for i, name in enumerate(inputs.files):
            path = pathlib.Path(temporary) / f"x{i}.npy"
            numpy.save(path, inputs[name])
            arguments += ["--input", f"{name}={path}" if len(inputs.files) > 1 else path]
        result = subprocess.run(["lw-run", folder / "model.onnx", *arguments, "--output", output, *flags],
                                capture_output=True, text=True)
        if result.returncode:
            return f"exit code {result.returncode}: {result.stderr.strip().splitlines()[-1:]}"
        found = numpy.load(output)
        for name in expected.files:
            if key(name) not in found.files:
                return f"no output '{name}' among {found.files}"
            if difference(found[key(name)], expected[name]):
                return f"'{name}': {difference(found[key(name)], expected[name])}"
    return ""


def main():
    root, flags = pathlib.Path(sys.argv[1]), sys.argv[2:]
    folders = [f for f in sorted(root.iterdir()) if (f / "expected.npz").exists()]
    assert folders, f"no networks in {root}"
    failures = 0
    for folder in folders:
        message = run(folder, flags)
        failures += bool(message)
        print(f"{folder.name}: {'FAILED: ' + message if message else 'right'}", flush=True)
    print(f"{failures} of {len(folders)} networks differ")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
