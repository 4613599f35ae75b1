"""Writes tests/golden/weights: small checkpoints of random numbers, as PyTorch and safetensors write them.

Usage: python tools/make_weights_golden.py tests/golden/weights
Needs torch, numpy and safetensors.
"""

import collections
import pathlib
import sys

import safetensors.torch
import torch


def make_tensors():
    """Every element type, views, a transposed tensor, a shared storage, a parameter, nested containers."""
    torch.manual_seed(11)
    base = torch.randn(6, 5)
    shared = torch.randn(10)
    return {
        "float32": torch.randn(3, 4),
        "float64": torch.randn(3, dtype=torch.float64),
        "float16": torch.randn(5).half(),
        "bfloat16": torch.randn(2, 3).bfloat16(),
        "int64": torch.tensor([1, -2, 2**40]),
        "int32": torch.tensor([3, -4], dtype=torch.int32),
        "int16": torch.tensor([5, -6], dtype=torch.int16),
        "int8": torch.tensor([7, -8], dtype=torch.int8),
        "uint8": torch.tensor([9, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "transposed": torch.randn(3, 4).t(),
        "view": base[2:5, 1:4:2],
        "repeated": torch.randn(2, 1).expand(2, 3),
        "shared_a": shared[:6],
        "shared_b": shared[4:],
        "parameter": torch.nn.Parameter(torch.randn(4)),
        "nested": {"list": [torch.randn(2), (torch.randn(1),)], 7: torch.randn(3)},
        "no_tensor": [1, 2.5, None, "text", 2**70],
    }


def flatten(value, name=""):
    if isinstance(value, torch.Tensor):
        return {name: value.detach().contiguous().clone()}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    result = {}
    for key, item in items:
        result.update(flatten(item, f"{name}.{key}" if name else str(key)))
    return result


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tensors = make_tensors()
    safetensors.torch.save_file(flatten(tensors), folder / "expected.safetensors", {"made_by": "make_weights_golden.py"})
    torch.save(tensors, folder / "zip.pth")
    torch.save(collections.OrderedDict(tensors), folder / "zip_protocol4.bin", pickle_protocol=4)
    torch.save(tensors, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(tensors, folder / "legacy_protocol4.pth", pickle_protocol=4, _use_new_zipfile_serialization=False)

    torch.manual_seed(12)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.randn(4, 2)).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 3, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(checkpoint, folder / "checkpoint.pth")
    safetensors.torch.save_file(model.state_dict(), folder / "checkpoint.safetensors")

    small = {"weight": torch.randn(2, 2), "half": torch.randn(3).half()}
    torch.save(small, folder / "small_zip.pth")
    torch.save(small, folder / "small_legacy.pth", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
