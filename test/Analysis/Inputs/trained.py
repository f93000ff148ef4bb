#!/usr/bin/env python3
"""Compares the MACs of trained networks with their published figures.

usage: trained.py FOLDER_WITH_ONNX LW_TRANSLATE LW_OPT
"""
import json
import pathlib
import subprocess
import sys

# In millions, one decimal or none, as published with the networks.
MILLIONS = {
    "resnet20_cifar10": "40.8",
    "resnet20_cifar10_slicepad": "40.6",
    "resnet56_cifar10": "125.7",
    "mlperftiny_resnet8_cifar10": "12.5",
    "mlperftiny_vww_mobilenetv1_025_96": "7.5",
    "mlperftiny_dscnn_kws": "2.7",
    "mobilenetv2_1.0_224_imagenet": "300.8",
    "mobilenetv1_1.0_224_imagenet_qat_dequant": "568.7",
    "mobilenetv1_0.25_128_imagenet_qat_dequant": "13.6",
    "squeezenet1.0_imagenet_deepcompressed": "861.3",
    "face_rfb320_static": "100.4",
    # 7,485,456,384, which its table rounds up.
    "vgg16_imagenet_conv1_1-conv3_2": "7485",
    "superres_espcn_224": "2985",
}


def main(folder, lw_translate, lw_opt):
    wrong = 0
    for name, millions in MILLIONS.items():
        module = subprocess.run([lw_translate, "--import-onnx", pathlib.Path(folder) / f"{name}.onnx"],
                                stdout=subprocess.PIPE, check=True).stdout
        report = subprocess.run([lw_opt, "--lw-print-cost=format=json", "-o", "/dev/null"], input=module,
                                stderr=subprocess.PIPE, check=True).stderr
        macs = json.loads(report)["functions"][0]["total"]["macs"]
        decimals = len(millions.partition(".")[2])
        found = f"{macs / 1e6:.{decimals}f}"
        wrong += found != millions
        print(f"{'ok   ' if found == millions else 'WRONG'} {name}: {macs:,} MACs, published {millions} million")
    return wrong


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]) if len(sys.argv) == 4 else __doc__)
