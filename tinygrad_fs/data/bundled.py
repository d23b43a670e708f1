"""The data set that comes with the package. How its file is made again is told in the licence beside it."""

from __future__ import annotations

from importlib import resources

import numpy as np

from tinygrad_fs.dtypes import Array, DTypeLike, get_default_dtype

__all__ = ["digits"]

_BRIGHTEST = 16  # the digits' pixels are counts: how many of 4 x 4 finer pixels are on


def digits(*, scaled: bool = True, flat: bool = False, dtype: DTypeLike | None = None) -> tuple[Array, Array]:
    """The 1,797 handwritten digits of the UCI repository, as images of 8 x 8 pixels.

    About 180 of each class, by 13 writers. They are read from the package; there is no download.

    Parameters
    ----------
    scaled : bool, default True
        Whether the pixels lie in [0, 1]; otherwise they are the integers 0 to 16.
    flat : bool, default False
        Whether an image is a row of 64 pixels rather than a channel of 8 x 8.
    dtype : dtype, optional
        That of the images; the default dtype (float32) if not given.

    Returns
    -------
    images : ndarray, shape (1797, 1, 8, 8), or (1797, 64) if flat
        A fresh array, which may be written to.
    labels : ndarray of int64, shape (1797,)
        The digits, 0 to 9.

    Raises
    ------
    TypeError
        If `dtype` cannot hold the pixels: an integer or bool dtype with `scaled`, bool without.

    Notes
    -----
    E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits [data set]. UCI Machine Learning
    Repository. https://doi.org/10.24432/C50P49. Licence: CC BY 4.0; see `digits.LICENSE.txt` beside the file.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> images, labels = tg.data.digits()
    >>> images.shape, images.dtype, labels.shape
    ((1797, 1, 8, 8), dtype('float32'), (1797,))
    >>> labels[:5]
    array([0, 1, 2, 3, 4])
    """
    wanted = np.dtype(get_default_dtype() if dtype is None else dtype)
    if wanted.kind not in ("f" if scaled else "fiu"):
        remedy = "; use a floating dtype, or scaled=False for the integers 0 to 16" if scaled else ""
        raise TypeError(f"digits: dtype {wanted} cannot hold the {'scaled ' * scaled}pixels{remedy}")
    with resources.files("tinygrad_fs.data").joinpath("digits.npz").open("rb") as file, np.load(file) as archive:
        images, labels = archive["images"].astype(wanted), archive["labels"].astype(np.int64)
    if scaled:
        images /= _BRIGHTEST
    return images.reshape((-1, 64) if flat else (-1, 1, 8, 8)), labels
