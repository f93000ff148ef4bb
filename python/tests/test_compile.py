"""What lw.compile hands to lwc, and what becomes of what lwc says."""
import os
import pickle
import platform
import re
import subprocess
import sys

import numpy as np
import pytest

import lw
import onnx_file
from lw import _tools


def test_kept(digits, samples, tmp_path):
    model = lw.compile(digits, tmp_path / "kept.so", threads=1)
    assert sorted(os.listdir(tmp_path)) == ["kept.h", "kept.so"]
    np.testing.assert_array_equal(lw.load(tmp_path / "kept.so")(samples[0]), model(samples[0]))
    from_bytes = lw.compile(digits.read_bytes(), flags=["--no-fold"])
    np.testing.assert_allclose(from_bytes(samples[0]), model(samples[0]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("options", [{"quantize": "int8"}, {"separable": "macs=1.5x"}])
def test_calibrated(digits, samples, options, tmp_path):
    data = np.load(digits.parent / "calib.npz")
    pixels = lw.compile(digits, calibrate=data["images"], scale=1 / 16, mean=[0], std=1.0,
                        calibrate_labels=data["labels"] if "labels" in data else None, **options)
    floats = lw.compile(digits, calibrate=np.float32(data["images"]).transpose(0, 3, 1, 2) / 16, **options)
    images, labels = samples
    np.testing.assert_allclose(pixels(images), floats(images), rtol=1e-3, atol=1e-3)
    assert np.count_nonzero(pixels(images).argmax(1) == labels) > 580
    assert next(iter(options)).rstrip("e") in str(sorted(pixels.report()["compilation"]))


def test_images(digits, samples):
    data, floats = np.load(digits.parent / "test.npz"), lw.compile(digits)
    model = lw.compile(digits, input_type="uint8", scale=1 / 16)
    assert model.inputs[0].dtype == np.uint8 and model.inputs[0].shape == (1, 8, 8, 1)
    np.testing.assert_allclose(model(data["images"]), floats(samples[0]), rtol=1e-4, atol=1e-4)
    with pytest.raises(lw.Error, match="takes uint8, found float32"):
        model(samples[0])
    with pytest.raises(lw.Error, match="found uint8; .*, or compile with input_type='uint8' for images"):
        floats(data["images"])


def test_class_names(digits, samples, tmp_path):
    names = [f"digit {i}" for i in range(9)] + ["neun \u2014 9"]
    model = lw.compile(digits, class_names=names, softmax=True, input_type="uint8", scale=1 / 16, resize="bilinear:8",
                       crop=8, cpu="multi")
    assert model.class_names == tuple(names) and model.info["labels"] == 10
    assert model.info["image"]["resize"] == "bilinear:8" and model.info["image"]["crop"] == "8x8"
    scores = np.exp(np.float64(lw.compile(digits)(samples[0])))
    images = np.load(digits.parent / "test.npz")["images"]
    np.testing.assert_allclose(model(images), scores / scores.sum(1, keepdims=True), rtol=1e-3, atol=1e-5)
    (tmp_path / "names.txt").write_text("\n".join(names), "utf-8")
    kept = lw.compile(digits, tmp_path / "kept.so", class_names=tmp_path / "names.txt")
    assert pickle.loads(pickle.dumps(lw.load(tmp_path / "kept.so"))).class_names == kept.class_names == tuple(names)
    assert lw.compile(digits).class_names is None
    with pytest.raises(lw.Error, match="the file has 9 names, the network's output of 1x10 has 10 classes"):
        lw.compile(digits, class_names=names[1:])
    with pytest.raises(lw.Error, match="has a line break"):
        lw.compile(digits, class_names=["a\nb"])


def test_errors(digits, tmp_path):
    with pytest.raises(lw.Error, match="^lwc: error: --quantize=int8 takes its ranges from samples"):
        lw.compile(digits, quantize="int8")
    with pytest.raises(lw.Error, match="absent.onnx.*No such file"):
        lw.compile(tmp_path / "absent.onnx")
    with pytest.raises(lw.Error, match="expected a library, NAME.so"):
        lw.compile(digits, tmp_path / "light.onnx")
    with pytest.raises(lw.Error, match="lwc: error"):
        lw.compile(b"no network")
    assert not os.listdir(tmp_path)


def test_shapes():
    tensors = [("x", onnx_file.FLOAT, ["batch", "width"]), ("y", onnx_file.FLOAT, ["batch", "width"])]
    network = onnx_file.model([("Neg", ["x"], ["y"])], tensors[:1], tensors[1:])
    assert lw.compile(network, shape={"x": (2, 3)}).inputs[0].shape == (2, 3)
    assert lw.compile(network, batch=4, dim={"width": 5}).outputs[0].shape == (4, 5)
    with pytest.raises(lw.Error, match="--dim=width=0"):
        lw.compile(network, dim={"width": 0})


def test_no_tools(digits, monkeypatch, tmp_path):
    monkeypatch.setenv("LW_TOOLS", str(tmp_path))
    with pytest.raises(lw.Error, match=f"no lwc in {tmp_path}: .* environment variable LW_TOOLS"):
        lw.compile(digits)
    (tmp_path / "lwc").write_text("#!/bin/sh\necho error while loading shared libraries >&2\nexit 127\n")
    (tmp_path / "lwc").chmod(0o755)
    with pytest.raises(lw.Error, match="apt-get install libllvm22 libmlir-22"):
        lw.compile(digits)


def test_other_processors(digits, samples, tmp_path):
    other = "x86_64-linux-gnu" if platform.machine() == "aarch64" else "aarch64-linux-gnu"
    try:
        model = lw.compile(digits, target=other)
    except lw.Error as error:  # the libraries of that architecture
        pytest.skip(str(error))
    message = f"digits.onnx: is compiled for .*, this machine is {platform.machine()}"
    with pytest.raises(lw.Error, match=message):
        model(samples[0])
    with pytest.raises(lw.Error, match=message):
        pickle.loads(pickle.dumps(model))
    model.save(tmp_path / "other.so")
    with pytest.raises(lw.Error, match="other.so: is compiled for"):
        lw.load(tmp_path / "other.so")
    assert model.cost()["macs"] > 4e6


def test_missing_features(digits, samples, tmp_path):
    with open("/proc/cpuinfo") as file:
        if platform.machine() != "x86_64" or "amx_fp16" in file.read():
            pytest.skip("no x86 processor is known that this one could not be")
    model = lw.compile(digits, cpu="graniterapids")
    with pytest.raises(lw.Error, match="digits.onnx: is compiled for cpu 'graniterapids', this machine lacks "
                                       ".*amx.*; compile the network with cpu='multi'"):
        model(samples[0])


def test_progress(digits, capsys):
    lw.compile(digits, progress=True)
    said = capsys.readouterr().err
    assert said.startswith("\rlw: compiling digits.onnx, 0.0 s")
    assert re.search(r"\rlw: compiled digits.onnx, \d+.\d s *\n$", said)
    lw.compile(digits)
    assert capsys.readouterr().err == ""


def test_warnings(digits, samples):
    with pytest.warns(UserWarning, match="cannot reach"):
        lw.compile(digits, separable="macs=1000x", calibrate=samples[0][:50])


@pytest.mark.skipif(not _tools._OWN.is_dir(), reason="this package has no tools")
def test_commands():
    for tool in ("lwc", "lw-run"):
        command = os.path.join(os.path.dirname(sys.executable), tool)
        text = subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout
        assert f"lw {lw.__version__}" in text
