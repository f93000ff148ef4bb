#!/usr/bin/env python3
"""Accuracy against cost of a network rewritten to cheaper forms.

  benchmarks/setup.sh
  benchmarks/.venv/bin/python benchmarks/separable_tradeoff.py resnet20.onnx \\
      --calibrate train.npz:images --input test.npz:images --labels test.npz:labels \\
      --preprocessing "--scale=1/255 --mean=.485,.456,.406 --std=.229,.224,.225" \\
      --json resnet20.json --plot resnet20.svg

For each goal the network is rewritten once with lwc --separable, and for each
number of terms with lwc --separable=terms=N, which needs no samples. Then the accuracy
of all is counted, and their time is measured in turns, so that whatever slows
the machine down for a while slows all of them. The network as trained is there
twice: a dense 3x3 layer takes less than half the multiplications with Winograd's
filtering, and what is rewritten has fewer such layers.

--ray rewrites and counts on all cores of this machine, or of a cluster that has --keep in a
shared folder; only goals of time have a machine for themselves. Times are measured here,
when all that is done.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

from run import processor

FITTED, TIMED, PLAIN = "fitted, goal MACs", "fitted, goal time", "plain SVD"
TRAINED, DIRECT = "as trained", "as trained, --no-winograd"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", metavar="FILE.onnx")
    parser.add_argument("--calibrate", metavar="FILE.npz:KEY", help="samples to fit to")
    parser.add_argument("--input", metavar="FILE.npz:KEY", help="samples to count on")
    parser.add_argument("--labels", metavar="FILE.npz:KEY", help="their classes")
    parser.add_argument("--preprocessing", default="", metavar="FLAGS",
                        help="flags of lw-run for images, separated by spaces")
    parser.add_argument("--fit-flags", default="", metavar="FLAGS",
                        help="further flags of lwc for what is fitted, separated by spaces")
    parser.add_argument("--goals", default="macs=1.3x,macs=1.7x,macs=2x,macs=2.5x,macs=3x,macs=4x,"
                                "time=1.25x,time=1.5x,time=2x",
                        metavar="A,B", help="budgets of --separable (default: %(default)s)")
    parser.add_argument("--terms", default="6,5,4,3,2", metavar="N,M",
                        help="of --separable=terms=N, plain SVD (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (default: 7)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of one turn (default: 0.5)")
    parser.add_argument("--tools", default="", metavar="DIR",
                        help="where lwc, lw-run and lw-opt are (default: in PATH)")
    parser.add_argument("--keep", metavar="DIR",
                        help="keep rewritten networks here and take those that are there already")
    parser.add_argument("--ray", action="store_true", help="rewrite as tasks of Ray (pip install ray)")
    parser.add_argument("--json", metavar="FILE", help="write all results")
    parser.add_argument("--plot", metavar="FILE", help="draw them (.svg, .png)")
    parser.add_argument("--from-json", metavar="FILE",
                        help="print and plot earlier results and measure nothing")
    args = parser.parse_args()
    if not args.from_json:
        for name in ("network", "calibrate", "input", "labels"):
            if not getattr(args, name):
                parser.error(f"{name}: needed, unless --from-json is given")
        if not os.path.isfile(args.network):
            parser.error(f"no such file: {args.network}")
    elif not os.path.isfile(args.from_json):
        parser.error(f"no such file: {args.from_json}")
    if args.rounds < 1 or args.seconds <= 0:
        parser.error("--rounds and --seconds: expected positive numbers")
    try:
        args.terms = [int(terms) for terms in args.terms.split(",") if terms]
    except ValueError:
        parser.error(f"--terms: expected numbers separated by commas, found '{args.terms}'")
    args.goals = [goal for goal in args.goals.split(",") if goal]
    return args


class Failed(Exception):
    pass


def run(args, tool, *flags):
    """Runs a tool and returns what it says on standard error."""
    command = [os.path.join(args.tools, tool), *map(str, flags)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{shlex.join(command)} failed:\n{done.stderr}")
    return done.stderr


def run_json(args, *flags):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        run(args, "lw-run", *flags, f"--json={file.name}")
        return json.loads(pathlib.Path(file.name).read_text())


def write(results, path):
    """At once or not at all."""
    if path:
        with open(path + ".tmp", "w") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
        os.replace(path + ".tmp", path)


def list_points(args):
    """[(series, name, flags of lwc)]"""
    samples = [f"--calibrate={args.calibrate}", *shlex.split(args.preprocessing),
               *shlex.split(args.fit_flags)]
    return [(TRAINED, "as trained", []), (DIRECT, "no Winograd", []),
            *((TIMED if goal.startswith("time") else FITTED, goal, [f"--separable={goal}", *samples])
              for goal in args.goals),
            *((PLAIN, f"terms={n}", [f"--separable=terms={n}"]) for n in args.terms)]


def rewrite(args, folder, series, name, flags):
    """One point without its time, and the number of samples that it was counted on."""
    stem = pathlib.Path(args.network).stem
    print(f"{stem}: {series}, {name}", file=sys.stderr)
    path = folder / f"{stem}-{name.replace(' ', '-')}.mlirbc"
    start, warnings = time.monotonic(), []
    if not path.exists():
        text = run(args, "lwc", args.network, "-o", path, *flags)
        warnings = [line for line in text.splitlines() if "cannot reach" in line]
    seconds = time.monotonic() - start
    library = path.with_suffix(".so")
    if not library.exists():
        direct = ["--no-winograd"] if series == DIRECT else []
        run(args, "lwc", path, "-o", library, "--quiet", *direct)
    counted = run_json(args, library, "--input", args.input, "--labels", args.labels,
                       *shlex.split(args.preprocessing))
    cost = json.loads(run(args, "lw-opt", path, "-o", os.devnull,
                          "--lw-print-cost=format=json"))["functions"][0]["total"]
    return {"series": series, "name": name, "top1_percent": counted["accuracy"]["top1_percent"],
            "macs": cost["macs"], "parameters": cost["parameters"],
            "rewrite_seconds": seconds, "warnings": warnings,
            "library": str(library), "minimum_ms": None, "median_ms": []}, counted["accuracy"]["samples"]


def rewrite_all(args, folder):
    """All points, as they are done."""
    if not args.ray:
        yield from (rewrite(args, folder, *point) for point in list_points(args))
        return
    import ray
    ray.init(include_dashboard=False)
    cores = max(node["Resources"].get("CPU", 0) for node in ray.nodes())
    # Paths mean the same on every machine.
    args.network, args.calibrate, args.input, args.labels, args.tools = (
        os.path.abspath(path) if path else path
        for path in (args.network, args.calibrate, args.input, args.labels, args.tools))
    task = ray.remote(rewrite)
    tasks = [task.options(num_cpus=cores if series == TIMED else 1).remote(args, folder.absolute(), series, name, flags)
             for series, name, flags in list_points(args)]
    try:
        yield from map(ray.get, tasks)
    finally:
        ray.shutdown()


def measure(args, folder):
    results = {"network": pathlib.Path(args.network).stem, "date": time.strftime("%Y-%m-%d"),
               "points": [], "flags": args.fit_flags, "processor": processor()}
    for point, samples in rewrite_all(args, folder):
        results["samples"] = samples
        results["points"].append(point)
        write(results, args.json)
    points = results["points"]
    for turn in range(args.rounds):
        for point in points[turn % len(points):] + points[:turn % len(points)]:
            latency = run_json(args, point["library"], "--random-input", "--benchmark",
                               f"--min-time={args.seconds}")["latency"]
            least = [latency["minimum_ms"], *filter(None, [point["minimum_ms"]])]
            point["minimum_ms"] = min(least)
            point["median_ms"].append(latency["median_ms"])
    for point in points:
        del point["library"]
        point["median_ms"] = sorted(point["median_ms"])[len(point["median_ms"]) // 2]
    write(results, args.json)
    return results


def report(results):
    trained = results["points"][0]
    print(f"{results['network']}, {results['samples']} samples, one thread ({results['processor']})\n")
    direct = next((p for p in results["points"] if p["series"] == DIRECT), trained)
    print("| form | goal | MACs | / | top-1 % | lost | ms, least | / | / direct |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for p in results["points"]:
        macs, speed = trained["macs"] / p["macs"], trained["minimum_ms"] / p["minimum_ms"]
        print(f"| {p['series']} | {p['name']} | {p['macs']:,} | {macs:.2f} "
              f"| {p['top1_percent']:.2f} | {trained['top1_percent'] - p['top1_percent']:.2f} "
              f"| {p['minimum_ms']:.3f} | {speed:.2f} "
              f"| {direct['minimum_ms'] / p['minimum_ms']:.2f} |")


def plot(results, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    # Text stays text, and the same data give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "lw", "font.size": 9})
    trained = results["points"][0]
    figure, axes = pyplot.subplots(2, 2, figsize=(9, 6), sharex="col", sharey="row",
                                   height_ratios=(2, 3))
    columns = (("macs", 1e-6, "MACs of the whole network, millions"),
               ("minimum_ms", 1, "time of one image on one thread, ms"))
    for row in axes:
        for axis, (key, scale, _) in zip(row, columns):
            for series, style in ((FITTED, "o-"), (TIMED, "^-"), (PLAIN, "s--")):
                points = [trained, *(p for p in results["points"] if p["series"] == series)]
                points.sort(key=lambda p: -p[key])
                axis.plot([p[key] * scale for p in points], [p["top1_percent"] for p in points],
                          style, label=series, markersize=4, linewidth=1.2)
            axis.plot([trained[key] * scale], [trained["top1_percent"]], "k*", markersize=9,
                      label=TRAINED)
            for p in results["points"]:
                if p["series"] == DIRECT and key == "minimum_ms":
                    axis.plot([p[key] * scale], [p["top1_percent"]], "kx", label=DIRECT)
            axis.axhline(trained["top1_percent"], color="grey", linewidth=0.6)
            axis.set_xlim(left=0)
            axis.grid(alpha=0.3)
        row[0].set_ylabel("top-1, %")
    # Below, the same where it matters.
    axes[1][0].set_ylim(trained["top1_percent"] - 6, trained["top1_percent"] + 1)
    for axis, (_, _, label) in zip(axes[1], columns):
        axis.set_xlabel(label)
    axes[0][1].legend(loc="lower right")
    figure.suptitle(f"{results['network']}, {results['samples']} test images")
    figure.tight_layout()
    metadata = {"Date": None} if path.endswith(".svg") else None
    figure.savefig(path, metadata=metadata)


def main():
    args = parse_arguments()
    if args.from_json:
        results = json.loads(pathlib.Path(args.from_json).read_text())
    else:
        try:
            with contextlib.ExitStack() as stack:
                folder = pathlib.Path(args.keep or stack.enter_context(tempfile.TemporaryDirectory()))
                folder.mkdir(parents=True, exist_ok=True)
                results = measure(args, folder)
        except Failed as error:
            sys.exit(f"separable_tradeoff.py: {error}")
    report(results)
    if args.plot:
        plot(results, args.plot)


if __name__ == "__main__":
    main()
