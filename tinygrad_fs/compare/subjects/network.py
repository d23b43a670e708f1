"""Networks as subjects of an audit: what one step of training reports, and what it hands to the optimizers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tinygrad_fs.compare.draws import Draw, Template, parameter
from tinygrad_fs.compare.errors import AuditError, UnfitError, guarded
from tinygrad_fs.compare.isolation.parts import Copier
from tinygrad_fs.compare.isolation.randomness import drawn_by, held_by, replay
from tinygrad_fs.compare.isolation.reach import Reach, reach
from tinygrad_fs.compare.subjects.calls import Methods, staying
from tinygrad_fs.compare.subjects.case import ByHand, Case, Subject
from tinygrad_fs.compare.subjects.layer import TRUNCATIONS
from tinygrad_fs.compare.subjects.origin import exchange_optimizers
from tinygrad_fs.compare.subjects.parameters import Backward, Parameter, discover
from tinygrad_fs.compare.subjects.recorder import Recorder
from tinygrad_fs.compare.trace import tracing
from tinygrad_fs.dtypes import Array
from tinygrad_fs.tensor import Tensor

__all__ = ["Handed", "NetworkCase", "NetworkSubject", "chain", "layer_of"]


class Handed(NamedTuple):
    """What a layer's backward was handed in a step, and what it returned."""

    incoming: Array
    outgoing: Any


def chain(layers: list[Any], X: Any) -> Iterator[tuple[Any, Any]]:
    """Run the forwards of layers in training, one after the other; yields the input and the output of each."""
    for layer in layers:
        methods = Methods.of(layer)
        if methods is None:
            raise AuditError(f"audit: {type(layer).__name__} in the network has no forward and backward pass")
        out = methods.call_forward(layer, (X,), {}, True)
        yield X, out
        X = out


def layer_of(parameter: Parameter) -> int | None:
    """The number of the layer that a parameter belongs to; None if it stands elsewhere in the network."""
    steps = parameter.places[0].steps
    return steps[1][1] if steps[0] == ("attribute", "layers") and steps[1][0] == "item" else None


class NetworkSubject(Subject):
    """A network with ``train_on_batch(X, y)``, which returns the loss, alone or first.

    Parameters
    ----------
    network : object
        It is copied. With attributes `layers` and `loss_function` the forward can be recorded.
    X, y : Template
    """

    modes = ("training",)

    def __init__(self, network: Any, X: Template, y: Template) -> None:
        if not callable(getattr(network, "train_on_batch", None)):
            raise AuditError(
                f"audit_network: {type(network).__name__} has no train_on_batch(X, y) that returns the loss; "
                "audit its layers with audit(layer, input_shape=...)"
            )
        self.X, self.y = X, y
        self.title, self.label = type(network).__name__, "end to end"
        self.recorder = Recorder()
        self.network = Copier(network)()
        exchange_optimizers(self.network, self.recorder)

    @cached_property
    def reach(self) -> Reach:
        """What the code of the network, its layers and its loss can get at."""
        return reach([self.network])

    @property
    def generators(self) -> list[Any]:
        """Generators of random numbers that all copies share."""
        return self.reach.generators

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The parameters that a step updates."""
        case = NetworkCase(self, Draw.as_given(), [])
        network, _ = case.stepped()
        return discover(self.network, Backward(network, self.recorder.updates, {}, None, ()), None)[0]

    @cached_property
    def reports_the_mean(self) -> bool:
        """Whether what a step reports is the mean of its loss function at the output of its layers."""
        if not all(hasattr(self.network, name) for name in ("layers", "loss_function")):
            return False
        case = NetworkCase(self, Draw.as_given(), [])
        try:
            mean = case.mean_loss(case.values)
        except Exception:  # a network that is no chain
            return False
        return bool(np.allclose(mean, case.stepped()[1], 1e-6, 1e-9))

    def case(self, mode: str, draw: Draw) -> NetworkCase:
        """A case, with other weights where the draw says so."""
        return NetworkCase(self, draw, self.parameters)


class NetworkCase(Case):
    """A step of a network on one batch; its output is the loss that it reports.

    Attributes
    ----------
    handed : dict of int to Handed
        After a step, what each layer's backward was handed and returned, if it was called.
    returns_several : bool
        After a step, whether it returned more than the loss.
    """

    def __init__(self, subject: NetworkSubject, draw: Draw, parameters: list[Parameter]) -> None:
        self.subject, self.draw, self.parameters = subject, draw, parameters
        rng = draw.rng
        self.X, self.y = subject.X.draw(draw, rng), subject.y.draw(draw, rng)
        self.values = {each.name: parameter(each.places[0].of(subject.network), draw, rng) for each in parameters}
        self.handed: dict[int, Handed] = {}
        self.returns_several = False
        self._copier = Copier(subject.network)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """All values are parameters."""
        return tuple(self.values)

    def cotangents(self, outputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """1, for the loss."""
        return (np.ones(()),)

    def forward(self, values: Mapping[str, Any], *, traced: bool = False) -> tuple[Any, ...]:
        """The loss that a step reports."""
        if not self.subject.reports_the_mean:
            if any(isinstance(value, Tensor) for value in values.values()):
                raise UnfitError("what it reports is not the mean loss of its layers' outputs: no tape can follow it")
            return (np.asarray(self.stepped(values)[1]),)
        if not traced:
            return (self.mean_loss(values),)
        with tracing(self.subject.reach.namespaces):
            return (self.mean_loss(values),)

    def mean_loss(self, values: Mapping[str, Any]) -> Any:
        """The mean of the loss function at the output of the layers."""
        network = self.prepared(values)
        for layer in network.layers:  # the truth is not cut short
            longest = max(self.X.shape, default=1)
            vars(layer).update({name: longest for name in TRUNCATIONS if isinstance(vars(layer).get(name), int)})
        X: Any = Tensor(self.X) if any(isinstance(value, Tensor) for value in values.values()) else self.X
        for _, out in chain(network.layers, X):
            X = out
        mean = np.mean(network.loss_function.loss(self.y, X))
        return mean if isinstance(mean, Tensor) else np.asarray(mean)

    def stepped(self, values: Mapping[str, Any] | None = None) -> tuple[Any, float]:
        """The network after one step, and the loss that it reported."""
        network = self.prepared(self.values if values is None else values)
        self._watch(network)
        self.subject.recorder.watch(network)
        with staying():
            result = guarded("train_on_batch", lambda: network.train_on_batch(self.X.copy(), self.y.copy()))
        self.returns_several = isinstance(result, (tuple, list))
        return network, float(result[0] if self.returns_several else result)

    def by_hand(self, cotangents: tuple[Array, ...]) -> ByHand:
        """The gradients that a step hands to the optimizers."""
        network, loss = self.stepped()
        ran = Backward(network, self.subject.recorder.updates, {}, None, ())
        return ByHand((np.asarray(loss),), {each.name: each.gradient(ran) for each in self.parameters})

    def drawn(self) -> list[str]:
        """The modules whose global generators a step draws from."""
        return drawn_by(self.stepped)

    def prepared(self, values: Mapping[str, Any]) -> Any:
        """A copy of the network with `values` in it and its random states set."""
        network = self._copier()
        for each in self.parameters:
            each.put(network, values[each.name])
        replay(self.draw.seed, [*self.subject.generators, *held_by(network)])
        return network

    def _watch(self, network: Any) -> None:
        """Note what the backward of each layer is handed, and what it returns."""
        self.handed = {}
        for number, layer in enumerate(getattr(network, "layers", ())):
            methods = Methods.of(layer)
            if methods is not None:
                setattr(layer, methods.backward, self._noted(number, getattr(layer, methods.backward)))

    def _noted(self, number: int, backward: Any) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            incoming = np.array(next(iter((*args, *kwargs.values())), 0.0))
            outgoing = backward(*args, **kwargs)
            self.handed[number] = Handed(incoming, outgoing)
            return outgoing

        return noted
