"""Exports networks to ONNX, imports them again and compares what both compute.

  round_trip.py [--separable GOAL] [--unoptimized] NETWORK...

Outputs must have the same names and shapes and agree within 1e-5 of their
largest magnitude; most networks agree bit for bit. Weights are no matter of
the test: those of a network are exported as they are.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent))
import npy  # noqa: E402

TOLERANCE = 1e-5


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


def outputs(network, folder, flags):
    path = folder / "y.npz"
    run("lw-run", network, "--random-input", "--output", path, *flags)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "y")
        return {name: npy.load(folder / "y" / name) for name in archive.namelist()}


def compare(network, flags):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        exported = folder / "exported.onnx"
        run("lwc", network, "-o", exported, "--quiet", *flags)
        expected, found = outputs(network, folder, flags), outputs(exported, folder, [])
        if list(expected) != list(found):
            return f"outputs {list(expected)}, exported {list(found)}"
        worst = 0.0
        for name, (dtype, shape, values) in expected.items():
            other_dtype, other_shape, other = found[name]
            if (dtype, shape) != (other_dtype, other_shape):
                return f"{name} is {dtype} {shape}, exported {other_dtype} {other_shape}"
            scale = max(max(map(abs, values)), 1e-30)
            worst = max(worst, max(abs(a - b) for a, b in zip(values, other)) / scale)
        if not worst <= TOLERANCE:
            return f"differs by {worst:.1e} of the largest magnitude"
        print(f"{network}: within {worst:.1e}")
        return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--separable")
    parser.add_argument("--unoptimized", action="store_true")
    parser.add_argument("networks", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    flags = [f"--separable={arguments.separable}"] if arguments.separable else []
    flags += ["--no-fold", "--no-fuse"] if arguments.unoptimized else []
    errors = {network: compare(network, flags) for network in arguments.networks}
    for network, error in errors.items():
        if error:
            print(f"{network}: {error}")
    print(f"{len(errors)} networks, {sum(map(bool, errors.values()))} differ")
    sys.exit(any(errors.values()))


main()
