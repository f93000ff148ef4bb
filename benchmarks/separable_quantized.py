#!/usr/bin/env python3
"""Networks in cheaper forms and on 8-bit integers, beside onnxruntime, in one run.

  benchmarks/setup.sh
  benchmarks/.venv/bin/python benchmarks/separable_quantized.py resnet56.onnx \\
      --calibrate train.npz:images --input test.npz:images --labels test.npz:labels \\
      --preprocessing "--scale=1/255 --mean=.485,.456,.406 --std=.229,.224,.225"

Every goal of --separable is rewritten and quantized by lwc, as trained too. onnxruntime
runs the network in f32 and as its own quantize_static makes it (QDQ, weights per channel) of
the same samples. Accuracy is counted on all labelled images, and the times, of one image on
one thread, are the least of all turns.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shlex
import sys
import tempfile

import numpy as np
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from engines import OnnxRuntime, model_inputs
from quantized import Samples
from run import processor
from separable_tradeoff import Failed, run, run_json


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", metavar="FILE.onnx")
    parser.add_argument("--calibrate", required=True, metavar="FILE.npz:KEY", help="uint8 images to fit to")
    parser.add_argument("--input", required=True, metavar="FILE.npz:KEY", help="uint8 images to count on")
    parser.add_argument("--labels", required=True, metavar="FILE.npz:KEY", help="their classes")
    parser.add_argument("--preprocessing", default="", metavar="FLAGS",
                        help="--scale, --mean and --std of lw-run, separated by spaces")
    parser.add_argument("--fit-flags", default="--calibrate-mirror", metavar="FLAGS",
                        help="further flags of lwc for what is fitted (default: %(default)s)")
    parser.add_argument("--goals", default="macs=2x,macs=2.5x,macs=3x,time=4x", metavar="A,B",
                        help="budgets of --separable (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=256,
                        help="of the images, for the ranges of integers (default: 256)")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each (default: 15)")
    parser.add_argument("--seconds", type=float, default=0.2, help="of one turn (default: 0.2)")
    parser.add_argument("--tools", default="", metavar="DIR", help="where lwc and lw-run are (default: in PATH)")
    parser.add_argument("--keep", metavar="DIR",
                        help="keep what is compiled here and take what is there already")
    parser.add_argument("--json", metavar="FILE", help="write all results")
    return parser.parse_args()


def read_array(path):
    file, _, key = path.partition(":")
    return np.load(file)[key]


def preprocess(images, flags):
    """What lw-run does with images, N x C x H x W."""
    settings = dict(flag.lstrip("-").split("=") for flag in shlex.split(flags))

    def numbers(name, default):
        return np.array([float(x) for x in settings.get(name, default).split(",")], np.float32)

    numerator, _, denominator = settings.get("scale", "1").partition("/")
    scale = float(numerator) / float(denominator or 1)
    values = (images.astype(np.float32) * scale - numbers("mean", "0")) / numbers("std", "1")
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), dtype=np.float32)


def compile_lw(args, folder, samples):
    """{name: library}"""
    common = shlex.split(args.preprocessing)
    fit = [f"--calibrate={args.calibrate}", *shlex.split(args.fit_flags), *common]
    ranges = [f"--calibrate={samples}:images", "--quantize=int8", *common]
    stem = pathlib.Path(args.network).stem
    made = {"f32": [], "int8": ranges}
    for goal in filter(None, args.goals.split(",")):
        # A goal in time is one over forms and precisions.
        made[goal] = [f"--separable={goal}", *fit] + (["--quantize=int8"] if goal.startswith("time") else [])
    libraries = {}
    for name, flags in made.items():
        library = folder / f"{stem}-{name}-lw.so"
        libraries[f"lw {name}"] = library
        if library.exists():
            continue
        print(f"lwc {name}", file=sys.stderr)
        if not name.startswith("macs"):
            run(args, "lwc", args.network, "-o", library, *flags)
            continue
        rewritten = folder / f"{stem}-{name}.mlirbc"
        if not rewritten.exists():
            run(args, "lwc", args.network, "-o", rewritten, *flags)
        run(args, "lwc", rewritten, "-o", library, *ranges)
    return libraries


def main():
    args = parse_arguments()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(args.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        chosen = read_array(args.calibrate)[:args.samples]
        np.savez(folder / "samples.npz", images=chosen)
        try:
            libraries = compile_lw(args, folder, folder / "samples.npz")
        except Failed as error:
            sys.exit(f"separable_quantized.py: {error}")
        (name,) = model_inputs(args.network)
        ready, qdq = folder / "ready.onnx", folder / "qdq.onnx"
        quant_pre_process(args.network, str(ready), skip_symbolic_shape=True)
        quantize_static(str(ready), str(qdq), Samples(name, preprocess(chosen, args.preprocessing)),
                        quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        peers = {"onnxruntime f32": OnnxRuntime(args.network, 1, str(folder)),
                 "onnxruntime int8": OnnxRuntime(str(qdq), 1, str(folder))}
        results = count(args, libraries, peers, name, qdq)
        measure(args, libraries, peers, results)
    report(args, results)


def count(args, libraries, peers, name, qdq):
    """{name: {"top1_percent"}} on all images."""
    import onnxruntime
    results = {}
    for engine, library in libraries.items():
        counted = run_json(args, library, "--input", args.input, "--labels", args.labels,
                           *shlex.split(args.preprocessing))
        results[engine] = {"top1_percent": counted["accuracy"]["top1_percent"]}
    images, labels = preprocess(read_array(args.input), args.preprocessing), read_array(args.labels)
    for engine, path in zip(peers, (args.network, str(qdq))):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        right = sum(int(session.run(None, {name: image[None]})[0].argmax() == label)
                    for image, label in zip(images, labels))
        results[engine] = {"top1_percent": 100 * right / len(labels)}
    return results


def measure(args, libraries, peers, results):
    import time
    for result in results.values():
        result["ms"] = float("inf")
    for _ in range(args.rounds):
        for engine, peer in peers.items():
            end = time.perf_counter() + args.seconds
            while (start := time.perf_counter()) < end:
                peer.run()
                results[engine]["ms"] = min(results[engine]["ms"], 1e3 * (time.perf_counter() - start))
        for engine, library in libraries.items():
            latency = run_json(args, library, "--random-input", "--benchmark",
                               f"--min-time={args.seconds}")["latency"]
            results[engine]["ms"] = min(results[engine]["ms"], latency["minimum_ms"])


def report(args, results):
    print(f"{pathlib.Path(args.network).stem}, one thread ({processor()})\n")
    print("| | top-1 | points lost | ms | onnxruntime f32 / | onnxruntime int8 / |")
    print("|---|---:|---:|---:|---:|---:|")
    trained = results["lw f32"]["top1_percent"]
    for engine, result in results.items():
        peers = [results[f"onnxruntime {precision}"]["ms"] / result["ms"] for precision in ("f32", "int8")]
        print(f"| {engine} | {result['top1_percent']:.2f} % | {trained - result['top1_percent']:.2f} "
              f"| {result['ms']:.3f} | {peers[0]:.2f} | {peers[1]:.2f} |")
    if args.json:
        with open(args.json + ".tmp", "w") as file:
            json.dump({"processor": processor(), "results": results}, file, indent=1)
            file.write("\n")
        os.replace(args.json + ".tmp", args.json)


if __name__ == "__main__":
    main()
