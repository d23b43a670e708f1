"""NeuralNetwork: a stack of layers, a loss and an optimizer."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tinygrad_fs import io
from tinygrad_fs.deep_learning.backprop import WAYS
from tinygrad_fs.deep_learning.early_stopping import EarlyStopping, Patience
from tinygrad_fs.deep_learning.progress import counted
from tinygrad_fs.deep_learning.saving import restore_state, state_of
from tinygrad_fs.deep_learning.summary import summary_of
from tinygrad_fs.deep_learning.tape import is_built_in

__all__ = ["NeuralNetwork"]


class NeuralNetwork:
    """A stack of layers that learns in one of two ways of backprop.

    It minimises the *sum* of the loss over the elements of a batch, and reports the *mean*. So the gradient grows
    with the batch and with the number of outputs, and step sizes are to be chosen for that. (Adam, RMSprop and the
    like hardly notice, since they divide by the size of gradients.)

    Parameters
    ----------
    optimizer : Optimizer
        Every parameter gets a copy of it.
    loss : class or instance of Loss
    validation_data : (X, y), optional
        What `fit` measures the error on after every epoch.
    backprop : {"autograd", "layerwise"}
        Through the tape of `tinygrad_fs`, or through the `backward_pass` of the layers, last to first. Both give the
        same gradients, up to rounding.

    Attributes
    ----------
    layers : list of Layer
        May be extended by layers of other networks, which are then shared, with their optimizers.
    errors : dict
        The mean losses of all epochs so far, "training" and "validation".
    history : dict
        The same as "loss" and "val_loss", and the accuracies, "accuracy" and "val_accuracy"; one entry per epoch.
    loss_function : Loss
    objective : str
        "sum": what is minimised.
    val_set : dict of "X" and "y", or None

    Raises
    ------
    ValueError
        If `backprop` is another one.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_fs.deep_learning import NeuralNetwork
    >>> from tinygrad_fs.deep_learning.layers import Activation, Dense
    >>> from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
    >>> from tinygrad_fs.deep_learning.optimizers import Adam
    >>> np.random.seed(0)
    >>> X = np.random.standard_normal((200, 2))
    >>> y = np.eye(2)[(X[:, 0] * X[:, 1] > 0).astype(int)]
    >>> network = NeuralNetwork(Adam(0.01), CrossEntropy)
    >>> network.add(Dense(16, input_shape=(2,)))
    >>> network.add(Activation("tanh"))
    >>> network.add(Dense(2))
    >>> network.add(Activation("softmax"))
    >>> errors, _ = network.fit(X, y, n_epochs=100, batch_size=50)
    >>> _, accuracy = network.test_on_batch(X, y)
    >>> bool(accuracy > 0.95)
    True
    """

    objective = "sum"

    def __init__(
        self,
        optimizer: Any,
        loss: Any,
        validation_data: tuple[Any, Any] | None = None,
        backprop: str = "autograd",
    ) -> None:
        self.optimizer = optimizer
        self.layers: list[Any] = []
        self.errors: dict[str, list[float]] = {"training": [], "validation": []}
        self.history: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
        self.loss_function = loss() if isinstance(loss, type) else loss
        self.backprop = backprop
        self.val_set: dict[str, Any] | None = None
        if validation_data is not None:
            X, y = validation_data
            self.val_set = {"X": X, "y": y}

    @property
    def backprop(self) -> str:
        """The way of backprop; may be changed between two steps."""
        return self._backprop

    @backprop.setter
    def backprop(self, value: str) -> None:
        if value not in WAYS:
            raise ValueError(f"NeuralNetwork: backprop={value!r} is unknown; use {' or '.join(map(repr, WAYS))}")
        self._backprop = value

    def set_trainable(self, trainable: bool) -> None:
        """Thaw all layers, or freeze them."""
        for layer in self.layers:
            layer.trainable = trainable

    def add(self, layer: Any) -> None:
        """Put a layer at the end. It is told its input shape and creates its parameters at once.

        Raises
        ------
        ValueError
            If it is the first layer and has no `input_shape`, or if its input does not fit.
        TypeError
            If it is a class.
        """
        if isinstance(layer, type):
            raise TypeError(f"NeuralNetwork.add: {layer.__name__} is a class; add an instance: {layer.__name__}(...)")
        if self.layers:
            layer.set_input_shape(shape=self.layers[-1].output_shape())
        if is_built_in(layer):
            layer.output_shape()  # raises if the shape is missing or does not fit, before there is anything to undo
        if hasattr(layer, "initialize"):
            layer.initialize(optimizer=self.optimizer)
        self.layers.append(layer)

    # ---- learning

    def train_on_batch(self, X: Any, y: Any) -> tuple[float, float]:
        """Make one step.

        Parameters
        ----------
        X : array (samples, ...)
        y : array
            Of the shape of the output.

        Returns
        -------
        loss, accuracy : float
            The mean loss and the share of right answers, from before the update.

        Raises
        ------
        ValueError
            If the network has no layers, or shapes do not fit.
        """
        self._check_layers()
        X, y = np.asarray(X), np.asarray(y)
        for layer in self.layers:
            layer.gradients = {}
        return self._scores(y, WAYS[self.backprop](self.layers, self.loss_function, X, y))

    def test_on_batch(self, X: Any, y: Any) -> tuple[float, float]:
        """The mean loss and the accuracy in evaluation mode; parameters and returns as of `train_on_batch`."""
        return self._scores(np.asarray(y), self._forward_pass(np.asarray(X), training=False))

    def fit(
        self, X: Any, y: Any, n_epochs: int, batch_size: int, early_stopping: EarlyStopping | None = None
    ) -> tuple[list[float], list[float]]:
        """Train on batches in the order of the data; the last may be short. Progress goes to standard error.

        Parameters
        ----------
        X, y : array
            As for `train_on_batch`.
        n_epochs : int
            How often to go through the data. A second call goes on from the first.
        batch_size : int
        early_stopping : EarlyStopping, optional

        Returns
        -------
        errors, validation_errors : list of float
            ``errors["training"]``, of each epoch the mean of the mean losses of its batches, and
            ``errors["validation"]``.

        Raises
        ------
        ValueError
            If there is nothing to train on, or `X` and `y` differ in length.
        """
        X, y = np.asarray(X), np.asarray(y)
        if len(X) != len(y) or len(X) == 0 or batch_size < 1:
            raise ValueError(
                f"NeuralNetwork.fit: {len(X)} samples and {len(y)} targets in batches of {batch_size}; there must be "
                "as many of both, and batches of at least 1"
            )
        patience = early_stopping and Patience(early_stopping, self.layers)
        for _ in counted(n_epochs):
            error = self._epoch(X, y, batch_size)
            if patience and patience.ends_after(error):
                break
        if patience:
            patience.restore()
        return self.errors["training"], self.errors["validation"]

    def _epoch(self, X: Any, y: Any, batch_size: int) -> float:
        """Go through the data once; returns the error on what is not trained on, or else that of the training."""
        starts = range(0, len(X), batch_size)
        scores = [self.train_on_batch(X[i : i + batch_size], y[i : i + batch_size]) for i in starts]
        error, accuracy = (float(np.mean(each)) for each in zip(*scores))
        self.errors["training"].append(error)
        self._note(loss=error, accuracy=accuracy)
        if self.val_set is not None:
            error, accuracy = self.test_on_batch(self.val_set["X"], self.val_set["y"])
            self.errors["validation"].append(error)
            self._note(val_loss=error, val_accuracy=accuracy)
        return error

    def _note(self, **metrics: float) -> None:
        for name, value in metrics.items():
            self.history[name].append(value)

    def _scores(self, y: Any, y_pred: Any) -> tuple[float, float]:
        losses = np.asarray(self.loss_function.loss(y, y_pred))
        return float(np.add.reduce(losses, axis=None) / losses.size), self.loss_function.acc(y, y_pred)

    # ---- answering

    def predict(self, X: Any) -> Any:
        """The output in evaluation mode, as an array that may be written to."""
        X = np.asarray(X)
        out = self._forward_pass(X, training=False)
        return out if out.flags.writeable and not np.may_share_memory(out, X) else out.copy()

    def _forward_pass(self, X: Any, training: bool = True) -> Any:
        """The output of the last layer, on arrays."""
        self._check_layers()
        for layer in self.layers:
            X = layer.forward_pass(X, training)
        return X

    def _backward_pass(self, loss_grad: Any) -> None:
        """Send the gradient at the output back through the layers' backward passes, each of which updates its layer."""
        for layer in reversed(self.layers):
            loss_grad = layer.backward_pass(loss_grad)

    def _check_layers(self) -> None:
        if not self.layers:
            raise ValueError("NeuralNetwork: there are no layers; begin with network.add(Dense(64, input_shape=(64,)))")

    def summary(self, name: str = "Model Summary") -> None:
        """Print the name, the input shape, a table of the layers and the number of parameters.

        Examples
        --------
        >>> from tinygrad_fs.deep_learning import NeuralNetwork
        >>> from tinygrad_fs.deep_learning.layers import Activation, Dense
        >>> from tinygrad_fs.deep_learning.loss_functions import CrossEntropy
        >>> from tinygrad_fs.deep_learning.optimizers import Adam
        >>> network = NeuralNetwork(Adam(), CrossEntropy)
        >>> network.add(Dense(10, input_shape=(64,)))
        >>> network.add(Activation("softmax"))
        >>> network.summary()
        +---------------+
        | Model Summary |
        +---------------+
        Input Shape: (64,)
        +----------------------+------------+--------------+
        | Layer Type           | Parameters | Output Shape |
        +----------------------+------------+--------------+
        | Dense                | 650        | (10,)        |
        | Activation (Softmax) | 0          | (10,)        |
        +----------------------+------------+--------------+
        Total Parameters: 650
        <BLANKLINE>
        """
        self._check_layers()
        print(summary_of(name, self.layers))

    # ---- files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters, running values, what optimizers remember, and errors to one `.npz` file, in one step.

        Raises
        ------
        OSError
            If the file cannot be written; an old one then stays as it was.
        """
        io.save(path, {"layers": state_of(self.layers), "errors": self.errors, "history": self.history})

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take in what `save` wrote, into a network of the same layers.

        With optimizers of the same class training goes on as if nothing had happened; others start anew. Options, such
        as the learning rate, are those of this network.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no file of a network, or the layers are others; the network then stays as it was.

        Examples
        --------
        >>> import tempfile
        >>> from tinygrad_fs.deep_learning import NeuralNetwork
        >>> from tinygrad_fs.deep_learning.layers import Dense
        >>> from tinygrad_fs.deep_learning.loss_functions import SquareLoss
        >>> from tinygrad_fs.deep_learning.optimizers import Adam
        >>> def build():
        ...     network = NeuralNetwork(Adam(), SquareLoss)
        ...     network.add(Dense(2, input_shape=(3,)))
        ...     return network
        >>> first, second = build(), build()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first.save(f"{folder}/network.npz")
        ...     second.load(f"{folder}/network.npz")
        >>> bool((first.layers[0].W == second.layers[0].W).all())
        True
        """
        state = io.load(path)
        if not {"layers", "errors", "history"} <= set(state):
            raise ValueError(f"load: {os.fspath(path)!r} holds no network; NeuralNetwork.save writes such files")
        restore_state(self.layers, state["layers"])
        self.errors, self.history = state["errors"], state["history"]
