"""Linear algebra: the functions of `numpy.linalg`, with derivatives of every order.

Matrices are the last two axes; all axes before them are a batch. `numpy.linalg.inv(t)` of a Tensor is
`linalg.inv(t)`, and so on. Not here: `eig` and `eigvals`, whose results are complex.
"""

from __future__ import annotations

import numpy as np
from numpy.linalg import LinAlgError

from tinygrad_fs.ops.dispatch.keywords import say_axis
from tinygrad_fs.ops.dispatch.protocol import adopt
from tinygrad_fs.ops.linear_algebra.chains import matrix_power, multi_dot
from tinygrad_fs.ops.linear_algebra.decomposition import cholesky, qr
from tinygrad_fs.ops.linear_algebra.determinant import det, slogdet
from tinygrad_fs.ops.linear_algebra.norms import cond, matrix_norm, norm, vector_norm
from tinygrad_fs.ops.linear_algebra.products import cross, matmul, outer, tensordot, vecdot
from tinygrad_fs.ops.linear_algebra.solving import inv, lstsq, pinv, solve, solve_triangular, tensorinv, tensorsolve
from tinygrad_fs.ops.linear_algebra.spectrum import eigh, eigvalsh, matrix_rank, svd, svdvals
from tinygrad_fs.ops.linear_algebra.stacks import diagonal, matrix_transpose, trace

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]

adopt({name: globals()[name] for name in __all__ if name != "LinAlgError"}, np.linalg)
say_axis(globals(), __all__)
