"""Attention with several heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_fs import ops
from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import init
from tinygrad_fs.nn.linear import Linear
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.ops.axes import given
from tinygrad_fs.ops.layers.attention import attended
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention of several heads, each in a projection of its own.

    ::

        head_i = softmax(Q_i K_i^T / sqrt(head size) + mask) V_i
        output = concatenate(head_1, ...) W_out^T + b_out

    with Q_i, K_i, V_i the parts of query, key and value projected by the input weights. Vaswani et al. 2017, "Attention
    is all you need", section 3.2.2.

    Parameters
    ----------
    embed_dim : int
        The features of queries and outputs.
    num_heads : int
        The heads; each has embed_dim / num_heads features.
    dropout : float, default 0
        The probability with which weights are left out while training.
    bias : bool, default True
        Whether the projections have biases.
    add_bias_kv : bool, default False
        Append a key and a value that are learned to each sequence.
    add_zero_attn : bool, default False
        Append a key and a value of zeros to each sequence.
    kdim, vdim : int, optional
        The features of keys and values; embed_dim if not given.
    batch_first : bool, default False
        Whether sequences are (N, steps, features) in place of (steps, N, features).
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws initial values and what is left out; the default generator if not given.

    Attributes
    ----------
    in_proj_weight : Parameter of shape (3 embed_dim, embed_dim), or None
        The projections of query, key and value, by `init.xavier_uniform_`. With other `kdim` or `vdim` there are
        `q_proj_weight`, `k_proj_weight` and `v_proj_weight` in its place.
    in_proj_bias : Parameter of shape (3 embed_dim,), or None
        At first 0.
    out_proj : Linear
        The projection of the output, with a bias that is 0 at first.
    bias_k, bias_v : Parameter of shape (1, 1, embed_dim), or None
        What is appended, by `init.xavier_normal_`.

    Raises
    ------
    TypeError
        When called with an input of another dtype than the parameters', or a mask of integers.
    ValueError
        If the heads do not divide embed_dim, or when called with shapes that do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> attention = tg.nn.MultiheadAttention(8, num_heads=2, batch_first=True)
    >>> x = tg.randn(3, 5, 8)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self._check_ints(embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: embed_dim={embed_dim} does not divide into num_heads={num_heads}; both are "
                "positive, and the first is a multiple of the second"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self.generator = generator
        alike = self.kdim == self.vdim == embed_dim
        sizes = {"q_proj_weight": embed_dim, "k_proj_weight": self.kdim, "v_proj_weight": self.vdim}
        for name, size in sizes.items():
            self.register_parameter(name, None if alike else Parameter(zeros((embed_dim, size), dtype)))
        whole = Parameter(zeros((3 * embed_dim, embed_dim), dtype)) if alike else None
        self.register_parameter("in_proj_weight", whole)
        self.register_parameter("in_proj_bias", Parameter(zeros(3 * embed_dim, dtype)) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, generator=generator)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, Parameter(zeros((1, 1, embed_dim), dtype)) if add_bias_kv else None)
        self._start(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        self.out_proj.reset_parameters(generator)
        self._start(generator)

    def _start(self, generator: np.random.Generator | None) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight, generator=generator)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias, generator=generator)

    def forward(
        self,
        query: TensorLike,
        key: TensorLike,
        value: TensorLike,
        key_padding_mask: TensorLike | None = None,
        need_weights: bool = True,
        attn_mask: TensorLike | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend to `value` where `key` goes with `query`.

        Parameters
        ----------
        query, key, value : array_like
            Of shape (L, N, features), (S, N, features) and (S, N, features); L and N, and S and N, in the other order
            if `batch_first`; all without N for a single sequence.
        key_padding_mask : array_like, optional
            Of shape (N, S): of bools, True for keys that nobody may attend to; of floats, added to the scores.
        need_weights : bool, default True
            Whether the weights are given.
        attn_mask : array_like, optional
            Of shape (L, S) or (N num_heads, L, S): of bools, True where a query may not attend to a key (in
            `scaled_dot_product_attention` it is the other way round); of floats, added to the scores.
        average_attn_weights : bool, default True
            Whether the weights are means over the heads.
        is_causal : bool, default False
            Without `attn_mask`: query i attends to keys 0, ..., i only. With it: that it is so, which is not checked.

        Returns
        -------
        output : Tensor
            Of the shape of `query`.
        weights : Tensor or None
            Of shape (N, L, S), or (N, num_heads, L, S) if they are not averaged; without N for a single sequence.
            Those of a query that may attend to nothing are 0.
        """
        q, k, v, batched = self._batch_first(query, key, value)
        heads = self._with_appended(*self._projected(q, k, v))
        mask = self._mask(q.shape, k.shape, key_padding_mask, attn_mask, is_causal and attn_mask is None)
        dropped = self.dropout if self.training else 0.0
        weights: Tensor | None = None
        if need_weights:
            output, weights = attended(*heads, mask, dropped, None, self.generator)
            weights = weights.mean(axis=-3) if average_attn_weights else weights
        else:
            output = ops.scaled_dot_product_attention(*heads, mask, dropped, generator=self.generator)
        count, _, length, _ = output.shape
        joined = self.out_proj(output.swapaxes(1, 2).reshape(count, length, self.embed_dim))
        if not batched:
            return joined[0], None if weights is None else weights[0]
        return joined if self.batch_first else joined.swapaxes(0, 1), weights

    def _batch_first(self, *inputs: TensorLike) -> tuple[Any, Any, Any, bool]:
        """Queries, keys and values of shape (N, steps, features), and whether they came with N."""
        q, k, v = (given(each) for each in inputs)
        same = q is k, k is v
        sizes = tuple([each.shape[-1:] for each in (q, k, v)])
        if sizes != ((self.embed_dim,), (self.kdim,), (self.vdim,)) or not q.ndim == k.ndim == v.ndim in (2, 3):
            raise ValueError(
                f"MultiheadAttention: query {q.shape}, key {k.shape} and value {v.shape} must have {self.embed_dim}, "
                f"{self.kdim} and {self.vdim} features, and all three two or three axes"
            )
        for each in (q, k, v):
            self._check_dtype(each, self.out_proj.weight)
        batched = q.ndim == 3

        def turned(x: Any) -> Any:
            return x if batched and self.batch_first else x.swapaxes(0, 1) if batched else x[None]

        turned_q = turned(q)
        turned_k = turned_q if same[0] else turned(k)
        turned_v = turned_k if same[1] else turned(v)
        if turned_k.shape[:2] != turned_v.shape[:2] or turned_q.shape[0] != turned_k.shape[0]:
            raise ValueError(
                f"MultiheadAttention: query {q.shape}, key {k.shape} and value {v.shape} do not fit; there must be as "
                "many sequences of each, and as many values as keys"
            )
        return turned_q, turned_k, turned_v, batched

    def _projected(self, q: Any, k: Any, v: Any) -> Sequence[Tensor]:
        """Queries, keys and values of shape (N, steps, embed_dim), in as few products as there are different inputs."""
        size, weight, bias = self.embed_dim, self.in_proj_weight, self.in_proj_bias
        if weight is not None and q is k and k is v:
            return ops.split(ops.linear(q, weight, bias), 3, axis=-1)
        if weight is not None and k is v:
            query, both = [None, None] if bias is None else [bias[:size], bias[size:]]
            keys_and_values = ops.split(ops.linear(k, weight[size:], both), 2, axis=-1)
            return [ops.linear(q, weight[:size], query), *keys_and_values]
        biases = [None] * 3 if bias is None else [bias[:size], bias[size : 2 * size], bias[2 * size :]]
        weights: tuple[Any, ...] = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if weight is not None:
            weights = weight[:size], weight[size : 2 * size], weight[2 * size :]
        return [ops.linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases)]

    def _with_appended(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of shape (N, heads, steps, head_dim), with what is appended."""
        if self.bias_k is not None and self.bias_v is not None:
            k, v = (
                ops.concatenate([each, ops.broadcast_to(own, (len(each), 1, self.embed_dim))], axis=1)
                for each, own in ((k, self.bias_k), (v, self.bias_v))
            )
        if self.add_zero_attn:
            k, v = (ops.pad(each, ((0, 0), (0, 1), (0, 0))) for each in (k, v))
        return self._by_heads(q), self._by_heads(k), self._by_heads(v)

    def _by_heads(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.num_heads, self.head_dim).swapaxes(1, 2)

    def _mask(self, q: Any, k: Any, key_padding_mask: Any, attn_mask: Any, causal: bool) -> Any:
        """The masks as one, as `scaled_dot_product_attention` takes it: True where a query may attend, or floats."""
        (count, length), keys = q[:2], k[1]
        masks = []
        if attn_mask is not None:
            mask = given(attn_mask)
            if mask.shape not in ((length, keys), (count * self.num_heads, length, keys)):
                raise ValueError(
                    f"MultiheadAttention: attn_mask has shape {mask.shape}; it must be {(length, keys)} or "
                    f"{(count * self.num_heads, length, keys)}"
                )
            masks.append(mask if mask.ndim == 2 else mask.reshape(count, self.num_heads, length, keys))
        if key_padding_mask is not None:
            mask = given(key_padding_mask)
            if mask.shape != (count, keys) and not (mask.shape == (keys,) and count == 1):
                raise ValueError(
                    f"MultiheadAttention: key_padding_mask has shape {mask.shape}; it must be {(count, keys)}"
                )
            masks.append(mask.reshape(count, 1, 1, keys))
        for mask in masks:
            if mask.dtype.kind not in "bf":
                raise TypeError(
                    f"MultiheadAttention: a mask of dtype {mask.dtype} is ambiguous; use bools, True where a query may "
                    "not attend, or floats to add to the scores"
                )
        if causal:
            masks.append(~np.tri(length, keys, dtype=np.bool_))
        return self._joined(masks)

    def _joined(self, masks: list[Any]) -> Any:
        """Several masks as one, with room for what is appended, to which all may attend."""
        if not masks:
            return None
        more = (self.bias_k is not None) + self.add_zero_attn
        bools, floats = ([each for each in masks if (each.dtype.kind == "b") is kind] for kind in (True, False))
        barred: Any = None
        for each in bools:
            barred = each if barred is None else ops.logical_or(barred, each)
        if not floats:
            return ops.logical_not(_longer(barred, more))
        total: Any = floats[0] if len(floats) == 1 else floats[0] + floats[1]
        if barred is not None:
            total = ops.where(barred, -np.inf, total)
        return _longer(total, more).astype(self.out_proj.weight.dtype)


def _longer(mask: Any, more: int) -> Any:
    return ops.pad(mask, ((0, 0),) * (mask.ndim - 1) + ((0, more),)) if more else mask
