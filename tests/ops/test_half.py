"""float16: results stay float16, and nothing that adds up many values or squares large ones goes beyond its range."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_fs as tg

N = 3000  # a sum of ones in float16 stops at 2048


def _with_nan(x: tg.Tensor) -> tg.Tensor:
    return tg.concatenate([x, np.full(2, np.nan, "float16")])


AT_ONES = {
    "sum": (tg.sum, N),
    "mean of large values": (lambda x: tg.mean(x * 40), 40),
    "nanmean": (lambda x: tg.nanmean(x * 40), 40),
    "mean where": (lambda x: tg.mean(x * 40, where=np.ones(N, bool)), 40),
    "average": (lambda x: tg.average(x * 40, weights=x), 40),
    "var": (lambda x: tg.var(x * np.where(np.arange(N) % 2, 100, -100).astype("float16")), 1e4),
    "std": (lambda x: tg.std(x * np.where(np.arange(N) % 2, 300, -300).astype("float16")), 300),
    "nanvar": (lambda x: tg.nanvar(_with_nan(x * np.where(np.arange(N) % 2, 100, -100).astype("float16"))), 1e4),
    "var about a mean": (lambda x: tg.var(x * np.where(np.arange(N) % 2, 100, -100).astype("float16"), mean=0), 1e4),
    "nanmedian": (lambda x: tg.nanmedian(_with_nan(x)), 1),
    "norm": (tg.linalg.norm, N**0.5),
    "prod": (tg.prod, 1),
    "nansum": (tg.nansum, N),
    "logsumexp": (tg.logsumexp, 1 + np.log(N)),
    "logcumsumexp": (lambda x: tg.logcumsumexp(x)[-1], 1 + np.log(N)),
    "cumsum": (lambda x: tg.cumsum(x)[-1], N),
    "softmax": (lambda x: tg.softmax(x).sum(), 1),
    "log_softmax": (lambda x: tg.log_softmax(x)[0], -np.log(N)),
    "trapezoid": (tg.trapezoid, N - 1),
    "matmul": (lambda x: x @ x, N),
    "inner": (lambda x: tg.inner(x, x), N),
    "vecdot": (lambda x: tg.vecdot(x, x), N),
    "tensordot": (lambda x: tg.tensordot(x, x, 1), N),
    "einsum": (lambda x: tg.einsum("i,i", x, x), N),
    "linear": (lambda x: tg.linear(x, x[None])[0], N),
    "conv1d": (lambda x: tg.conv1d(x[None, None], x[None, None])[0, 0, 0], N),
    "avg_pool1d": (lambda x: tg.avg_pool1d(x[None] * 40, N)[0, 0], 40),
    "lp_pool1d": (lambda x: tg.lp_pool1d(x[None], 2, N)[0, 0], N**0.5),
    "layer_norm": (lambda x: tg.layer_norm(x * np.arange(N, dtype="float16"), N)[-1], 3**0.5),
    "rms_norm": (lambda x: tg.rms_norm(x * 300, N)[0], 1),
    "group_norm": (lambda x: tg.group_norm((x * np.arange(N, dtype="float16"))[None, None], 1)[0, 0, -1], 3**0.5),
    "batch_norm": (lambda x: tg.batch_norm((x * np.arange(N, dtype="float16"))[:, None], training=True)[-1, 0], 3**0.5),
    "attention": (lambda x: tg.scaled_dot_product_attention(x[None], x[None], x[None])[0, 0], 1),
    "cross_entropy": (lambda x: tg.cross_entropy(x[None], [0]), np.log(N)),
    "mse_loss": (lambda x: tg.mse_loss(x * 100, x * 0), 1e4),
    "l1_loss": (lambda x: tg.l1_loss(x * 40, x * 0), 40),
    "kl_div": (lambda x: tg.kl_div(-x, x, "sum"), N),
    "binary_cross_entropy": (lambda x: tg.binary_cross_entropy(x * 0.5, x, reduction="sum"), N * np.log(2)),
    "cosine_embedding_loss": (lambda x: tg.cosine_embedding_loss(x, x * -1, -1, margin=-1.5), 0.5),
    "triplet_margin_loss": (lambda x: tg.triplet_margin_loss(x * 5, x * 0, x * 4), 5 * N**0.5 - N**0.5 + 1),
    "median": (tg.median, 1),
    "index_add": (lambda x: tg.index_add(tg.zeros(1, "float16"), 0, np.zeros(N, int), x)[0], N),
}


def test_more_classes_than_it_can_count():
    x = tg.ones((1, 70_000), dtype="float16", requires_grad=True)
    for loss in (tg.cross_entropy(x, [0]), -tg.log_softmax(x)[0, 0]):
        assert loss.item() == pytest.approx(np.log(70_000), rel=1e-3)
    assert tg.softmax(x)[0, 0].item() == pytest.approx(1 / 70_000, rel=1e-2)


@pytest.mark.parametrize("name", AT_ONES)
def test_it_stays_and_has_room(name):
    function, expected = AT_ONES[name]
    x = tg.ones(N, dtype="float16", requires_grad=True)
    y = function(x)
    y.backward()
    assert (y.dtype, x.grad.dtype) == (np.float16, np.float16)
    assert y.item() == pytest.approx(expected, rel=3e-3, abs=1e-3)
    assert np.isfinite(x.grad.data).all()
