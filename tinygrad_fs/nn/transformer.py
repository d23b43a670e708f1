"""Transformers: layers of attention and feed-forward networks, and stacks of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tinygrad_fs.creation import full
from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.nn import functional, init
from tinygrad_fs.nn.attention import MultiheadAttention
from tinygrad_fs.nn.container import ModuleList
from tinygrad_fs.nn.dropout import Dropout
from tinygrad_fs.nn.layer_norm import LayerNorm
from tinygrad_fs.nn.linear import Linear
from tinygrad_fs.nn.module import Module
from tinygrad_fs.ops.arranging.triangles import triu
from tinygrad_fs.tensor import Tensor, TensorLike

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation: TypeAlias = "str | Callable[[Tensor], Tensor]"
Mask: TypeAlias = "TensorLike | None"


class _Layer(Module):
    """What both kinds of layers have in common: self-attention, and a network that sees each step alone."""

    _norms: int

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: Activation,
        layer_norm_eps: float,
        batch_first: bool,
        norm_first: bool,
        bias: bool,
        dtype: DTypeLike | None,
        generator: np.random.Generator | None,
    ) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.activation = _as_function(type(self).__name__, activation)
        made: dict[str, Any] = {"dtype": dtype, "generator": generator}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **made)
        if self._norms == 3:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **made)
        self.dropout = Dropout(dropout, generator=generator)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **made)
        for number in range(1, self._norms + 1):
            self.add_module(f"norm{number}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for number in range(1, self._norms + 1):
            self.add_module(f"dropout{number}", Dropout(dropout, generator=generator))

    def _added(self, number: int, x: Any, block: Callable[[Any], Any]) -> Any:
        """`x` plus what a block, with dropout, makes of it; normalised before the block or after the sum."""
        norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        if self.norm_first:
            return x + dropout(block(norm(x)))
        return norm(x + dropout(block(x)))

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feed-forward network, each added to its input and normalised.

    Vaswani et al. 2017, "Attention is all you need", section 3.1; with `norm_first` as in Xiong et al. 2020, "On layer
    normalization in the transformer architecture".

    Parameters
    ----------
    d_model : int
        The features of a step.
    nhead : int
        The heads of the attention.
    dim_feedforward : int, default 2048
        The hidden units of the network.
    dropout : float, default 0.1
        The probability with which elements are left out while training, in the attention, in the network and behind
        both.
    activation : {"relu", "gelu"} or callable
        That of the network.
    layer_norm_eps : float, default 1e-5
        As in `LayerNorm`.
    batch_first : bool, default False
        Whether sequences are (N, steps, features) in place of (steps, N, features).
    norm_first : bool, default False
        Whether the input of attention and network is normalised, in place of the sums.
    bias : bool, default True
        Whether linear maps and norms have biases.
    dtype : dtype, optional
        Of the parameters; the default dtype if not given.
    generator : numpy.random.Generator, optional
        Draws initial values and what is left out; the default generator if not given.

    Raises
    ------
    ValueError
        If the heads do not divide d_model, the activation is unknown, or when called with shapes that do not fit.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(tg.randn(5, 3, 8)).shape
    (5, 3, 8)
    """

    _norms = 2

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            dtype,
            generator,
        )

    def forward(
        self,
        src: TensorLike,
        src_mask: Mask = None,
        src_key_padding_mask: Mask = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Map `src` to the same shape; masks are those of `MultiheadAttention`."""

        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        result: Tensor = self._added(2, self._added(1, src, attend), self._feed_forward)
        return result


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to what an encoder gives, and a feed-forward network, each added and normalised.

    Parameters and errors are those of `TransformerEncoderLayer`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(tg.randn(5, 3, 8), memory=tg.randn(4, 3, 8), tgt_is_causal=True).shape
    (5, 3, 8)
    """

    _norms = 3

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            dtype,
            generator,
        )

    def forward(
        self,
        tgt: TensorLike,
        memory: TensorLike,
        tgt_mask: Mask = None,
        memory_mask: Mask = None,
        tgt_key_padding_mask: Mask = None,
        memory_key_padding_mask: Mask = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Map `tgt` to the same shape, with attention to `memory`; masks are those of `MultiheadAttention`."""

        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def look_up(x: Any) -> Any:
            return self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )[0]

        x = self._added(2, self._added(1, tgt, attend), look_up)
        result: Tensor = self._added(3, x, self._feed_forward)
        return result


class TransformerEncoder(Module):
    """Encoder layers one after another.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        It is copied; all layers begin with its weights.
    num_layers : int
    norm : Module, optional
        Behind the last layer.
    enable_nested_tensor, mask_check : bool
        Taken for PyTorch's sake, where they are about speed; padding costs what it costs here.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> encoder = tg.nn.TransformerEncoder(layer, num_layers=3)
    >>> encoder(tg.randn(5, 3, 8)).shape, len(encoder.layers)
    ((5, 3, 8), 3)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: TensorLike,
        mask: Mask = None,
        src_key_padding_mask: Mask = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Hand `src` through all layers, with these masks."""
        x: Any = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, bool(is_causal))
        return x if self.norm is None else self.norm(x)  # type: ignore[no-any-return]


class TransformerDecoder(Module):
    """Decoder layers one after another; parameters as in `TransformerEncoder`.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> layer = tg.nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16)
    >>> decoder = tg.nn.TransformerDecoder(layer, 2)
    >>> decoder(tg.randn(5, 3, 8), tg.randn(4, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: TensorLike,
        memory: TensorLike,
        tgt_mask: Mask = None,
        memory_mask: Mask = None,
        tgt_key_padding_mask: Mask = None,
        memory_key_padding_mask: Mask = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Hand `tgt` through all layers, with attention to `memory` and these masks."""
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        x: Any = tgt
        for layer in self.layers:
            x = layer(x, memory, *masks, bool(tgt_is_causal), memory_is_causal)
        return x if self.norm is None else self.norm(x)  # type: ignore[no-any-return]


class Transformer(Module):
    """An encoder, and a decoder that attends to what it gives.

    Parameters
    ----------
    d_model : int, default 512
    nhead : int, default 8
    num_encoder_layers, num_decoder_layers : int, default 6
    dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype, generator
        As in `TransformerEncoderLayer`.
    custom_encoder, custom_decoder : Module, optional
        In the place of the usual ones.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> net = tg.nn.Transformer(8, 2, 1, 1, dim_feedforward=16)
    >>> mask = net.generate_square_subsequent_mask(5)
    >>> net(tg.randn(4, 3, 8), tg.randn(5, 3, 8), tgt_mask=mask).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        shape = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        made: dict[str, Any] = {"dtype": dtype, "generator": generator}

        def norm() -> Module:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*shape, **made), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*shape, **made), num_decoder_layers, norm()
        )
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter, generator=generator)

    def forward(
        self,
        src: TensorLike,
        tgt: TensorLike,
        src_mask: Mask = None,
        tgt_mask: Mask = None,
        memory_mask: Mask = None,
        src_key_padding_mask: Mask = None,
        tgt_key_padding_mask: Mask = None,
        memory_key_padding_mask: Mask = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Encode `src`, and map `tgt` to the same shape with attention to it; masks as in `MultiheadAttention`."""
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        result: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
        )
        return result

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: DTypeLike | None = None) -> Tensor:
        """The mask of floats by which step i sees steps 0, ..., i only.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> tg.nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[  0., -inf],
                [  0.,   0.]])
        """
        return triu(full((sz, sz), -np.inf, dtype), 1)


def _as_function(name: str, activation: Activation) -> Callable[[Tensor], Tensor]:
    if callable(activation):
        return activation
    known: dict[str, Callable[[Tensor], Tensor]] = {"relu": functional.relu, "gelu": functional.gelu}
    if activation not in known:
        raise ValueError(f"{name}: activation={activation!r} is unknown; use 'relu', 'gelu' or a function")
    return known[activation]


def _copies(layer: Module, count: int) -> ModuleList:
    """Copies of a layer that share its generators: copied ones would draw the same numbers in every layer."""
    generators = [getattr(module, "generator", None) for module in layer.modules()]
    shared = {id(each): each for each in generators if each is not None}
    return ModuleList(copy.deepcopy(layer, dict(shared)) for _ in range(count))
