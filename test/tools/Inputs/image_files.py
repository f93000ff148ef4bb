"""Images of every kind through lw-run --image, and resizing, beside plain NumPy.

  image_files.py FOLDER
"""
import itertools
import struct
import subprocess
import sys
import zlib

import numpy as np

NETWORK = """
func.func @main(%x: tensor<1x{c}x{h}x{w}xf32> {{lw.name = "x"}}) -> (tensor<1x{c}x{h}x{w}xf32> {{lw.name = "y"}}) {{
  %y = tosa.add %x, %x : (tensor<1x{c}x{h}x{w}xf32>, tensor<1x{c}x{h}x{w}xf32>) -> tensor<1x{c}x{h}x{w}xf32>
  return %y : tensor<1x{c}x{h}x{w}xf32>
}}
"""
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(samples, bits):
    """Filter type 0 and the bits of every row."""
    result = b""
    for row in samples.reshape(samples.shape[0], -1):
        if bits == 16:
            packed = row.astype(">u2").tobytes()
        elif bits == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            text = "".join(format(value, f"0{bits}b") for value in row)
            text += "0" * (-len(text) % 8)
            packed = bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))
        result += b"\0" + packed
    return result


def png(path, samples, kind, bits=8, extra=b"", interlaced=False):
    height, width = samples.shape[:2]
    if interlaced:  # Adam7: begin and step of rows and columns
        passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
        parts = [samples[y::dy, x::dx] for y, dy, x, dx in passes]
        data = b"".join(rows(part, bits) for part in parts if part.size)
    else:
        data = rows(samples, bits)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n"
                   + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced))
                   + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def run(folder, image, shape, *flags):
    """What lw-run makes of an image for a network of `shape` (C, H, W), as H x W x C."""
    network = f"{folder}/{'x'.join(map(str, shape))}.mlir"
    with open(network, "w") as file:
        file.write(NETWORK.format(c=shape[0], h=shape[1], w=shape[2]))
    subprocess.run(["lw-run", network, "--image", image, "--output", f"{folder}/y.npy", *flags], check=True,
                   stdout=subprocess.DEVNULL)
    return np.load(f"{folder}/y.npy")[0].transpose(1, 2, 0) / 2


def check_kinds(folder, generator):
    shape, image = (7, 13), f"{folder}/kind.png"
    colours = generator.integers(0, 256, (16, 3), np.uint8)
    for kind, bits in [(GRAY, 1), (GRAY, 2), (GRAY, 4), (GRAY, 8), (GRAY, 16), (RGB, 8), (RGB, 16), (PALETTE, 4),
                       (PALETTE, 8), (GRAY_ALPHA, 8), (GRAY_ALPHA, 16), (RGBA, 8), (RGBA, 16)]:
        most = 16 if kind == PALETTE else 2 ** bits
        samples = generator.integers(0, most, (*shape, CHANNELS[kind]))
        if kind == PALETTE:
            wanted, extra = colours[samples[..., 0]], chunk(b"PLTE", colours.tobytes())
            extra += chunk(b"tRNS", bytes([0, 128]))
        else:
            wanted, extra = np.rint(samples * 255 / (most - 1)), b""
            wanted = wanted[..., :1].repeat(3, -1) if kind in (GRAY, GRAY_ALPHA) else wanted[..., :3]
        for interlaced in (False, True):
            png(image, samples, kind, bits, extra, interlaced)
            np.testing.assert_array_equal(run(folder, image, (3, *shape)), wanted, f"{kind} {bits} {interlaced}")
        # To gray by the weights of BT.601.
        gray = wanted @ [0.299, 0.587, 0.114]
        assert np.abs(run(folder, image, (1, *shape))[..., 0] - gray).max() <= 0.501, (kind, bits)


def triangle(x):
    return max(0, 1 - abs(x))


def cubic(x):
    x = abs(x)
    if x < 1:
        return 1.5 * x ** 3 - 2.5 * x ** 2 + 1
    return -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 if x < 2 else 0


def matrix(source, target, filter):
    """The weights of all pixels of a line in those that it is resized to."""
    scale = max(source / target, 1)
    weights = np.array([[filter((j + 0.5 - (i + 0.5) * source / target) / scale) for j in range(source)]
                        for i in range(target)])
    return weights / weights.sum(1, keepdims=True)


def resized(pixels, height, width, filter=triangle):
    rows, columns = matrix(pixels.shape[0], height, filter), matrix(pixels.shape[1], width, filter)
    # Bytes between the two, as Pillow has it: what bicubic weights overshoot is cut off twice.
    along_rows = np.clip(np.einsum("ijc,xj->ixc", pixels, columns), 0, 255)
    return np.clip(np.einsum("yi,ixc->yxc", rows, along_rows), 0, 255)


def middle(pixels, height, width):
    top, left = (round((have - want) / 2) for have, want in zip(pixels.shape, (height, width)))
    return pixels[top:top + height, left:left + width]


def check_framing(folder, generator):
    image = f"{folder}/size.png"
    for height, width in [(40, 61), (61, 40), (9, 20)]:
        # Edges and gradients.
        y, x = np.mgrid[:height, :width]
        pixels = np.stack([255 * (x // 5 % 2), 4 * y % 256, generator.integers(0, 256, (height, width))], -1)
        png(image, pixels, RGB)
        for (name, filter), (h, w) in itertools.product([("bilinear", triangle), ("bicubic", cubic)],
                                                        [(16, 16), (11, 70), (100, 64)]):
            found = run(folder, image, (3, h, w), f"--resize={name}:{h}x{w}")
            error = np.abs(found - resized(pixels, h, w, filter)).max()
            # Rounded after each of two passes; bicubic weights add up to more.
            assert error <= (1.01 if filter is triangle else 1.3), (height, width, name, h, w, error)
        shorter = 24
        h, w = (shorter, shorter * width // height) if height < width else (shorter * height // width, shorter)
        for crop in ((21, 21), (20, 17)):
            found = run(folder, image, (3, *crop), f"--resize=bilinear:{shorter}",
                        f"--crop={crop[0]}x{crop[1]}" if crop[0] != crop[1] else f"--crop={crop[0]}")
            assert np.abs(found - middle(resized(pixels, h, w), *crop)).max() <= 1.01, (height, width, crop)
        found = run(folder, image, (3, 7, 8), "--crop=7x8")
        np.testing.assert_array_equal(found, middle(pixels, 7, 8))
        # With no word on it the image covers the network's input.
        found = run(folder, image, (3, 18, 24))
        h, w = (18, 18 * width // height) if 18 * width >= 24 * height else (24 * height // width, 24)
        assert np.abs(found - middle(resized(pixels, h, w), 18, 24)).max() <= 1.01, (height, width)


def check_preprocessing(folder, generator):
    pixels, image = generator.integers(0, 256, (5, 6, 3)), f"{folder}/pixels.png"
    png(image, pixels, RGB)
    mean, std = np.array([.5, .25, .125]), np.array([.25, .5, 2])
    found = run(folder, image, (3, 5, 6), "--scale=1/255", "--mean=.5,.25,.125", "--std=.25,.5,2", "--bgr")
    np.testing.assert_allclose(found, (pixels[..., ::-1] / 255 - mean) / std, rtol=1e-5, atol=1e-5)


if __name__ == "__main__":
    folder, generator = sys.argv[1], np.random.default_rng(0)
    check_kinds(folder, generator)
    check_framing(folder, generator)
    check_preprocessing(folder, generator)
