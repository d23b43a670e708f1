"""Rows of `parity` for layers without memory."""

from __future__ import annotations

import numpy as np
from parity import Fixed, Row


def both(name, args=(), options=None, inputs=((3, 4),), **more):
    """A row for training, and one for evaluation."""
    return [Row(name, args, options or {}, inputs, training, **more) for training in (True, False)]


NUMBERS = np.array([[1, 3, 3], [0, 2, 1]])

LINEAR = [
    Row("Linear", (4, 3), {}, [(5, 4)]),
    Row("Linear", (4, 3), {"bias": False}, [(2, 5, 4)]),
    Row("Linear", (4, 3), {}, [(4,)]),
    Row("Linear", (4, 3), {}, [(0, 4)]),
    Row("Bilinear", (3, 4, 2), {}, [(5, 3), (5, 4)]),
    Row("Bilinear", (3, 4, 2), {"bias": False}, [(2, 5, 3), (2, 5, 4)]),
    Row("Identity", (54,), {"any": 1}, [(2, 3)]),
    Row("Embedding", (5, 3), {}, [Fixed(NUMBERS)]),
    Row("Embedding", (5, 3), {"padding_idx": 3}, [Fixed(NUMBERS)]),
    Row("Embedding", (5, 3), {"padding_idx": -4}, [Fixed(NUMBERS)]),
    Row("Embedding", (5, 3), {"scale_grad_by_freq": True}, [Fixed(NUMBERS)]),
    Row("Embedding", (5, 3), {"max_norm": 1.5}, [Fixed(NUMBERS)]),
    Row("Embedding", (5, 3), {"max_norm": 1.0, "norm_type": 1.0}, [Fixed(NUMBERS[0])]),
    Row("Flatten", (), {}, [(2, 3, 4)]),
    Row("Flatten", (0, 1), {}, [(2, 3, 4)]),
    Row("Flatten", (), {"start_axis": 2, "end_axis": 3}, [(2, 3, 4, 2)]),
    Row("Unflatten", (1, (3, 4)), {}, [(2, 12)]),
    Row("Unflatten", (), {"axis": -1, "unflattened_size": (2, -1, 2)}, [(2, 12)]),
]

CONVOLUTIONS = [
    Row("Conv2d", (4, 6, 3), {}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "bias": False}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, 3), {"padding": 1, "dilation": 2, "groups": 2}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, (4, 3)), {"padding": "same", "dilation": (1, 2)}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, 3), {"padding": "valid", "stride": 2}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "reflect"}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "replicate", "stride": 2}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, 3), {"padding": "same", "padding_mode": "circular"}, [(2, 4, 6, 7)]),
    Row("Conv2d", (4, 6, 3), {}, [(4, 6, 7)]),
    Row("Conv1d", (4, 6, 3), {}, [(2, 4, 7)]),
    Row("Conv1d", (4, 6, 3), {"stride": 2, "padding": 2, "dilation": 2, "groups": 2, "bias": False}, [(2, 4, 9)]),
    Row("Conv1d", (4, 6, 4), {"padding": "same", "padding_mode": "circular"}, [(4, 7)]),
    Row("Conv3d", (2, 4, 2), {}, [(2, 2, 3, 4, 3)]),
    Row("Conv3d", (2, 4, (1, 2, 3)), {"stride": (1, 2, 1), "padding": (1, 0, 1), "groups": 2}, [(2, 2, 3, 4, 3)]),
    Row("Conv3d", (2, 2, 3), {"padding": 1, "padding_mode": "replicate"}, [(2, 3, 4, 3)]),
    Row("ConvTranspose2d", (4, 6, 3), {}, [(2, 4, 4, 5)]),
    Row(
        "ConvTranspose2d",
        (4, 6, (3, 2)),
        {"stride": (2, 3), "padding": 1, "output_padding": (1, 2), "groups": 2, "dilation": (1, 2), "bias": False},
        [(2, 4, 4, 5)],
    ),
    Row(
        "ConvTranspose2d",
        (4, 2, 3),
        {"stride": 2},
        [(4, 3, 3)],
        note="output_size",
        call=lambda m, x: m(x, output_size=(8, 7)),
    ),
    Row("ConvTranspose1d", (4, 6, 3), {}, [(2, 4, 5)]),
    Row("ConvTranspose1d", (4, 6, 4), {"stride": 3, "padding": 1, "output_padding": 2}, [(4, 5)]),
    Row("Unfold", ((2, 3),), {"padding": 1, "stride": (2, 1)}, [(2, 3, 4, 5)]),
    Row("Fold", ((4, 5), (2, 3)), {"padding": 1, "stride": (2, 1)}, [(2, 18, 15)]),
]

POOLS = [
    Row("MaxPool2d", (2,), {}, [(2, 3, 5, 6)]),
    Row("MaxPool2d", ((3, 2),), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}, [(3, 6, 7)]),
    Row("MaxPool2d", (3,), {"stride": 2, "ceil_mode": True, "return_indices": True}, [(2, 3, 6, 7)]),
    Row("MaxPool2d", (3,), {"padding": 1, "stride": 3, "ceil_mode": True}, [(2, 3, 7, 6)]),
    Row("MaxPool1d", (3,), {"stride": 2, "padding": 1, "return_indices": True}, [(2, 3, 8)]),
    Row("MaxPool1d", (2,), {"ceil_mode": True, "dilation": 2, "stride": 3}, [(2, 9)]),
    Row("AvgPool2d", (2,), {}, [(2, 3, 5, 6)]),
    Row("AvgPool2d", ((3, 2),), {"stride": (2, 1), "padding": (1, 0)}, [(3, 6, 7)]),
    Row("AvgPool2d", (3,), {"stride": 2, "padding": 1, "count_include_pad": False}, [(2, 3, 6, 7)]),
    Row("AvgPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, [(2, 3, 6, 7)]),
    Row("AvgPool2d", (3,), {"stride": 2, "ceil_mode": True}, [(2, 3, 6, 8)]),
    Row("AvgPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, [(2, 3, 6, 8)]),
    Row("AvgPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True, "divisor_override": 5}, [(2, 3, 6, 8)]),
    Row("AvgPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, [(2, 3, 8)]),
    Row("AvgPool1d", (2,), {}, [(2, 7)]),
    Row("LPPool2d", (2, 3), {}, [(2, 3, 6, 7)]),
    Row("LPPool2d", (2, 3), {"stride": 2, "ceil_mode": True}, [(2, 3, 6, 7)]),
    Row("LPPool1d", (4, 3), {"stride": 2, "ceil_mode": True}, [(2, 3, 8)]),
    Row("AdaptiveAvgPool1d", (3,), {}, [(2, 3, 7)]),
    Row("AdaptiveAvgPool2d", ((3, 2),), {}, [(2, 3, 7, 5)]),
    Row("AdaptiveAvgPool2d", ((None, 1),), {}, [(3, 7, 5)]),
    Row("AdaptiveMaxPool2d", (3,), {"return_indices": True}, [(2, 3, 7, 5)]),
    Row("AdaptiveMaxPool2d", ((2, None),), {}, [(3, 6, 5)]),
    Row("AdaptiveMaxPool1d", (3,), {"return_indices": True}, [(2, 3, 7)]),
]

NORMALISATIONS = [
    *both("BatchNorm1d", (3,), {}, [(5, 3)], calls=3),
    *both("BatchNorm1d", (3,), {"eps": 0.1, "momentum": 0.5}, [(5, 3, 4)], calls=3),
    *both("BatchNorm1d", (3,), {"affine": False}, [(5, 3)], calls=2),
    *both("BatchNorm1d", (3,), {"momentum": None}, [(5, 3)], calls=3),
    *both("BatchNorm1d", (3,), {"track_running_stats": False}, [(5, 3)]),
    *both("BatchNorm2d", (3,), {}, [(2, 3, 4, 5)], calls=2),
    *both("BatchNorm2d", (3,), {"track_running_stats": False, "affine": False}, [(2, 3, 4, 5)]),
    *both("BatchNorm3d", (3,), {}, [(2, 3, 2, 4, 3)], calls=2),
    *both("InstanceNorm1d", (3,), {}, [(2, 3, 5)]),
    *both("InstanceNorm1d", (3,), {"affine": True, "eps": 0.1}, [(3, 5)]),
    *both("InstanceNorm1d", (3,), {"track_running_stats": True, "momentum": 0.3}, [(2, 3, 5)], calls=2),
    *both("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, [(2, 3, 4, 5)], calls=2),
    Row("InstanceNorm2d", (3,), {}, [(3, 4, 5)]),
    Row("LayerNorm", (4,), {}, [(2, 3, 4)]),
    Row("LayerNorm", ((3, 4),), {"eps": 0.1, "bias": False}, [(2, 3, 4)]),
    Row("LayerNorm", ([3, 4],), {"elementwise_affine": False}, [(2, 3, 4)]),
    Row("RMSNorm", (4,), {}, [(2, 3, 4)]),
    Row("RMSNorm", ((3, 4),), {"eps": 0.1, "elementwise_affine": False}, [(2, 3, 4)]),
    Row("GroupNorm", (2, 4), {}, [(3, 4)]),
    Row("GroupNorm", (2, 4), {"eps": 0.1, "affine": False}, [(3, 4, 2, 3)]),
]

ACTIVATIONS = [
    Row(name, args, options, [(3, 4)])
    for name, args, options in [
        ("ReLU", (), {}),
        ("ReLU6", (), {}),
        ("LeakyReLU", (), {}),
        ("LeakyReLU", (0.3,), {}),
        ("ELU", (0.7,), {}),
        ("CELU", (0.7,), {}),
        ("SELU", (), {}),
        ("GELU", (), {}),
        ("GELU", (), {"approximate": "tanh"}),
        ("SiLU", (), {}),
        ("Mish", (), {}),
        ("Sigmoid", (), {}),
        ("LogSigmoid", (), {}),
        ("Tanh", (), {}),
        ("Tanhshrink", (), {}),
        ("Softsign", (), {}),
        ("Softplus", (), {}),
        ("Softplus", (), {"beta": 2.0, "threshold": 0.5}),
        ("Softshrink", (), {}),
        ("Softshrink", (0.2,), {}),
        ("Hardshrink", (), {}),
        ("Hardsigmoid", (), {}),
        ("Hardswish", (), {}),
        ("Hardtanh", (), {}),
        ("Hardtanh", (-0.5, 0.7), {}),
        ("Threshold", (0.2, -3.0), {}),
        ("GLU", (), {}),
        ("GLU", (), {"axis": -1}),
        ("Softmax", (), {"axis": 0}),
        ("LogSoftmax", (1,), {}),
        ("Softmin", (), {"axis": -1}),
        ("PReLU", (), {}),
        ("PReLU", (4,), {"init": 0.1}),
    ]
] + [
    Row("Softmax2d", (), {}, [(2, 3, 4, 2)]),
    Row("Softmax2d", (), {}, [(3, 4, 2)]),
    Row("PReLU", (3,), {}, [(2, 3, 4)]),
    Row("RReLU", (), {}, [(3, 4)], training=False),
    Row("Dropout", (0.0,), {}),
    Row("Dropout", (0.3,), {}, training=False),
    Row("Dropout1d", (0.3,), {}, [(3, 4)], training=False),
    Row("Dropout2d", (0.3,), {}, [(2, 3, 4, 2)], training=False),
    Row("AlphaDropout", (0.3,), {}, training=False),
]

REARRANGING = [
    Row("Upsample", (), {"scale_factor": 2}, [(2, 3, 3)]),
    Row("Upsample", (), {"size": (5, 4)}, [(2, 3, 2, 3)]),
    Row("Upsample", (), {"scale_factor": (2.0, 1.5), "mode": "bilinear"}, [(2, 3, 2, 3)]),
    Row("Upsample", (), {"size": 7, "mode": "linear", "align_corners": True}, [(2, 3, 3)]),
    Row("Upsample", (), {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True}, [(2, 3, 4, 3)]),
    Row("PixelShuffle", (2,), {}, [(2, 8, 3, 2)]),
    Row("PixelUnshuffle", (2,), {}, [(2, 2, 6, 4)]),
    Row("ZeroPad2d", (2,), {}, [(2, 3, 3, 2)]),
    Row("ZeroPad2d", ((1, 2, 0, -1),), {}, [(3, 3, 2)]),
    Row("ZeroPad1d", ((1, 2),), {}, [(2, 3, 2)]),
    Row("ConstantPad2d", ((1, 0, 2, 1), 3.5), {}, [(2, 3, 3, 2)]),
    Row("ConstantPad1d", (1, -1.0), {}, [(2, 3)]),
    Row("ReflectionPad2d", ((2, 1, 0, 2),), {}, [(2, 3, 4, 3)]),
    Row("ReflectionPad1d", (2,), {}, [(2, 3, 4)]),
    Row("ReplicationPad2d", ((2, 1, 0, 2),), {}, [(2, 3, 4, 3)]),
    Row("ReplicationPad1d", (3,), {}, [(2, 3, 2)]),
    Row("CircularPad2d", ((2, 1, 0, 2),), {}, [(2, 3, 4, 3)]),
    Row("CircularPad1d", (2,), {}, [(2, 3, 4)]),
]

ROWS = [*LINEAR, *CONVOLUTIONS, *POOLS, *NORMALISATIONS, *ACTIVATIONS, *REARRANGING]
