"""Arrays in a `.safetensors` file, in which libraries exchange weights, by means of the library of that name."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np

from tinygrad_fs.dtypes import Array

__all__ = ["METADATA", "read_safetensors", "write_safetensors"]

METADATA = "__metadata__"
"""The entry of the header that is no array."""

_DESCRIPTION = "structure"
"""The text in the metadata that says how the arrays are put together."""

_DTYPES = {"BOOL": np.dtype(bool)}
for _name in ("F16", "F32", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64"):
    _DTYPES[_name] = np.dtype(f"<{_name[0].lower()}{int(_name[1:]) // 8}")


def write_safetensors(arrays: dict[str, Array], description: Any) -> bytes:
    """The content of a file with these arrays, and the description if there is one."""
    for name, array in arrays.items():
        if array.dtype.newbyteorder("<") not in _DTYPES.values():
            raise TypeError(f"save: {name!r} has dtype {array.dtype}, which .safetensors does not hold; use .npz")
    plain = {name: np.array(array, array.dtype.newbyteorder("="), order="C") for name, array in arrays.items()}
    metadata = {"format": "np"} | ({} if description is None else {_DESCRIPTION: json.dumps(description)})
    content: bytes = _library("save", ".numpy").save(plain, metadata)
    return content


def read_safetensors(content: bytes) -> tuple[dict[str, Array], Any]:
    """The arrays in the content of a file, and the description if there is one. bfloat16 becomes float32.

    Raises
    ------
    ValueError
        If it is not of this format, is damaged, or has arrays of a dtype that NumPy does not have.
    """
    library = _library("load")
    try:
        entries = library.deserialize(content)
    except library.SafetensorError as error:
        raise ValueError(f"it is damaged or not a .safetensors file: {error}") from error
    arrays = {name: _array(name, entry) for name, entry in entries}
    metadata = _metadata(content)
    for name, kept in metadata.items():  # of tied weights PyTorch writes one, and where the others are to be found
        if name not in arrays and kept in arrays:
            arrays[name] = arrays[kept]
    try:
        return arrays, json.loads(metadata[_DESCRIPTION]) if _DESCRIPTION in metadata else None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its description cannot be read: {error}") from error


def _metadata(content: bytes) -> dict[str, str]:
    """The texts in the header, which the library has checked by now."""
    length = int.from_bytes(content[:8], "little")
    metadata: dict[str, str] = json.loads(content[8 : 8 + length]).get(METADATA) or {}
    return metadata


def _array(name: str, entry: dict[str, Any]) -> Array:
    dtype, shape, data = entry["dtype"], entry["shape"], entry["data"]
    array: Array
    if dtype == "BF16":  # the upper half of a float32
        array = (np.frombuffer(data, "<u2").astype(np.uint32) << np.uint32(16)).view(np.float32)
    elif dtype in _DTYPES:
        array = np.frombuffer(data, _DTYPES[dtype])
        array = array.astype(array.dtype.newbyteorder("="), copy=not array.flags.writeable)
    else:
        raise ValueError(f"{name!r} has dtype {dtype}, which NumPy does not have; convert it where it was written")
    array = array.reshape(shape)
    return array


def _library(asked: str, module: str = "") -> Any:
    try:
        return importlib.import_module(f"safetensors{module}")
    except ImportError:
        raise ImportError(
            f'{asked}: files that end in .safetensors need the library; pip install "tinygrad-fs[safetensors]"'
        ) from None
