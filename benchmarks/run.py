#!/usr/bin/env python3
"""Measures lw against other inference engines; docs/benchmarks.md explains.

  benchmarks/setup.sh
  benchmarks/.venv/bin/python benchmarks/run.py --lwc build/release/bin/lwc \\
      --peak build/release/benchmarks/lw-peak --json results.json --plot results.png

Networks come from networks.py (built on first use) and from ONNX files. All
engines take turns in one process, after their outputs have been compared.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
NETWORKS = ("mobilenet_v1", "mobilenet_v2", "shufflenet_v2", "efficientnet_b0",
            "squeezenet_1_1", "resnet18", "resnet50")
# A layer whose output can be its input is also measured as a row of copies:
# (time of the row - time of one) / (copies - 1) is free of what an engine does
# once at a network's edges.
COPIES = 4
BUILDER = ["/usr/bin/python3", str(HERE / "networks.py")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(NETWORKS), metavar="A,B",
                        help="networks of networks.py, or none (default: all)")
    parser.add_argument("--onnx", nargs="*", default=[], metavar="PATH",
                        help="further networks: files, or folders of them; open dimensions are "
                        "fixed as the list of test/Integration/real_networks.py says, else 1")
    parser.add_argument("--only", default="", metavar="A,B",
                        help="of --onnx, those with one of these parts in their name")
    parser.add_argument("--batches", metavar="N,M",
                        help="of --onnx, in place of those of the list")
    parser.add_argument("--layers", default="none", metavar="A,B",
                        help="single layers of networks.py: all, none, or names (default: none)")
    parser.add_argument("--engines", metavar="A,B",
                        help="default: lw and all peers but tvm (untuned, it takes 40 times as long)")
    parser.add_argument("--threads", default="1,2", metavar="N,M")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each engine (default: 7)")
    parser.add_argument("--seconds", type=float, default=0.15, help="of one turn (default: 0.15)")
    parser.add_argument("--realtime", action="store_true",
                        help="measure under SCHED_RR, undisturbed by other processes (needs root)")
    parser.add_argument("--lwc", default="lwc", help="lw's compiler (default: lwc in PATH)")
    parser.add_argument("--lwc-flags", default="", help="further flags, separated by spaces")
    parser.add_argument("--isa", choices=["avx2"],
                        help="restrict lw, openvino and the roofline to AVX2; other engines "
                        "cannot be told and are left out")
    parser.add_argument("--peak", metavar="FILE",
                        help="the built lw-peak; without it there is no roofline")
    parser.add_argument("--cache", default=str(HERE / ".cache"), metavar="DIR",
                        help="networks and compiled code (default: benchmarks/.cache)")
    parser.add_argument("--json", metavar="FILE", help="write all results")
    parser.add_argument("--plot", metavar="FILE", help="draw the networks' ratios (.png, .svg)")
    parser.add_argument("--from-json", metavar="FILE",
                        help="print and plot earlier results and measure nothing")
    args = parser.parse_args()
    for name in ("threads", "batches"):
        text = getattr(args, name)
        try:
            setattr(args, name, [int(t) for t in text.split(",")] if text else [])
        except ValueError:
            parser.error(f"--{name}: expected numbers separated by commas, found '{text}'")
    if min(args.batches, default=1) < 1:
        parser.error("--batches: expected positive numbers")
    available = len(os.sched_getaffinity(0))
    if min(args.threads, default=0) < 1 or max(args.threads) > available:
        parser.error(f"--threads: expected 1 to {available}, the processors of this process")
    if args.rounds < 1 or args.seconds <= 0:
        parser.error("--rounds and --seconds: expected positive numbers")
    for path in [*args.onnx, *filter(None, [args.peak, args.from_json])]:
        if not os.path.isfile(path) and not (path in args.onnx and os.path.isdir(path)):
            parser.error(f"no such file: {path}")
    if args.isa:
        args.lwc_flags += " --cpu=x86-64-v3"
    return args


def select_engines(names, isa):
    """The engines to measure, from the options' names."""
    import engines

    chosen = names.split(",") if names else [n for n in engines.ENGINES if n != "tvm"]
    for name in chosen:
        if name not in engines.ENGINES:
            sys.exit(f"run.py: unknown engine '{name}'; expected one of {', '.join(engines.ENGINES)}")
    return [n for n in chosen if not isa or n in ("lw", "openvino")]


def versions(chosen, args):
    """{engine: version}; absent ones are printed and left out."""
    import engines

    engines.Lw.compiler = args.lwc
    found = {}
    for name in chosen:
        try:
            found[name] = engines.ENGINES[name].version()
            print(f"{name:12} {found[name]}")
        except ImportError as error:
            print(f"{name:12} absent ({error})")
    return found


def build_models(names, cache):
    """Builds what is missing in the cache with networks.py; returns the paths."""
    paths = {n: pathlib.Path(cache) / f"{n}.onnx" for n in names}
    newest = (HERE / "networks.py").stat().st_mtime
    missing = [n for n, p in paths.items() if not p.exists() or p.stat().st_mtime < newest]
    if missing:
        subprocess.run([*BUILDER, "--output", cache, *missing], check=True)
    return {n: str(p) for n, p in paths.items()}


def list_jobs(args):
    """[(name, kind, models)]: a layer that chains has two models."""
    names = [] if args.networks == "none" else args.networks.split(",")
    listed = subprocess.run([*BUILDER, "--list-layers"], check=True, capture_output=True, text=True)
    chains = dict(line.split() for line in listed.stdout.splitlines())
    layers = {"none": [], "all": list(chains)}.get(args.layers, args.layers.split(","))
    rows = [f"{n}_x{COPIES}" for n in layers if chains.get(n) == "chains"]
    paths = build_models([*names, *layers, *rows], args.cache)
    jobs = [(n, "network", [paths[n]]) for n in names]
    if args.onnx:
        import real
        jobs += [(name, "network", [path]) for name, path in real.networks(
            args.onnx, args.cache, args.batches, args.only.split(","))]
    for name in layers:
        row = f"{name}_x{COPIES}"
        jobs.append((name, "layer", [paths[name]] + ([paths[row]] if row in rows else [])))
    return jobs


def run_worker(models, threads, engines, args):
    """Runs worker.py, without an engine that brought it down if need be."""
    cpus = sorted(os.sched_getaffinity(0))[-threads:]
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), KMP_BLOCKTIME="20",
                       TF_CPP_MIN_LOG_LEVEL="3")
    if args.isa:
        environment["ONEDNN_MAX_CPU_ISA"] = args.isa.upper()
    crashed, engines = {}, list(engines)
    while True:
        with tempfile.TemporaryDirectory() as folder:
            result, stage = os.path.join(folder, "result"), os.path.join(folder, "stage")
            job = {"models": models, "threads": threads, "engines": engines, "cpus": cpus,
                   "lwc": args.lwc, "lwc_flags": args.lwc_flags.split(), "peak": args.peak,
                   "cache": args.cache, "rounds": args.rounds, "seconds": args.seconds,
                   "realtime": args.realtime,
                   "result": result, "stage": stage}
            done = subprocess.run([sys.executable, str(HERE / "worker.py"), json.dumps(job)],
                                  env=environment, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
            if done.returncode == 0:
                with open(result) as file:
                    found = json.load(file)
                found["absent"].update(crashed)
                return found
            where = pathlib.Path(stage).read_text() if os.path.exists(stage) else "starting"
        culprit = where.split()[-1]
        if culprit not in engines:
            sys.exit(f"run.py: worker failed while {where}:\n{done.stderr}")
        crashed[culprit] = f"crashed while {where} (exit code {done.returncode})"
        engines.remove(culprit)


def measure(args):
    import model_info

    os.makedirs(args.cache, exist_ok=True)
    found = versions(select_engines(args.engines, args.isa), args)
    if not found:
        sys.exit("run.py: no engine is installed: run benchmarks/setup.sh first")
    report = {"versions": found, "date": time.strftime("%Y-%m-%d %H:%M:%S"),
              "processor": processor(), "rounds": args.rounds, "seconds": args.seconds,
              "realtime": args.realtime, "lwc_flags": args.lwc_flags, "isa": args.isa,
              "results": []}
    for name, kind, models in list_jobs(args):
        for threads in args.threads:
            print(f"measuring {name}, {threads} thread{'s' * (threads > 1)}", file=sys.stderr)
            result = run_worker(models, threads, found, args)
            report["results"].append({"name": name, "kind": kind, "threads": threads,
                                      **model_info.describe(models[0]), **result})
            if args.json:
                # After every measurement, so that an interrupted run is not lost.
                with open(args.json + ".tmp", "w") as file:
                    json.dump(report, file, indent=1)
                os.replace(args.json + ".tmp", args.json)
    return report


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def main():
    args = parse_arguments()
    import report

    if args.from_json:
        with open(args.from_json) as file:
            results = json.load(file)
    else:
        results = measure(args)
    report.show(results, COPIES)
    if args.plot:
        report.plot(results, args.plot)


if __name__ == "__main__":
    main()
