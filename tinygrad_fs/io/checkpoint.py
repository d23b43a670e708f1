"""Checkpoints: the states of modules, optimizers and whatever else there is to a training, in one file, without pickle.

Every array is in the file under its own name, so `numpy.load` opens an `.npz` checkpoint too, and `safetensors` one of
its own. A dict of arrays is stored as just that. Where there is more to it (dicts in dicts, lists, numbers, text), a
description says how the arrays are put together.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Any, TypeAlias

from tinygrad_fs.io.files import replacing
from tinygrad_fs.io.npz import STRUCTURE, read_npz, write_npz
from tinygrad_fs.io.safetensors import METADATA, read_safetensors, write_safetensors
from tinygrad_fs.io.structure import put_together, state_of, take_apart

__all__ = ["load", "save"]

PathLike: TypeAlias = "str | os.PathLike[str]"

_SAFETENSORS = ".safetensors"


def save(path: PathLike, state: Any) -> None:
    """Write a state to a checkpoint, in one step: the old file stays until the new one is complete.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write; its folder must exist. Where the name ends in ``.safetensors`` it is of that format, which
        needs the extra `safetensors`; otherwise it is an ``.npz`` archive.
    state : module, optimizer or the like, or dict
        Something with a ``state_dict()``, or a dict of names (str or int) to such things, to Tensors, arrays,
        `numpy.random.Generator`, numbers, text and None, and to dicts, lists and tuples of all these. So a whole
        training goes into one file. A Tensor is stored as its values.

    Raises
    ------
    TypeError
        If `state` has no state, or holds something that a checkpoint cannot; the message says where. If the path is
        no text.
    ImportError
        If the library for ``.safetensors`` is missing.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : the way back.
    restore : the way back into what it was saved from.

    Examples
    --------
    >>> import tempfile
    >>> import tinygrad_fs as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tg.io.save(f"{folder}/run.npz", {"model": {"0.weight": tg.tensor([[1.0, 2.0]])}, "epoch": 3})
    ...     tg.io.load(f"{folder}/run.npz")
    {'model': {'0.weight': array([[1., 2.]], dtype=float32)}, 'epoch': 3}
    """
    state = state_of(state)
    if not isinstance(state, Mapping):
        raise TypeError(_not_a_state(path, state))
    if _named("save", path).endswith(_SAFETENSORS):
        content = write_safetensors(*take_apart(state, METADATA))
        with replacing(path) as file:
            file.write(content)
    else:
        arrays, description = take_apart(state, STRUCTURE)
        with replacing(path) as file:
            write_npz(file, arrays, description)


def load(path: PathLike, *, max_bytes: int | None = None) -> dict[Any, Any]:
    """Read a checkpoint that `save` wrote, any `.npz` file of arrays, or any `.safetensors` file.

    Nothing in a file is run, and what it says of itself is checked against what is in it before memory is taken for it.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    max_bytes : int, optional
        How much a compressed ``.npz`` file may unpack to; 1 GiB or a hundred times its size if not given.

    Returns
    -------
    dict
        What was saved, in its order, with arrays for Tensors. `module.load_state_dict` takes it. Of ``.safetensors``
        files bfloat16 becomes float32, and weights that PyTorch wrote once for several names have all of them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a checkpoint, is damaged, lies about its sizes, or holds pickled objects: those can run
        code, and are never read.
    TypeError
        If the path is no text.
    ImportError
        If the library for ``.safetensors`` is missing.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import tinygrad_fs as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/arrays.npz", **{"0.bias": np.zeros(2)})
    ...     tg.io.load(f"{folder}/arrays.npz")
    {'0.bias': array([0., 0.])}
    """
    safetensors = _named("load", path).endswith(_SAFETENSORS)
    try:
        with open(path, "rb") as file:
            arrays, description = read_safetensors(file.read()) if safetensors else read_npz(file, max_bytes)
            return dict(arrays) if description is None else put_together(description, arrays)
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "load: there is no such checkpoint", os.fspath(path)) from None
    except ValueError as error:
        raise ValueError(f"load: {os.fspath(path)!r}: {error}") from error


def _named(name: str, path: object) -> str:
    """The path as text; a number would be taken for an open file, bytes would have no ending."""
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        raise TypeError(f"{name}: the path is a str or a pathlib.Path, not {type(path).__name__}")
    return text


def _not_a_state(path: object, state: object) -> str:
    if not isinstance(path, (str, os.PathLike)):
        return "save: the path comes first: save(path, state)"
    return f"save: the state is a {type(state).__name__}; pass a dict, or something with a state_dict()"
