"""Classifies images with a compiled network on all local workers of Ray.

  lwc resnet20.onnx -o resnet20.so --cpu=multi
  python ray_images.py resnet20.so images.npz --mean .485,.456,.406 --std .229,.224,.225

images.npz has `images`, uint8 (N, H, W, C), and `labels`; an input of the network is
(pixel / 255 - mean) / std. Needs lw and ray[data].
"""
import argparse
import os
import time

import numpy as np
import pyarrow
import ray
from ray.data.extensions import ArrowTensorArray

import lw
import lw.ray


def numbers(text):
    return np.float32([float(part) for part in text.split(",")])


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("library", metavar="NETWORK.so")
parser.add_argument("images", metavar="FILE.npz")
parser.add_argument("--mean", type=numbers, default=np.float32(0), metavar="R,G,B")
parser.add_argument("--std", type=numbers, default=np.float32(1), metavar="R,G,B")
parser.add_argument("--workers", type=int, help="of one thread each (default: one for each core)")
parser.add_argument("--batch", type=int, default=250, help="images that a worker gets at once")
parser.add_argument("--repeat", type=int, default=1, help="how often to take all images")
args = parser.parse_args()


def preprocess(batch):
    pixels = (np.float32(batch["image"]) / 255 - args.mean) / args.std
    return pixels.transpose(0, 3, 1, 2)


def classify(batch, scores):
    return {"label": batch["label"], "class": scores.argmax(1)}


data = np.load(args.images)
tables = [pyarrow.table({"image": ArrowTensorArray.from_numpy(data["images"][i:i + args.batch]),
                         "label": data["labels"][i:i + args.batch]})
          for i in range(0, len(data["images"]), args.batch)]
workers = args.workers or os.cpu_count()
# One more than the workers take, for Ray's own tasks: without, those would wait forever.
ray.init(num_cpus=workers + 1, include_dashboard=False, log_to_driver=False)
predictions = ray.data.from_arrow(tables * args.repeat).map_batches(
    lw.ray.Predictor, fn_constructor_args=(lw.load(args.library), preprocess, classify),
    concurrency=workers, batch_size=args.batch)

total = right = timed = 0
for batch in predictions.iter_batches(batch_size=None, prefetch_batches=0):
    if not total:  # all workers have started
        start = time.perf_counter()
    else:
        timed += len(batch["label"])
    total += len(batch["label"])
    right += np.count_nonzero(batch["label"] == batch["class"])
seconds = time.perf_counter() - start
print(f"{right} of {total} right, {100 * right / total:.2f} %")
print(f"{workers} workers: {timed / seconds:.0f} images a second after the first {total - timed}")
