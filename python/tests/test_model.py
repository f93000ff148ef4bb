"""Compiled networks give what lw-run and NumPy give, in threads and other processes too."""
import concurrent.futures
import multiprocessing
import os
import pickle
import subprocess

import numpy as np
import pytest

import lw
import onnx_file
from lw import _tools


def lw_run(path, x, folder):
    np.save(folder / "x.npy", x)
    subprocess.run([_tools.find("lw-run"), path, "--input", folder / "x.npy", "--output", folder / "y.npy"],
                   check=True, capture_output=True)
    return np.load(folder / "y.npy")


def test_same_as_lw_run(model, samples, tmp_path):
    images, labels = samples
    scores = model(images)
    assert scores.shape == (len(images), 10) and scores.dtype == np.float32
    assert np.count_nonzero(scores.argmax(1) == labels) == 595
    model.save(tmp_path / "saved.so")
    np.testing.assert_array_equal(scores, lw_run(tmp_path / "saved.so", images, tmp_path))
    np.testing.assert_array_equal(scores, lw.load(tmp_path / "saved.so")(images))
    assert sorted(os.listdir(tmp_path)) == ["saved.so", "x.npy", "y.npy"]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 11])
def test_any_batch(sums, count):
    generator = np.random.default_rng(count)
    a, b = generator.normal(size=(2, count, 3)).astype(np.float32)
    n = generator.integers(-1000, 1000, (count, 2))
    result = sums({"n": n, "a": a, "b": b.astype(np.float64)})
    assert list(result) == ["sum", "twice"] and result["twice"].dtype == np.int32
    np.testing.assert_array_equal(result["sum"], a + b)
    np.testing.assert_array_equal(result["twice"], n + n)
    again = sums(a, np.asfortranarray(b), np.repeat(n, 2, 1)[:, ::2])
    np.testing.assert_array_equal(again["sum"], result["sum"])
    np.testing.assert_array_equal(again["twice"], result["twice"])


def test_several_shapes(tmp_path):
    model = lw.compile(onnx_file.model(
        [("Relu", ["x"], ["r"]), ("GlobalAveragePool", ["r"], ["y"])],
        [("x", onnx_file.FLOAT, ["n", 2, "h", "w"])], [("y", onnx_file.FLOAT, ["n", 2, 1, 1])]),
        shape={"x": [(1, 2, 4, 6), (1, 2, 3, 3), (4, 2, 3, 3)]})
    model.save(tmp_path / "shapes.so")
    generator = np.random.default_rng(1)
    for each in (model, lw.load(tmp_path / "shapes.so"), pickle.loads(pickle.dumps(model))):
        assert [str(shape) for shape in each.shapes] == ["x:1x2x4x6", "x:1x2x3x3", "x:4x2x3x3"]
        assert each.inputs == each.shapes[0].inputs and each.outputs[0].shape == (1, 2, 1, 1)
        for shape in ((1, 2, 4, 6), (5, 2, 4, 6), (0, 2, 4, 6), (1, 2, 3, 3), (2, 2, 3, 3), (4, 2, 3, 3), (9, 2, 3, 3)):
            x = generator.normal(size=shape).astype(np.float32)
            expected = np.maximum(x, 0).mean((2, 3), keepdims=True)
            np.testing.assert_allclose(each(x), expected, rtol=1e-5, atol=1e-6)
            assert each.benchmark(x, min_time=0, repetitions=1).batch == (4 if shape[0] == 4 else 1)
    with pytest.raises(lw.Error, match="none of the library's shapes fits, x:1x2x4x6; x:1x2x3x3; x:4x2x3x3: .*"
                       r"found float32 \(1, 2, 4, 4\)"):
        model(np.zeros((1, 2, 4, 4), np.float32))


def test_element_types():
    model = lw.compile(onnx_file.model(
        [("Add", ["a", "a"], ["c"]), ("Add", ["b", "b"], ["d"]), ("Not", ["e"], ["f"])],
        [("a", onnx_file.FLOAT16, [2]), ("b", onnx_file.INT64, []), ("e", onnx_file.BOOL, [3])],
        [("c", onnx_file.FLOAT16, [2]), ("d", onnx_file.INT64, []), ("f", onnx_file.BOOL, [3])]))
    result = model([1.5, -2.25], 16000, [True, False, True])
    assert [array.dtype for array in result.values()] == ["float16", "int64", "bool"]
    assert result["c"].tolist() == [3, -4.5] and result["f"].tolist() == [False, True, False]
    assert result["d"].shape == () and result["d"] == 32000
    with pytest.raises(lw.Error, match="'e' takes bool, found int64"):
        model([1.5, -2.25], 16000, [1, 0, 1])


@pytest.mark.parametrize("make, message", [
    (lambda x: x[0], r"takes float32 \(N, 1, 8, 8\), found float32 \(1, 8, 8\); x\[numpy.newaxis\]"),
    (lambda x: x.transpose(0, 2, 3, 1), r"found float32 \(597, 8, 8, 1\); x.transpose\(0, 3, 1, 2\)"),
    (lambda x: x[:, :, :4], r"N is any number of samples"),
    (lambda x: x.astype(np.uint8), r"takes float32, found uint8; convert it with .astype\(numpy.float32\)"),
    (lambda x: x.astype(np.complex64), "takes float32, found complex64"),
    (lambda x: {"x": x}, "takes 1 inputs .input float32 .* found inputs named 'x'"),
    (lambda x: {}, "found inputs named nothing"),
    (lambda x: "text", "takes float32, found"),
])
def test_wrong_arrays(model, samples, make, message):
    with pytest.raises(lw.Error, match=f"digits: .*{message}"):
        model(make(samples[0]))


def test_wrong_inputs(sums):
    a, n = np.zeros((4, 3), np.float32), np.zeros((4, 2), np.int32)
    with pytest.raises(lw.Error, match="takes 3 inputs .a float32 .N, 3., b .*, found 1"):
        sums(a)
    with pytest.raises(lw.Error, match="disagree on the number of samples: 'a' has 4, 'b' has 3, 'n' has 4"):
        sums(a, a[:3], n)
    with pytest.raises(lw.Error, match="'n' takes int32, found int64"):
        sums(a, a, n.astype(np.int64) + 2**40)
    with pytest.raises(lw.Error, match="'n' takes int32, found float32"):
        sums(a, a, n.astype(np.float32))


def test_threads(model, samples):
    images, expected = samples[0][:64], model(samples[0][:64])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for scores in pool.map(lambda _: model(images), range(64)):
            np.testing.assert_array_equal(scores, expected)


def in_process(arguments):
    model, images = arguments
    return os.getpid(), model(images)


def test_processes(model, samples):
    images, expected = samples[0][:64], model(samples[0][:64])
    assert pickle.loads(pickle.dumps(model)).report() == model.report()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        results = pool.map(in_process, [(model, images[:32]), (model, images[32:])], 1)
    assert all(process != os.getpid() for process, _ in results)
    np.testing.assert_array_equal(np.concatenate([scores for _, scores in results]), expected)


def test_replaced_library(sums, model, samples, tmp_path):
    path = tmp_path / "net.so"
    sums.save(path)
    first = lw.load(path)
    model.save(path)
    np.testing.assert_array_equal(lw.load(path)(samples[0]), model(samples[0]))
    assert first.name == "sums" and pickle.loads(pickle.dumps(first)).name == "sums"


def test_measures(model, sums, samples):
    result = model.benchmark(samples[0], min_time=0.05)
    assert 0 < result.minimum_ms <= result.median_ms <= result.p90_ms and result.runs >= 10
    assert result.samples_per_second == pytest.approx(1000 / result.median_ms)
    assert sums.benchmark(min_time=0).batch == 4
    # 3x3 and 1x1 convolutions of examples/digits/train.py by hand.
    assert model.cost()["macs"] == 18432 + 1179648 + 2359296 + 589824 + 221184 + 960
    assert model.report()["compilation"]["cost"] == model.cost()
    assert model.level in [level["name"] for level in model.info["levels"]]


@pytest.mark.parametrize("content", [b"", b"\x7fELF\2\1", b"# text", None])
def test_no_library(content, model, tmp_path):
    path = tmp_path / "net.so"
    if content is None:
        model.save(path)
        path.write_bytes(path.read_bytes()[:-2000])
    else:
        path.write_bytes(content)
    with pytest.raises(lw.Error, match="net.so: expected a shared library made by lwc"):
        lw.load(path)
    with pytest.raises(lw.Error, match="absent.so: No such file"):
        lw.load(tmp_path / "absent.so")
    with pytest.raises(lw.Error, match="there is a report where lw.compile"):
        model.save(path)
        lw.load(path).report()
    with pytest.raises(lw.Error, match="absent/net.so: No such file"):
        model.save(tmp_path / "absent/net.so")
