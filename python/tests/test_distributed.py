"""Predictors for Ray Data and Spark, called as those call them; with Ray where it is installed."""
import pickle

import numpy as np
import pytest

import lw
import lw.ray
import lw.spark


def test_predictor(model, sums, samples, tmp_path):
    images, labels = samples
    batch = {"image": images[:9], "label": labels[:9]}
    model.save(tmp_path / "net.so")
    expected = model(images[:9])
    for given in (model, tmp_path / "net.so", str(tmp_path / "net.so")):
        result = lw.ray.Predictor(given, "image")(batch)
        assert list(result) == ["image", "label", "scores"]
        np.testing.assert_array_equal(result["scores"], expected)
    named = lw.ray.Predictor(model, {"input": "image"}, {"scores": "logits"})(batch)
    np.testing.assert_array_equal(named["logits"], expected)
    functions = lw.ray.Predictor(model, lambda b: b["image"], lambda b, scores: {"class": scores.argmax(1)})
    assert list(functions(batch)) == ["class"]
    np.testing.assert_array_equal(functions(batch)["class"], expected.argmax(1))
    columns = {"a": np.ones((5, 3)), "b": np.ones((5, 3)), "n": np.ones((5, 2), int)}
    result = lw.ray.Predictor(sums)(columns)
    assert (result["sum"] == 2).all() and (result["twice"] == 2).all()
    with pytest.raises(lw.Error, match="No such file"):
        lw.ray.Predictor(tmp_path / "absent.so")


def test_spark_function(model, samples):
    pandas = pytest.importorskip("pandas")
    images = samples[0][:7]
    predict = pickle.loads(pickle.dumps(model))
    predict = lw.spark.predictor(predict, "pixels", "scores")
    frames = [pandas.DataFrame({"pixels": [image.ravel().tolist() for image in part]})
              for part in (images[:4], images[4:], images[:0])]
    scores = [row for frame in predict(iter(frames)) for row in frame["scores"]]
    np.testing.assert_array_equal(np.float32(scores), model(images))


def test_ray(model, samples):
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    images, labels = samples
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    try:
        rows = ray.data.from_numpy(images).map_batches(
            lw.ray.Predictor, fn_constructor_args=(model, "data"), concurrency=2, batch_size=50)
        scores = np.stack([row["scores"] for row in rows.take_all()])
    finally:
        ray.shutdown()
    assert np.count_nonzero(np.sort(scores.argmax(1)) == np.sort(model(images).argmax(1))) == len(labels)
