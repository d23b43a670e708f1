"""tinygrad_fs: a define-by-run autograd engine on NumPy.

A `Tensor` remembers how it was computed; `backward` goes back along that record and leaves gradients. Arrays
behave as in NumPy (`axis`, `keepdims`); autograd, `nn` and `optim` behave as in PyTorch.
"""

from __future__ import annotations

from tinygrad_fs.creation import arange, eye, full, full_like, linspace, ones, ones_like, zeros, zeros_like
from tinygrad_fs.dtypes import get_default_dtype, set_default_dtype
from tinygrad_fs.gradmode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_fs.op import Op
from tinygrad_fs.ops import *  # noqa: F403
from tinygrad_fs.random import default_generator, manual_seed, rand, randint, randn
from tinygrad_fs.tensor import Tensor, tensor
