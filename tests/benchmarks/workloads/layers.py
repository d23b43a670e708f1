"""Networks of `deep_learning`: through the tape, by the layers' own passes, in its model's package, in plain NumPy."""

from __future__ import annotations

from workloads.layered import CNN, MLP, RNN, Network, in_mlfromscratch, ours, plain
from workloads.workload import OURS, Workload

__all__ = ["ROWS"]

_WAYS = ("autograd", "layerwise")


def _against_the_source(name: str, title: str, network: Network, backprop: str, limit: float) -> Workload:
    build = {OURS: ours(network, backprop), "plain layers": plain(network), "mlfromscratch": in_mlfromscratch(network)}
    return Workload(name, f"{title}, {backprop}", build, {peer: {"time": limit} for peer in build if peer != OURS})


def _both_ways(name: str, title: str, network: Network, limit: float) -> Workload:
    build = {OURS: ours(network, "autograd"), "layerwise": ours(network, "layerwise")}
    return Workload(name, title, build, {"layerwise": {"time": limit}})


_CNN = "Training step, digits CNN of layers, batch 256, Adam, float64"
_RNN = "Training step, the RNN on multiplication series, batch 512, Adam, float64"

ROWS = (
    _both_ways("layers-mlp", "Training step, MLP 64-64-10 of layers, batch 32, Adam, float64", MLP, 1.5),
    _both_ways("layers-cnn", _CNN, CNN, 1.15),
    *[_against_the_source(f"source-cnn-{way}", _CNN, CNN, way, 0.25) for way in _WAYS],
    *[_against_the_source(f"source-rnn-{way}", _RNN, RNN, way, 0.2) for way in _WAYS],
)
