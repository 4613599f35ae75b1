#!/usr/bin/env python3
"""Writes tests/golden/eval: vectors, labels and the figures that a plain numpy implementation finds for them.

    python3 tools/make_eval_golden.py tests/golden/eval

Written from the definitions, apart from the C++: every query sorts its whole gallery, in double.
"""

import json
import sys
from pathlib import Path

import numpy as np

JUNK = -1


def distances(query, gallery, metric):
    q, g = query.astype(np.float64), gallery.astype(np.float64)
    if metric == "cosine":
        q /= np.sqrt((q * q).sum(axis=1, keepdims=True))
        g /= np.sqrt((g * g).sum(axis=1, keepdims=True))
        return 1 - q @ g.T
    return np.sqrt(((q[:, None, :] - g[None, :, :]) ** 2).sum(axis=2))


def search(distance, identity, camera, gallery_identities, gallery_cameras):
    """One query: its hits in order, as an array of 0 and 1, or None without a right answer."""
    order = np.argsort(distance, kind="stable")
    identities = gallery_identities[order]
    keep = identities != JUNK
    if camera is not None:
        keep &= ~((identities == identity) & (gallery_cameras[order] == camera))
    hits = (identities[keep] == identity).astype(np.int64)
    return hits if hits.any() else None


def figures(case):
    matrix = distances(case["query"], case["gallery"], case["metric"])
    by_query, curves, penalties = [], [], []
    for i, identity in enumerate(case["query_identities"]):
        camera = case["query_cameras"][i] if case["query_cameras"] is not None else None
        hits = search(matrix[i], identity, camera, case["gallery_identities"], case["gallery_cameras"])
        if hits is None:
            by_query.append({"average_precision": 0.0, "first_hit_rank": 0, "right_answers": 0})
            continue
        precision = hits.cumsum() / np.arange(1, len(hits) + 1)
        by_query.append({
            "average_precision": float((precision * hits).sum() / hits.sum()),
            "first_hit_rank": int(hits.argmax()) + 1,
            "right_answers": int(hits.sum()),
        })
        curves.append(np.minimum(hits.cumsum(), 1)[:20])
        penalties.append(hits.sum() / (np.flatnonzero(hits)[-1] + 1))
    found = [q["average_precision"] for q in by_query if q["right_answers"]]
    cmc = 100 * np.mean(curves, axis=0)
    return {
        "map": 100 * float(np.mean(found)), "minp": 100 * float(np.mean(penalties)),
        "rank1": cmc[0], "rank5": cmc[4], "rank10": cmc[9], "rank20": cmc[19],
        "queries": len(by_query), "queries_without_match": len(by_query) - len(found),
        "gallery": len(case["gallery"]), "by_query": by_query,
    }


def labels(random, count, identities, cameras, junk, distractors):
    ids = random.integers(1, identities + 1, count)
    ids[random.random(count) < junk] = JUNK
    ids[random.random(count) < distractors] = 0
    return ids, random.integers(1, cameras + 1, count)


def noisy(random, persons, looks, noise):
    """Vectors that know their person a little, and their camera too."""
    return (persons + 0.8 * looks + noise * random.normal(size=persons.shape)).astype(np.float32)


def make(seed, metric, width, has_cameras, lattice):
    random = np.random.default_rng(seed)
    query_identities, query_cameras = labels(random, 40, 25, 3, 0, 0)
    gallery_identities, gallery_cameras = labels(random, 160, 22, 3, 0.06, 0.08)
    persons, looks = random.normal(size=(26, width)), random.normal(size=(4, width))
    query = noisy(random, persons[query_identities], looks[query_cameras], noise=1.2)
    gallery = noisy(random, persons[gallery_identities], looks[gallery_cameras], noise=1.2)
    if lattice:  # few whole numbers: distances are exact, and many are equal
        query, gallery = np.round(query / 2).astype(np.float32), np.round(gallery / 2).astype(np.float32)
        query[~query.any(axis=1), 0] = 1
        gallery[~gallery.any(axis=1), 0] = 1
    return {
        "metric": metric, "query": query, "gallery": gallery,
        "query_identities": query_identities, "gallery_identities": gallery_identities,
        "query_cameras": query_cameras if has_cameras else None,
        "gallery_cameras": gallery_cameras if has_cameras else None,
    }


CASES = {
    "cosine": dict(seed=1, metric="cosine", width=37, has_cameras=True, lattice=False),
    "euclidean": dict(seed=2, metric="euclidean", width=37, has_cameras=True, lattice=False),
    "no_cameras": dict(seed=3, metric="cosine", width=19, has_cameras=False, lattice=False),
    "ties": dict(seed=4, metric="euclidean", width=3, has_cameras=True, lattice=True),
}


def main():
    folder = Path(sys.argv[1])
    for name, settings in CASES.items():
        case = make(**settings)
        out = folder / name
        out.mkdir(parents=True, exist_ok=True)
        np.save(out / "query.npy", case["query"])
        np.save(out / "gallery.npy", case["gallery"])
        kept = {k: (v.tolist() if isinstance(v, np.ndarray) else v or []) for k, v in case.items() if k not in ("query", "gallery")}
        (out / "expected.json").write_text(json.dumps(kept | {"expected": figures(case)}) + "\n")
        print(name, {k: v for k, v in figures(case).items() if k != "by_query"})


if __name__ == "__main__":
    main()
