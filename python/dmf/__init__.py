"""Person re-identification that learns from images and words.

    import dmf
    model = dmf.Model.load("model.safetensors")
    vectors = model.embed(["a.jpg", "b.jpg"])            # [2, D] float32, rows of length 1
    hits = dmf.Gallery("people").search(vectors, top=5)  # what `dmf index` made

Images are paths or arrays [H, W, 3] uint8, red green blue. While it computes, other Python threads run. Errors carry the
program's messages: dmf.InvalidArgument (a ValueError), dmf.DataError, dmf.DeviceError, all of them dmf.Error.
"""

from dmf_eval import compare, evaluate

from ._gallery import Gallery, Hit
from ._library import DataError, DeviceError, Error, InvalidArgument
from ._model import Model

__all__ = ["DataError", "DeviceError", "Error", "Gallery", "Hit", "InvalidArgument", "Model", "compare", "evaluate"]
__version__ = "0.1.0"
