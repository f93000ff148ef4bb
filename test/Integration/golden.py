"""Runs the trained networks through lw-run and compares with golden/.

  golden.py MODELS [--skip NAME]... [lw-run flags]

Every output must match within 1e-4 of its largest magnitude.
"""
import array
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import npy  # noqa: E402

TOLERANCE = 1e-4


def read_f32(path):
    values = array.array("f")
    values.frombytes(path.read_bytes())
    return values


def compare(found, expected):
    scale = max(max(abs(v) for v in expected), 1e-30)
    worst = max(abs(a - b) if math.isfinite(a) else math.inf for a, b in zip(found, expected))
    return worst / scale


def main():
    models, flags = pathlib.Path(sys.argv[1]), sys.argv[2:]
    skipped = []
    while flags[:1] == ["--skip"]:
        skipped.append(flags[1])
        flags = flags[2:]
    index = json.loads((models / "golden" / "index.json").read_text())
    failures = 0
    for name in sorted(index):
        if name in skipped:
            continue
        entry = index[name]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            npy.save(folder / "x.npy", "f4", entry["input"],
                     read_f32(models / "golden" / f"{name}.input.f32"))
            subprocess.run(["lw-run", models / "onnx" / f"{name}.onnx", "--input", folder / "x.npy",
                            "--output", folder / "y.npz", "--json", folder / "r.json", *flags],
                           check=True, stdout=subprocess.DEVNULL)
            result = json.loads((folder / "r.json").read_text())
            seconds = sum(result["compilation"]["phases"].values())
            errors = []
            with zipfile.ZipFile(folder / "y.npz") as archive:
                for i, output in enumerate(entry["outputs"]):
                    _, shape, found = npy.load(archive.read(output["name"] + ".npy"))
                    expected = read_f32(models / "golden" / f"{name}.output{i}.f32")
                    assert list(shape) == output["shape"], (name, shape, output["shape"])
                    errors.append(compare(found, expected))
        ok = max(errors) <= TOLERANCE
        failures += not ok
        print(f"{name}: error {max(errors):.1e}, compiled in {seconds:.2f} s{'' if ok else ' FAILED'}", flush=True)
    print(f"{failures} networks differ")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
