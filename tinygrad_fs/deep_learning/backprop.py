"""The two ways of backprop: a step of training through the tape, or through the layers' own backward passes.

Both minimise the sum of the loss over the elements of the output, update the layers, and return the output from
before the update. A sigmoid or softmax at the end is differentiated together with `CrossEntropy`, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_fs.deep_learning.activation_functions import Sigmoid, Softmax
from tinygrad_fs.deep_learning.entropy import SigmoidCrossEntropy, SoftmaxCrossEntropy
from tinygrad_fs.deep_learning.layers.activation import Activation
from tinygrad_fs.deep_learning.loss_functions import CrossEntropy, Loss
from tinygrad_fs.deep_learning.tape import Leaves, is_built_in, recorded_forward
from tinygrad_fs.gradmode import enable_grad
from tinygrad_fs.tensor import Tensor

__all__ = ["WAYS", "autograd_step", "fused_end", "layerwise_step"]

_FUSED = {Sigmoid: SigmoidCrossEntropy, Softmax: SoftmaxCrossEntropy}


def layerwise_step(layers: list[Any], loss: Any, X: Any, y: Any) -> Any:
    """A step through the layers' backward passes, each of which updates its layer."""
    if len(set(map(id, layers))) < len(layers):
        raise ValueError(
            "NeuralNetwork: a layer stands in the network twice, and its backward_pass knows its latest input only; "
            'use backprop="autograd"'
        )
    op = fused_end(layers, loss, y)
    body, end = (layers[:-1], layers[-1:]) if op else (layers, [])
    out = X
    for layer in body:
        out = layer.forward_pass(out, True)
    y_pred = end[0].forward_pass(out, True) if end else out
    _check_targets(loss, y, y_pred)
    accum_grad = op.vjp(1.0, out, y) if op else loss.gradient(y, y_pred)
    for layer in reversed(body[1:]):
        accum_grad = layer.backward_pass(accum_grad)
    if body:
        _last_pass(body[0])(accum_grad)
    return y_pred


def _last_pass(layer: Any) -> Any:
    """The backward pass of the first layer, without the gradient at its input, for which nobody asks.

    A pass that somebody wrote, or put on the layer to look on, is called as it is.
    """
    is_own = hasattr(layer, "learn_from") and is_built_in(layer) and "backward_pass" not in vars(layer)
    return layer.learn_from if is_own else layer.backward_pass


def autograd_step(layers: list[Any], loss: Any, X: Any, y: Any) -> Any:
    """A step through the tape; the gradients go to the optimizers of the layers."""
    op = fused_end(layers, loss, y)
    leaves = Leaves()
    with enable_grad():
        out = Tensor(X)
        for layer in layers[:-1] if op else layers:
            out = recorded_forward(layer, out, leaves)
        y_pred = layers[-1].forward_pass(out.numpy(), True) if op else out.numpy()
        _check_targets(loss, y, y_pred)
        start, seed = (out, op.vjp(1.0, out.numpy(), y)) if op else _beginning(loss, y, out)
    if start.requires_grad:
        start.backward(seed)
        leaves.learn()
    return y_pred


WAYS: dict[str, Callable[[list[Any], Any, Any, Any], Any]] = {"autograd": autograd_step, "layerwise": layerwise_step}


def fused_end(layers: list[Any], loss: Any, y: Any) -> Any:
    """The op that the last layer and the loss are differentiated as, or None.

    A softmax over a single class is always 1, and nothing can be learned from it.
    """
    last = layers[-1]
    if type(loss) is not CrossEntropy or type(last) is not Activation:
        return None
    function = type(last.activation_func)
    return None if function is Softmax and y.shape[-1:] == (1,) else _FUSED.get(function)


def _beginning(loss: Any, y: Any, out: Tensor) -> tuple[Tensor, Any]:
    """Where the backward pass begins, and with what gradient.

    That is the loss of each element. A loss of others that does not run on Tensors, or gives something else than a
    number per element, is taken by its word: the pass begins at the output, with what its `gradient` says.
    """
    has_gradient = getattr(type(loss), "gradient", Loss.gradient) is not Loss.gradient
    try:
        losses = loss.loss(y, out)
    except Exception:
        if not has_gradient or is_built_in(loss):
            raise
    else:
        if isinstance(losses, Tensor) and (losses.shape == out.shape or not has_gradient):
            return losses, np.ones_like(losses.numpy())
    return out, np.asarray(loss.gradient(y, out.numpy()), out.dtype)


def _check_targets(loss: Any, y: Any, y_pred: Any) -> None:
    """Raise if the targets do not belong to the outputs one by one: (n,) and (n, 1) would make n x n differences."""
    if y.shape == y_pred.shape or not is_built_in(loss):
        return
    try:
        fits = np.broadcast_shapes(y.shape, y_pred.shape) == y_pred.shape
    except ValueError:
        fits = False
    if not fits or y.ndim != y_pred.ndim:
        raise ValueError(
            f"NeuralNetwork: the targets have shape {y.shape}, the output {y_pred.shape}; they must be the same: "
            "y.reshape(-1, 1) for single numbers, np.eye(n)[labels] for labels"
        )
