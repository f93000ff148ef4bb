#!/usr/bin/env python3
"""Times 8-bit networks against other engines, in turns.

  benchmarks/setup.sh
  benchmarks/.venv/bin/python benchmarks/quantized.py --lwc build/release/bin/lwc NET.onnx...

lw and the peers quantize the same network on the same samples: lw with
--quantize=int8, onnxruntime by its own quantize_static (QDQ, weights per
channel, u8 activations, s8 weights), which openvino reads too. Times are the
least of all turns, in milliseconds; a ratio over 1 says that lw is faster.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

import numpy as np
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

from engines import Lw, OnnxRuntime, OpenVino, model_inputs


class Samples(CalibrationDataReader):
    def __init__(self, name, samples):
        self.rest = iter([{name: s[None]} for s in samples])

    def get_next(self):
        return next(self.rest, None)


def flags_of(args):
    return ["--quiet", *args.lwc_flags.split()]


def build(engine, path, threads, folder):
    """The network in an engine, or None for an engine that cannot, which is named."""
    try:
        engine.version()
        return engine(str(path), threads, str(folder))
    except Exception as error:
        print(f"{path.stem}: {engine.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        return None


def build_all(args, network, folder):
    random = np.random.default_rng(0)
    (name, value), = model_inputs(str(network)).items()
    samples = random.uniform(-1, 1, [args.samples, *value.shape[1:]]).astype(np.float32)
    calibration = folder / "samples.npy"
    np.save(calibration, samples)
    # Engines name what they make after the network.
    ready, qdq = folder / "ready.onnx", folder / "qdq.onnx"
    quant_pre_process(str(network), str(ready), skip_symbolic_shape=True)
    quantize_static(str(ready), str(qdq), Samples(name, samples), quant_format=QuantFormat.QDQ,
                    per_channel=True, activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8)

    class LwInt8(Lw):
        name, compiler = "lw int8", args.lwc
        flags = [*flags_of(args), f"--calibrate={calibration}", "--quantize=int8"]

    class LwF32(Lw):
        name, compiler = "lw f32", args.lwc
        flags = flags_of(args)

    for sub in ("f32", "int8"):
        (folder / sub).mkdir()
    made = {
        "lw f32": build(LwF32, network, args.threads, folder / "f32"),
        "lw int8": build(LwInt8, network, args.threads, folder / "int8"),
        "onnxruntime f32": build(OnnxRuntime, network, args.threads, folder),
        "onnxruntime int8": build(OnnxRuntime, qdq, args.threads, folder),
        "openvino int8": build(OpenVino, qdq, args.threads, folder)}
    return {name: engine for name, engine in made.items() if engine}


def measure(runs, rounds, seconds):
    best = {name: float("inf") for name in runs}
    for engine in runs.values():
        for _ in range(3):
            engine.run()
    for _ in range(rounds):
        for name, engine in runs.items():
            run = engine.run
            end = time.perf_counter() + seconds
            while True:
                start = time.perf_counter()
                run()
                now = time.perf_counter()
                best[name] = min(best[name], now - start)
                if now > end:
                    break
    return {name: 1e3 * t for name, t in best.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", type=pathlib.Path, metavar="NET.onnx")
    parser.add_argument("--lwc", default="lwc", help="lw's compiler (default: lwc in PATH)")
    parser.add_argument("--lwc-flags", default="", help="a further flag, e.g. --cpu=x86-64-v3")
    parser.add_argument("--samples", type=int, default=8, help="random samples (default: 8)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each engine (default: 7)")
    parser.add_argument("--seconds", type=float, default=0.15, help="of one turn (default: 0.15)")
    parser.add_argument("--realtime", action="store_true",
                        help="measure under SCHED_RR, undisturbed by other processes (needs root)")
    parser.add_argument("--json", metavar="FILE", help="write the times")
    args = parser.parse_args()
    results, ratios = {}, []
    for network in args.networks:
        with tempfile.TemporaryDirectory() as folder:
            runs = build_all(args, network, pathlib.Path(folder))
            if args.realtime:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(50))
            times = measure(runs, args.rounds, args.seconds)
            if args.realtime:
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        results[network.stem] = times
        peers = [t for n, t in times.items() if "int8" in n and not n.startswith("lw")]
        ratios.append(min(peers) / times["lw int8"])
        print(f"{network.stem}: " + ", ".join(f"{n} {t:.3f}" for n, t in times.items()) +
              f"; best peer / lw {ratios[-1]:.2f}, lw f32 / int8 "
              f"{times['lw f32'] / times['lw int8']:.2f}", flush=True)
    print(f"geometric mean of best peer / lw: {np.exp(np.mean(np.log(ratios))):.2f}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
