"""Model files in use."""

import ctypes
import os
from typing import Any, List, Sequence, Union

import numpy as np

from ._library import InvalidArgument, PathLike, Picture, answer, encoded, library, strings, texts

Image = Union[str, "os.PathLike[str]", np.ndarray]


class Model:
    """Pictures or sentences in, unit vectors out. May be used from several threads: they take turns.

    width: numbers of a vector. reads_text: whether embed_text() works. setting: device and type, "cpu, bfloat16".
    """

    def __init__(self, path: PathLike, *, device: str = "auto", precision: str = "auto", batch: int = 64,
                 flip: bool = False) -> None:
        self._handle = ctypes.c_void_p()
        self.path = os.path.abspath(os.fspath(path))
        self.flip = bool(flip)
        options = encoded({"device": device, "precision": precision, "batch": batch, "flip": self.flip})
        file = texts([os.fsencode(path)])[0]
        facts = answer(library.dmf_model_load(file, options, ctypes.byref(self._handle)))
        self.width: int = facts["width"]
        self.reads_text: bool = facts["reads_text"]
        self.identity: str = facts["identity"]
        self.setting: str = facts["setting"]

    @classmethod
    def load(cls, path: PathLike, **options: Any) -> "Model":
        """Reads a model file. Options: device ("cpu", "cuda", "auto"), precision ("float32", "bfloat16", "auto"),
        batch (images that go through together), flip (the mean with the mirror image's vector)."""
        return cls(path, **options)

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            library.dmf_model_free(self._handle)
            self._handle = ctypes.c_void_p()

    def __repr__(self) -> str:
        return f"<dmf.Model {self.path}: {self.width} numbers, {self.setting}>"

    def embed(self, images: Union[Sequence[Image], np.ndarray]) -> np.ndarray:
        """[N, width] float32, rows of length 1, in the order of the images.

        images: paths, or arrays [H, W, 3] uint8 (red green blue, of any size), or one array [N, H, W, 3].
        """
        if isinstance(images, (str, bytes, os.PathLike)):
            raise InvalidArgument("images: expected a list of images, got one path; hint: [path]")
        if isinstance(images, np.ndarray) and images.ndim == 3:
            raise InvalidArgument("images: expected a list of images, got one array [H, W, 3]; hint: [array]")
        given = list(images)
        vectors = np.empty((len(given), self.width), np.float32)
        if all(isinstance(image, (str, os.PathLike)) for image in given):
            paths = texts([os.fsencode(path) for path in given])
            answer(library.dmf_model_embed_files(self._handle, paths, len(given), vectors.ctypes.data))
            return vectors
        arrays = [_picture(image, i) for i, image in enumerate(given)]
        pictures = (Picture * len(arrays))(*(Picture(a.ctypes.data, a.shape[0], a.shape[1]) for a in arrays))
        answer(library.dmf_model_embed_pictures(self._handle, pictures, len(arrays), vectors.ctypes.data))
        return vectors

    def embed_text(self, sentences: Sequence[str]) -> np.ndarray:
        """[N, width] float32, rows of length 1, comparable with those of images."""
        given = strings(sentences, "sentences")
        vectors = np.empty((len(given), self.width), np.float32)
        words = texts([sentence.encode("utf-8") for sentence in given])
        answer(library.dmf_model_embed_texts(self._handle, words, len(given), vectors.ctypes.data))
        return vectors


def _picture(image: Any, place: int) -> np.ndarray:
    if not isinstance(image, np.ndarray):
        raise InvalidArgument(f"images: expected all paths or all arrays, got {type(image).__name__} at {place}")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InvalidArgument(
            f"images: expected [H, W, 3] uint8 (red green blue), got {image.dtype} {list(image.shape)} at {place}")
    return np.ascontiguousarray(image)
