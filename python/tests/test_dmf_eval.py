"""python -m pytest python/tests, with dmf_eval installed."""

import numpy as np
import pytest

import dmf_eval


def problem(seed=0, queries=60, images=500, persons=20, width=24):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(persons, width))
    q, g = random.integers(0, persons, queries), random.integers(0, persons, images)
    return (centres[q] + random.normal(size=(queries, width)), centres[g] + random.normal(size=(images, width)), q, g,
            random.integers(1, 4, queries), random.integers(1, 4, images))


def plain_map(query, gallery, q, g, qc, gc):
    unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
    distance = 1 - unit(query.astype(np.float32).astype(float)) @ unit(gallery.astype(np.float32).astype(float)).T
    found = []
    for i in range(len(q)):
        keep = ~((g == q[i]) & (gc == qc[i]))
        hits = (g[keep] == q[i])[np.argsort(distance[i][keep], kind="stable")]
        if hits.any():
            found.append((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())
    return 100 * np.mean(found)


def test_figures_are_those_of_the_definition():
    arrays = problem()
    figures = dmf_eval.evaluate(*arrays)
    assert figures["map"] == pytest.approx(plain_map(*arrays), abs=1e-9)
    assert len(figures["cmc"]) == 50 and len(figures["average_precision"]) == 60
    assert dmf_eval.evaluate(*arrays, threads=1)["map"] == figures["map"]


def test_options_are_passed_on():
    arrays = problem()
    figures = dmf_eval.evaluate(*arrays, re_ranking=(20, 6, 0.3), open_set=True)
    assert "re-ranking" in figures["protocol"] and figures["open_set"]["eer"] < 50
    assert dmf_eval.evaluate(*arrays, far=0.01)["calibration"]["far"] == 0.01


def test_without_cameras_the_rule_is_off():
    query, gallery, q, g, _, _ = problem()
    assert "no cameras known" in dmf_eval.evaluate(query, gallery, q, g)["protocol"]


def test_large_identities_are_kept_apart():
    query, gallery, q, g, qc, gc = problem()
    huge = np.uint64(2**63) + q.astype(np.uint64), np.uint64(2**63) + g.astype(np.uint64)
    assert dmf_eval.evaluate(query, gallery, *huge, qc, gc)["map"] == dmf_eval.evaluate(query, gallery, q, g, qc, gc)["map"]


def test_mistakes_are_value_errors():
    query, gallery, q, g, qc, gc = problem()
    with pytest.raises(ValueError, match="query has 23, gallery has 24"):
        dmf_eval.evaluate(query[:, :23], gallery, q, g, qc, gc)
    with pytest.raises(ValueError, match="NaN or infinity in 1 .first: row 7"):
        broken = gallery.copy()
        broken[7, 3] = np.nan
        dmf_eval.evaluate(query, broken, q, g, qc, gc)
    with pytest.raises(ValueError, match="gallery identities: expected 500 numbers"):
        dmf_eval.evaluate(query, gallery, q, g[:-1], qc, gc)
    with pytest.raises(ValueError, match="gallery is empty"):
        dmf_eval.evaluate(query, gallery[:0], q, g[:0], qc, gc[:0])
    with pytest.raises(ValueError, match="no such option: 'metrics'"):
        dmf_eval.evaluate(query, gallery, q, g, qc, gc, metrics="cosine")
    with pytest.raises(ValueError, match="whole numbers"):
        dmf_eval.evaluate(query, gallery, q + 0.5, g, qc, gc)


def test_compare_finds_the_better():
    arrays = problem()
    good = dmf_eval.evaluate(*arrays)
    worse = dmf_eval.evaluate(arrays[0] + np.random.default_rng(1).normal(size=arrays[0].shape), *arrays[1:])
    found = dmf_eval.compare(good["average_precision"], worse["average_precision"], arrays[2])
    assert found["map_difference"] == pytest.approx(good["map"] - worse["map"], abs=1e-9)
    assert found["p"] < 0.05
