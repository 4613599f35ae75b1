"""libdmf.so and its answers (src/dmf/api/c_api.h)."""

import ctypes
import json
import os
from pathlib import Path
from typing import Any, List, Sequence, Union

import numpy as np

PathLike = Union[str, "os.PathLike[str]"]


class Error(RuntimeError):
    """Something failed; the message says what, where, and what to do."""


class InvalidArgument(Error, ValueError):
    """An argument does not fit."""


class DataError(Error):
    """A file is missing, broken or not what it should be."""


class DeviceError(Error):
    """The device is not there, or its memory is full."""


_KINDS = {"InvalidArgument": InvalidArgument, "DataError": DataError, "DeviceError": DeviceError}


class Picture(ctypes.Structure):
    _fields_ = [("rgb", ctypes.c_void_p), ("height", ctypes.c_int64), ("width", ctypes.c_int64)]


def _load() -> ctypes.CDLL:
    path = Path(__file__).parent / "libdmf.so"
    try:
        library = ctypes.CDLL(str(path))  # lets other threads run while a function of it does
    except OSError as error:
        raise ImportError(f"{error}; hint: dmf needs libtorch of the same version: pip install torch==2.11.0") from error
    text, handle, count, numbers = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p
    for name, arguments in {
        "dmf_model_load": [text, text, ctypes.POINTER(handle)],
        "dmf_model_embed_files": [handle, ctypes.POINTER(text), count, numbers],
        "dmf_model_embed_pictures": [handle, ctypes.POINTER(Picture), count, numbers],
        "dmf_model_embed_texts": [handle, ctypes.POINTER(text), count, numbers],
        "dmf_gallery_open": [text, text, ctypes.POINTER(handle)],
        "dmf_gallery_facts": [handle],
        "dmf_gallery_add": [handle, numbers, count, count, text],
        "dmf_gallery_remove": [handle, text],
        "dmf_gallery_search": [handle, numbers, count, count, count, text],
    }.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, ctypes.c_void_p
    for name in ("dmf_model_free", "dmf_gallery_free", "dmf_free"):
        function = getattr(library, name)
        function.argtypes, function.restype = [ctypes.c_void_p], None
    return library


library = _load()


def answer(pointer: Any) -> Any:
    """The JSON of an answer, or its error raised."""
    if not pointer:
        raise MemoryError("dmf: no memory left")
    try:
        result = json.loads(ctypes.string_at(pointer).decode("utf-8", "replace"))
    finally:
        library.dmf_free(pointer)
    if isinstance(result, dict) and "error" in result:
        raise _KINDS.get(result["kind"], Error)(result["error"])
    return result


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape")


def texts(values: Sequence[bytes]) -> Any:
    if any(b"\0" in value for value in values):
        raise InvalidArgument("a text or path holds a zero byte")
    return (ctypes.c_char_p * len(values))(*values)


def strings(value: Any, name: str) -> List[str]:
    """A list of texts; one text alone would be taken for a list of letters."""
    if isinstance(value, (str, bytes)):
        raise InvalidArgument(f"{name}: expected a list, got one {type(value).__name__}")
    values = list(value)
    for each in values:
        if not isinstance(each, str):
            raise InvalidArgument(f"{name}: expected texts, got {type(each).__name__}")
    return values


def vectors_of(values: Any, name: str, width: int) -> np.ndarray:
    """[N, width] float32, C order; one vector [width] is a set of one."""
    array = np.asarray(values)
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.dtype.kind != "f" or array.shape[1] != width:
        raise InvalidArgument(f"{name}: expected floating [N, {width}], got {array.dtype} {list(array.shape)}")
    return np.ascontiguousarray(array, dtype=np.float32)
