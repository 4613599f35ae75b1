#!/usr/bin/env python3
"""Writes tests/golden/eval: vectors, labels and the figures that a plain numpy implementation finds for them.

    python3 tools/make_eval_golden.py tests/golden/eval [PEERS]

Written from the definitions, apart from the C++: every query sorts its whole gallery, in double.

With PEERS, a folder that holds checkouts of JDAI-CV/fast-reid, KaiyangZhou/deep-person-reid, damo-cv/TransReID and
zhunzhong07/person-re-ranking under these names, their own evaluation is run on the same distances and its figures are
written too (needs torch, scipy and scikit-learn). Of them only numbers come here, no code.
"""

import json
import sys
import types
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


def module(path, name, replace=()):
    """A peer's file as a module, apart from its package; `replace` widens numbers or mends what NumPy no longer has."""
    made = types.ModuleType(name)
    made.__package__ = name
    text = Path(path).read_text()
    for old, new in replace:
        text = text.replace(old, new)
    exec(compile(text, str(path), "exec"), made.__dict__)
    return made


OLD_NUMPY = [("np.bool)", "bool)")]


def peer_figures(case, peers):
    """mAP, CMC and mINP of each peer's own function, on the same distances, junk taken out (their readers do that)."""
    sys.modules.setdefault("utils", types.ModuleType("utils"))
    sys.modules["utils.reranking"] = types.SimpleNamespace(re_ranking=None)
    transreid = module(peers / "TransReID/utils/metrics.py", "transreid")
    relative = [("from .rank_cylib.rank_cy import", "from absent import"), ("from .rank_cylib.roc_cy import", "from absent import")]
    fastreid = module(peers / "fast-reid/fastreid/evaluation/rank.py", "fastreid", OLD_NUMPY + relative)
    torchreid = module(peers / "deep-person-reid/torchreid/metrics/rank.py", "torchreid", OLD_NUMPY)
    keep = case["gallery_identities"] != JUNK
    matrix = distances(case["query"], case["gallery"][keep], case["metric"])
    labels = [case["query_identities"], case["gallery_identities"][keep], case["query_cameras"], case["gallery_cameras"][keep]]
    cmc, precision, penalty = fastreid.eval_market1501(matrix, *labels, 50)
    result = {"fast-reid": {"map": 100 * float(np.mean(precision)), "minp": 100 * float(np.mean(penalty)), "cmc": percent(cmc)}}
    for name, (cmc, average) in {
        "torchreid": torchreid.eval_market1501(matrix, *labels, 50),
        "TransReID": transreid.eval_func(matrix, *labels, 50),
    }.items():
        result[name] = {"map": 100 * float(average), "cmc": percent(cmc)}
    return result | {"roc": peer_roc(matrix, labels, peers), "single shot": peer_single_shot(matrix, labels, torchreid)}


def percent(shares):
    return [100 * float(share) for share in shares]


def peer_roc(matrix, labels, peers):
    """fast-reid's ROC: scikit-learn's curve, without leaving out points."""
    from sklearn import metrics
    relative = [("from .rank_cylib.roc_cy import", "from absent import"), ("import faiss", "")]
    scores, wrong = module(peers / "fast-reid/fastreid/evaluation/roc.py", "roc", relative).evaluate_roc_py(matrix, *labels)
    # A low distance says "the same": the positive class is 0 and its score falls.
    far, rate, threshold = metrics.roc_curve(1 - wrong, -scores, drop_intermediate=False)
    at = {f: int(np.flatnonzero(far <= f + 1e-12)[-1]) for f in (1e-1, 1e-2, 1e-3)}
    return {"pairs": [int((wrong == 0).sum()), int((wrong == 1).sum())],
            "tpr": {str(f): 100 * float(rate[i]) for f, i in at.items()}}


def peer_single_shot(matrix, labels, torchreid):
    """torchreid's CUHK03 protocol, averaged over many runs: its repetitions cannot be set."""
    np.random.seed(0)
    curves = [torchreid.eval_cuhk03(matrix, *labels, 20)[0] for _ in range(60)]
    return {"cmc": percent(np.mean(curves, axis=0)), "deviation": percent(np.std(curves, axis=0) / np.sqrt(len(curves)))}


def re_ranked(case, peers, k1, k2, share):
    """The authors' code with its float16 widened to float64."""
    code = peers / "person-re-ranking/python-version/re_ranking_feature"
    return module(code, "authors", [("np.float16", "np.float64")]).re_ranking(case["query"], case["gallery"], k1, k2, share)


def expanded(case, peers, neighbours, alpha):
    import torch
    code = module(peers / "fast-reid/fastreid/evaluation/query_expansion.py", "expansion")
    query, gallery = (torch.from_numpy(case[name].astype(np.float64)) for name in ("query", "gallery"))
    return [part.numpy() for part in code.aqe(query, gallery, 1, neighbours, alpha)]


RERANKED = [(20, 6, 0.3), (7, 1, 0.3), (25, 10, 0.0)]
EXPANDED = [(10, 3.0), (4, 0.0)]


def write_peers(folder, peers):
    figures = {name: peer_figures(make(**CASES[name]), peers) for name in ("cosine", "euclidean")}
    case = make(**CASES["euclidean"])
    for k1, k2, share in RERANKED:
        final = re_ranked(case, peers, k1, k2, share)
        np.save(folder / "euclidean" / f"re_ranked_{k1}_{k2}.npy", final.astype(np.float32))
    for neighbours, alpha in EXPANDED:
        query, gallery = expanded(case, peers, neighbours, alpha)
        np.save(folder / "euclidean" / f"expanded_{neighbours}.npy", np.concatenate([query[:10], gallery[:10]]).astype(np.float32))
    (folder / "peers.json").write_text(json.dumps(figures) + "\n")
    print({name: {peer: part.get("map") for peer, part in each.items()} for name, each in figures.items()})


def write_h5py_mat(path, case):
    """MATLAB 7.3 as Python's writers of it make it; their texts have no zero byte at the end, MATLAB's have."""
    import h5py
    with h5py.File(path, "w", userblock_size=512) as file:
        for part in ("query", "gallery"):
            for name, values, kind in ((f"{part}_f", case[part].T, "single"),
                                       (f"{part}_label", np.array(case[f"{part}_identities"])[:, None], "int64"),
                                       (f"{part}_cam", np.array(case[f"{part}_cameras"])[:, None], "int64")):
                file.create_dataset(name, data=values).attrs["MATLAB_class"] = np.bytes_(kind)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, written by h5py".ljust(116) + bytes(8) + b"\x00\x02IM")


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
    write_h5py_mat(folder / "h5py.mat", make(**CASES["cosine"]))
    if len(sys.argv) > 2:
        write_peers(folder, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
