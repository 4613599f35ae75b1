"""PYTHONPATH=FOLDER python3 -m unittest discover -s python/tests, with dmf_eval in FOLDER or installed."""

import unittest

import numpy as np

import dmf_eval


def problem(seed=0, queries=60, images=500, persons=20, width=24):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(persons, width))
    q, g = random.integers(0, persons, queries), random.integers(0, persons, images)
    return (centres[q] + random.normal(size=(queries, width)), centres[g] + random.normal(size=(images, width)), q, g,
            random.integers(1, 4, queries), random.integers(1, 4, images))


def unit(x):
    x = x.astype(np.float32).astype(float)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def plain_map(query, gallery, q, g, qc, gc):
    distance = 1 - unit(query) @ unit(gallery).T
    found = []
    for i in range(len(q)):
        keep = ~((g == q[i]) & (gc == qc[i]))
        hits = (g[keep] == q[i])[np.argsort(distance[i][keep], kind="stable")]
        if hits.any():
            found.append((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())
    return 100 * np.mean(found)


class Evaluate(unittest.TestCase):
    def test_figures_are_those_of_the_definition(self):
        arrays = problem()
        figures = dmf_eval.evaluate(*arrays)
        self.assertAlmostEqual(figures["map"], plain_map(*arrays), delta=1e-9)
        self.assertEqual((len(figures["cmc"]), len(figures["average_precision"])), (50, 60))
        self.assertEqual(dmf_eval.evaluate(*arrays, threads=1)["map"], figures["map"])

    def test_any_floating_type_and_order(self):
        query, gallery, *labels = problem()
        figures = dmf_eval.evaluate(query.astype(np.float32), gallery.astype(np.float32), *labels)
        for kind, order in ((">f8", "C"), ("<f4", "F"), (">f4", "F")):
            turned = [np.asarray(vectors, dtype=kind, order=order) for vectors in (query, gallery)]
            self.assertEqual(dmf_eval.evaluate(*turned, *labels)["map"], figures["map"], (kind, order))
        every_second = [vectors.repeat(2, axis=0)[::2] for vectors in (query, gallery)]
        self.assertEqual(dmf_eval.evaluate(*every_second, *labels)["map"], figures["map"])

    def test_options_are_passed_on(self):
        arrays = problem()
        figures = dmf_eval.evaluate(*arrays, re_ranking=(20, 6, 0.3), open_set=True)
        self.assertIn("re-ranking", figures["protocol"])
        self.assertLess(figures["open_set"]["eer"], 50)
        self.assertEqual(dmf_eval.evaluate(*arrays, far=0.01)["calibration"]["far"], 0.01)

    def test_of_one_identity_there_is_no_interval(self):
        query, gallery, q, g, _, _ = problem()
        self.assertIsNone(dmf_eval.evaluate(query, gallery, np.full_like(q, g[0]), g)["intervals"])
        self.assertEqual(len(dmf_eval.evaluate(query, gallery, q, g)["intervals"]["map"]), 2)

    def test_without_cameras_the_rule_is_off(self):
        self.assertIn("no cameras known", dmf_eval.evaluate(*problem()[:4])["protocol"])

    def test_large_identities_are_kept_apart(self):
        query, gallery, q, g, qc, gc = problem()
        huge = np.uint64(2**63) + q.astype(np.uint64), np.uint64(2**63) + g.astype(np.uint64)
        self.assertEqual(dmf_eval.evaluate(query, gallery, *huge, qc, gc)["map"],
                         dmf_eval.evaluate(query, gallery, q, g, qc, gc)["map"])

    def test_mistakes_are_value_errors(self):
        query, gallery, q, g, qc, gc = problem()
        broken = gallery.copy()
        broken[7, 3] = np.nan
        for message, arrays, options in (
                ("query has 23, gallery has 24", (query[:, :23], gallery, q, g, qc, gc), {}),
                ("NaN or infinity in 1 .first: row 7", (query, broken, q, g, qc, gc), {}),
                ("gallery identities: expected 500 numbers", (query, gallery, q, g[:-1], qc, gc), {}),
                ("gallery is empty", (query, gallery[:0], q, g[:0], qc, gc[:0]), {}),
                ("no such option: 'metrics'", (query, gallery, q, g, qc, gc), {"metrics": "cosine"}),
                ("whole numbers", (query, gallery, q + 0.5, g, qc, gc), {}),
                ("expected floating", (query.astype(int), gallery, q, g, qc, gc), {})):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                dmf_eval.evaluate(*arrays, **options)


class Compare(unittest.TestCase):
    def test_finds_the_better(self):
        arrays = problem()
        good = dmf_eval.evaluate(*arrays)
        worse = dmf_eval.evaluate(arrays[0] + np.random.default_rng(1).normal(size=arrays[0].shape), *arrays[1:])
        found = dmf_eval.compare(good["average_precision"], worse["average_precision"], arrays[2])
        self.assertAlmostEqual(found["map_difference"], good["map"] - worse["map"], delta=1e-9)
        self.assertLess(found["p"], 0.05)

    def test_other_queries_are_a_value_error(self):
        with self.assertRaisesRegex(ValueError, "expected the same queries, got 2 and 1"):
            dmf_eval.compare([0.5, 0.25], [0.5], [1, 2])
        with self.assertRaisesRegex(ValueError, "do not have a match in both"):
            dmf_eval.compare([0.5, None], [0.5, 0.25], [1, 2])


if __name__ == "__main__":
    unittest.main()
