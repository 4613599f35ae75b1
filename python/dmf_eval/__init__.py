"""Person re-identification metrics on NumPy arrays.

    import dmf_eval
    figures = dmf_eval.evaluate(query, gallery, query_ids, gallery_ids, query_cams, gallery_cams)
    figures["map"], figures["cmc"][0], figures["protocol"]

The rules are Market-1501's: gallery images of the query's identity and camera are removed, identity -1 is junk. Figures
are in per cent, exact in double precision and the same on every machine; memory beside the arrays is bounded.
"""

import ctypes
import json
from pathlib import Path

import numpy as np

__all__ = ["compare", "evaluate"]


class _Set(ctypes.Structure):
    _fields_ = [("vectors", ctypes.c_void_p), ("identities", ctypes.c_void_p), ("cameras", ctypes.c_void_p),
                ("count", ctypes.c_int64), ("width", ctypes.c_int64)]


def _load():
    # Beside the module dmf its library serves both.
    here = Path(__file__).parent
    library = ctypes.CDLL(str(next(here.glob("libdmf_eval.*"), here.parent / "dmf" / "libdmf.so")))
    library.dmf_eval_run.restype = library.dmf_eval_compare.restype = ctypes.c_void_p
    library.dmf_eval_run.argtypes = [ctypes.POINTER(_Set), ctypes.POINTER(_Set), ctypes.c_char_p]
    library.dmf_eval_compare.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    library.dmf_eval_free.argtypes = [ctypes.c_void_p]
    library.dmf_eval_free.restype = None
    return library


_library = _load()


def _answer(pointer):
    if not pointer:
        raise MemoryError("dmf_eval: no memory left")
    try:
        result = json.loads(ctypes.string_at(pointer).decode("utf-8", "replace"))
    finally:
        _library.dmf_eval_free(pointer)
    if "error" in result:
        raise (ValueError if result["kind"] == "InvalidArgument" else RuntimeError)(result["error"])
    return result


def _numbers(labels, name, count, lowest):
    """Whole numbers as int64; of 64 bits without sign those above 2^63 are kept as the same bits."""
    array = np.asarray(labels)
    if array.shape != (count,):
        raise ValueError(f"{name}: expected {count} numbers, got shape {array.shape}")
    if array.dtype.kind == "f" and np.all(array == np.floor(array)) and np.all(np.abs(array) < 2**53):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name}: expected whole numbers, got {array.dtype}")
    if array.dtype == np.uint64:
        if np.any(array == np.uint64(2**64 - 1)):
            raise ValueError(f"{name}: 2^64 - 1 stands for junk and cannot be a number")
        return np.ascontiguousarray(array).view(np.int64)
    if array.size and array.min() < lowest:
        raise ValueError(f"{name}: expected {lowest} or more, got {array.min()}")
    return np.ascontiguousarray(array, dtype=np.int64)


class _Arrays:
    """A set's arrays in the form the library reads, kept alive while it does."""

    def __init__(self, vectors, identities, cameras, name):
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or vectors.dtype.kind != "f":
            raise ValueError(f"{name}: expected floating [N, D], got {vectors.dtype} {vectors.shape}")
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        count, width = self.vectors.shape
        self.identities = _numbers(identities, f"{name} identities", count, -1)
        self.cameras = None if cameras is None else _numbers(cameras, f"{name} cameras", count, -1)
        self.set = _Set(self.vectors.ctypes.data, self.identities.ctypes.data,
                        None if self.cameras is None else self.cameras.ctypes.data, count, width)


def evaluate(query, gallery, query_identities, gallery_identities, query_cameras=None, gallery_cameras=None, **options):
    """Searches each query in the gallery and measures the answers.

    query, gallery: floating arrays [Q, D] and [G, D]. Identities: whole numbers, -1 = junk. Cameras: whole numbers, -1 =
    not known; None = the same-camera rule is off, which figures["protocol"] says.

    Options: metric ("cosine", "euclidean"), same_camera_removed (True), re_ranking ((k1, k2, lambda)), expansion
    ((images, alpha)), centre_cameras (vectors lose their camera's mean), multi_query, open_set, single_shot (repetitions), far (calibrate a threshold), threads (0 = all).

    Returns a dictionary: map, minp, cmc (Rank-1 ... Rank-50), queries_without_match, protocol, intervals (95 per cent, by
    the bootstrap over identities; None where there is but one), average_precision and first_hit_rank of each query (None without a match), and what
    the options ask for. Raises ValueError on arrays that do not fit, or that hold NaN or all-zero vectors.
    """
    queries = _Arrays(query, query_identities, query_cameras, "query")
    images = _Arrays(gallery, gallery_identities, gallery_cameras, "gallery")
    return _answer(_library.dmf_eval_run(queries.set, images.set, json.dumps(options).encode()))


def compare(first, second, identities):
    """Two lists of average precisions of the same queries: which is better, by how much, how sure.

    first, second: evaluate()["average_precision"]; queries without a match (None) are left out of both. identities: the
    queries'. Returns map_difference (points), map_interval (95 per cent), p (two-sided randomisation test), counts.
    """
    a, b = (np.asarray([np.nan if x is None else x for x in one], dtype=np.float64) for one in (first, second))
    if a.shape != b.shape:
        raise ValueError(f"expected the same queries, got {a.size} and {b.size}")
    people = _numbers(identities, "identities", a.size, -1)
    if np.any(np.isnan(a) != np.isnan(b)):
        raise ValueError("expected the same queries: they do not have a match in both")
    keep = ~np.isnan(a)
    a, b, people = (np.ascontiguousarray(array[keep]) for array in (a, b, people))
    return _answer(_library.dmf_eval_compare(a.ctypes.data, b.ctypes.data, people.ctypes.data, a.size))
