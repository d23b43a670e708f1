"""Rows of `parity` for `nn.functional`: what goes through to the ops, and what PyTorch means by it otherwise."""

from __future__ import annotations

import numpy as np
from parity import Fixed, Row

import tinygrad_fs as tg

RNG = np.random.default_rng(11)
INSIDE = RNG.uniform(0.1, 0.9, (3, 4))
POSITIVE = RNG.uniform(0.5, 2.0, (3, 4))
LABELS = Fixed(np.array([2, 0, 3]))
SIGNS = Fixed(np.array([1.0, -1.0, -1.0]))
SETS_OF_LABELS = Fixed(np.array([[3, 0, -1, 1], [2, 2, 1, -1], [-1, 0, 0, 0]]))
MEMBERS = Fixed(np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
FACTORS = tg.tensor(RNG.uniform(0.5, 1.5, 4), dtype="float64")
LIKE = Fixed(RNG.standard_normal((3, 4)))


def function(name, args=(), options=None, inputs=((3, 4),), **more):
    return Row(f"functional.{name}", args, options or {}, inputs, **more)


ACTIVATIONS = [
    *[
        function(name)
        for name in (
            *("celu", "elu", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid"),
            *("mish", "relu", "relu6", "rrelu", "selu", "sigmoid", "silu", "softplus", "softshrink", "softsign"),
            *("tanh", "tanhshrink", "glu"),
        )
    ],
    function("leaky_relu", (0.3,), {"inplace": False}),
    function("elu", (0.7,)),
    function("celu", (), {"alpha": 0.7}),
    function("gelu", (), {"approximate": "tanh"}),
    function("hardtanh", (-0.5, 0.7)),
    function("hardshrink", (0.9,)),
    function("softshrink", (0.9,)),
    function("softplus", (3.0, 0.4)),
    function("threshold", (0.2, -3.0)),
    function("prelu", (), {}, [(2, 3, 4), (3,)]),
    function("glu", (0,), {}, [(4, 3)]),
    function("softmax", (0,)),
    function("softmax", (), {"axis": -1}),
    function("log_softmax", (), {"axis": 0}),
    function("softmin", (1,)),
]

LINEAR = [
    function("linear", (), {}, [(3, 4), (2, 4), (2,)]),
    function("linear", (), {}, [(3, 4), (4,)]),
    function("bilinear", (), {}, [(3, 4), (3, 2), (5, 4, 2), (5,)]),
    function("conv1d", (None, 2, 1, 1, 2), {}, [(2, 4, 7), (6, 2, 3)]),
    function("conv2d", (2, (1, 0), 1, 2), {}, [(2, 4, 6, 7), (6, 2, 3, 2), (6,)]),
    function("conv3d", (), {"padding": 1, "stride": 2}, [(1, 2, 3, 4, 3), (3, 2, 2, 2, 2)]),
    function("conv_transpose1d", (None, 3, 1, 2, 2, 1), {}, [(2, 4, 5), (4, 3, 3)]),
    function("conv_transpose2d", (2, 1, (1, 0), 2, (2, 1)), {}, [(2, 4, 4, 3), (4, 3, 3, 2), (6,)]),
    function("embedding", (), {}, [Fixed(np.array([[1, 2], [2, 0]])), (4, 3)]),
    function("embedding", (2,), {"scale_grad_by_freq": True}, [Fixed(np.array([1, 2, 1])), (4, 3)]),
    function("one_hot", (), {}, [Fixed(np.array([[1, 2], [2, 0]]))]),
    function("one_hot", (5,), {}, [Fixed(np.array([1, 2]))]),
    function("unfold", ((2, 3), 1, (1, 0), 2), {}, [(2, 3, 4, 5)]),
    function("fold", ((4, 5), (2, 3), 1, (1, 0), 2), {}, [(2, 18, 6)]),
]

LOSSES = [
    function("cross_entropy", (FACTORS,), {"ignore_index": 2, "label_smoothing": 0.1}, [(3, 4), LABELS]),
    function("cross_entropy", (), {"reduction": "sum"}, [(3, 4), LABELS]),
    function("nll_loss", (FACTORS,), {"reduction": "sum", "ignore_index": 0}, [(3, 4), LABELS]),
    function("binary_cross_entropy", (FACTORS,), {"reduction": "sum"}, [INSIDE, Fixed(INSIDE.T.reshape(3, 4))]),
    function(
        "binary_cross_entropy_with_logits",
        (FACTORS,),
        {"reduction": "sum", "pos_weight": FACTORS},
        [(3, 4), Fixed(INSIDE)],
    ),
    function("kl_div", (), {"reduction": "batchmean", "log_target": True}, [(3, 4), LIKE]),
    function("mse_loss", (), {"reduction": "sum"}, [(3, 4), LIKE]),
    function("l1_loss", (), {"reduction": "sum"}, [(3, 4), LIKE]),
    function("smooth_l1_loss", (), {"reduction": "sum", "beta": 0.3}, [(3, 4), LIKE]),
    function("huber_loss", (), {"reduction": "sum", "delta": 0.3}, [(3, 4), LIKE]),
    function("hinge_embedding_loss", (0.5,), {"reduction": "sum"}, [(3,), SIGNS]),
    function("margin_ranking_loss", (), {"margin": 0.5, "reduction": "sum"}, [(3,), np.zeros(3) + 0.2, SIGNS]),
    function("cosine_embedding_loss", (0.2,), {"reduction": "sum"}, [(3, 4), INSIDE, SIGNS]),
    function("triplet_margin_loss", (0.5, 3.0, 1e-3, True), {"reduction": "sum"}, [(3, 4), INSIDE, POSITIVE]),
    function("soft_margin_loss", (), {"reduction": "sum"}, [(3,), SIGNS]),
    function("multi_margin_loss", (2, 0.7, FACTORS), {}, [(3, 4), LABELS]),
    function("multilabel_margin_loss", (), {"reduction": "sum"}, [(3, 4), SETS_OF_LABELS]),
    function("multilabel_soft_margin_loss", (FACTORS,), {"reduction": "none"}, [(3, 4), MEMBERS]),
    function("triplet_margin_with_distance_loss", (), {"margin": 0.5, "swap": True}, [(3, 4), INSIDE, POSITIVE]),
    function("poisson_nll_loss", (), {"full": True}, [(3, 4), Fixed(np.arange(12.0).reshape(3, 4))]),
    function("gaussian_nll_loss", (), {"full": True, "eps": 1.0}, [(3, 4), (3, 4), POSITIVE]),
    function("gaussian_nll_loss", (), {}, [(3, 4), (3, 4), POSITIVE[:, :1]]),
    function("normalize", (float("inf"),), {}, [(0, 4)]),
    function("gaussian_nll_loss", (), {}, [(3, 3), (3, 3), POSITIVE[:, 0]]),
    function(
        "ctc_loss",
        (),
        {"blank": 3, "reduction": "sum"},
        [(6, 2, 4), Fixed(np.array([[1, 2, 2], [0, 1, 1]])), Fixed(np.array([6, 5])), Fixed(np.array([3, 2]))],
        call=lambda module, x, *others: module(x.log_softmax(-1), *others),
    ),
]

NORMALISATIONS = [
    function(
        "batch_norm", (), {"training": True, "eps": 0.1}, [(5, 3), Fixed(np.zeros(3)), Fixed(np.ones(3)), (3,), (3,)]
    ),
    function("batch_norm", (), {}, [(5, 3), Fixed(np.ones(3)), Fixed(np.ones(3) * 2)]),
    function("instance_norm", (), {"eps": 0.1}, [(2, 3, 4)]),
    function("layer_norm", ((4,),), {"eps": 0.1}),
    function("rms_norm", ((4,),), {"eps": 0.1}),
    function("group_norm", (2,), {"eps": 0.1}, [(2, 4, 3)]),
    function("local_response_norm", (3,), {"alpha": 0.5, "k": 2.0}, [(2, 5, 3)]),
    function("local_response_norm", (2,), {"alpha": 0.5, "beta": 0.5}, [(2, 5, 3, 2)]),
    function("normalize"),
    function("normalize", (3.0, 0), {"eps": 5.0}),
    function("cosine_similarity", (), {}, [(3, 4), (3, 4)]),
    function("cosine_similarity", (0,), {}, [(3, 4), (1, 4)]),
    function("pairwise_distance", (), {}, [(3, 4), (3, 4)]),
    function("pairwise_distance", (3.0, 0.1), {"keepdims": True}, [(3, 4), (4,)]),
    function("pdist", (), {}, [(4, 3)]),
    function("pdist", (3.0,), {}, [(4, 3)]),
]

POOLS = [
    function("max_pool2d", (3, 2, 1), {"ceil_mode": True, "return_indices": True}, [(2, 3, 6, 7)]),
    function("max_pool1d", (3, 2, 1, 2), {}, [(2, 3, 9)]),
    function("avg_pool2d", (3, 2, 1, True, False), {}, [(2, 3, 6, 8)]),
    function("avg_pool2d", (3,), {"divisor_override": 2}, [(2, 3, 6, 8)]),
    function("avg_pool1d", (3, 2, 1, True, False), {}, [(2, 3, 8)]),
    function("lp_pool2d", (2, (3, 2), 2), {"ceil_mode": True}, [(2, 3, 6, 7)]),
    function("lp_pool1d", (2, 3, 2), {}, [(2, 3, 8)]),
    function("adaptive_avg_pool1d", (3,), {}, [(2, 3, 7)]),
    function("adaptive_avg_pool2d", ((2, None),), {}, [(2, 3, 7, 5)]),
    function("adaptive_max_pool1d", (3, True), {}, [(2, 3, 7)]),
    function("adaptive_max_pool2d", ((3, 2),), {"return_indices": True}, [(2, 3, 7, 5)]),
    function("max_pool3d", (2, 2, 1), {"ceil_mode": True, "return_indices": True}, [(2, 3, 4, 5, 3)]),
    function("max_pool3d", ((1, 2, 3), (2, 1, 1), 0, (2, 1, 1)), {}, [(2, 4, 5, 4)]),
    function("avg_pool3d", (3, 2, 1, True, True), {}, [(2, 3, 4, 6, 5)]),
    function("avg_pool3d", ((2, 3, 2), 2, (1, 1, 0), True, False), {}, [(3, 4, 6, 5)]),
    function("avg_pool3d", (2,), {"divisor_override": 3}, [(2, 3, 4, 5, 3)]),
    function("adaptive_avg_pool3d", ((2, None, 3),), {}, [(2, 3, 5, 4, 7)]),
    function("adaptive_max_pool3d", ((2, None, 3),), {"return_indices": True}, [(3, 5, 4, 7)]),
    function("max_unpool3d", (2,), {}, [(1, 1, 1, 2), Fixed(np.array([[[[5, 2]]]]))]),
    function("max_unpool1d", (2,), {"output_size": (7,)}, [(1, 2, 3), Fixed(np.array([[[0, 3, 4], [1, 2, 6]]]))]),
    function("max_unpool2d", ((2, 1), 2, (1, 0)), {}, [(1, 2, 2), Fixed(np.array([[[0, 1], [4, 5]]]))]),
]

REARRANGING = [
    function("pad", ((1, 2),)),
    function("pad", ([1, 0, 2, 1], "constant", 3.5), {}, [(2, 3, 4)]),
    function("pad", ((-1, 2, 0, -1),), {}, [(2, 3, 4)]),
    function("pad", ((1, 1, 1, 1, 1, 1),), {"value": -1.0}, [(2, 1, 2)]),
    function("pad", ((1, 2), "reflect"), {}, [(2, 3, 4)]),
    function("pad", ((1, 2, 2, 0), "replicate"), {}, [(2, 3, 4, 3)]),
    function("pad", ((1, 2, 2, 0),), {"mode": "circular"}, [(2, 3, 4, 3)]),
    function("pad", ((-1, 2), "reflect"), {}, [(2, 3, 5)]),
    function("pad", ((-1, 3), "reflect"), {}, [(2, 3, 4)]),
    function("pad", ((3, -1, -1, 2), "replicate"), {}, [(2, 3, 1, 1)]),
    function("interpolate", ((4, 5),), {"mode": "bilinear", "align_corners": True}, [(2, 3, 2, 3)]),
    function("interpolate", (None, 1.7), {"recompute_scale_factor": True}, [(2, 3, 4, 3)]),
    function("interpolate", (), {"scale_factor": 0.6, "mode": "linear"}, [(2, 3, 7)]),
    function("interpolate", ((4, 5),), {"mode": "bicubic"}, [(2, 3, 2, 3)]),
    function("interpolate", (5,), {"mode": "area"}, [(2, 3, 7)]),
    function("interpolate", (5,), {"mode": "nearest-exact"}, [(2, 3, 7)]),
    function("pixel_shuffle", (2,), {}, [(2, 8, 3, 2)]),
    function("pixel_unshuffle", (2,), {}, [(2, 2, 6, 4)]),
    function("channel_shuffle", (3,), {}, [(2, 6, 3)]),
    function("feature_alpha_dropout", (0.3,), {}, [(2, 3, 4)]),
    *[
        function(name, (0.3,), {"training": False}, [(2, 3, 4, 2, 3)[: 2 + axes]])
        for name, axes in (("dropout", 0), ("dropout1d", 1), ("dropout2d", 2), ("dropout3d", 3), ("alpha_dropout", 0))
    ],
    function("scaled_dot_product_attention", (), {"is_causal": True}, [(2, 3, 4), (2, 5, 4), (2, 5, 2)]),
    function(
        "scaled_dot_product_attention",
        (),
        {"enable_gqa": True, "scale": 0.7},
        [(2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 2)],
    ),
    function("scaled_dot_product_attention", (), {}, [(2, 3, 4), (2, 5, 4), (2, 5, 2), (3, 5)]),
]

ROWS = [*ACTIVATIONS, *LINEAR, *LOSSES, *NORMALISATIONS, *POOLS, *REARRANGING]
