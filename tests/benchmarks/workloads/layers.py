"""Networks of `deep_learning`: through the tape, by the layers' own passes, in its model's package, in plain NumPy."""

from __future__ import annotations

from workloads.layered import Network, cnn, in_mlfromscratch, mlp, ours, plain, rnn
from workloads.workload import OURS, Workload

__all__ = ["rows"]

_WAYS = ("autograd", "layerwise")
_CNN = "Training step, digits CNN of layers, batch 256, Adam, float64"
_RNN = "Training step, the RNN on multiplication series, batch 512, Adam, float64"


def rows(shrink: int = 1) -> tuple[Workload, ...]:
    """The rows, with batches divided by `shrink`."""
    small, images, series = mlp(32 // shrink), cnn(256 // shrink), rnn(512 // shrink)
    return (
        _both_ways("layers-mlp", "Training step, MLP 64-64-10 of layers, batch 32, Adam, float64", small, 1.5),
        _both_ways("layers-cnn", _CNN, images, 1.15),
        *[_against_the_source(f"source-cnn-{way}", _CNN, images, way, 0.25) for way in _WAYS],
        *[_against_the_source(f"source-rnn-{way}", _RNN, series, way, 0.2) for way in _WAYS],
    )


def _against_the_source(name: str, title: str, network: Network, backprop: str, limit: float) -> Workload:
    build = {OURS: ours(network, backprop), "plain layers": plain(network), "mlfromscratch": in_mlfromscratch(network)}
    return Workload(name, f"{title}, {backprop}", build, {peer: {"time": limit} for peer in build if peer != OURS})


def _both_ways(name: str, title: str, network: Network, limit: float) -> Workload:
    build = {OURS: ours(network, "autograd"), "layerwise": ours(network, "layerwise")}
    return Workload(name, title, build, {"layerwise": {"time": limit}})
