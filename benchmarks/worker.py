"""Measures all engines on a few models in one process; started by run.py.

The job comes as JSON on the command line, the result goes to the job's file.
A process of its own for each network and thread count, because most engines
read their thread settings once, and because a crash then costs one network.
"""
import json
import os
import subprocess
import sys
import time
import traceback

# More than this share of the largest output is a wrong result, not rounding.
TOLERANCE = 1e-3


def load(job, stage):
    """Loads every engine on every model. Returns (engines, absent, details)."""
    import engines

    engines.Lw.compiler, engines.Lw.flags = job["lwc"], job["lwc_flags"]
    loaded, absent = {}, {}
    for name in job["engines"]:
        stage(f"loading {name}")
        engine = engines.ENGINES[name]
        try:
            engine.version()
            loaded[name] = [engine(path, job["threads"], job["cache"]) for path in job["models"]]
        except ImportError as error:
            absent[name] = f"not installed: {error}"
        except subprocess.CalledProcessError as error:
            text = (error.stderr or b"").decode(errors="replace").strip()
            absent[name] = f"cannot compile the network: {text[:500]}"
        except Exception as error:  # An engine's own refusal is a result, too.
            traceback.print_exc()
            absent[name] = f"cannot load the network: {error}"[:500]
    return loaded, absent


def check(job, loaded, absent, stage):
    """Compares all outputs with onnxruntime's unoptimized ones (the first
    engine's if it is not installed); moves engines that disagree to `absent`.
    Returns the errors, relative to the largest output."""
    import engines
    import numpy as np

    stage("computing reference outputs")
    references = []
    for index, path in enumerate(job["models"]):
        try:
            reference = engines.OnnxRuntime(path, 1, job["cache"], optimize=False)
        except ImportError:
            reference = next(iter(loaded.values()))[index]
        reference.run()
        references.append(reference.outputs())
    errors = {}
    for name in list(loaded):
        stage(f"checking {name}")
        worst = 0.0
        try:
            for engine, reference in zip(loaded[name], references):
                engine.run()
                outputs = engine.outputs()
                if [o.size for o in outputs] != [r.size for r in reference]:
                    raise ValueError(f"expected outputs {[r.shape for r in reference]}, "
                                     f"found {[o.shape for o in outputs]}")
                for output, expected in zip(outputs, reference):
                    expected = expected.astype(np.float64)
                    difference = np.abs(output.reshape(expected.shape) - expected).max()
                    worst = max(worst, float(difference / max(np.abs(expected).max(), 1e-30)))
                    if not np.isfinite(output).all():
                        worst = float("inf")
        except Exception as error:
            absent[name] = f"cannot run the network: {error}"[:500]
            del loaded[name]
            continue
        errors[name] = worst
        if not worst <= TOLERANCE:
            absent[name] = f"wrong result: relative error {worst:.3g}"
            del loaded[name]
    return errors


def turn(run, seconds):
    """Runs for about `seconds`, three times at least; times in seconds."""
    run()  # The engine before it has emptied the caches.
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def peak(job, *options):
    command = [job["peak"], f"--threads={job['threads']}", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def go_realtime():
    """Puts every thread of this process, the engines' too, under SCHED_RR."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))


def measure(job, loaded, stage):
    """The schedule: in each round every engine has one turn on every model."""
    if job["realtime"]:
        stage("asking for realtime scheduling")
        go_realtime()
    items = [(name, index) for name in loaded for index in range(len(job["models"]))]
    samples = {item: [] for item in items}
    peaks = [peak(job, "--seconds=0.02")] if job["peak"] else []
    for number in range(job["rounds"]):
        # Each round starts with another engine, so that no engine always
        # follows the same one.
        offset = number % max(len(items), 1)
        for name, index in items[offset:] + items[:offset]:
            stage(f"running {name}")
            times = sorted(turn(loaded[name][index].run, job["seconds"]))
            samples[name, index].append(
                {"min": times[0], "median": times[len(times) // 2], "runs": len(times)})
            if job["threads"] > 1:
                # Idle workers of a thread pool spin for a while before they sleep.
                time.sleep(0.05)
        if job["peak"]:
            peaks.append(peak(job, "--seconds=0.02", "--fma-only"))
    return samples, peaks


def main():
    job = json.loads(sys.argv[1])
    os.sched_setaffinity(0, job["cpus"])

    def stage(text):
        with open(job["stage"], "w") as file:
            file.write(text)

    loaded, absent = load(job, stage)
    errors = check(job, loaded, absent, stage)
    samples, peaks = measure(job, loaded, stage)
    result = {"absent": absent, "errors": errors, "engines": {}, "peak": {}}
    if peaks:
        result["peak"] = dict(peaks[0], fma_gflops={
            isa: max(p["fma_gflops"][isa] for p in peaks) for isa in peaks[0]["fma_gflops"]})
        if "fed_gflops" in peaks[0]:
            result["peak"]["fed_gflops"] = max(p["fed_gflops"] for p in peaks)
    for name in loaded:
        result["engines"][name] = [
            {"min": min(r["min"] for r in samples[name, i]), "rounds": samples[name, i],
             "median": sorted(r["median"] for r in samples[name, i])[job["rounds"] // 2],
             **loaded[name][i].details}
            for i in range(len(job["models"]))]
    with open(job["result"], "w") as file:
        json.dump(result, file)
    # Some engines crash when their threads are torn down; all is said by now.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
