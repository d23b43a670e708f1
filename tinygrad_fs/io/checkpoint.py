"""Checkpoints: what `state_dict()` gives, in one `.npz` file, without pickle.

Every array is a member of the archive under its own name, so `numpy.load` opens a checkpoint too. A dict of
arrays is stored as just that. Where there is more to it (dicts in dicts, lists, numbers, text), the member
`structure.json` says how the arrays are put together; nothing in a file is ever run.
"""

from __future__ import annotations

import errno
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.dtypes import Array
from tinygrad_fs.io.files import replacing
from tinygrad_fs.tensor import Tensor

__all__ = ["load", "save"]

PathLike: TypeAlias = "str | os.PathLike[str]"

_STRUCTURE = "structure.json"
_SUFFIX = ".npy"
_UNKEEPABLE = str.maketrans("\0\\", "__")  # characters that the names in a zip archive do not keep


def save(path: PathLike, state: Mapping[Any, Any]) -> None:
    """Write `state` to a checkpoint, in one step: the old file stays until the new one is complete.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write, by custom with the ending `.npz`. Its folder must exist.
    state : dict
        As from `module.state_dict()`: names to Tensors or arrays. Dicts (with str or int keys), lists, tuples,
        numbers, text and None may be nested in it, so that the states of a model and of its optimizer and the
        number of the epoch go into one file. A Tensor is stored as its values.

    Raises
    ------
    TypeError
        If `state` is not a dict, or holds something that a checkpoint cannot; the message says where.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : the way back.

    Examples
    --------
    >>> import tempfile
    >>> import tinygrad_fs as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tg.io.save(f"{folder}/run.npz", {"model": {"0.weight": tg.tensor([[1.0, 2.0]])}, "epoch": 3})
    ...     tg.io.load(f"{folder}/run.npz")
    {'model': {'0.weight': array([[1., 2.]], dtype=float32)}, 'epoch': 3}
    """
    if not isinstance(state, Mapping):
        raise TypeError(_not_a_dict(path, state))
    arrays: dict[str, Array] = {}
    structure = _take_apart(state, "", arrays)
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(name + _SUFFIX), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if structure != _plain(arrays):
            archive.writestr(zipfile.ZipInfo(_STRUCTURE), json.dumps(structure))


def load(path: PathLike) -> dict[Any, Any]:
    """Read a checkpoint that `save` wrote, or any `.npz` file of arrays.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    dict
        What was saved, in its order, with arrays for Tensors. `module.load_state_dict` takes it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a checkpoint, is damaged, or holds pickled objects: those can run code, and are
        never read.

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
    with _opened(path) as archive:
        names = archive.namelist()
        strangers = [name for name in names if not name.endswith(_SUFFIX) and name != _STRUCTURE]
        if strangers:
            raise ValueError(f"load: {os.fspath(path)!r} is not a checkpoint: {strangers[0]!r} in it is not an array")
        arrays = {name.removesuffix(_SUFFIX): _read_array(path, archive, name) for name in names if name != _STRUCTURE}
        if _STRUCTURE not in names:
            return arrays
        try:
            return dict(_put_together(json.loads(archive.read(_STRUCTURE)), arrays))
        except (zipfile.BadZipFile, zlib.error, ValueError, TypeError, KeyError) as error:
            raise _damaged(path, _STRUCTURE, error) from error


def _take_apart(value: Any, name: str, arrays: dict[str, Array]) -> Any:
    """Move the arrays in `value` to `arrays`; return what is left, as JSON with references to them."""
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        array = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
        if array.dtype.hasobject:
            raise TypeError(f"save: {name!r} is an array of Python objects (dtype object); store numbers or text")
        return {"array": _enter(array, name, arrays)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, (str, int)) or isinstance(key, bool):
                raise TypeError(f"save: {name or 'state'!r} has the key {key!r}; keys must be str or int")
        return {"dict": [[key, _take_apart(item, _join(name, key), arrays)] for key, item in value.items()]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_take_apart(item, _join(name, i), arrays) for i, item in enumerate(value)]}
    raise TypeError(
        f"save: {name!r} is a {type(value).__name__}; a checkpoint holds Tensors, arrays, numbers, text, None, "
        "and dicts, lists and tuples of them"
    )


def _put_together(structure: Any, arrays: dict[str, Array]) -> Any:
    """The value that `_take_apart` took apart."""
    if not isinstance(structure, dict):
        return structure
    ((kind, content),) = structure.items()
    if kind == "array":
        return arrays[content]
    if kind == "dict":
        return {key: _put_together(item, arrays) for key, item in content}
    return {"list": list, "tuple": tuple}[kind](_put_together(item, arrays) for item in content)


def _plain(arrays: dict[str, Array]) -> Any:
    """The structure of a dict of nothing but arrays, which needs no description."""
    return {"dict": [[name, {"array": name}] for name in arrays]}


def _join(name: str, key: str | int) -> str:
    return f"{name}/{key}" if name else str(key)


def _enter(array: Array, name: str, arrays: dict[str, Array]) -> str:
    """Enter `array` under `name`, or under one like it if that is taken."""
    name = name.translate(_UNKEEPABLE)
    while name in arrays:
        name += "_"
    arrays[name] = array
    return name


def _opened(path: PathLike) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "load: there is no such checkpoint", os.fspath(path)) from None
    except zipfile.BadZipFile:
        raise ValueError(
            f"load: {os.fspath(path)!r} is not a checkpoint, or is cut short: a checkpoint is an .npz archive, "
            "as io.save writes it"
        ) from None


def _read_array(path: PathLike, archive: zipfile.ZipFile, name: str) -> Array:
    try:
        with archive.open(name) as member:
            array: Array = np.lib.format.read_array(member, allow_pickle=False)
            member.read()  # to the end, where the checksum is compared
            return array
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise _damaged(path, name, error) from error


def _damaged(path: PathLike, name: str, error: Exception) -> ValueError:
    return ValueError(f"load: {os.fspath(path)!r} is damaged or not a checkpoint: {name!r} cannot be read: {error}")


def _not_a_dict(path: object, state: object) -> str:
    if isinstance(path, Mapping):
        return "save: the path comes first: save(path, state)"
    remedy = "pass its .state_dict()" if hasattr(state, "state_dict") else "pass a dict, as .state_dict() gives it"
    return f"save: the state is a {type(state).__name__}; {remedy}"
