"""--softmax of outputs of several shapes beside NumPy: softmax.py FOLDER"""
import subprocess
import sys

import numpy as np

folder, generator = sys.argv[1], np.random.default_rng(0)
for shape, axis in [((1, 12), 1), ((3, 5), 1), ((2, 7, 1, 1), 1), ((2, 1, 1, 6), 3), ((2, 3, 4), 2), ((9,), 0),
                    ((4, 1), 1)]:
    tensor = f"tensor<{'x'.join(map(str, shape))}xf32>"
    with open(f"{folder}/shape.mlir", "w") as file:
        file.write(f"func.func @main(%x: {tensor} {{lw.name = \"x\"}}) -> {tensor} {{\n"
                   f"  %y = tosa.add %x, %x : ({tensor}, {tensor}) -> {tensor}\n  return %y : {tensor}\n}}\n")
    x = generator.uniform(-4, 4, shape).astype(np.float32)
    np.save(f"{folder}/x.npy", x)
    subprocess.run(["lwc", f"{folder}/shape.mlir", "-o", f"{folder}/shape.so", "--softmax", "--quiet"], check=True)
    y = np.exp(2.0 * x)
    y /= y.sum(axis, keepdims=True)
    for network, flags in [("shape.so", []), ("shape.mlir", ["--softmax"]), ("shape.mlir", ["--softmax", "--reference"])]:
        subprocess.run(["lw-run", f"{folder}/{network}", "--input", f"{folder}/x.npy", "--output", f"{folder}/y.npy",
                        *flags], check=True, stdout=subprocess.DEVNULL)
        np.testing.assert_allclose(np.load(f"{folder}/y.npy"), y, rtol=1e-5, atol=1e-6, err_msg=f"{shape} {network}")
