"""Galleries: vectors with what is known of their pictures, kept in a folder."""

import ctypes
import datetime
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np

from ._library import InvalidArgument, PathLike, answer, encoded, library, strings, texts, vectors_of
from ._model import Model

Time = Union[int, float, datetime.datetime]


@dataclass(frozen=True)
class Hit:
    """A crop that was found. time: seconds since 1970, None where it is not known; empty texts: not known."""

    id: int
    similarity: float
    source: str
    camera: str
    time: Optional[float]
    identity: str
    tags: List[str]


class Gallery:
    """A folder of vectors, the same that `dmf index` and `dmf search` use. May be used from several threads.

    With a model a gallery that is not there yet is made; one that is there must hold that model's vectors.
    """

    def __init__(self, folder: PathLike, model: Optional[Model] = None) -> None:
        self._handle = ctypes.c_void_p()
        self.folder = os.fspath(folder)
        kind: Dict[str, Any] = {}
        if model is not None:
            kind = {"model": model.identity, "width": model.width, "model_file": model.path, "flip": model.flip}
        path = texts([os.fsencode(folder)])[0]
        self.width: int = answer(library.dmf_gallery_open(path, encoded(kind), ctypes.byref(self._handle)))["width"]

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            library.dmf_gallery_free(self._handle)
            self._handle = ctypes.c_void_p()

    def __len__(self) -> int:
        return int(self.facts()["count"])

    def __repr__(self) -> str:
        return f"<dmf.Gallery {self.folder}: {len(self)} crops>"

    def facts(self) -> Dict[str, Any]:
        """count, width, model (its identity), cameras and tags with the number of crops of each."""
        return dict(answer(library.dmf_gallery_facts(self._handle)))

    def add(self, vectors: Any, *, sources: Optional[Sequence[str]] = None, cameras: Optional[Sequence[str]] = None,
            times: Optional[Sequence[Optional[Time]]] = None, identities: Optional[Sequence[str]] = None,
            tags: Optional[Sequence[Sequence[str]]] = None) -> List[int]:
        """Adds crops, all or none, and gives their numbers. A crop with the source of another takes its place.

        times: seconds since 1970, or datetime (without a zone: UTC). What is not given is not known.
        """
        array = vectors_of(vectors, "vectors", self.width)
        columns = {"source": _column(sources, "sources"), "camera": _column(cameras, "cameras"),
                   "identity": _column(identities, "identities"),
                   "time": None if times is None else [_milliseconds(time) for time in times],
                   "tags": None if tags is None else [strings(some, "tags") for some in tags]}
        for name, column in columns.items():
            if column is not None and len(column) != len(array):
                raise InvalidArgument(f"{name}: expected one for each of {len(array)} vectors, got {len(column)}")
        crops = [{name: column[i] for name, column in columns.items() if column is not None} for i in range(len(array))]
        return list(answer(library.dmf_gallery_add(self._handle, array.ctypes.data, *array.shape, encoded(crops)))["ids"])

    def search(self, queries: Any, top: int = 10, **filters: Any) -> List[List[Hit]]:
        """The `top` nearest crops of each query, nearest first: exact cosine similarity.

        queries: [Q, width] or one vector [width]. Filters (a crop must fulfil all that are given): ids, sources,
        cameras, identities: lists, any of them; tags: a list, all of them; after, before: times, at or after, and before.
        """
        array = vectors_of(queries, "queries", self.width)
        found = answer(library.dmf_gallery_search(self._handle, array.ctypes.data, *array.shape, int(top), _filter(filters)))
        return [[_hit(fields) for fields in hits] for hits in found["hits"]]

    def remove(self, **filters: Any) -> int:
        """Removes the crops that the filters mean (as for search; at least one), and gives their number."""
        return int(answer(library.dmf_gallery_remove(self._handle, _filter(filters)))["removed"])


def _hit(fields: Dict[str, Any]) -> Hit:
    time = fields.pop("time")
    return Hit(time=None if time is None else time / 1000, **fields)


def _column(values: Optional[Sequence[Any]], name: str) -> Optional[List[str]]:
    if values is None:
        return None
    if not isinstance(values, str):
        values = [os.fspath(value) if isinstance(value, os.PathLike) else value for value in values]
    return strings(values, name)


def _milliseconds(time: Optional[Time]) -> Optional[int]:
    if time is None:
        return None
    if isinstance(time, datetime.datetime):
        time = (time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)).timestamp()
    if isinstance(time, bool) or not isinstance(time, (int, float, np.integer, np.floating)):
        raise InvalidArgument(f"time: expected seconds since 1970 or a datetime, got {type(time).__name__}")
    return round(float(time) * 1000)


def _filter(filters: Dict[str, Any]) -> bytes:
    fields: Dict[str, Any] = {}
    for name, value in filters.items():
        if value is None:
            continue
        if name in ("after", "before"):
            fields["from" if name == "after" else name] = _milliseconds(value)
        elif name == "ids":
            fields[name] = [int(number) for number in value]
        elif name in ("sources", "cameras", "identities", "tags"):
            fields[name] = _column(value, name)
        else:
            raise InvalidArgument(f"no such filter: '{name}'")
    return encoded(fields)
