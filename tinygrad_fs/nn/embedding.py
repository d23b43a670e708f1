"""Embedding: a vector that is learned for each of many symbols."""

from __future__ import annotations

import numpy as np

from tinygrad_fs.creation import zeros
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import functional, init
from tinygrad_fs.nn.module import Module
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = ["Embedding"]


class Embedding(Module):
    """The rows of a table that is learned, by number.

    Parameters
    ----------
    num_embeddings : int
        How many rows there are.
    embedding_dim : int
        The size of a row.
    padding_idx : int, optional
        A row that begins as zeros and has no gradient; it counts from the end if negative.
    max_norm : float, optional
        Rows that are read and longer than that are first shortened to it, in place.
    norm_type : float, default 2
        The p of the norm that this is about.
    scale_grad_by_freq : bool, default False
        Divide the gradient of a row by how often it was read.
    sparse : bool, default False
        Gradients are dense; True is refused.
    dtype : dtype, optional
        Of the table; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws the initial values; the default generator if not given.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        The table, at first from N(0, 1).

    Raises
    ------
    IndexError
        When there is no row of a number.
    ValueError
        If `padding_idx` is no row, or sparse gradients are asked for.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.Embedding(10, 3, padding_idx=0)
    >>> layer(tg.tensor([[1, 2], [4, 0]])).shape
    (2, 2, 3)
    >>> layer([0])
    tensor([[0., 0., 0.]], grad_fn=<Embedding>)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if sparse:
            raise ValueError("Embedding: gradients are dense here; leave sparse=False")
        self._check_ints(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"Embedding: padding_idx={padding_idx} is none of the {num_embeddings} rows")
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.weight = Parameter(zeros((num_embeddings, embedding_dim), dtype))
        self.reset_parameters(generator)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: TensorLike,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Make a layer of a table, whose memory it shares. It is not learned, unless `freeze` is off.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> tg.nn.Embedding.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))([1])
        tensor([[3., 4.]])
        """
        if np.ndim(embeddings) != 2:
            raise ValueError(
                f"Embedding.from_pretrained: the table has shape {np.shape(embeddings)}; it must have two axes"
            )
        rows, size = np.shape(embeddings)
        layer = cls(0, size, None, max_norm, norm_type, scale_grad_by_freq, sparse)
        layer.num_embeddings = rows
        layer.padding_idx = padding_idx if padding_idx is None else padding_idx % rows
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the initial values anew."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            init.zeros_(self.weight.detach()[self.padding_idx])

    def forward(self, x: TensorLike) -> Tensor:
        """Read the rows of the numbers `x`, of any shape; they stand along a new last axis."""
        return functional.embedding(
            x, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq
        )

    def extra_repr(self) -> str:
        said = [f"{self.num_embeddings}, {self.embedding_dim}"]
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        said += [f"{name}={getattr(self, name)!r}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join(said)
