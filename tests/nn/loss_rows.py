"""Rows of `parity` for losses."""

from __future__ import annotations

import numpy as np
from parity import Fixed, Row

import tinygrad_fs as tg

RNG = np.random.default_rng(7)
LABELS = Fixed(np.array([2, 0, 3]))
PIXELS = Fixed(RNG.integers(0, 4, (2, 3, 2)))
SIGNS = Fixed(np.array([1.0, -1.0, -1.0]))
MATRIX_OF_SIGNS = Fixed(np.sign(RNG.standard_normal((3, 4))))
SETS_OF_LABELS = Fixed(np.array([[3, 0, -1, 1], [2, 2, 1, -1], [-1, 0, 0, 0]]))
MEMBERS = Fixed(np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
FACTORS = tg.tensor(RNG.uniform(0.5, 1.5, 4), dtype="float64")
PROBABILITIES = RNG.dirichlet(np.ones(4), 3)
INSIDE = RNG.uniform(0.1, 0.9, (3, 4))
POSITIVE = RNG.uniform(0.5, 2.0, (3, 4))
COUNTS = Fixed(RNG.integers(0, 5, (3, 4)).astype(float))


def reductions(name, inputs, *options, kinds=("mean", "sum", "none"), call=None):
    """A row for each reduction, and one for each set of further options."""
    return [Row(name, (), each, inputs, call=call) for each in [*({"reduction": kind} for kind in kinds), *options]]


ROWS = [
    *reductions(
        "CrossEntropyLoss",
        [(3, 4), LABELS],
        {"weight": FACTORS},
        {"ignore_index": 0},
        {"label_smoothing": 0.1},
        {"weight": FACTORS, "label_smoothing": 0.2, "ignore_index": 3},
    ),
    Row("CrossEntropyLoss", (), {}, [(2, 4, 3, 2), PIXELS]),
    Row("CrossEntropyLoss", (), {}, [(3, 4), PROBABILITIES]),
    *reductions("NLLLoss", [(3, 4), LABELS], {"weight": FACTORS, "ignore_index": 0}),
    *reductions("BCELoss", [INSIDE, Fixed(INSIDE.T.reshape(3, 4))], {"weight": FACTORS}),
    *reductions("BCEWithLogitsLoss", [(3, 4), Fixed(INSIDE)], {"weight": FACTORS}, {"pos_weight": FACTORS}),
    *reductions(
        "KLDivLoss",
        [np.log(INSIDE), PROBABILITIES],
        {"log_target": True},
        kinds=("mean", "sum", "none", "batchmean"),
    ),
    *reductions("MSELoss", [(3, 4), (3, 4)]),
    *reductions("L1Loss", [(3, 4), INSIDE]),
    *reductions("SmoothL1Loss", [(3, 4), INSIDE], {"beta": 0.3}),
    *reductions("HuberLoss", [(3, 4), INSIDE], {"delta": 0.3}),
    *reductions("SoftMarginLoss", [(3, 4), MATRIX_OF_SIGNS]),
    *reductions("PoissonNLLLoss", [(3, 4), COUNTS], {"full": True}),
    Row("PoissonNLLLoss", (), {"log_input": False}, [POSITIVE, COUNTS]),
    *reductions("GaussianNLLLoss", [(3, 4), (3, 4), POSITIVE], {"full": True, "eps": 1.0}),
    *reductions("HingeEmbeddingLoss", [(3,), SIGNS], {"margin": 0.5}),
    *reductions("MarginRankingLoss", [(3,), np.array([0.3, -0.2, 0.9]), SIGNS], {"margin": 0.5}),
    *reductions("CosineEmbeddingLoss", [(3, 4), INSIDE, SIGNS], {"margin": 0.2}),
    *reductions("TripletMarginLoss", [(3, 4), INSIDE, POSITIVE], {"margin": 0.5, "p": 3.0}, {"swap": True}),
    *reductions("MultiMarginLoss", [(3, 4), LABELS], {"p": 2, "margin": 0.5, "weight": FACTORS}),
    Row("MultiMarginLoss", (), {}, [(4,), Fixed(np.array(1))]),
    *reductions("MultiLabelMarginLoss", [(3, 4), SETS_OF_LABELS]),
    *reductions("MultiLabelSoftMarginLoss", [(3, 4), MEMBERS], {"weight": FACTORS}),
    *reductions("TripletMarginWithDistanceLoss", [(3, 4), INSIDE, POSITIVE], {"margin": 0.5, "swap": True}),
    *reductions(
        "CTCLoss",
        [
            (6, 2, 4),
            Fixed(np.array([[1, 2, 2], [3, 1, 0]])),
            Fixed(np.array([6, 5])),
            Fixed(np.array([3, 2])),
        ],
        {"zero_infinity": True},
        call=lambda module, x, *others: module(x.log_softmax(-1), *others),  # PyTorch's gradient counts on it
    ),
]
